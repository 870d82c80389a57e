// What the time of a frame says about the frame before: a live host may seek at any time.
//
// frei0r gives seconds, FFmpeg milliseconds, so only steps are compared. The shortest step forward of an instance's
// life counts as the distance of two frames. FFmpeg gives some frames a time that no clip has; it says nothing.
#pragma once

#include <optional>

namespace vsdeblur::frei0r {

enum class Step {
    next,    // the frame follows the last one
    repeat,  // the same time again
    jump,    // the first frame, a step back, or one over at least a frame
};

class Clock {
public:
    Step step(double time);

private:
    bool has_begun_ = false;
    std::optional<double> last_;
    std::optional<double> shortest_;
};

}  // namespace vsdeblur::frei0r
