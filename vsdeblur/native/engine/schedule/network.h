// A network on whole frames: sessions, tiles and the states of each tile.
#pragma once

#include "engine.h"
#include "model/contract.h"
#include "picture/image.h"
#include "picture/tiles.h"
#include "runtime/runtime.h"

#include <condition_variable>
#include <mutex>
#include <span>
#include <vector>

namespace vsdeblur {

// The recurrent state of a clip after a frame: for each run on it, by channels and then by tiles, the network's states in
// the contract's order.
// Immutable; copies share the tensors.
using State = std::vector<std::vector<Tensor>>;

// Memory that a state holds.
std::size_t bytes_of(const State& state);

class Network {
public:
    // Loads options.num_streams sessions, which share the processor's cores. Decoded frames have `channels` channels, a
    // multiple of the contract's: the network sees as many at a time as it takes, and the others in runs of their own.
    // Throws Error as Session and TilePlan do.
    Network(const Contract& contract, const Options& options, int channels, int width, int height);

    // The state before a first frame: 0 everywhere.
    const State& initial() const { return initial_; }

    Execution execution() const { return sessions_.front().execution(); }

    // Runs on a window of decoded frames, in the contract's order, each (channels, height, width).
    // Returns the contract's number of output frames of the same shape; `state` goes in and comes out advanced.
    // Thread-safe; at most num_streams windows are run at a time, others wait.
    std::vector<FloatImage> run(std::span<const FloatImage* const> window, State& state);

private:
    class Lease;

    const int channels_;  // of decoded frames
    const int together_;  // of these in one run
    const int outputs_;
    const TilePlan tiles_;
    State initial_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<Session> sessions_;
    std::vector<Session*> idle_;
};

}  // namespace vsdeblur
