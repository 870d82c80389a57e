// Which file a user's words mean, and which precision it is computed in.
#pragma once

#include "error.h"

#include <filesystem>
#include <string>

namespace vsdeblur {

// The precision that is chosen here: by name, the fastest on this machine and provider that loses at most
// auto_loss by what the contract states; by file, the file's own.
inline constexpr const char* auto_precision = "auto";
inline constexpr double auto_loss = 0.05;  // dB

struct ModelChoice {
    std::string name;                        // of the network; empty: any, and then `file` is given
    std::string precision = auto_precision;  // or fp32, fp16, bf16, int8
    std::filesystem::path file;              // empty: the shipped weights of that name
    std::string provider;                    // as in Options
    int device_id = 0;
};

struct ChosenModel {
    std::filesystem::path file;
    std::string precision;  // fp32, fp16, bf16 or int8
};

// By file: that file; it may be untrained. By name: the shipped weights, which must be trained: the file of the
// precision, and for fp16 and bf16, where there is none, that of fp32.
// Throws Error: the precision is none of the five; no such weights are shipped (says which are); they are untrained; the
// file is of another network, or of a precision that the one asked for cannot be made of; the file is missing or not
// sound (see read_contract); or, for `auto` where the contract states losses, as Session does. Whether the provider
// computes in a precision that was asked for, a Session checks.
ChosenModel resolve_model(const ModelChoice& choice);

// Throws Error unless it is one of the five.
void check_precision_name(const std::string& precision);

}  // namespace vsdeblur
