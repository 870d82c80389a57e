#include "picture/scene.h"

#include "picture/colour.h"
#include "picture/test_frame.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

using Picture = std::function<double(double x, double y)>;  // luma 0..1

constexpr int width = 320, height = 240;

// A street in daylight: large shapes, edges and fine texture.
double street(double x, double y) {
    const double shapes = 0.5 + 0.25 * std::sin(x / 37.0) * std::cos(y / 23.0);
    const double edges = std::fmod(std::abs(x) / 40.0, 1.0) < 0.3 ? 0.2 : 0.0;
    return shapes + edges + 0.05 * std::sin(x * 1.3) * std::sin(y * 1.7);
}

// A room at night.
double room(double x, double y) {
    return 0.15 + 0.12 * std::cos(x / 61.0 + 1.0) + (std::hypot(x - 200.0, y - 60.0) < 40.0 ? 0.6 : 0.0);
}

Thumbnail shot(const Picture& picture) {
    TestFrame frame(format_of(Family::gray, 8, width, height));
    frame.fill([&](int, int x, int y) { return 16.0 + 219.0 * picture(x, y); });
    return thumbnail(frame.view());
}

bool cut(const Picture& a, const Picture& b) { return difference(shot(a), shot(b)) > default_scene_threshold; }

// The header's definition written naively; frames of at most 64 pixels a side have one block a pixel.
double mean_luma(TestFrame& frame) {
    const Format& format = frame.format();
    const Levels levels = luma_levels(format, frame.view().range);
    double sum = 0.0;
    for (int y = 0; y < format.height; ++y)
        for (int x = 0; x < format.width; ++x)
            sum += format.family == Family::rgb ? bt709.kr * frame.get(0, x, y) + bt709.kg() * frame.get(1, x, y) +
                                                      bt709.kb * frame.get(2, x, y)
                                                : frame.get(0, x, y);
    return (sum / (static_cast<double>(format.width) * format.height) - levels.offset) / levels.scale;
}

}  // namespace

TEST_CASE("a cut between two pictures is one") {
    CHECK(cut(street, room));
    CHECK(cut(room, street));
}

TEST_CASE("cuts in the dark are found, and shakes, flicker and fades there are none") {
    const auto scaled = [](const Picture& picture, double gain, double move = 0.0) {
        return [=](double x, double y) { return gain * picture(x + move, y); };
    };
    for (const double gain : {0.25, 0.15}) {
        CHECK(cut(scaled(street, gain), scaled(room, gain)));
        CHECK(cut(scaled(room, gain), scaled(street, gain)));
        for (const Picture& picture : {Picture(street), Picture(room)}) {
            CHECK_FALSE(cut(scaled(picture, gain), scaled(picture, gain, 8.0)));
            CHECK_FALSE(cut(scaled(picture, gain), scaled(picture, 0.75 * gain, 3.0)));
            for (int i = 0; i < 12; ++i)
                CHECK_FALSE(cut(scaled(picture, gain * (12 - i) / 12.0), scaled(picture, gain * (11 - i) / 12.0)));
        }
    }
}

TEST_CASE("a still picture has no difference") { CHECK(difference(shot(street), shot(street)) == 0.0); }

TEST_CASE("a pan and a shake are no cuts") {
    for (const int step : {1, 4, 8})
        CHECK_FALSE(cut(street, [=](double x, double y) { return street(x + step, y + step / 2.0); }));
}

TEST_CASE("a violent shake of hard shapes is no cut, and motion that replaces the picture is one") {
    const auto tiles = [](double x, double y) {  // 40-pixel squares of unrelated grey
        const auto cell = static_cast<unsigned>(std::floor(x / 40.0) * 7919.0 + std::floor(y / 40.0) * 104729.0 + 1e9);
        return static_cast<double>(cell * 2654435761u >> 24) / 255.0;
    };
    const auto moved = [&](double dx, double dy) { return [=](double x, double y) { return tiles(x + dx, y + dy); }; };
    for (const double step : {5.0, 10.0, 20.0}) {
        CHECK_FALSE(cut(tiles, moved(step, 0.0)));
        CHECK_FALSE(cut(tiles, moved(-step, step)));
    }
    CHECK(cut(tiles, moved(160.0, 0.0)));
    CHECK(cut(tiles, moved(0.0, -120.0)));
}

TEST_CASE("noise is no cut, and averages out") {
    std::mt19937 random(1);
    std::normal_distribution<double> noise(0.0, 0.1);
    const auto noisy = [&](double x, double y) { return 0.5 + 0.5 * (street(x, y) - 0.5) + noise(random); };
    CHECK(difference(shot(noisy), shot(noisy)) < default_scene_threshold / 2);
}

TEST_CASE("a fade over twelve frames is no cut, and a jump to black is one") {
    for (int i = 0; i < 12; ++i)
        CHECK_FALSE(cut([=](double x, double y) { return street(x, y) * (12 - i) / 12.0; },
                        [=](double x, double y) { return street(x, y) * (11 - i) / 12.0; }));
    CHECK(cut(street, [](double, double) { return 0.0; }));
}

TEST_CASE("a dissolve over twelve frames is no cut") {
    const auto mix = [](double share) {
        return [=](double x, double y) { return (1.0 - share) * street(x, y) + share * room(x, y); };
    };
    for (int i = 0; i < 12; ++i) CHECK_FALSE(cut(mix(i / 12.0), mix((i + 1) / 12.0)));
}

