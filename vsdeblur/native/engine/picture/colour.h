// Colour arithmetic of ITU-T H.273 that the engine needs: matrix coefficients and quantisation levels.
#pragma once

#include "picture/frame.h"

#include <array>

namespace vsdeblur {

// Shares of red and blue in luma; green has 1 - kr - kb.
struct LumaWeights {
    double kr;
    double kb;
    double kg() const { return 1.0 - kr - kb; }
};

// BT.709: the weights wherever the engine needs the luma of an RGB frame or of RGB values of a GRAY frame.
inline constexpr LumaWeights bt709{0.2126, 0.0722};

// The weights of a MatrixCoefficients number:
//   1 BT.709; 4 FCC; 5 and 6 BT.601; 7 SMPTE 240M; 9 BT.2020 with non-constant luminance;
//   2 (unspecified) by the size of the frame: BT.709 above 1024 x 576 in either direction, else BT.601.
// Throws Error for any other number, naming `_Matrix` and what is allowed. That includes 0 (planes named Y, U, V that
// hold G, B, R): such a clip belongs in an RGB format. Thread-safe.
LumaWeights luma_weights(int matrix, int width, int height);

// Row-major 3x3.
using Matrix3 = std::array<std::array<double, 3>, 3>;

// (R, G, B) in 0..1 -> (Y in 0..1, U and V in -0.5..0.5); and its inverse.
Matrix3 rgb_to_yuv(const LumaWeights& weights);
Matrix3 yuv_to_rgb(const LumaWeights& weights);

// How samples of a plane stand for values: sample = offset + scale * value.
struct Levels {
    float offset;
    float scale;
};

// Of Y, R, G and B: value 0..1. Floating formats: offset 0, scale 1 whatever the range.
Levels luma_levels(const Format& format, Range range);
// Of U and V: value -0.5..0.5. Floating formats: offset 0, scale 1.
Levels chroma_levels(const Format& format, Range range);

}  // namespace vsdeblur
