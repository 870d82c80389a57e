#include "picture/frame.h"

#include "error.h"

#include <string>

namespace vsdeblur {

namespace {

constexpr int max_subsampling = 4;  // VapourSynth's own limit

void check_sample(const Format& format) {
    const std::string bits = std::to_string(format.bits);
    if (format.sample == Sample::integer && (format.bits < 8 || format.bits > 16))
        throw Error("integer samples must have 8 to 16 bits, got " + bits);
    if (format.sample == Sample::floating && format.bits != 16 && format.bits != 32)
        throw Error("float samples must have 16 or 32 bits, got " + bits);
}

void check_subsampling(const Format& format) {
    const int w = format.subsampling_w, h = format.subsampling_h;
    const std::string given = "got " + std::to_string(w) + ", " + std::to_string(h);
    if (format.family != Family::yuv && (w != 0 || h != 0))
        throw Error("only YUV formats may be subsampled (log2 of the subsampling must be 0, 0), " + given);
    if (w < 0 || w > max_subsampling || h < 0 || h > max_subsampling)
        throw Error("log2 of the chroma subsampling must be 0 to 4 in each direction, " + given);
}

void check_size(const Format& format) {
    const std::string size = std::to_string(format.width) + "x" + std::to_string(format.height);
    if (format.width < 1 || format.height < 1) throw Error("frames must have at least 1x1 pixels, got " + size);
    const int w = 1 << format.subsampling_w, h = 1 << format.subsampling_h;
    if (format.width % w != 0 || format.height % h != 0)
        throw Error("width and height must divide by the chroma subsampling " + std::to_string(w) + "x" +
                    std::to_string(h) + ", got " + size);
}

}  // namespace

void check_format(const Format& format) {
    check_sample(format);
    check_subsampling(format);
    check_size(format);
}

}  // namespace vsdeblur
