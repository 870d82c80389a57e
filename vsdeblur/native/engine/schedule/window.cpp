#include "schedule/window.h"

#include <algorithm>

namespace vsdeblur {

Span join(Span a, Span b) {
    return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

int mirror(int n, Span range) {
    if (range.first == range.last) return range.first;
    while (n < range.first || n > range.last) n = n < range.first ? 2 * range.first - n : 2 * range.last - n;
    return n;
}

Span window_span(int centre, int before, int after, int length) {
    const int reach = std::max(before, after);
    // Not centre + reach: a clip whose end is not known is as long as the largest int says.
    return {std::max(0, centre - reach), centre + std::min(reach, length - 1 - centre)};
}

int nearest_in_scene(int n, int target, const CutBefore& cut) {
    while (n < target && !cut(n + 1)) ++n;
    while (n > target && !cut(n)) --n;
    return n;
}

std::vector<int> resolve_window(int centre, int before, int after, int length, const CutBefore& cut) {
    const Span near = window_span(centre, before, after, length);
    // What the scene has beyond that no mirror image reaches.
    const Span scene{nearest_in_scene(centre, near.first, cut), nearest_in_scene(centre, near.last, cut)};
    std::vector<int> frames;
    for (int n = centre - before; n <= centre + after; ++n) frames.push_back(mirror(n, scene));
    return frames;
}

int grid_centre(int n, int stride, int length) {
    return std::min(n / stride * stride + stride / 2, length - 1);
}

}  // namespace vsdeblur
