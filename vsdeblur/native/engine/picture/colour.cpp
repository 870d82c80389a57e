#include "picture/colour.h"

#include "error.h"

#include <string>

namespace vsdeblur {

namespace {

constexpr LumaWeights fcc{0.30, 0.11};
constexpr LumaWeights bt601{0.299, 0.114};
constexpr LumaWeights smpte240{0.212, 0.087};
constexpr LumaWeights bt2020{0.2627, 0.0593};

constexpr int sd_width = 1024;  // an unspecified matrix is BT.601 up to this size, as zimg's users and players guess it
constexpr int sd_height = 576;

}  // namespace

LumaWeights luma_weights(int matrix, int width, int height) {
    switch (matrix) {
    case 1: return bt709;
    case 2: return width > sd_width || height > sd_height ? bt709 : bt601;
    case 4: return fcc;
    case 5:
    case 6: return bt601;
    case 7: return smpte240;
    case 9: return bt2020;
    default:
        throw Error("the _Matrix of a YUV frame must be 1 (BT.709), 2 (unspecified), 4 (FCC), 5 or 6 (BT.601), "
                    "7 (SMPTE 240M) or 9 (BT.2020 NCL) for an RGB model, got " +
                    std::to_string(matrix));
    }
}

Matrix3 rgb_to_yuv(const LumaWeights& weights) {
    const double kr = weights.kr, kg = weights.kg(), kb = weights.kb;
    const double u = 0.5 / (1.0 - kb), v = 0.5 / (1.0 - kr);
    return {{{kr, kg, kb}, {-kr * u, -kg * u, 0.5}, {0.5, -kg * v, -kb * v}}};
}

Matrix3 yuv_to_rgb(const LumaWeights& weights) {
    const double kr = weights.kr, kg = weights.kg(), kb = weights.kb;
    const double blue = 2.0 * (1.0 - kb), red = 2.0 * (1.0 - kr);
    return {{{1.0, 0.0, red}, {1.0, -blue * kb / kg, -red * kr / kg}, {1.0, blue, 0.0}}};
}

Levels luma_levels(const Format& format, Range range) {
    if (format.sample == Sample::floating) return {0.0f, 1.0f};
    if (range == Range::full) return {0.0f, static_cast<float>((1 << format.bits) - 1)};
    const int unit = 1 << (format.bits - 8);
    return {static_cast<float>(16 * unit), static_cast<float>(219 * unit)};
}

Levels chroma_levels(const Format& format, Range range) {
    if (format.sample == Sample::floating) return {0.0f, 1.0f};
    const float middle = static_cast<float>(1 << (format.bits - 1));
    if (range == Range::full) return {middle, static_cast<float>((1 << format.bits) - 1)};
    return {middle, static_cast<float>(224 << (format.bits - 8))};
}

}  // namespace vsdeblur
