// A network on whole frames: sessions, tiles and the states of each tile.
#pragma once

#include "contract.h"
#include "engine.h"
#include "image.h"
#include "runtime.h"
#include "tiles.h"

#include <condition_variable>
#include <mutex>
#include <span>
#include <vector>

namespace vsdeblur {

// The recurrent state of a clip after a frame: for each tile, the network's states in the contract's order.
// Immutable; copies share the tensors.
using State = std::vector<std::vector<Tensor>>;

// Memory that a state holds.
std::size_t bytes_of(const State& state);

class Network {
public:
    // Loads options.num_streams sessions, which share the processor's cores. Throws Error as Session and TilePlan do.
    Network(const Contract& contract, const Options& options, int width, int height);

    // The state before a first frame: 0 everywhere.
    const State& initial() const { return initial_; }

    // One run on a window of decoded frames, in the contract's order, each (channels, height, width).
    // Returns the contract's number of output frames of the same shape; `state` goes in and comes out advanced.
    // Thread-safe; at most num_streams runs are made at a time, others wait.
    std::vector<FloatImage> run(std::span<const FloatImage* const> window, State& state);

private:
    class Lease;

    const int channels_;
    const int outputs_;
    const TilePlan tiles_;
    State initial_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Session> sessions_;
    std::vector<Session*> idle_;
};

}  // namespace vsdeblur
