// Properties that hold in every format. Values against an independent reference are in test_planes_colour.cpp.
#include "error.h"
#include "picture/planes.h"
#include "picture/test_frame.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

using namespace vsdeblur;
using namespace vsdeblur::test;
using Color = Contract::Color;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

// Every family, sample and subsampling, at a size of that many chroma samples (and of so many pixels without chroma).
std::vector<Format> all_formats(int width, int height) {
    std::vector<Format> formats;
    for (int bits = 8; bits <= 18; ++bits) {
        const bool half = bits == 17, single = bits == 18;
        const auto add = [&](Family family, int w, int h) {
            const int across = width << w, down = height << h;
            formats.push_back(half ? half_of(family, across, down, w, h)
                                   : format_of(family, single ? 32 : bits, across, down, w, h));
        };
        add(Family::gray, 0, 0);
        add(Family::rgb, 0, 0);
        for (int w = 0; w <= 2; ++w)
            for (int h = 0; h <= 2; ++h) add(Family::yuv, w, h);
    }
    return formats;
}

Rows any_rows(std::mt19937& random) { return static_cast<Rows>(random() % 3); }

void any_properties(FrameView& view, std::mt19937& random) {
    static constexpr int matrices[] = {1, 2, 4, 5, 6, 7, 9};
    view.range = random() % 2 ? Range::limited : Range::full;
    view.matrix = matrices[random() % std::size(matrices)];
    view.chroma_location = static_cast<int>(random() % 6);
}

void check_unchanged(TestFrame& frame, Color color) {
    const FloatImage in = decode(frame.view(), color);
    const Image image = encode(frame.view(), in, in, color);
    const Format& format = frame.format();
    CAPTURE(static_cast<int>(format.family));
    CAPTURE(format.bits);
    CAPTURE(format.subsampling_w);
    CAPTURE(format.subsampling_h);
    CAPTURE(format.width);
    CAPTURE(format.height);
    REQUIRE(image.format() == format);
    for (int plane = 0; plane < format.planes(); ++plane) {
        const bool written = plane == 0 || format.family == Family::rgb || color == Color::rgb;
        REQUIRE(image.has(plane) == written);
        if (written) REQUIRE(frame.same_bits(plane, image));
    }
}

// Encodes a network's answer that is `value` at every pixel of every channel.
Image encode_constant(TestFrame& frame, Color color, float value) {
    const FloatImage in = decode(frame.view(), color);
    FloatImage out = copy(in);
    std::fill_n(out.data(), out.plane_size() * out.channels(), value);
    return encode(frame.view(), in, out, color);
}

