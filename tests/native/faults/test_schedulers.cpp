// What each kind of schedule gives, against the rule written out: in any order, with cuts, tiles, strength and threads. The
// fake runtime shows of every output which window, state and place it came from; all sums are exact.
#include "engine.h"

#include "faults/fake_runtime.h"
#include "onnx_writer.h"
#include "picture/test_frame.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

constexpr int width = 24;
constexpr int height = 16;

// Sample (x, y) of frame n.
double sample(int n, int x, int y) { return (n * n % 13 + (x * 3 + y * 5) % 16 * 0.25) / 64; }

class Source {
public:
    explicit Source(int length) {
        for (int n = 0; n < length; ++n) {
            frames_.push_back(std::make_unique<TestFrame>(format_of(Family::gray, 32, width, height)));
            frames_.back()->fill([&](int, int x, int y) { return sample(n, x, y); });
        }
    }
    Clip clip() const { return {frames_.front()->format(), static_cast<int>(frames_.size())}; }
    FrameView& view(int n) { return frames_[n]->view(); }

private:
    std::vector<std::unique_ptr<TestFrame>> frames_;
};

// Output n; nothing if the engine goes round in circles.
std::optional<std::vector<double>> output(Engine& engine, Source& source, int n) {
    Request request = engine.request(n);
    for (int attempt = 0; attempt < 100; ++attempt) {
        Frames views;
        for (const int number : engine.needed(request)) views.emplace(number, source.view(number));
        const auto image = engine.advance(request, views);
        if (!image) continue;
        std::vector<double> samples;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) samples.push_back(get(*image, 0, x, y));
        return samples;
    }
    return std::nullopt;
}

using Expected = std::function<double(int n, int x, int y)>;

// Every output in rising, falling and random order, with and without caches, must be `expected`.
void check_all(const std::string& model_bytes, Options options, Source& source, const Expected& expected) {
    const TemporaryFile model(model_bytes);
    options.model = model.path();
    options.provider = "ONNXRuntime";
    for (const bool caches : {true, false}) {
        if (!caches) options.output_cache = options.state_cache = 0;
        for (const int order : {0, 1, 2}) {
            Engine engine(source.clip(), options);
            std::vector<int> numbers(source.clip().frames * engine.outputs_per_frame());
            std::iota(numbers.begin(), numbers.end(), 0);
            if (order == 1) std::ranges::reverse(numbers);
            if (order == 2) std::ranges::shuffle(numbers, std::mt19937(7));
            for (const int n : numbers) {
                CAPTURE(caches);
                CAPTURE(order);
                CAPTURE(n);
                const auto samples = output(engine, source, n);
                REQUIRE(samples);
                int wrong = 0;
                for (int y = 0; y < height; ++y)
                    for (int x = 0; x < width; ++x) wrong += (*samples)[y * width + x] != expected(n, x, y);
                REQUIRE(wrong == 0);
                if (!caches) REQUIRE(output(engine, source, n) == samples);
            }
        }
    }
}

std::string network(const std::string& window, const std::string& outputs, bool has_state) {
    Recurrent made = recurrent();
    Entries entries = with(with(made.metadata, "vsdeblur.window", window), "vsdeblur.outputs", outputs);
    entries = with(entries, "vsdeblur.receptive_field", "5");
    made.metadata = has_state ? entries : with(entries, "vsdeblur.states", "[]");
    return made.bytes();
}

// The recurrent network's output: the frame, and the sum of those before it since the state was 0.
Expected sums(int segment, int preroll, std::set<int> cuts) {
    return [=](int n, int x, int y) {
        double sum = 0;
        for (int m = std::max(0, n / segment * segment - preroll); m <= n; ++m) {
            if (cuts.contains(m)) sum = 0;
            sum += sample(m, x, y);
        }
        return sum;
    };
}

}  // namespace

TEST_CASE("schedulers: a recurrent network's segments, warm-up and cuts, whole and in tiles") {
    constexpr int length = 17;
    for (const bool by_next : {false, true}) {
        CAPTURE(by_next);
        Source source(length);
        for (int n = 0; n < length; ++n) {
            const auto is_cut = [](int m) { return m == 7 || m == 8 || m == 13; };
            if (by_next) source.view(n).scene_change_next = is_cut(n + 1);
            else source.view(n).scene_change_prev = is_cut(n);
        }
        Options options;
        options.segment = 5;
        options.preroll = 2;
        check_all(network("0,0", "0", true), options, source, sums(5, 2, {7, 8, 13}));
        options.tilesize = {12, 8};
        options.overlap = {2, 2};
        check_all(network("0,0", "0", true), options, source, sums(5, 2, {7, 8, 13}));
        options.scene_cuts = false;
        check_all(network("0,0", "0", true), options, source, sums(5, 2, {}));
    }
}

