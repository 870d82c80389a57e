// One engine on clips that come frame by frame, one after the other. Each clip is deblurred as if it stood alone.
// Outputs are asked for in rising order. Memory is bounded by the network's window, however long a clip is.
//
// The engine sees a single clip without an end. Each of ours begins a segment of it, where states are 0, and frames
// beyond an end of ours are handed over mirrored (window.h), as the engine itself does at the ends of its clip.
#pragma once

#include "engine.h"
#include "pixels.h"

#include <algorithm>
#include <deque>
#include <memory>

namespace vsdeblur::frei0r {

class Stream {
public:
    // A state goes on without a break for that many frames, then it is 0 again.
    static constexpr int segment = 1 << 20;

    // The options but for what a stream decides: segments, and that nothing is kept for a way back. Throws Error as
    // Engine does, and for a network that splits exposures.
    Stream(int width, int height, Options options);

    // Frames that must follow frame n before output n can be had, unless the clip has ended.
    int delay() const { return std::max(engine_->contract().before, engine_->contract().after); }

    // What follows has nothing to do with what came before.
    void begin_clip();
    // Takes the clip's next frame.
    void push(Planes planes);
    // No frame of this clip follows; it has one at least.
    void end_clip() { has_ended_ = true; }

    // Frames of this clip so far.
    int count() const { return first_ + static_cast<int>(frames_.size()); }
    // Output n: n + delay() < count(), or n < count() if the clip has ended; not smaller than the last one asked for.
    std::shared_ptr<const Image> output(int n);
    // A frame that output() gave last or that is newer.
    const Planes& frame(int n) const { return frames_[n - first_]; }

private:
    const Planes& mirrored(int n) const;
    void open();

    const int width_;
    const int height_;
    const Options options_;
    std::unique_ptr<Engine> engine_;
    int base_ = 0;   // the engine's number of the clip's first frame; a multiple of segment
    int first_ = 0;  // number of frames_.front()
    std::deque<Planes> frames_;
    bool has_ended_ = false;
};

}  // namespace vsdeblur::frei0r
