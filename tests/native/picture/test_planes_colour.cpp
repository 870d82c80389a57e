// Colour conversion of planes against a reference that follows the definitions pixel by pixel in double.
#include "error.h"
#include "picture/colour.h"
#include "picture/planes.h"
#include "picture/test_frame.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

using namespace vsdeblur;
using namespace vsdeblur::test;
using Color = Contract::Color;

namespace {

// Offset of chroma samples in luma pixels, from figure 1 of H.273.
double offset_w(const FrameView& view) {
    const bool middle = view.chroma_location % 2 == 1;  // centre, top, bottom
    return middle ? ((1 << view.format.subsampling_w) - 1) / 2.0 : 0.0;
}
double offset_h(const FrameView& view) {
    const double span = (1 << view.format.subsampling_h) - 1;
    return view.chroma_location <= 1 ? span / 2 : view.chroma_location <= 3 ? 0.0 : span;
}

double triangle(double distance) { return std::max(0.0, 1.0 - std::abs(distance)); }

// Normalised value of a chroma plane at a luma pixel: a sum over all chroma samples by distance, edges repeated.
double chroma_at(TestFrame& frame, int plane, int x, int y) {
    const FrameView& view = frame.view();
    const Format& f = view.format;
    const Levels levels = chroma_levels(f, view.range);
    const double px = (x - offset_w(view)) / (1 << f.subsampling_w), py = (y - offset_h(view)) / (1 << f.subsampling_h);
    double sum = 0.0;
    for (int j = -1; j <= f.plane_height(plane); ++j)
        for (int i = -1; i <= f.plane_width(plane); ++i) {
            const double weight = triangle(px - i) * triangle(py - j);
            if (weight == 0.0) continue;
            const int cx = std::clamp(i, 0, f.plane_width(plane) - 1), cy = std::clamp(j, 0, f.plane_height(plane) - 1);
            sum += weight * (frame.get(plane, cx, cy) - levels.offset) / levels.scale;
        }
    return sum;
}

// Change of a plane's sample that a change of RGB makes; `change(c, x, y)` for any pixel of the frame.
template <class F>
double chroma_change(const FrameView& view, int plane, int x, int y, F&& change) {
    const Format& f = view.format;
    const int rw = 1 << f.subsampling_w, rh = 1 << f.subsampling_h;
    const std::array<double, 3> row = rgb_to_yuv(luma_weights(view.matrix, f.width, f.height))[plane];
    double sum = 0.0, total = 0.0;
    for (int v = rh * y - 2 * rh; v <= rh * y + 2 * rh; ++v)
        for (int u = rw * x - 2 * rw; u <= rw * x + 2 * rw; ++u) {
            const double weight = triangle((u - rw * x - offset_w(view)) / rw) * triangle((v - rh * y - offset_h(view)) / rh);
            const int cu = std::clamp(u, 0, f.width - 1), cv = std::clamp(v, 0, f.height - 1);
            for (int c = 0; c < 3; ++c) sum += weight * row[c] * change(c, cu, cv);
            total += weight;
        }
    return sum / total * chroma_levels(f, view.range).scale;
}

// |sample - expected| less the half step of rounding that integers may have, as a share of what is allowed.
void check_sample(const Format& format, double sample, double expected) {
    if (format.sample == Sample::floating) {
        REQUIRE(std::abs(sample - expected) < tolerance::pixel_formula);
        return;
    }
    const double peak = (1 << format.bits) - 1;
    REQUIRE(std::abs(sample - std::clamp(expected, 0.0, peak)) <= 0.5 + peak * tolerance::sample_rounding);
}

std::vector<FrameView> all_geometries() {
    std::vector<FrameView> views;
    int i = 0;
    for (const int bits : {8, 10, 16, 32})
        for (int w = 0; w <= 3; ++w)
            for (int h = 0; h <= 2; ++h)
                for (int location = 0; location < 6; ++location, ++i) {
                    static constexpr int matrices[] = {1, 2, 4, 5, 7, 9};
                    FrameView view;
                    view.format = format_of(Family::yuv, bits, (1 + i % 5) << w, (1 + i % 4) << h, w, h);
                    view.range = i % 2 ? Range::limited : Range::full;
                    view.matrix = matrices[i % 6];
                    view.chroma_location = location;
                    views.push_back(view);
                }
    return views;
}

void take_properties(TestFrame& frame, const FrameView& view) {
    frame.view().range = view.range;
    frame.view().matrix = view.matrix;
    frame.view().chroma_location = view.chroma_location;
}

// A flat frame, the network's constant answer, and what comes out of it.
std::array<int, 3> paint(int matrix, Range range, std::array<float, 3> colour) {
    TestFrame frame(format_of(Family::yuv, 8, 8, 8, 1, 1));
    frame.view().matrix = matrix;
    frame.view().range = range;
    frame.fill([](int plane, int, int) { return plane == 0 ? 81.0 : 128.0; });
    const FloatImage in = decode(frame.view(), Color::rgb);
    FloatImage out = copy(in);
    for (int c = 0; c < 3; ++c) std::fill_n(out.plane(c), out.plane_size(), colour[c]);
    const Image image = encode(frame.view(), in, out, Color::rgb);
    std::array<int, 3> result{};
    for (int plane = 0; plane < 3; ++plane) {
        result[plane] = static_cast<int>(get(image, plane, 0, 0));
        for (int y = 0; y < image.format().plane_height(plane); ++y)  // flat to the very edge
            for (int x = 0; x < image.format().plane_width(plane); ++x)
                REQUIRE(get(image, plane, x, y) == result[plane]);
    }
    return result;
}

}  // namespace