std::string refusal(const Format& format) {
    try {
        check_format(format);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a network that changes nothing returns every sample bit for bit") {
    std::mt19937 random(1);
    const int sizes[][2] = {{1, 1}, {1, 2}, {3, 1}, {5, 7}, {19, 3}, {35, 9}};
    for (const auto& size : sizes)
        for (const Format& format : all_formats(size[0], size[1]))
            for (const Color color : {Color::luma, Color::rgb}) {
                TestFrame frame(format, any_rows(random));
                any_properties(frame.view(), random);
                frame.fill_any(random);
                check_unchanged(frame, color);
            }
}

TEST_CASE("the same at random sizes, and with 8- and 16-fold subsampling") {
    std::mt19937 random(2);
    for (int round = 0; round < 120; ++round) {
        const int w = static_cast<int>(random() % 5), h = static_cast<int>(random() % 5);
        const int width = (1 + static_cast<int>(random() % 9)) << w, height = (1 + static_cast<int>(random() % 9)) << h;
        TestFrame frame(format_of(Family::yuv, round % 2 ? 8 : 14, width, height, w, h), any_rows(random));
        any_properties(frame.view(), random);
        frame.fill_any(random);
        check_unchanged(frame, Color::rgb);
    }
}

TEST_CASE("every code of every depth survives, super-whites and super-blacks included") {
    for (const int bits : {8, 9, 10, 12, 14, 16})
        for (const Range range : {Range::limited, Range::full})
            for (const Family family : {Family::gray, Family::rgb}) {
                TestFrame frame(format_of(family, bits, 256, (1 << bits) / 256));
                frame.view().range = range;
                frame.fill([](int, int x, int y) { return x + 256.0 * y; });
                check_unchanged(frame, family == Family::gray ? Color::luma : Color::rgb);
            }
}

TEST_CASE("shapes are those of the colour") {
    for (const Format& format : all_formats(3, 2)) {
        TestFrame frame(format);
        frame.view().matrix = 1;
        const FloatImage luma = decode(frame.view(), Color::luma), rgb = decode(frame.view(), Color::rgb);
        for (const FloatImage* image : {&luma, &rgb}) {
            CHECK(image->channels() == (image == &luma && format.family != Family::rgb ? 1 : 3));
            CHECK(image->width() == format.width);
            CHECK(image->height() == format.height);
        }
    }
}

TEST_CASE("results do not depend on how rows lie in memory") {
    for (const Format& format : all_formats(6, 5))
        for (const Color color : {Color::luma, Color::rgb}) {
            TestFrame packed(format), padded(format, Rows::padded), bottom_up(format, Rows::bottom_up);
            for (TestFrame* frame : {&packed, &padded, &bottom_up}) {
                std::mt19937 random(3);
                frame->view().matrix = 1;
                frame->fill_nominal(random);
            }
            const FloatImage in = decode(packed.view(), color);
            FloatImage out = copy(in);
            for (std::size_t i = 0; i < out.plane_size() * out.channels(); ++i) out.data()[i] = 1.0f - in.data()[i];
            const Image reference = encode(packed.view(), in, out, color);
            for (TestFrame* frame : {&padded, &bottom_up}) {
                const FloatImage other = decode(frame->view(), color);
                REQUIRE(std::memcmp(other.data(), in.data(), in.bytes()) == 0);
                const Image image = encode(frame->view(), other, out, color);
                for (int plane = 0; plane < format.planes(); ++plane)
                    for (int y = 0; image.has(plane) && y < format.plane_height(plane); ++y)
                        REQUIRE(std::memcmp(image.plane(plane) + image.stride(plane) * y,
                                            reference.plane(plane) + reference.stride(plane) * y,
                                            static_cast<std::size_t>(format.plane_width(plane)) * format.bytes()) == 0);
            }
        }
}

TEST_CASE("NaN from the network leaves the source's sample") {
    std::mt19937 random(4);
    for (const Format& format : all_formats(3, 3))
        for (const Color color : {Color::luma, Color::rgb}) {
            TestFrame frame(format);
            frame.view().matrix = 1;
            frame.fill_any(random);
            const Image image = encode_constant(frame, color, not_a_number);
            for (int plane = 0; plane < format.planes(); ++plane)
                if (image.has(plane)) REQUIRE(frame.same_bits(plane, image));
        }
}

TEST_CASE("NaN in one channel of one pixel is no change of that channel there, and nothing else") {
    std::mt19937 random(5);
    for (const Format& format : all_formats(9, 9))
        for (const Color color : {Color::luma, Color::rgb}) {
            TestFrame frame(format);
            any_properties(frame.view(), random);
            frame.fill_nominal(random);
            const FloatImage in = decode(frame.view(), color);
            FloatImage bad = copy(in);
            for (std::size_t i = 0; i < bad.plane_size() * bad.channels(); ++i) bad.data()[i] += 0.1f;
            FloatImage good = copy(bad);
            const int channel = static_cast<int>(random() % bad.channels());
            bad.row(channel, 4)[4] = not_a_number;
            good.row(channel, 4)[4] = in.row(channel, 4)[4];
            const Image image = encode(frame.view(), in, bad, color), expected = encode(frame.view(), in, good, color);
            for (int plane = 0; plane < format.planes(); ++plane)
                for (int y = 0; image.has(plane) && y < format.plane_height(plane); ++y)
                    for (int x = 0; x < format.plane_width(plane); ++x)
                        REQUIRE(get(image, plane, x, y) == get(expected, plane, x, y));
        }
}

TEST_CASE("integers are clipped to the whole range, not to the nominal one; floats are not clipped") {
    for (const int bits : {8, 10, 16}) {
        TestFrame frame(format_of(Family::gray, bits, 3, 3));
        frame.fill([&](int, int, int) { return 100.0; });
        const double peak = (1 << bits) - 1;
        for (const float high : {2.0f, 1e30f, infinity}) CHECK(get(encode_constant(frame, Color::luma, high), 0, 1, 1) == peak);
        for (const float low : {-2.0f, -1e30f, -infinity}) CHECK(get(encode_constant(frame, Color::luma, low), 0, 1, 1) == 0);
        for (const float high : {3.0f, infinity}) CHECK(get(encode_constant(frame, Color::rgb, high), 0, 1, 1) == peak);
    }
    for (const Family family : {Family::gray, Family::rgb})
        for (const Format& format : {format_of(family, 32, 3, 3), half_of(family, 3, 3)}) {
            TestFrame frame(format);
            frame.fill([](int, int, int) { return 0.25; });
            const Color color = family == Family::gray ? Color::luma : Color::rgb;
            for (const float value : {2.0f, -1.5f, infinity, -infinity})
                CHECK(get(encode_constant(frame, color, value), 0, 1, 1) == value);
        }
}

TEST_CASE("infinities from the network do no harm in any format") {
    std::mt19937 random(6);
    for (const Format& format : all_formats(3, 3))
        for (const Color color : {Color::luma, Color::rgb})
            for (const float value : {infinity, -infinity}) {
                TestFrame frame(format);
                frame.view().matrix = 1;
                frame.fill_nominal(random);
                const Image image = encode_constant(frame, color, value);
                CHECK(image.has(0));
                if (format.sample == Sample::integer)
                    CHECK(get(image, 0, 1, 1) == (value > 0 ? (1 << format.bits) - 1 : 0));
            }
}

TEST_CASE("rounding is to nearest, halves up") {
    // 10 bits limited: 64 + 876 * 3/8 = 392.5, without a rounding on the way.
    TestFrame frame(format_of(Family::gray, 10, 1, 1));
    frame.fill([](int, int, int) { return 64.0; });
    CHECK(get(encode_constant(frame, Color::luma, 0.375f), 0, 0, 0) == 393);
    CHECK(get(encode_constant(frame, Color::luma, 0.3749f), 0, 0, 0) == 392);
    CHECK(get(encode_constant(frame, Color::luma, 0.3751f), 0, 0, 0) == 393);
}

TEST_CASE("floating samples have no range") {
    std::mt19937 random(7);
    for (const Format& format : {format_of(Family::yuv, 32, 8, 8, 1, 1), half_of(Family::rgb, 8, 8)}) {
        TestFrame frame(format);
        frame.view().range = Range::full;
        frame.fill_nominal(random);
        const FloatImage full = decode(frame.view(), Color::rgb);
        frame.view().range = Range::limited;
        CHECK(std::memcmp(full.data(), decode(frame.view(), Color::rgb).data(), full.bytes()) == 0);
    }
}

TEST_CASE("16-bit floats convert as IEEE 754 has it") {
    const detail::HalfCodec codec;
    const auto value = [](int raw) {  // by the definition
        const int exponent = (raw >> 10) & 31, fraction = raw & 1023;
        const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
        return raw & 0x8000 ? -size : size;
    };
    for (int raw = 0; raw < 0x10000; ++raw) {
        REQUIRE(codec.store(codec.load(static_cast<std::uint16_t>(raw))) == raw);
        if ((raw & 0x7c00) != 0x7c00) REQUIRE(codec.load(static_cast<std::uint16_t>(raw)) == value(raw));
    }
    CHECK(codec.load(0x7c00) == infinity);
    CHECK(codec.load(0xfc00) == -infinity);
    CHECK(std::isnan(codec.load(0x7e00)));
    for (int raw = 0; raw < 0x7bff; ++raw) {  // between two neighbours: the nearer one, half-way the even one
        const float low = static_cast<float>(value(raw)), high = static_cast<float>(value(raw + 1));
        const float middle = low + (high - low) / 2;  // exact
        REQUIRE(codec.store(middle) == raw + (raw & 1));
        REQUIRE(codec.store(std::nextafter(middle, low)) == raw);
        REQUIRE(codec.store(std::nextafter(middle, high)) == raw + 1);
    }
    CHECK(codec.store(65519.0f) == 0x7bff);
    CHECK(codec.store(65520.0f) == 0x7c00);
    CHECK(codec.store(1e30f) == 0x7c00);
    CHECK(codec.store(1e-30f) == 0);
}

TEST_CASE("images of the wrong shape are a mistake of the caller") {
    TestFrame frame(format_of(Family::gray, 8, 4, 4));
    const FloatImage in = decode(frame.view(), Color::rgb), other(3, 4, 5), luma(1, 4, 4);
    CHECK_THROWS_AS(encode(frame.view(), in, other, Color::rgb), std::logic_error);
    CHECK_THROWS_AS(encode(frame.view(), other, in, Color::rgb), std::logic_error);
    CHECK_THROWS_AS(encode(frame.view(), in, in, Color::luma), std::logic_error);
    CHECK_THROWS_AS(encode(frame.view(), luma, luma, Color::rgb), std::logic_error);
}

TEST_CASE("formats that the engine does not read are refused in one sentence") {
    const auto gray = [](int bits, Sample sample, int w, int h) { return Format{Family::gray, sample, bits, 0, 0, w, h}; };
    for (const Format& format : all_formats(1, 1)) CHECK(refusal(format) == "accepted");
    CHECK(refusal(gray(32, Sample::integer, 8, 8)) == "integer samples must have 8 to 16 bits, got 32");
    CHECK(refusal(gray(7, Sample::integer, 8, 8)) == "integer samples must have 8 to 16 bits, got 7");
    CHECK(refusal(gray(24, Sample::floating, 8, 8)) == "float samples must have 16 or 32 bits, got 24");
    CHECK(refusal(gray(8, Sample::integer, 0, 8)) == "frames must have at least 1x1 pixels, got 0x8");
    CHECK(refusal(gray(8, Sample::integer, 8, -2)) == "frames must have at least 1x1 pixels, got 8x-2");
    CHECK(refusal(format_of(Family::rgb, 8, 8, 8, 1, 0)) ==
          "only YUV formats may be subsampled (log2 of the subsampling must be 0, 0), got 1, 0");
    CHECK(refusal(format_of(Family::yuv, 8, 64, 64, 0, 5)) ==
          "log2 of the chroma subsampling must be 0 to 4 in each direction, got 0, 5");
    CHECK(refusal(format_of(Family::yuv, 8, 64, 64, -1, 0)) ==
          "log2 of the chroma subsampling must be 0 to 4 in each direction, got -1, 0");
    CHECK(refusal(format_of(Family::yuv, 8, 5, 4, 1, 1)) == "width and height must divide by the chroma subsampling 2x2, got 5x4");
    CHECK(refusal(format_of(Family::yuv, 8, 4, 6, 2, 2)) == "width and height must divide by the chroma subsampling 4x4, got 4x6");
    CHECK(refusal(format_of(Family::yuv, 8, 5, 3, 0, 0)) == "accepted");
}

TEST_CASE("none of a change is the input bit for bit, whatever the answer") {
    FloatImage in = FloatImage::zeros(1, 1, 3), out = FloatImage::zeros(1, 1, 3);
    in.data()[0] = -0.0f;
    in.data()[1] = 0.25f;
    in.data()[2] = 0.75f;
    for (const float answer : {not_a_number, infinity, 1.0f}) {
        std::fill_n(out.data(), 3, answer);
        const FloatImage none = partly(in, out, 0);
        for (int i = 0; i < 3; ++i) CHECK(none.data()[i] == in.data()[i]);
    }
    const FloatImage all = partly(in, out, 1);
    for (int i = 0; i < 3; ++i) CHECK(all.data()[i] == 1);
}
