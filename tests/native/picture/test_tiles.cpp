#include "error.h"
#include "picture/test_frame.h"
#include "picture/tiles.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

using Network = std::function<void(float* planes, int channels, int height, int width)>;

const Network identity = [](float*, int, int, int) {};

FloatImage random_image(int channels, int height, int width, std::mt19937& random) {
    std::uniform_real_distribution<float> value(0.0f, 1.0f);
    FloatImage image(channels, height, width);
    for (std::size_t i = 0; i < image.plane_size() * channels; ++i) image.data()[i] = value(random);
    return image;
}

void run(const TilePlan& plan, const FloatImage& src, TilePlan::Channels channels, const Network& network, FloatImage& dst) {
    std::vector<float> tile(static_cast<std::size_t>(channels.count) * plan.tile_height() * plan.tile_width());
    for (int i = 0; i < plan.count(); ++i) {
        plan.gather(src, channels, i, tile.data());
        network(tile.data(), channels.count, plan.tile_height(), plan.tile_width());
        plan.blend(tile.data(), channels, i, dst);
    }
}

FloatImage run(const TilePlan& plan, const FloatImage& src, const Network& network) {
    FloatImage dst = FloatImage::zeros(src.channels(), src.height(), src.width());
    run(plan, src, {0, src.channels()}, network, dst);
    return dst;
}

double largest_difference(const FloatImage& a, const FloatImage& b) {
    double largest = 0.0;
    for (std::size_t i = 0; i < a.plane_size() * a.channels(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a.data()[i]) - b.data()[i]));
    return largest;
}

bool same_bits(const FloatImage& a, const FloatImage& b) { return std::memcmp(a.data(), b.data(), a.bytes()) == 0; }

// Reflection by walking: turns round at either edge without standing on it twice.
int walk(int steps, int size) {
    int position = 0, direction = 1;
    for (int i = 0; i < steps && size > 1; ++i) {
        if (position + direction < 0 || position + direction >= size) direction = -direction;
        position += direction;
    }
    return position;
}

// The tiles along one axis that vs-mlrt takes, on a frame that divides by the multiple.
int mlrt_count(int size, int tile, int overlap) {
    int count = 1;
    for (int x = 0; x + tile < size; ++count) x = std::min(x + tile - 2 * overlap, size - tile);
    return count;
}

// A plan of arbitrary but valid arguments.
TilePlan random_plan(std::mt19937& random, int& multiple, int& overlap) {
    const auto up_to = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n + 1)); };
    const int width = 1 + up_to(150), height = 1 + up_to(90);
    multiple = 1 << up_to(4);
    overlap = up_to(20);
    const int least = (2 * overlap + multiple + multiple - 1) / multiple;
    const std::array<int, 2> tilesize{(least + up_to(4)) * multiple, up_to(3) ? (least + up_to(4)) * multiple : 0};
    return TilePlan(width, height, multiple, tilesize, {overlap, overlap}, 1);
}

std::string refusal(int width, int height, int multiple, std::array<int, 2> tilesize, std::array<int, 2> overlap, int field) {
    try {
        TilePlan(width, height, multiple, tilesize, overlap, field);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("tiles have one size, start on the multiple, lie in the padded frame and overlap enough") {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        REQUIRE(plan.padded_width() % multiple == 0);
        REQUIRE(plan.padded_width() - plan.width() < multiple);
        REQUIRE(plan.padded_height() - plan.height() < multiple);
        REQUIRE(plan.tile_width() % multiple == 0);
        for (int i = 0; i < plan.count(); ++i) {
            const TilePlan::Tile tile = plan.tile(i);
            REQUIRE(tile.width == plan.tile_width());
            REQUIRE(tile.height == plan.tile_height());
            REQUIRE(tile.x % multiple == 0);
            REQUIRE(tile.y % multiple == 0);
            REQUIRE(tile.x >= 0);
            REQUIRE(tile.x + tile.width <= plan.padded_width());
            REQUIRE(tile.y + tile.height <= plan.padded_height());
            if (i > 0 && plan.tile(i - 1).y == tile.y)
                REQUIRE(plan.tile(i - 1).x + tile.width - tile.x >= 2 * overlap);
        }
        REQUIRE(plan.tile(0).x == 0);
        REQUIRE(plan.tile(plan.count() - 1).x + plan.tile_width() == plan.padded_width());
        REQUIRE(plan.tile(plan.count() - 1).y + plan.tile_height() == plan.padded_height());
    }
}

TEST_CASE("there are as many tiles as in vs-mlrt") {
    std::mt19937 random(2);
    for (int round = 0; round < 300; ++round) {
        const int multiple = 1 << (random() % 4), overlap = multiple * static_cast<int>(random() % 4);
        const int tile = 2 * overlap + multiple * (1 + static_cast<int>(random() % 10));
        const int width = multiple * (1 + static_cast<int>(random() % 60));
        const TilePlan plan(width, multiple, multiple, {tile, 0}, {overlap, 0}, 1);
        CHECK(plan.count() == mlrt_count(width, std::min(tile, width), overlap));
    }
}

TEST_CASE("weights sum to exactly 1 everywhere") {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        FloatImage ones(1, plan.height(), plan.width());
        std::fill_n(ones.data(), ones.plane_size(), 1.0f);
        REQUIRE(same_bits(run(plan, ones, identity), ones));
    }
}

