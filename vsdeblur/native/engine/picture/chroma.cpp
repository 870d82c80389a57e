#include "picture/chroma.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace vsdeblur::detail {

namespace {

ChromaAxis make_axis(int log2_ratio, int chroma, double offset) {
    ChromaAxis axis{};
    const int ratio = 1 << log2_ratio;
    axis.ratio = ratio;
    axis.chroma = chroma;
    for (int p = 0; p < ratio; ++p) {
        const double position = (p - offset) / ratio;  // above -1, below 1
        for (int k = 0; k < 3; ++k)
            axis.up[p][k] = static_cast<float>(std::max(0.0, 1.0 - std::abs(position - (k - 1))));
    }
    axis.first = static_cast<int>(std::floor(offset - ratio)) + 1;
    for (int k = 0; k < 2 * ratio; ++k) {
        const double weight = (1.0 - std::abs(axis.first + k - offset) / ratio) / ratio;
        if (weight <= 0.0) break;
        axis.down[k] = static_cast<float>(weight);
        axis.taps = k + 1;
    }
    return axis;
}

void check_location(const Format& format, int location) {
    const bool subsampled = format.subsampling_w != 0 || format.subsampling_h != 0;
    if (subsampled && (location < 0 || location > 5))
        throw Error("the _ChromaLocation of a subsampled frame must be 0 (left), 1 (centre), 2 (top left), 3 (top), "
                    "4 (bottom left) or 5 (bottom), got " +
                    std::to_string(location));
}

// The ratio as a constant lets the compiler keep the weights in registers and vectorise the strided accesses.
template <int R>
void upsample(const ChromaAxis& axis, const float* chroma, float* luma) {
    const auto up = axis.up;
    for (int i = 0; i < axis.chroma; ++i) {
        const float before = chroma[i - 1], here = chroma[i], after = chroma[i + 1];
#pragma GCC unroll 16
        for (int p = 0; p < R; ++p) luma[R * i + p] = up[p][0] * before + up[p][1] * here + up[p][2] * after;
    }
}

template <int R>
void downsample(const ChromaAxis& axis, const float* luma, float* chroma) {
    const auto down = axis.down;
    const float* from = luma + axis.first;
    for (int i = 0; i < axis.chroma; ++i) {
        float sum = 0.0f;
#pragma GCC unroll 32
        for (int k = 0; k < 2 * R; ++k) sum += down[k] * from[R * i + k];
        chroma[i] = sum;
    }
}

}  // namespace

ChromaAxis horizontal_axis(const Format& format, int location) {
    check_location(format, location);
    const bool centre = location == 1 || location == 3 || location == 5;
    const int ratio = 1 << format.subsampling_w;
    return make_axis(format.subsampling_w, format.plane_width(1), centre ? (ratio - 1) / 2.0 : 0.0);
}

ChromaAxis vertical_axis(const Format& format, int location) {
    check_location(format, location);
    const bool top = location == 2 || location == 3, bottom = location == 4 || location == 5;
    const int ratio = 1 << format.subsampling_h;
    const double offset = top ? 0.0 : bottom ? ratio - 1.0 : (ratio - 1) / 2.0;
    return make_axis(format.subsampling_h, format.plane_height(1), offset);
}

void upsample_row(const ChromaAxis& axis, const float* chroma, float* luma) {
    switch (axis.ratio) {
    case 1: std::copy_n(chroma, axis.chroma, luma); break;
    case 2: upsample<2>(axis, chroma, luma); break;
    case 4: upsample<4>(axis, chroma, luma); break;
    case 8: upsample<8>(axis, chroma, luma); break;
    default: upsample<16>(axis, chroma, luma); break;
    }
}

void downsample_row(const ChromaAxis& axis, const float* luma, float* chroma) {
    switch (axis.ratio) {
    case 1: std::copy_n(luma, axis.chroma, chroma); break;
    case 2: downsample<2>(axis, luma, chroma); break;
    case 4: downsample<4>(axis, luma, chroma); break;
    case 8: downsample<8>(axis, luma, chroma); break;
    default: downsample<16>(axis, luma, chroma); break;
    }
}

}  // namespace vsdeblur::detail