TEST_CASE("an RGB model sees YUV frames as the definition has it, at every chroma location") {
    std::mt19937 random(1);
    for (const FrameView& properties : all_geometries()) {
        TestFrame frame(properties.format);
        take_properties(frame, properties);
        frame.fill_nominal(random);
        const FloatImage values = decode(frame.view(), Color::rgb);
        const Format& f = frame.format();
        const Matrix3 matrix = yuv_to_rgb(luma_weights(properties.matrix, f.width, f.height));
        const Levels levels = luma_levels(f, properties.range);
        for (int y = 0; y < f.height; ++y)
            for (int x = 0; x < f.width; ++x) {
                const double luma = (frame.get(0, x, y) - levels.offset) / levels.scale;
                const double u = chroma_at(frame, 1, x, y), v = chroma_at(frame, 2, x, y);
                for (int c = 0; c < 3; ++c) {
                    const double expected = matrix[c][0] * luma + matrix[c][1] * u + matrix[c][2] * v;
                    REQUIRE(std::abs(values.row(c, y)[x] - expected) < tolerance::pixel_formula);
                }
            }
    }
}

TEST_CASE("an RGB model's change reaches Y, U and V as the definition has it, at every chroma location") {
    std::mt19937 random(2);
    std::uniform_real_distribution<float> step(-0.3f, 0.3f);
    for (const FrameView& properties : all_geometries()) {
        TestFrame frame(properties.format);
        take_properties(frame, properties);
        frame.fill_nominal(random);
        const FloatImage in = decode(frame.view(), Color::rgb);
        FloatImage out = copy(in);
        for (std::size_t i = 0; i < 3 * out.plane_size(); ++i) out.data()[i] += step(random);
        const auto change = [&](int c, int x, int y) { return static_cast<double>(out.row(c, y)[x]) - in.row(c, y)[x]; };
        const Image image = encode(frame.view(), in, out, Color::rgb);
        const Format& f = frame.format();
        const std::array<double, 3> to_y = rgb_to_yuv(luma_weights(properties.matrix, f.width, f.height))[0];
        for (int plane = 0; plane < 3; ++plane)
            for (int y = 0; y < f.plane_height(plane); ++y)
                for (int x = 0; x < f.plane_width(plane); ++x) {
                    double delta = 0.0;
                    if (plane > 0)
                        delta = chroma_change(frame.view(), plane, x, y, change);
                    else
                        for (int c = 0; c < 3; ++c) delta += to_y[c] * change(c, x, y) * luma_levels(f, properties.range).scale;
                    check_sample(f, get(image, plane, x, y), frame.get(plane, x, y) + delta);
                }
    }
}

TEST_CASE("primaries have the code values of the standards' colour bars") {
    using Codes = std::array<int, 3>;
    CHECK(paint(1, Range::limited, {1, 0, 0}) == Codes{63, 102, 240});
    CHECK(paint(1, Range::limited, {0, 1, 0}) == Codes{173, 42, 26});
    CHECK(paint(1, Range::limited, {0, 0, 1}) == Codes{32, 240, 118});
    CHECK(paint(5, Range::limited, {1, 0, 0}) == Codes{81, 90, 240});
    CHECK(paint(5, Range::limited, {0, 1, 0}) == Codes{145, 54, 34});
    CHECK(paint(5, Range::limited, {0, 0, 1}) == Codes{41, 240, 110});
    CHECK(paint(1, Range::limited, {1, 1, 1}) == Codes{235, 128, 128});
    CHECK(paint(1, Range::limited, {0, 0, 0}) == Codes{16, 128, 128});
    CHECK(paint(5, Range::full, {1, 0, 0}) == Codes{76, 85, 255});  // JFIF
    CHECK(paint(5, Range::full, {1, 1, 1}) == Codes{255, 128, 128});
}

