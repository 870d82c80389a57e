// The built-in scene cut detector: the mean absolute difference of two frames' luma thumbnails, the smallest over shifts
// of a sixteenth of the frame in any direction, compared with sc_threshold; or the same of the thumbnails with brightness
// and contrast taken out, which finds cuts in the dark, where that is larger.
//
// The first is the measure of VapourSynth's misc.SCDetect, and keeps its default of 0.1, but works on averages of blocks instead
// of pixels: noise, grain and small motion cancel within a block, and the engine can keep a thumbnail of a few kilobytes
// in place of a frame. The shifts are for shaking cameras, which a deblurrer meets more than others: a frame that only
// moved must not be cut off from its neighbours. It is a pure function of the two frames, so a cut never depends on the
// order of access.
//
// What it finds and misses:
//   - A pan or shake of up to a sixteenth of the longer side between two frames is no cut. Motion far beyond that, which
//     replaces much of the picture, is reported as a cut, which for a deblurrer it is.
//   - Noise averages out. A fade or dissolve of more than a few frames stays below the threshold in each step.
//   - A flash of one frame is reported as two cuts, into it and out of it; if it is brighter by more than the threshold.
//   - A cut between two pictures of much the same layout of brightness is missed: only luma is compared. So is a cut in the
//     dark to or from a picture that is next to flat.
#pragma once

#include "picture/frame.h"

#include <vector>

namespace vsdeblur {

inline constexpr double default_scene_threshold = 0.1;

// Mean luma of blocks of equal shape (to one pixel), 0 black to 1 white of the frame's range, clipped to that.
struct Thumbnail {
    int width = 0;   // blocks across, at least 1; the larger of width and height is at most 64
    int height = 0;  // blocks down
    std::vector<float> luma;  // height rows of width values
};

// Any format that check_format takes. RGB gives BT.709 luma. NaN counts as black. Thread-safe, deterministic; depends on
// nothing but samples, format and range.
Thumbnail thumbnail(const FrameView& frame);

// The larger of two mean absolute differences where the two overlap, each the smallest over shifts of up to 4 blocks, and a
// quarter of the thumbnail, along each axis: that of luma, 0 (equal) to 1 (black against white), and 1/7 of that of the
// thumbnails less their means, divided by their mean absolute deviations + 0.01. At most 1. Frames of one size; else 1, for
// a change of size is a cut. Symmetric. Thread-safe.
double difference(const Thumbnail& a, const Thumbnail& b);

}  // namespace vsdeblur
