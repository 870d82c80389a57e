#include "runtime/graph.h"

#include "error.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace vsdeblur {
namespace {

constexpr const char* frames_name = "frames";
constexpr const char* frames_out_name = "frames_out";
constexpr std::size_t rank = 4;

// Compares the inputs or outputs of a graph with what its contract promises.
class PortCheck {
public:
    PortCheck(std::string file, std::string kind) : file_(std::move(file)), kind_(std::move(kind)) {}

    void compare(const std::vector<Port>& promised, const std::vector<GraphPort>& found) const {
        for (const Port& port : promised) {
            const GraphPort* match = nullptr;
            for (const GraphPort& candidate : found) {
                if (candidate.name == port.name) match = &candidate;
            }
            if (match == nullptr) fail(port.name, "is missing");
            check(port, *match);
        }
        for (const GraphPort& port : found) {
            bool known = false;
            for (const Port& candidate : promised) known = known || candidate.name == port.name;
            if (!known) fail(port.name, "is not in the contract");
        }
    }

private:
    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        throw Error(file_ + " contradicts its contract: " + kind_ + " " + name + " " + what);
    }

    void check(const Port& port, const GraphPort& found) const {
        if (!found.is_float32) fail(port.name, "must be a tensor of float32");
        if (found.shape.size() != rank) {
            const std::string dimensions = std::to_string(found.shape.size());
            fail(port.name, "must have " + std::to_string(rank) + " dimensions, not " + dimensions);
        }
        const auto fits = [&](std::size_t dimension, std::int64_t size) {
            return found.shape[dimension] < 0 || found.shape[dimension] == size;
        };
        if (!fits(0, 1)) fail(port.name, "must have batch size 1, not " + std::to_string(found.shape[0]));
        if (!fits(1, port.channels)) {
            fail(port.name, "must have " + std::to_string(port.channels) + " channels, not " +
                                std::to_string(found.shape[1]));
        }
        if (found.shape[2] >= 0 || found.shape[3] >= 0) fail(port.name, "must have dynamic height and width");
    }

    std::string file_;
    std::string kind_;
};

}  // namespace

std::vector<Port> promised_inputs(const Contract& contract) {
    std::vector<Port> ports = {{frames_name, contract.window() * contract.channels()}};
    for (const StateSpec& state : contract.states) ports.push_back({state.input, state.channels});
    return ports;
}

std::vector<Port> promised_outputs(const Contract& contract) {
    std::vector<Port> ports = {{frames_out_name, contract.outputs() * contract.channels()}};
    for (const StateSpec& state : contract.states) ports.push_back({state.output, state.channels});
    return ports;
}

void check_ports(const std::string& file, const std::string& kind, const std::vector<Port>& promised,
                 const std::vector<GraphPort>& found) {
    PortCheck(file, kind).compare(promised, found);
}

std::vector<TensorShape> state_shapes(const Contract& contract, const TensorShape& frames) {
    std::vector<TensorShape> shapes;
    for (const StateSpec& spec : contract.states) {
        shapes.push_back({spec.channels, static_cast<int>(std::lround(frames.height * spec.scale)),
                          static_cast<int>(std::lround(frames.width * spec.scale))});
    }
    return shapes;
}

void check_frames(const std::string& file, const Contract& contract, const TensorShape& frames) {
    const int channels = contract.window() * contract.channels();
    const int multiple = contract.multiple;
    if (frames.channels == channels && frames.height % multiple == 0 && frames.width % multiple == 0) return;
    throw Error(file + " takes frames of 1x" + std::to_string(channels) + "xHxW where H and W divide by " +
                std::to_string(multiple) + ", not " + shape_text(frames));
}

void check_states(const std::string& file, const Contract& contract, const TensorShape& frames,
                  std::span<const Tensor> states) {
    if (states.size() != contract.states.size()) {
        throw Error(file + " takes " + std::to_string(contract.states.size()) + " states, not " +
                    std::to_string(states.size()));
    }
    const std::vector<TensorShape> wanted = state_shapes(contract, frames);
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (states[i].shape() == wanted[i]) continue;
        throw Error(file + " takes " + contract.states[i].input + " of " + shape_text(wanted[i]) + ", not " +
                    shape_text(states[i].shape()));
    }
}

}  // namespace vsdeblur