TEST_CASE("schedulers: the threshold of the detector is between what it finds and what it does not") {
    Source source(4);
    for (int n = 0; n < 4; ++n) source.view(n);
    std::vector<std::unique_ptr<TestFrame>> frames;
    for (int n = 0; n < 4; ++n) {
        frames.push_back(std::make_unique<TestFrame>(source.clip().format));
        frames.back()->fill([&](int, int, int) { return n < 2 ? 0.25 : 0.5; });
        source.view(n) = frames.back()->view();
    }
    for (const bool is_cut : {true, false}) {
        Options options;
        options.sc_threshold = is_cut ? 0.24 : 0.26;
        check_all(network("0,0", "0", true), options, source, [&](int n, int, int) {
            return n < 2 ? 0.25 * (n + 1) : (is_cut ? 0 : 0.5) + 0.5 * (n - 1);
        });
    }
}

TEST_CASE("schedulers: a window's outputs are frames of its own cell of the grid") {
    constexpr int length = 10;
    Source source(length);
    for (const int stride : {1, 2, 3}) {
        CAPTURE(stride);
        Options options;
        options.stride = stride;
        options.scene_cuts = false;
        check_all(network("1,1", "-1,0,1", false), options, source, [&](int n, int x, int y) {
            const int centre = std::min(n / stride * stride + stride / 2, length - 1);
            return sample(centre, x, y) + (n - centre + 1) / 16.0;
        });
    }
}

TEST_CASE("schedulers: instants of an exposure, and those between them") {
    Source source(4);
    Options options;
    check_all(network("0,0", "subframes:3", false), options, source,
              [](int n, int x, int y) { return sample(n / 3, x, y) + n % 3 / 16.0; });
    options.refine = 1;
    check_all(network("0,0", "subframes:3", false), options, source, [](int n, int x, int y) {
        return sample(n / 6, x, y) + (n % 6 / 3 + 0.5 + n % 3) / 16;
    });
}

TEST_CASE("schedulers: strength above 1 exaggerates the change") {
    Source source(4);
    Options options;
    options.strength = 2;
    check_all(network("0,0", "subframes:3", false), options, source,
              [](int n, int x, int y) { return sample(n / 3, x, y) + 2 * (n % 3) / 16.0; });
}

TEST_CASE("schedulers: threads that want the same outputs make no run twice") {
    constexpr int length = 12;
    Source source(length);
    struct Case {
        std::string bytes;
        int runs;
        std::optional<int> segment, stride;
    };
    for (const Case& given : {Case{network("0,0", "0", true), length, length, {}},
                              Case{network("1,1", "-1,0,1", false), length / 3, {}, 3},
                              Case{network("0,0", "subframes:3", false), length, {}, {}}}) {
        const TemporaryFile model(given.bytes);
        Options options;
        options.model = model.path();
        options.provider = "ONNXRuntime";
        options.num_streams = 4;
        options.scene_cuts = false;
        options.segment = given.segment;
        options.stride = given.stride;
        Engine engine(source.clip(), options);
        fake_runtime().pause_ms = 2;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int n = 0; n < length * engine.outputs_per_frame(); ++n) output(engine, source, n);
            });
        for (std::thread& thread : threads) thread.join();
        fake_runtime().pause_ms = 0;
        CHECK(engine.statistics().runs == given.runs);
    }
}

TEST_CASE("schedulers: streams share the cores, and each has one at least") {
    const TemporaryFile model(network("0,0", "0", false));
    Source source(1);
    setenv("VSDEBLUR_THREADS", "6", 1);
    for (const auto& [streams, threads] : {std::pair{1, 0}, {2, 3}, {4, 1}, {8, 1}}) {
        CAPTURE(streams);
        Options options;
        options.model = model.path();
        options.provider = "ONNXRuntime";
        options.num_streams = streams;
        Engine engine(source.clip(), options);
        CHECK(output(engine, source, 0));
        CHECK(fake_runtime().threads == threads);
    }
    unsetenv("VSDEBLUR_THREADS");
}