TEST_CASE("an untouched image comes back") {
    std::mt19937 random(4);
    for (int round = 0; round < 100; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        const FloatImage image = random_image(1 + round % 3, plan.height(), plan.width(), random);
        REQUIRE(largest_difference(run(plan, image, identity), image) < tolerance::blended_copy);
    }
}

TEST_CASE("one tile is a plain copy, bit for bit") {
    std::mt19937 random(5);
    const int sizes[][2] = {{1, 1}, {7, 3}, {64, 64}, {1, 40}};
    for (const auto& size : sizes)
        for (const int tilesize : {0, 64, 256}) {
            const TilePlan plan(size[0], size[1], 16, {tilesize, tilesize}, {16, 16}, 33);
            REQUIRE(plan.count() == 1);
            FloatImage image = random_image(3, size[1], size[0], random);
            image.data()[0] = -0.0f;
            image.plane(2)[0] = std::numeric_limits<float>::quiet_NaN();
            FloatImage dst = random_image(3, size[1], size[0], random);  // what lies there does not matter
            std::vector<float> tile(static_cast<std::size_t>(3) * plan.tile_height() * plan.tile_width());
            plan.gather(image, {0, image.channels()}, 0, tile.data());
            plan.blend(tile.data(), {0, 3}, 0, dst);
            CHECK(same_bits(dst, image));
        }
}

TEST_CASE("channels by turns give what they give together") {
    std::mt19937 random(9);
    for (int round = 0; round < 20; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        const FloatImage image = random_image(3, plan.height(), plan.width(), random);
        FloatImage dst = FloatImage::zeros(3, plan.height(), plan.width());
        run(plan, image, {1, 2}, identity, dst);
        run(plan, image, {0, 1}, identity, dst);
        CHECK(same_bits(dst, run(plan, image, identity)));
    }
}

TEST_CASE("padding reflects about the edge pixel, over and over if it must") {
    std::mt19937 random(6);
    for (const int width : {1, 2, 3, 5, 31})
        for (const int multiple : {1, 4, 32}) {
            const int height = 1 + static_cast<int>(random() % 9);
            const FloatImage image = random_image(2, height, width, random);
            const TilePlan plan(width, height, multiple, {0, 0}, {0, 0}, 1);
            const int w = plan.tile_width(), h = plan.tile_height();
            std::vector<float> tile(static_cast<std::size_t>(2) * w * h);
            plan.gather(image, {0, image.channels()}, 0, tile.data());
            for (int c = 0; c < 2; ++c)
                for (int y = 0; y < h; ++y)
                    for (int x = 0; x < w; ++x)
                        REQUIRE(tile[(c * h + y) * w + x] == image.row(c, walk(y, height))[walk(x, width)]);
        }
}

TEST_CASE("gathered tiles are windows of the padded frame") {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        const FloatImage image = random_image(1, plan.height(), plan.width(), random);
        std::vector<float> data(static_cast<std::size_t>(plan.tile_height()) * plan.tile_width());
        for (int i = 0; i < plan.count(); ++i) {
            const TilePlan::Tile tile = plan.tile(i);
            plan.gather(image, {0, 1}, i, data.data());
            bool same = true;
            for (int y = 0; y < tile.height; ++y)
                for (int x = 0; x < tile.width; ++x)
                    same &= data[y * tile.width + x] ==
                            image.row(0, walk(tile.y + y, plan.height()))[walk(tile.x + x, plan.width())];
            REQUIRE(same);
        }
    }
}

