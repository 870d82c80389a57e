// Networks with state: the clip is cut into segments, and each segment is one chain of runs.
//
// Segment k holds frames k * segment .. (k + 1) * segment - 1. Its chain starts with state 0 `preroll` frames earlier
// (at frame 0 at the earliest) and runs frame by frame; at a scene cut the state is 0 again. The state after frame m of
// chain k is therefore a pure function of the clip, whoever computes it: states are shared between requests under the
// key (k, m), and every frame of the segment that a chain passes is finished for the requests that will ask for it.
#include "schedule/scheduler.h"

#include <algorithm>
#include <mutex>

namespace vsdeblur {

namespace {

constexpr std::size_t states_kept = 2;  // whatever the budget
constexpr int steps_at_once = 16;       // runs for which frames are asked for in one go

class RecurrentScheduler final : public Scheduler {
public:
    explicit RecurrentScheduler(Pipeline& pipeline)
        : pipeline_(pipeline),
          segment_(pipeline.options().segment.value_or(default_segment)),
          preroll_(pipeline.options().preroll.value_or(std::min(default_preroll, segment_))),
          states_(pipeline.options().state_cache, states_kept) {
        if (segment_ < 1) throw Error("segment must be at least 1, not " + std::to_string(segment_));
        if (preroll_ < 0 || preroll_ > segment_)
            throw Error("preroll must be between 0 and segment (" + std::to_string(segment_) + "), not " +
                        std::to_string(preroll_));
    }

    int history() const override {
        return preroll_ + std::max({contract().before, contract().after, 1});
    }

    std::vector<int> needed(int n, Progress& progress) override {
        // Without the mutex: a host must be able to ask for frames while a run is being made.
        if (pipeline_.finished(n)) return {n};
        const int next = catch_up(n, progress);
        Span span{next, next};
        for (int m = next; m <= std::min(n, next + steps_at_once - 1); ++m) span = join(span, reads(m));
        std::vector<int> frames = numbers(span);
        if (frames.back() < n) frames.push_back(n);
        return frames;
    }

    std::shared_ptr<const Image> advance(int n, Progress& progress, const Frames& frames) override {
        std::lock_guard lock(running_);
        if (auto image = pipeline_.finished(n)) return image;
        const CutBefore cut = pipeline_.cuts(frames);
        for (int m = catch_up(n, progress); m <= n && holds(frames, reads(m)); ++m)
            if (auto image = step(m, n, progress, frames, cut); image && m == n) return image;
        return nullptr;
    }

private:
    using Key = std::pair<int, int>;  // segment, frame that the state comes after

    const Contract& contract() const { return pipeline_.contract(); }
    int first_of_segment(int n) const { return n / segment_ * segment_; }
    int start_of_chain(int n) const { return std::max(0, first_of_segment(n) - preroll_); }

    // Frames that step m reads, and the one before it, for a cut between them.
    Span reads(int m) const {
        const Span window = window_span(m, contract().before, contract().after, pipeline_.length());
        return join(window, Span{std::max(0, m - 1), m});
    }

    // Brings the request to the newest state on the way to n that anyone has reached. Returns the next frame to run.
    int catch_up(int n, Progress& progress) {
        const int segment = n / segment_, start = start_of_chain(n);
        Key newest;
        if (auto state = states_.latest({segment, std::max(start, progress.state_frame)}, {segment, n - 1}, newest)) {
            progress.state = std::move(state);
            progress.state_frame = newest.second;
        }
        return progress.state ? progress.state_frame + 1 : start;
    }

    // Runs frame m on the way to n. Returns its output, or null in the pre-roll.
    std::shared_ptr<const Image> step(int m, int n, Progress& progress, const Frames& frames, const CutBefore& cut) {
        states_.make_room(bytes_of(pipeline_.initial()));
        const bool fresh = !progress.state || cut(m);
        State state = fresh ? pipeline_.initial() : *progress.state;
        const auto inputs = resolve_window(m, contract().before, contract().after, pipeline_.length(), cut);
        const std::vector<FloatImage> outputs = pipeline_.run(inputs, frames, state);
        progress.state = std::make_shared<const State>(std::move(state));
        progress.state_frame = m;
        states_.put({n / segment_, m}, progress.state, bytes_of(*progress.state));
        if (m < first_of_segment(n)) return nullptr;
        if (auto image = pipeline_.finished(m)) return image;
        return pipeline_.finish(m, m, outputs.front(), frames);
    }

    Pipeline& pipeline_;
    const int segment_;
    const int preroll_;
    std::mutex running_;  // steps follow each other, and two requests must not make the same one
    Cache<Key, State> states_;
};

}  // namespace

std::unique_ptr<Scheduler> make_recurrent_scheduler(Pipeline& pipeline) {
    return std::make_unique<RecurrentScheduler>(pipeline);
}

}  // namespace vsdeblur
