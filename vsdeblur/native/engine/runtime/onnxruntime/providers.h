// Execution providers: what runs a network on something else than ONNX Runtime's own CPU code. Internal to
// runtime/.
#pragma once

#include "runtime/onnxruntime/library.h"

#include <string>
#include <vector>

namespace vsdeblur {

// Adds the provider that a user asked for to the options of a session to be.
//   name: as SessionOptions::provider; "" is ONNX Runtime's CPU
//   precision: what TensorRT computes in; the others compute a file as it is
// Returns its name in ONNX Runtime, such as `CUDAExecutionProvider`; "" for the CPU.
// Throws Error when the provider is not there, does not load or does not have that device, saying what is there.
std::string append_provider(RuntimeLibrary& library, ort::SessionOptions* options, const std::string& name,
                            int device_id, const std::string& precision);

// Names that users may give; `ONNXRuntime` is its CPU.
std::vector<std::string> onnxruntime_providers(const RuntimeLibrary& library);

// Precisions that a provider computes in, of files of them or by itself, fastest first. fp32 comes first on the CPU:
// int8 is faster there on processors with instructions for it only.
std::vector<std::string> onnxruntime_precisions(const std::string& provider);

// Throws Error if `provider`, a result of append_provider, runs no part of the session's graph: the whole network would
// have fallen back to the CPU. The session must have been made with the entry below, which says nothing before 1.24.
void check_assigned(const RuntimeLibrary& library, const ort::Session* session, const std::string& provider);
inline constexpr const char* record_assignment_key = "session.record_ep_graph_assignment_info";

}  // namespace vsdeblur
