// A network in ONNX Runtime. Internal to runtime/.
#pragma once

#include "runtime/backend.h"
#include "runtime/runtime.h"

#include <filesystem>
#include <memory>

namespace vsdeblur {

// Throws Error when ONNX Runtime or the provider is not there, or the file does not load.
std::unique_ptr<Backend> open_in_onnxruntime(const std::filesystem::path& model, const SessionOptions& options);

}  // namespace vsdeblur
