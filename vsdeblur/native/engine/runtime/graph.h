// What a contract promises of its graph, and whether the graph keeps it. Internal to runtime/.
#pragma once

#include "model/contract.h"
#include "runtime/backend.h"

#include <span>
#include <string>
#include <vector>

namespace vsdeblur {

// A tensor that the graph must have.
struct Port {
    std::string name;
    int channels;
};

// `frames` or `frames_out`, then the states in the contract's order.
std::vector<Port> promised_inputs(const Contract& contract);
std::vector<Port> promised_outputs(const Contract& contract);

// Throws Error `FILE contradicts its contract: ...`. kind: `input` or `output`.
void check_ports(const std::string& file, const std::string& kind, const std::vector<Port>& promised,
                 const std::vector<GraphPort>& found);

// The shapes of the states for frames of a shape.
std::vector<TensorShape> state_shapes(const Contract& contract, const TensorShape& frames);

// Throws Error unless a run can take these.
void check_frames(const std::string& file, const Contract& contract, const TensorShape& frames);
void check_states(const std::string& file, const Contract& contract, const TensorShape& frames,
                  std::span<const Tensor> states);

}  // namespace vsdeblur
