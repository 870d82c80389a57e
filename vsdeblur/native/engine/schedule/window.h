// Which input frames a run reads. Pure arithmetic on frame numbers.
//
// Rules, in this order: a neighbour beyond an end of the clip is mirrored about the end's frame, which is not repeated
// (-1 is frame 1); a neighbour beyond a scene cut is replaced by the last frame before the cut.
#pragma once

#include <functional>
#include <vector>

namespace vsdeblur {

// Whether a scene cut lies between frames n - 1 and n; asked for 1 <= n < length only.
using CutBefore = std::function<bool(int n)>;

// An inclusive range of frames.
struct Span {
    int first;
    int last;
};

// The smallest range that holds both.
Span join(Span a, Span b);

// Frame number n, any integer, mirrored into 0..length - 1; in a clip of one frame always 0.
int mirror(int n, int length);

// All frames that resolve_window(centre, ...) may read or ask a cut for, whatever the cuts.
Span window_span(int centre, int before, int after, int length);

// The window of frames centre - before .. centre + after, in that order, after both rules. 0 <= centre < length.
std::vector<int> resolve_window(int centre, int before, int after, int length, const CutBefore& cut);

// The centre of the window that frame n is taken from, when windows lie `stride` frames apart on a grid from frame 0:
// frames k * stride .. k * stride + stride - 1 share the centre k * stride + stride / 2, or the clip's last frame.
int grid_centre(int n, int stride, int length);

// The frame nearest to `target` in the scene of frame n.
int nearest_in_scene(int n, int target, const CutBefore& cut);

}  // namespace vsdeblur
