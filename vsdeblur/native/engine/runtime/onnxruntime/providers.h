// Execution providers: what runs a network on something else than ONNX Runtime's own CPU code. Internal to
// runtime/.
#pragma once

#include "runtime/onnxruntime/library.h"

#include <string>
#include <vector>

namespace vsdeblur {

// Adds the provider that a user asked for to the options of a session to be.
//   name: as SessionOptions::provider
// Returns its name in ONNX Runtime, such as `CUDAExecutionProvider`; "" for the CPU.
// Throws Error when the provider is not there, does not load or does not have that device, saying what is there.
std::string append_provider(RuntimeLibrary& library, ort::SessionOptions* options, const std::string& name,
                            int device_id);

// Names that users may give, without "".
std::vector<std::string> provider_names(const RuntimeLibrary& library);

// Throws Error if `provider`, a result of append_provider, runs no part of the session's graph: the whole network would
// have fallen back to the CPU. The session must have been made with the entry below, which says nothing before 1.24.
void check_assigned(const RuntimeLibrary& library, const ort::Session* session, const std::string& provider);
inline constexpr const char* record_assignment_key = "session.record_ep_graph_assignment_info";

}  // namespace vsdeblur
