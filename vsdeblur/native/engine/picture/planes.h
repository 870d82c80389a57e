// A host's planes to a network's values, and back.
//
// Network values are float32, full range, 0 black and 1 white; samples beyond the range's nominal black and white give
// values beyond 0..1 and are not clipped. What a network of each colour sees and changes:
//
//   color  format   decode                                   encode
//   luma   GRAY,YUV Y                                        Y = out. Only plane 0 is written
//   luma   RGB      R, G, B, each by itself                  R, G, B = out
//   rgb    RGB      R, G, B                                  R, G, B = out
//   rgb    YUV      R, G, B by the frame's matrix, range     adds M * (out - in) to Y, U, V, where M is RGB to YUV; the
//                   and chroma location; U and V are         change of U and V is low-passed by a triangle of twice the
//                   upsampled bilinearly                     chroma's spacing, at the chroma's location
//   rgb    GRAY     Y in all three channels                  adds the BT.709 luma of out - in to Y
//
// Chroma beyond the frame's edge repeats the edge, in both directions.
//
// Integer samples are rounded to nearest, halves up (floor(x + 0.5)), and clipped to 0..2^bits - 1, not to the nominal
// range: super-whites survive. 16-bit floats are rounded to nearest, halves to even. Floats are not clipped.
// A network that changes nothing (out = in) gives back every sample bit for bit, in every format. A NaN from the network
// counts as no change of that channel at that pixel.
//
// All functions are pure and thread-safe.
#pragma once

#include "model/contract.h"
#include "picture/frame.h"
#include "picture/image.h"

namespace vsdeblur {

// Channels of what decode gives: 1 for a luma network on GRAY and YUV, else 3. A luma network takes three by turns.
int channels_of(const Format& format, Contract::Color color);

// Shape: (channels_of(source.format, color), height, width).
// Throws Error if an RGB network meets a YUV frame whose `_Matrix`, or `_ChromaLocation` where chroma is subsampled, has
// no known meaning.
FloatImage decode(const FrameView& source, Contract::Color color);

// in + strength * (out - in), and `in` itself, bit for bit, where strength is 0. Images of one shape.
FloatImage partly(const FloatImage& in, const FloatImage& out, double strength);

// `in` is what decode(source, color) gave, `out` the network's answer to it, of the same shape (else std::logic_error).
// The result has the source's format and the planes that the table names. Throws Error as decode does.
Image encode(const FrameView& source, const FloatImage& in, const FloatImage& out, Contract::Color color);

}  // namespace vsdeblur