TEST_CASE("a flash is a cut on either side, and the frames around it match") {
    const auto flash = [](double x, double y) { return 0.6 + 0.4 * street(x, y) + 0.3; };
    CHECK(cut(street, flash));
    CHECK(cut(flash, street));
    CHECK_FALSE(cut(street, [](double x, double y) { return street(x + 2, y); }));
}

TEST_CASE("black against white is 1, and the measure is symmetric") {
    const Thumbnail black = shot([](double, double) { return 0.0; }), white = shot([](double, double) { return 1.0; });
    CHECK(difference(black, white) == 1.0);
    CHECK(difference(shot(street), shot(room)) == difference(shot(room), shot(street)));
}

TEST_CASE("a change of size is a cut") {
    TestFrame small(format_of(Family::gray, 8, 16, 16));
    small.fill([](int, int, int) { return 100.0; });
    CHECK(difference(thumbnail(small.view()), shot(street)) == 1.0);
}

TEST_CASE("a thumbnail has at most 64 blocks a side and the frame's shape") {
    const auto check = [](int w, int h, int across, int down) {
        TestFrame frame(format_of(Family::gray, 8, w, h));
        frame.fill([](int, int, int) { return 100.0; });
        const Thumbnail small = thumbnail(frame.view());
        CHECK(small.width == across);
        CHECK(small.height == down);
        CHECK(small.luma.size() == static_cast<std::size_t>(across) * down);
    };
    check(1, 1, 1, 1);
    check(64, 64, 64, 64);
    check(65, 1, 33, 1);
    check(1, 1000, 1, 63);
    check(1920, 1080, 64, 36);
    check(5, 3, 5, 3);
}

TEST_CASE("every format gives the same thumbnail of the same picture") {
    const Thumbnail reference = shot(street);
    const auto check = [&](const Format& format, Range range) {
        TestFrame frame(format);
        frame.view().range = range;
        const Levels levels = luma_levels(format, range);
        frame.fill([&](int, int x, int y) {
            return levels.offset + levels.scale * street(x, y);  // planes of chroma hold anything: they are not read
        });
        CHECK(difference(thumbnail(frame.view()), reference) < tolerance::eight_bit_picture);
    };
    for (const int bits : {8, 9, 10, 12, 16, 32})
        for (const Range range : {Range::limited, Range::full}) {
            check(format_of(Family::gray, bits, width, height), range);
            check(format_of(Family::rgb, bits, width, height), range);
            check(format_of(Family::yuv, bits, width, height, 1, 1), range);
        }
    check(half_of(Family::gray, width, height), Range::limited);
    check(half_of(Family::rgb, width, height), Range::full);
}

TEST_CASE("blocks average their pixels") {
    std::mt19937 random(2);
    for (int round = 0; round < 60; ++round) {
        const Family family = round % 2 ? Family::rgb : Family::gray;
        const int w = 1 + static_cast<int>(random() % 200), h = 1 + static_cast<int>(random() % 200);
        TestFrame frame(format_of(family, round % 3 ? 8 : 32, w, h));
        frame.fill_nominal(random);
        const Thumbnail small = thumbnail(frame.view());
        REQUIRE(small.width <= 64);
        REQUIRE(small.height <= 64);
        double weighted = 0.0;  // block means weighed with their areas give the mean of the frame
        for (int j = 0; j < small.height; ++j)
            for (int i = 0; i < small.width; ++i) {
                const int left = i * w / small.width, right = (i + 1) * w / small.width;
                const int top = j * h / small.height, bottom = (j + 1) * h / small.height;
                weighted += static_cast<double>(right - left) * (bottom - top) * small.luma[j * small.width + i];
            }
        CHECK(std::abs(weighted / (static_cast<double>(w) * h) - mean_luma(frame)) < tolerance::block_mean);
    }
}

TEST_CASE("a thumbnail does not depend on how rows lie in memory") {
    const Format format = format_of(Family::rgb, 10, 131, 77);
    TestFrame packed(format), padded(format, Rows::padded), bottom_up(format, Rows::bottom_up);
    for (TestFrame* frame : {&packed, &padded, &bottom_up}) {
        std::mt19937 random(3);
        frame->fill_nominal(random);
    }
    const Thumbnail reference = thumbnail(packed.view());
    CHECK(thumbnail(padded.view()).luma == reference.luma);
    CHECK(thumbnail(bottom_up.view()).luma == reference.luma);
}

TEST_CASE("NaN is black, infinity and super-white are white, each pixel by itself") {
    const float values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 7.0f, -3.0f};
    TestFrame small(format_of(Family::gray, 32, 4, 1));
    small.fill([&](int, int x, int) { return values[x]; });
    CHECK(thumbnail(small.view()).luma == std::vector<float>{0.0f, 1.0f, 1.0f, 0.0f});
    TestFrame wide(format_of(Family::gray, 32, 128, 1));  // blocks of two pixels
    wide.fill([&](int, int x, int) { return x % 2 ? 0.5f : values[x / 2 % 4]; });
    const Thumbnail blocks = thumbnail(wide.view());
    REQUIRE(blocks.width == 64);
    for (int i = 0; i < 64; ++i) CHECK(blocks.luma[i] == std::vector<float>{0.25f, 0.75f, 0.75f, 0.25f}[i % 4]);
}