TEST_CASE("black is 0 and white is 1 exactly") {
    for (const int bits : {8, 10, 12, 16})
        for (const Range range : {Range::limited, Range::full})
            for (const Family family : {Family::gray, Family::rgb}) {
                TestFrame frame(format_of(family, bits, 2, 1));
                frame.view().range = range;
                const Levels levels = luma_levels(frame.format(), range);
                frame.fill([&](int, int x, int) { return levels.offset + x * levels.scale; });
                const FloatImage values = decode(frame.view(), family == Family::gray ? Color::luma : Color::rgb);
                CHECK(values.data()[0] == 0.0f);
                CHECK(values.data()[1] == 1.0f);
            }
}

TEST_CASE("a luma model sees the channels of RGB as an RGB model does, and writes them so") {
    std::mt19937 random(3);
    for (const int bits : {8, 12, 32})
        for (const Range range : {Range::limited, Range::full}) {
            TestFrame frame(format_of(Family::rgb, bits, 13, 5));
            frame.view().range = range;
            frame.view().matrix = 0;  // as VapourSynth marks RGB; it is not read
            frame.fill_nominal(random);
            const FloatImage in = decode(frame.view(), Color::luma), same = decode(frame.view(), Color::rgb);
            REQUIRE(std::memcmp(in.data(), same.data(), same.bytes()) == 0);
            FloatImage out = copy(in);
            for (std::size_t i = 0; i < out.plane_size() * 3; ++i) out.data()[i] = 1.0f - in.data()[i];
            const Image image = encode(frame.view(), in, out, Color::luma), expected = encode(frame.view(), in, out, Color::rgb);
            for (int plane = 0; plane < 3; ++plane)
                for (int y = 0; y < 5; ++y)
                    for (int x = 0; x < 13; ++x) REQUIRE(get(image, plane, x, y) == get(expected, plane, x, y));
        }
}

TEST_CASE("an RGB model sees grey as three equal channels and moves it by their luma") {
    std::mt19937 random(4);
    TestFrame frame(format_of(Family::gray, 10, 9, 4));
    frame.view().matrix = 3;  // GRAY has no matrix to go wrong
    frame.fill_nominal(random);
    const FloatImage in = decode(frame.view(), Color::rgb);
    CHECK(std::memcmp(in.plane(0), in.plane(1), in.plane_size() * sizeof(float)) == 0);
    CHECK(std::memcmp(in.plane(0), in.plane(2), in.plane_size() * sizeof(float)) == 0);
    FloatImage out = copy(in);
    for (std::size_t i = 0; i < out.plane_size(); ++i) {
        out.plane(0)[i] += 0.5f;
        out.plane(2)[i] -= 0.25f;
    }
    const Image image = encode(frame.view(), in, out, Color::rgb);
    const double delta = 876 * (0.2126 * 0.5 - 0.0722 * 0.25);
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 9; ++x) check_sample(frame.format(), get(image, 0, x, y), frame.get(0, x, y) + delta);
}

TEST_CASE("a direct colour is written at the nearest sample") {
    std::mt19937 random(5);
    std::uniform_real_distribution<float> value(-0.2f, 1.2f);
    for (const int bits : {8, 9, 16, 32}) {
        TestFrame frame(format_of(Family::rgb, bits, 40, 6), Rows::bottom_up);
        frame.fill_nominal(random);
        const FloatImage in = decode(frame.view(), Color::rgb);
        FloatImage out = copy(in);
        for (std::size_t i = 0; i < 3 * out.plane_size(); ++i) out.data()[i] = value(random);
        const Image image = encode(frame.view(), in, out, Color::rgb);
        const Levels levels = luma_levels(frame.format(), Range::limited);
        for (int plane = 0; plane < 3; ++plane)
            for (int y = 0; y < 6; ++y)
                for (int x = 0; x < 40; ++x)
                    check_sample(frame.format(), get(image, plane, x, y),
                                 levels.offset + levels.scale * static_cast<double>(out.row(plane, y)[x]));
    }
}

TEST_CASE("a frame whose colour has no known meaning is refused only where it matters") {
    TestFrame frame(format_of(Family::yuv, 8, 4, 4, 1, 1));
    frame.fill([](int, int, int) { return 128.0; });
    const auto refusal = [&](Color color) -> std::string {
        try {
            decode(frame.view(), color);
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    };
    frame.view().matrix = 0;
    CHECK(refusal(Color::rgb).find("the _Matrix of a YUV frame must be 1 (BT.709)") == 0);
    CHECK(refusal(Color::luma) == "accepted");
    frame.view().matrix = 1;
    for (const int location : {-1, 6}) {
        frame.view().chroma_location = location;
        CHECK(refusal(Color::rgb).find("the _ChromaLocation of a subsampled frame must be 0 (left)") == 0);
        CHECK(refusal(Color::luma) == "accepted");
    }
    TestFrame full(format_of(Family::yuv, 8, 4, 4));
    full.view().matrix = 1;
    full.view().chroma_location = 6;
    CHECK_NOTHROW(decode(full.view(), Color::rgb));
}
