#include "clock.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vsdeblur::frei0r {

namespace {

constexpr double earliest = -1e9;  // no clip begins that long before 0, in seconds or milliseconds
constexpr double tolerance = 1.5;  // steps of one frame differ where times were rounded

}  // namespace

Step Clock::step(double time) {
    const bool is_first = !std::exchange(has_begun_, true);
    const bool is_known = std::isfinite(time) && time > earliest;
    const std::optional<double> before = std::exchange(last_, is_known ? std::optional(time) : std::nullopt);
    if (is_first) return Step::jump;
    if (!is_known || !before) return Step::next;
    const double step = time - *before;
    if (step == 0) return Step::repeat;
    if (step < 0) return Step::jump;
    const double usual = shortest_.value_or(step);
    shortest_ = std::min(usual, step);
    return step <= tolerance * usual ? Step::next : Step::jump;
}

}  // namespace vsdeblur::frei0r
