#include "schedule/window.h"

#include <algorithm>

namespace vsdeblur {

Span join(Span a, Span b) {
    return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

int mirror(int n, int length) {
    if (length == 1) return 0;
    while (n < 0 || n >= length) n = n < 0 ? -n : 2 * (length - 1) - n;
    return n;
}

Span window_span(int centre, int before, int after, int length) {
    Span span{centre, centre};
    for (int offset = -before; offset <= after; ++offset) {
        const int n = mirror(centre + offset, length);
        span.first = std::min(span.first, n);
        span.last = std::max(span.last, n);
    }
    return span;
}

int nearest_in_scene(int n, int target, const CutBefore& cut) {
    while (n < target && !cut(n + 1)) ++n;
    while (n > target && !cut(n)) --n;
    return n;
}

std::vector<int> resolve_window(int centre, int before, int after, int length, const CutBefore& cut) {
    std::vector<int> frames;
    for (int offset = -before; offset <= after; ++offset)
        frames.push_back(nearest_in_scene(centre, mirror(centre + offset, length), cut));
    return frames;
}

int grid_centre(int n, int stride, int length) {
    return std::min(n / stride * stride + stride / 2, length - 1);
}

}  // namespace vsdeblur