TEST_CASE("the outer half of the overlap at an inner border has no say") {
    std::mt19937 random(8);
    for (int round = 0; round < 100; ++round) {
        int multiple, overlap;
        const TilePlan plan = random_plan(random, multiple, overlap);
        const FloatImage image = random_image(1, plan.height(), plan.width(), random);
        const int quiet = overlap / 2;
        FloatImage dst = FloatImage::zeros(1, plan.height(), plan.width());
        std::vector<float> data(static_cast<std::size_t>(plan.tile_height()) * plan.tile_width());
        for (int i = 0; i < plan.count(); ++i) {
            const TilePlan::Tile tile = plan.tile(i);
            plan.gather(image, {0, 1}, i, data.data());
            const int left = tile.x == 0 ? 0 : quiet, top = tile.y == 0 ? 0 : quiet;
            const int right = tile.width - (tile.x + tile.width == plan.padded_width() ? 0 : quiet);
            const int bottom = tile.height - (tile.y + tile.height == plan.padded_height() ? 0 : quiet);
            for (int y = 0; y < tile.height; ++y)
                for (int x = 0; x < tile.width; ++x)
                    if (x < left || x >= right || y < top || y >= bottom)
                        data[y * tile.width + x] = std::numeric_limits<float>::quiet_NaN();
            plan.blend(data.data(), {0, 1}, i, dst);
        }
        REQUIRE(largest_difference(dst, image) < tolerance::blended_copy);
        REQUIRE(std::none_of(dst.data(), dst.data() + dst.plane_size(), [](float value) { return std::isnan(value); }));
    }
}

TEST_CASE("weights rise and fall without a step across a cut") {
    const TilePlan plan(200, 8, 4, {80, 0}, {16, 0}, 33);
    REQUIRE(plan.count() > 2);
    std::vector<float> ones(static_cast<std::size_t>(plan.tile_width()) * plan.tile_height(), 1.0f);
    for (int i = 0; i < plan.count(); ++i) {
        FloatImage weights = FloatImage::zeros(1, 8, 200);
        plan.blend(ones.data(), {0, 1}, i, weights);
        // A smoothstep over 16 pixels climbs by at most 1.5 / 16 a pixel.
        for (int x = 1; x < 200; ++x) CHECK(std::abs(weights.data()[x] - weights.data()[x - 1]) < 0.1f);
    }
}

TEST_CASE("the middle of an overlap is where both tiles have the same say") {
    const TilePlan plan(200, 8, 4, {80, 0}, {16, 0}, 33);
    const std::vector<float> ones(static_cast<std::size_t>(plan.tile_width()) * plan.tile_height(), 1.0f);
    FloatImage weights = FloatImage::zeros(1, 8, 200);
    plan.blend(ones.data(), {0, 1}, 0, weights);
    const int next = plan.tile(1).x, end = plan.tile_width();
    REQUIRE(next < end);
    for (int x = next; x < end; ++x) {  // the pixel as far from the overlap's other end has the rest
        const float sum = weights.data()[x] + weights.data()[next + end - 1 - x];
        CHECK(std::abs(sum - 1) < tolerance::blended_copy);
    }
}

TEST_CASE("a filter with zero padding leaves no seam where half the overlap covers its radius") {
    std::mt19937 random(9);
    constexpr int radius = 8;
    const Network box = [](float* planes, int channels, int height, int width) {
        std::vector<float> result(static_cast<std::size_t>(channels) * height * width);
        for (int c = 0; c < channels; ++c)
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x) {
                    double sum = 0.0;
                    for (int v = std::max(0, y - radius); v <= std::min(height - 1, y + radius); ++v)
                        for (int u = std::max(0, x - radius); u <= std::min(width - 1, x + radius); ++u)
                            sum += planes[(c * height + v) * width + u];
                    result[(c * height + y) * width + x] = static_cast<float>(sum / ((2 * radius + 1) * (2 * radius + 1)));
                }
        std::copy(result.begin(), result.end(), planes);
    };
    const FloatImage image = random_image(1, 90, 133, random);
    const TilePlan whole(133, 90, 4, {0, 0}, {0, 0}, 2 * radius + 1);
    const TilePlan tiled(133, 90, 4, {48, 52}, {2 * radius, 2 * radius}, 2 * radius + 1);
    REQUIRE(tiled.count() > 4);
    CHECK(largest_difference(run(whole, image, box), run(tiled, image, box)) < tolerance::blended_filter);
}

