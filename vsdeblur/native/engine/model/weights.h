// Weights: where the shipped ones are, and which file a user's words mean.
//
// Folder
//   The environment variable VSDEBLUR_WEIGHTS, if it is set and not empty. Else `vsdeblur/weights` in the nearest folder
//   above the library that holds this code: the plugin (site-packages/vapoursynth/plugins/vsdeblur/) and the Python
//   binding (site-packages/vsdeblur/) find site-packages/vsdeblur/weights.
// Files
//   NAME.onnx holds fp32 weights, NAME.PRECISION.onnx those of another precision. What a file says of itself, in its
//   contract, must agree with its name.
//
// All functions are thread-safe and read the folder anew, so files may come and go.
#pragma once

#include "error.h"
#include "model/contract.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vsdeblur {

// The value of Contract::trained_on that marks weights which are refused by name.
inline constexpr const char* untrained = "untrained";

// The folder, absolute. Throws Error when VSDEBLUR_WEIGHTS names no folder, or, without it, when there is none.
std::filesystem::path weights_folder();

// A file in the folder that is named like weights.
struct ShippedModel {
    std::string name;                  // from the file's name
    std::string precision;             // from the file's name
    std::filesystem::path path;        // absolute
    std::string sha256;                // 64 hexadecimal digits; empty if the file cannot be read
    std::optional<Contract> contract;  // unset if the file is not sound
    std::string error;                 // then the reason, as a sentence; else empty
};

// All of them, sorted by name, fp32 first. Throws Error as weights_folder does. Reads every file whole.
std::vector<ShippedModel> shipped_models();

// What a user asked for.
struct ModelChoice {
    std::string name;            // of the network; empty: any, and then `file` is given
    std::string precision;       // fp32, fp16, bf16, int8, or empty: fp32 by name, any by file
    std::filesystem::path file;  // empty: the shipped weights of that name
};

// The file to load.
// By file: that file; it may be untrained. By name: the shipped weights, which must be trained.
// Throws Error: the precision is none of the four; no such weights are shipped (says which are); they are untrained; the
// file is of another network or precision than was asked for; or the file is missing or not sound (see read_contract).
std::filesystem::path resolve_model(const ModelChoice& choice);

}  // namespace vsdeblur
