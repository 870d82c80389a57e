// Internal: where chroma samples lie, and how rows of them are brought to luma resolution and back.
//
// Along an axis with subsampling ratio R, chroma sample i lies at R * i + offset in luma pixels. Upwards, a luma pixel
// takes the two chroma samples around it by distance (bilinear). Downwards, a chroma sample takes the luma pixels less
// than R away by a triangle; its weights sum to 1.
#pragma once

#include "picture/frame.h"

#include <array>

namespace vsdeblur::detail {

inline constexpr int max_ratio = 16;

struct ChromaAxis {
    int ratio;    // R: 1, 2, 4, 8 or 16
    int chroma;   // samples
    // Luma pixel R * i + p takes up[p][0..2] of chroma samples i - 1, i, i + 1.
    std::array<std::array<float, 3>, max_ratio> up;
    // Chroma sample i takes down[k] of luma pixel R * i + first + k, k < taps.
    int first;    // -(R - 1)..0
    int taps;     // 2 R - 1 or 2 R
    std::array<float, 2 * max_ratio> down;

    int luma() const { return ratio * chroma; }
};

// `location` is the H.273 number as in FrameView. Throws Error, naming `_ChromaLocation`, unless it is 0..5
// or nothing is subsampled.
ChromaAxis horizontal_axis(const Format& format, int location);
ChromaAxis vertical_axis(const Format& format, int location);

// chroma: axis.chroma samples, and one more to be read on each side.   luma: axis.luma() samples, written.
void upsample_row(const ChromaAxis& axis, const float* chroma, float* luma);

// luma: axis.luma() samples, and axis.ratio more to be read on each side.   chroma: axis.chroma samples, written.
void downsample_row(const ChromaAxis& axis, const float* luma, float* chroma);

}  // namespace vsdeblur::detail
