#include "frames.h"

#include "error.h"

#include <VSConstants4.h>
#include <VSHelper4.h>

#include <limits>
#include <numeric>
#include <optional>
#include <string>

namespace vsdeblur::vs {
namespace {

// The two of _Range; VSConstants4.h has them for the newest API only.
constexpr std::int64_t range_limited = 0;
constexpr std::int64_t range_full = 1;
// The two of _ColorRange.
constexpr std::int64_t color_range_full = 0;
constexpr std::int64_t color_range_limited = 1;

std::optional<std::int64_t> integer(const VSMap* properties, const char* name, const VSAPI* api) {
    if (api->mapNumElements(properties, name) < 1) return std::nullopt;
    int error = peSuccess;
    const std::int64_t value = api->mapGetInt(properties, name, 0, &error);
    if (error != peSuccess) throw Error(std::string("the frame property ") + name + " must be a whole number");
    return value;
}

std::optional<bool> flag(const VSMap* properties, const char* name, const VSAPI* api) {
    const auto value = integer(properties, name, api);
    return value ? std::optional(*value != 0) : std::nullopt;
}

// Numbers that the engine takes as int; those beyond it mean nothing either.
int small(std::optional<std::int64_t> value, int otherwise) { return value ? vsh::int64ToIntS(*value) : otherwise; }

Range range_of(const VSMap* properties, Family family, const VSAPI* api) {
    const auto choose = [](const char* name, std::int64_t value, std::int64_t limited, std::int64_t full) {
        if (value == limited) return Range::limited;
        if (value == full) return Range::full;
        throw Error(std::string("the frame property ") + name + " must be " + std::to_string(limited) + " (limited) or " +
                    std::to_string(full) + " (full), not " + std::to_string(value));
    };
    if (const auto value = integer(properties, "_Range", api)) {
        return choose("_Range", *value, range_limited, range_full);
    }
    if (const auto value = integer(properties, "_ColorRange", api)) {
        return choose("_ColorRange", *value, color_range_limited, color_range_full);
    }
    return family == Family::rgb ? Range::full : Range::limited;
}

void check_progressive(const VSMap* properties, int number, const VSAPI* api) {
    const auto value = integer(properties, "_FieldBased", api);
    if (value && *value != VSC_FIELD_PROGRESSIVE) {
        throw Error("frame " + std::to_string(number) + " is interlaced (_FieldBased is " + std::to_string(*value) +
                    "), and only progressive frames can be deblurred: deinterlace the clip first");
    }
}

Family family_of(int color_family) {
    switch (color_family) {
        case cfGray: return Family::gray;
        case cfYUV: return Family::yuv;
        case cfRGB: return Family::rgb;
    }
    throw Error("the clip must be GRAY, YUV or RGB");
}

void set_integer(VSMap* properties, const char* name, std::int64_t value, const VSAPI* api) {
    api->mapSetInt(properties, name, value, maReplace);
}

}  // namespace

Format format_of(const VSVideoInfo& info) {
    if (!vsh::isConstantVideoFormat(&info)) throw Error("the clip must have one format and one size");
    Format format;
    format.family = family_of(info.format.colorFamily);
    format.sample = info.format.sampleType == stFloat ? Sample::floating : Sample::integer;
    format.bits = info.format.bitsPerSample;
    format.subsampling_w = info.format.subSamplingW;
    format.subsampling_h = info.format.subSamplingH;
    format.width = info.width;
    format.height = info.height;
    check_format(format);
    return format;
}

FrameView view_of(const VSFrame* frame, int number, const Format& format, const VSAPI* api) {
    const VSMap* properties = api->getFramePropertiesRO(frame);
    check_progressive(properties, number, api);
    FrameView view;
    view.format = format;
    for (int plane = 0; plane < format.planes(); ++plane) {
        view.data[plane] = reinterpret_cast<const std::byte*>(api->getReadPtr(frame, plane));
        view.stride[plane] = api->getStride(frame, plane);
        if (view.data[plane] == nullptr) {
            throw Error("frame " + std::to_string(number) + " is in a GPU's memory: put std.GPUDownload before");
        }
    }
    view.range = range_of(properties, format.family, api);
    view.matrix = small(integer(properties, "_Matrix", api), view.matrix);
    view.chroma_location = small(integer(properties, "_ChromaLocation", api), view.chroma_location);
    view.scene_change_prev = flag(properties, "_SceneChangePrev", api);
    view.scene_change_next = flag(properties, "_SceneChangeNext", api);
    return view;
}

NewFrame frame_of(const Image& image, const VSFrame* source, const Host& host) {
    const Format& format = image.format();
    constexpr int planes[3] = {0, 1, 2};
    const VSFrame* from[3] = {};
    for (int plane = 0; plane < format.planes(); ++plane) from[plane] = image.has(plane) ? nullptr : source;
    NewFrame frame(host.api->newVideoFrame2(host.api->getVideoFrameFormat(source), format.width, format.height, from,
                                            planes, source, host.core),
                   FrameDelete{host.api});
    if (!frame) throw Error("VapourSynth gave no new frame");
    for (int plane = 0; plane < format.planes(); ++plane) {
        if (!image.has(plane)) continue;
        vsh::bitblt(host.api->getWritePtr(frame.get(), plane), host.api->getStride(frame.get(), plane),
                    image.plane(plane), image.stride(plane),
                    static_cast<std::size_t>(format.plane_width(plane)) * format.bytes(),
                    static_cast<std::size_t>(format.plane_height(plane)));
    }
    return frame;
}

Ratio multiplied(Ratio ratio, std::int64_t factor, const char* what) {
    const std::int64_t common = std::gcd(factor, ratio.den);
    std::int64_t num = 0;
    if (__builtin_mul_overflow(ratio.num, factor / common, &num)) {
        throw Error(std::string(what) + " is beyond 64 bits");
    }
    const std::int64_t den = ratio.den / common;
    const std::int64_t shared = std::gcd(num, den);
    return {num / shared, den / shared};
}

void set_execution(VSMap* properties, const Execution& execution, const VSAPI* api) {
    const auto set = [&](const char* name, const std::string& text) {
        api->mapSetData(properties, name, text.data(), static_cast<int>(text.size()), dtUtf8, maReplace);
    };
    set("VsdeblurRuntime", execution.runtime);
    set("VsdeblurPrecision", execution.precision);
}

void set_instant(VSMap* properties, int instant, int count, Ratio rate, const VSAPI* api) {
    const auto num = integer(properties, "_DurationNum", api);
    const auto den = integer(properties, "_DurationDen", api);
    const bool given = num && den && *num > 0 && *den > 0;
    const Ratio whole = given ? Ratio{*num, *den} : Ratio{rate.den, rate.num};
    if (given) {
        const Ratio inverse = multiplied({*den, *num}, count, "the frame property _DurationDen");
        set_integer(properties, "_DurationNum", inverse.den, api);
        set_integer(properties, "_DurationDen", inverse.num, api);
    }
    if (api->mapGetType(properties, "_AbsoluteTime") == ptFloat && whole.num > 0 && whole.den > 0) {
        const double time = api->mapGetFloat(properties, "_AbsoluteTime", 0, nullptr);
        const double moved = static_cast<double>(whole.num) / static_cast<double>(whole.den) * instant / count;
        api->mapSetFloat(properties, "_AbsoluteTime", time + moved, maReplace);
    }
    const auto clear = [&](const char* name) {
        if (api->mapNumElements(properties, name) > 0) set_integer(properties, name, 0, api);
    };
    if (instant > 0) clear("_SceneChangePrev");
    if (instant < count - 1) clear("_SceneChangeNext");
}

}  // namespace vsdeblur::vs