TEST_CASE("the default overlap is the receptive field's radius on the multiple") {
    CHECK(TilePlan::default_overlap(1, 1) == 0);
    CHECK(TilePlan::default_overlap(1, 16) == 0);
    CHECK(TilePlan::default_overlap(3, 1) == 1);
    CHECK(TilePlan::default_overlap(25, 4) == 12);
    CHECK(TilePlan::default_overlap(27, 4) == 16);
}

namespace {

// Pixels that a network works on, by those of the frame.
double work(const TilePlan& plan) {
    return static_cast<double>(plan.count()) * plan.tile_width() * plan.tile_height() / plan.width() / plan.height();
}

TilePlan automatic_plan(int width, int height, int multiple, int field) {
    const Tiling tiling = TilePlan::automatic(width, height, multiple, field);
    return TilePlan(width, height, multiple, tiling.tilesize, tiling.overlap, field);
}

}  // namespace

TEST_CASE("the automatic tiling is whole up to an area, and bounds a run above it") {
    CHECK(automatic_plan(1280, 720, 8, 255).count() == 1);
    CHECK(automatic_plan(1536, 1024, 8, 255).count() == 1);
    CHECK(automatic_plan(1920, 1080, 8, 255).count() == 2);
    CHECK(automatic_plan(3840, 2160, 8, 255).count() == 6);
    std::mt19937 random(3);
    for (int i = 0; i < 400; ++i) {
        const int multiple = 1 << random() % 5, field = 1 + 2 * static_cast<int>(random() % 150);
        const int width = 1 + static_cast<int>(random() % 9000), height = 1 + static_cast<int>(random() % 5000);
        CAPTURE(multiple);
        CAPTURE(field);
        CAPTURE(width);
        CAPTURE(height);
        const TilePlan plan = automatic_plan(width, height, multiple, field);
        const long long area = 1LL * plan.tile_width() * plan.tile_height();
        CHECK(area <= TilePlan::automatic_area);
        CHECK((plan.count() == 1) == (1LL * plan.padded_width() * plan.padded_height() <= TilePlan::automatic_area));
    }
}

TEST_CASE("the work a pixel differs little between usual sizes with automatic tiles") {
    constexpr std::array<std::array<int, 2>, 7> sizes{
        {{640, 480}, {1280, 720}, {1920, 1080}, {2048, 1080}, {2560, 1440}, {3840, 2160}, {4096, 2160}}};
    for (const int field : {89, 255}) {
        for (const auto& [width, height] : sizes) CHECK(work(automatic_plan(width, height, 8, field)) < 1.13);
        CHECK(work(automatic_plan(3840, 2160, 8, field)) / work(automatic_plan(1920, 1080, 8, field)) < 1.1);
    }
}

TEST_CASE("the automatic tiling is the whole frame where no tile holds the receptive field") {
    CHECK(automatic_plan(3000, 3000, 1, 2001).count() == 1);
    CHECK(automatic_plan(3000, 1000, 1, 2001).count() == 1);
    CHECK(automatic_plan(100000, 16, 8, 255).count() > 1);
}

TEST_CASE("arguments that cannot be are refused in one sentence") {
    CHECK(refusal(640, 480, 4, {0, 0}, {-1, 0}, 9) == "overlap must be at least 0, got -1");
    CHECK(refusal(640, 480, 4, {0, 0}, {0, -7}, 9) == "overlap must be at least 0, got -7");
    CHECK(refusal(640, 480, 4, {-4, 0}, {0, 0}, 9) == "tilesize must be at least 0 (0 = the whole frame), got -4");
    CHECK(refusal(640, 480, 4, {0, 66}, {8, 8}, 9) == "tilesize must be a multiple of 4, got 66");
    CHECK(refusal(640, 480, 4, {32, 0}, {16, 0}, 9) ==
          "tilesize must be at least twice the overlap of 16 pixels plus 4, got 32");
    CHECK(refusal(640, 480, 4, {32, 0}, {2000000000, 0}, 9) ==
          "tilesize must be at least twice the overlap of 2000000000 pixels plus 4, got 32");
    CHECK(refusal(640, 480, 4, {0, 32}, {0, 0}, 33) == "tilesize must be at least the receptive field of 33 pixels, got 32");
    CHECK(refusal(640, 480, 4, {36, 36}, {16, 16}, 33) == "accepted");
    CHECK(refusal(640, 480, 4, {0, 0}, {2000000000, 0}, 1000) == "accepted");  // without effect on a single tile
    CHECK(refusal(30, 30, 4, {32, 64}, {0, 0}, 33) == "accepted");  // one tile covers the frame
}
