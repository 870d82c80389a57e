// Frames for tests: own memory, any format, rows in either direction, with guard bytes between them.
#pragma once

#include "picture/frame.h"
#include "picture/image.h"
#include "picture/samples.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

namespace vsdeblur::test {

enum class Rows { packed, padded, bottom_up };

class TestFrame {
public:
    explicit TestFrame(const Format& format, Rows rows = Rows::packed) {
        view_.format = format;
        for (int plane = 0; plane < format.planes(); ++plane) {
            const int height = format.plane_height(plane);
            const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(format.plane_width(plane)) * format.bytes();
            const std::ptrdiff_t stride = rows == Rows::packed ? row : row + 6 * format.bytes();
            memory_[plane].assign(static_cast<std::size_t>(stride) * (height - 1) + row, std::byte{0xa5});
            const bool up = rows == Rows::bottom_up;
            view_.data[plane] = memory_[plane].data() + (up ? stride * (height - 1) : 0);
            view_.stride[plane] = up ? -stride : stride;
        }
    }
    TestFrame(const TestFrame&) = delete;
    TestFrame& operator=(const TestFrame&) = delete;

    FrameView& view() { return view_; }
    const Format& format() const { return view_.format; }

    std::byte* row(int plane, int y) {
        return const_cast<std::byte*>(view_.data[plane]) + view_.stride[plane] * y;  // it is this object's own memory
    }

    // A sample as a number, as it lies in memory.
    double get(int plane, int x, int y) {
        return detail::with_codec(format(), [&](const auto codec) {
            typename std::remove_cvref_t<decltype(codec)>::Raw raw;
            std::memcpy(&raw, row(plane, y) + x * sizeof raw, sizeof raw);
            return static_cast<double>(codec.load(raw));
        });
    }
    void set(int plane, int x, int y, double number) {
        detail::with_codec(format(), [&](const auto codec) {
            const auto raw = codec.store(static_cast<float>(number));
            std::memcpy(row(plane, y) + x * sizeof raw, &raw, sizeof raw);
        });
    }

    template <class F>  // number of a sample = f(plane, x, y)
    void fill(F&& f) {
        for (int plane = 0; plane < format().planes(); ++plane)
            for (int y = 0; y < format().plane_height(plane); ++y)
                for (int x = 0; x < format().plane_width(plane); ++x) set(plane, x, y, f(plane, x, y));
    }

    // Any bit pattern that the format can hold: all codes of integers; of floats also infinities, NaN, -0, subnormals.
    void fill_any(std::mt19937& random) {
        const Format& f = format();
        const unsigned mask = f.sample == Sample::integer ? (1u << f.bits) - 1u : 0xffffffffu;
        for (int plane = 0; plane < f.planes(); ++plane)
            for (int y = 0; y < f.plane_height(plane); ++y)
                for (int x = 0; x < f.plane_width(plane); ++x) {
                    const std::uint32_t bits = (random() % 8 == 0 ? special(random) : random()) & mask;
                    std::memcpy(row(plane, y) + static_cast<std::ptrdiff_t>(x) * f.bytes(), &bits, f.bytes());
                }
    }

    // Samples of nominal range: the lowest to the highest legal value.
    void fill_nominal(std::mt19937& random) {
        const Format& f = format();
        const bool limited = view_.range == Range::limited;
        std::uniform_real_distribution<double> share(0.0, 1.0);
        fill([&](int plane, int, int) {
            const bool chroma = f.family == Family::yuv && plane > 0;
            if (f.sample == Sample::floating) return share(random) - (chroma ? 0.5 : 0.0);
            const int unit = 1 << (f.bits - 8), peak = (1 << f.bits) - 1;
            const int low = limited ? 16 * unit : 0, high = limited ? (chroma ? 240 : 235) * unit : peak;
            return static_cast<double>(low + static_cast<int>(share(random) * (high - low)));
        });
    }

    // Whether an image's plane holds the same bits.
    bool same_bits(int plane, const Image& image) {
        const std::size_t bytes = static_cast<std::size_t>(format().plane_width(plane)) * format().bytes();
        for (int y = 0; y < format().plane_height(plane); ++y)
            if (std::memcmp(row(plane, y), image.plane(plane) + image.stride(plane) * y, bytes) != 0) return false;
        return true;
    }

private:
    static std::uint32_t special(std::mt19937& random) {
        // Byte-wise copies take the low 2 bytes for 16-bit samples, so both halves hold a special value.
        static constexpr std::uint32_t values[] = {0x00000000, 0x80008000, 0x7f807c00, 0xff80fc00,
                                                   0x7fc07e00, 0x7f817c01, 0x00010001, 0xffffffff};
        return values[random() % std::size(values)];
    }

    std::vector<std::byte> memory_[3];
    FrameView view_;
};

inline double get(const Image& image, int plane, int x, int y) {
    return detail::with_codec(image.format(), [&](const auto codec) {
        typename std::remove_cvref_t<decltype(codec)>::Raw raw;
        std::memcpy(&raw, image.plane(plane) + image.stride(plane) * y + x * sizeof raw, sizeof raw);
        return static_cast<double>(codec.load(raw));
    });
}

inline FloatImage copy(const FloatImage& image) {
    FloatImage result(image.channels(), image.height(), image.width());
    std::memcpy(result.data(), image.data(), image.bytes());
    return result;
}

inline Format format_of(Family family, int bits, int width, int height, int subsampling_w = 0, int subsampling_h = 0) {
    return {family, bits == 32 ? Sample::floating : Sample::integer, bits, subsampling_w, subsampling_h, width, height};
}

inline Format half_of(Family family, int width, int height, int subsampling_w = 0, int subsampling_h = 0) {
    return {family, Sample::floating, 16, subsampling_w, subsampling_h, width, height};
}

}  // namespace vsdeblur::test
