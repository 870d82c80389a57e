// A host's frame as the engine sees it: a format and borrowed, read-only planes. No host's types appear here.
#pragma once

#include <cstddef>
#include <optional>

namespace vsdeblur {

enum class Family {
    gray,  // one plane: Y
    yuv,   // three planes: Y, U, V; U and V may be subsampled
    rgb,   // three planes: R, G, B of one size
};

enum class Sample {
    integer,   // unsigned, 8 to 16 bits, in the low bits of 1 byte (8 bits) or of 2 bytes (9 to 16), native byte order
    floating,  // IEEE 754, 16 or 32 bits, native byte order; Y, R, G, B nominally in 0..1, U and V in -0.5..0.5
};

// What a clip's integer samples mean. Floating samples ignore it: they have one meaning only.
enum class Range {
    limited,  // at 8 bits Y, R, G, B of 16..235 and U, V of 16..240, scaled by 2^(bits - 8) above that
    full,     // 0..2^bits - 1; U and V around 2^(bits - 1)
};

struct Format {
    Family family = Family::gray;
    Sample sample = Sample::integer;
    int bits = 8;
    int subsampling_w = 0;  // log2 of the horizontal subsampling of U and V, 0..4
    int subsampling_h = 0;  // log2 of the vertical one, 0..4
    int width = 0;          // of plane 0, pixels
    int height = 0;

    int planes() const { return family == Family::gray ? 1 : 3; }
    // Bytes of one sample.
    int bytes() const { return bits <= 8 ? 1 : bits <= 16 ? 2 : 4; }
    int plane_width(int plane) const { return plane == 0 ? width : width >> subsampling_w; }
    int plane_height(int plane) const { return plane == 0 ? height : height >> subsampling_h; }

    bool operator==(const Format&) const = default;
};

// Throws Error, with one sentence that says what is allowed, unless the format is one that the engine reads:
//   - integer of 8 to 16 bits, or floating of 16 or 32;
//   - subsampling 0..4 in YUV, none in the other families;
//   - width and height at least 1, and divisible by the subsampling (VapourSynth's own rule).
// Every other function of the engine expects a format that passed. Thread-safe.
void check_format(const Format& format);

// A borrowed frame. Everything that `data` points to must stay readable and unchanged for as long as the view is used.
struct FrameView {
    Format format;
    const std::byte* data[3] = {};  // first sample of the top row of each of format.planes() planes, aligned to a sample
    std::ptrdiff_t stride[3] = {};  // bytes from one row to the next; may be negative; a multiple of format.bytes()
    Range range = Range::limited;
    int matrix = 2;           // H.273 MatrixCoefficients, as VapourSynth's _Matrix; 2 = unspecified (see colour.h)
    int chroma_location = 0;  // H.273 chroma location, as VapourSynth's _ChromaLocation, 0..5; 0 = left
    // What the host knows about cuts before and after this frame (_SceneChangePrev, _SceneChangeNext); unset: nothing.
    std::optional<bool> scene_change_prev;
    std::optional<bool> scene_change_next;
};

}  // namespace vsdeblur
