// Weights: where the shipped ones are, and what they say of themselves.
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

// Throws Error unless the file holds the network `name`; an empty name holds always.
void check_name(const std::filesystem::path& file, const Contract& contract, const std::string& name);

// Throws Error unless a file of precision `own` can be computed in `wanted`: a file holds its own precision, and bf16 and
// fp16 can be made of fp32.
void check_precision(const std::filesystem::path& file, const std::string& own, const std::string& wanted);

// The file of that name and precision in the folder, if there is one. Throws Error as weights_folder does.
std::optional<std::filesystem::path> shipped_file(const std::string& name, const std::string& precision);

// Why there is none: which names and precisions there are.
std::string no_shipped_file(const std::string& name, const std::string& precision);

}  // namespace vsdeblur
