// How outputs are planned and computed, one class for each kind of network.
#pragma once

#include "schedule/pipeline.h"

#include <memory>
#include <vector>

namespace vsdeblur {

// What a request has gathered on its way: the state that it reached, so that it never falls back.
struct Request::Progress {
    std::vector<int> missing;             // input frames that the last advance() lacked
    std::shared_ptr<const State> state;   // recurrent networks: the newest state that the request has seen ...
    int state_frame = -1;                 // ... and the frame that it comes after
};

// needed() and advance() mean what engine.h says; all members are thread-safe.
class Scheduler {
public:
    using Progress = Request::Progress;

    virtual ~Scheduler() = default;
    virtual int outputs_per_frame() const { return 1; }
    virtual int history() const = 0;
    virtual std::vector<int> needed(int n, Progress& progress) = 0;
    virtual std::shared_ptr<const Image> advance(int n, Progress& progress, const Frames& frames) = 0;
};

// Networks without state whose outputs are input frames (RVD, DBLRNet): windows on a grid.
std::unique_ptr<Scheduler> make_window_scheduler(Pipeline& pipeline);

// Networks with state (RUNet, DTB): segments with pre-roll.
std::unique_ptr<Scheduler> make_recurrent_scheduler(Pipeline& pipeline);

// Networks that split one frame's exposure (SharpSequence).
std::unique_ptr<Scheduler> make_exposure_scheduler(Pipeline& pipeline);

}  // namespace vsdeblur
