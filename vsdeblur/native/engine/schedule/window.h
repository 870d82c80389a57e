// Which input frames a run reads. Pure arithmetic on frame numbers.
//
// One rule for the ends of a clip and for scene cuts: a run reads frames of its centre's scene alone, and a neighbour
// beyond an end of the scene is mirrored about the end's frame, which is not repeated. So the frames of a scene are what
// they would be if it were a clip of its own. (Repeating the end's frame instead costs DTB 0.1 dB there, and RVD nothing.)
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

// Frame number n, any integer, mirrored into the range; in a range of one frame always that one.
int mirror(int n, Span range);

// All frames that resolve_window(centre, ...) may read or ask a cut for, whatever the cuts: as many on both sides as on
// the longer one, for mirror images of the one lie on the other.
Span window_span(int centre, int before, int after, int length);

// The window of frames centre - before .. centre + after, in that order, after the rule. 0 <= centre < length.
std::vector<int> resolve_window(int centre, int before, int after, int length, const CutBefore& cut);

// The centre of the window that frame n is taken from, when windows lie `stride` frames apart on a grid from frame 0:
// frames k * stride .. k * stride + stride - 1 share the centre k * stride + stride / 2, or the clip's last frame.
int grid_centre(int n, int stride, int length);

// The frame nearest to `target` in the scene of frame n.
int nearest_in_scene(int n, int target, const CutBefore& cut);

}  // namespace vsdeblur
