// A network in OpenVINO. Internal to runtime/.
#pragma once

#include "runtime/backend.h"
#include "runtime/runtime.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace vsdeblur {

// OpenVINO's name of a device: `CPU`, `GPU`, `GPU.1`, `NPU`.
//   kind: `CPU`, `GPU` or another, in any case
// Throws Error when it is not there, saying which are.
std::string openvino_device(const std::string& kind, int device_id);

// Precisions that the device computes in, fastest first; fp32 is among them.
std::vector<std::string> openvino_precisions(const std::string& device);

// Throws Error when OpenVINO cannot read the file.
//   options: `provider` and `device_id` are not looked at; `precision` is one of openvino_precisions(device)
std::unique_ptr<Backend> open_in_openvino(const std::filesystem::path& model, const std::string& device,
                                          const SessionOptions& options);

}  // namespace vsdeblur
