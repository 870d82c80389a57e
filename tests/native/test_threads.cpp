// Engines that many threads make, ask and free at the same time. What it is for shows under ThreadSanitizer.
#include "engine.h"

#include "onnx_writer.h"
#include "picture/test_frame.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

constexpr int length = 20;
constexpr int threads_at_once = 4;

// A clip of gray floats with a cut before frame 12.
class Source {
public:
    Source() {
        const Format format = format_of(Family::gray, 32, 24, 16);
        for (int n = 0; n < length; ++n) {
            frames_.push_back(std::make_unique<TestFrame>(format));
            frames_.back()->fill([&](int, int x, int y) { return (n < 12 ? 0.1 : 0.6) + 0.001 * ((n * 7 + x * 3 + y) % 50); });
        }
    }
    const Format& format() const { return frames_.front()->format(); }
    FrameView view(int n) const { return frames_[n]->view(); }

private:
    std::vector<std::unique_ptr<TestFrame>> frames_;
};

std::vector<std::uint32_t> output(Engine& engine, const Source& source, int n) {
    Request request = engine.request(n);
    for (;;) {
        Frames views;
        for (const int number : engine.needed(request)) views.emplace(number, source.view(number));
        if (const auto image = engine.advance(request, views)) {
            std::vector<std::uint32_t> bits;
            for (int y = 0; y < source.format().height; ++y) {
                const auto* row = reinterpret_cast<const std::uint32_t*>(image->plane(0) + image->stride(0) * y);
                bits.insert(bits.end(), row, row + source.format().width);
            }
            return bits;
        }
    }
}

// A network without state that reads three frames and gives twice each of them.
Recurrent windowed() {
    Recurrent network = recurrent();
    network.nodes = {{"Add", {"frames", "frames"}, {"frames_out"}}};
    network.inputs = {{"frames", {1, 3, dynamic, dynamic}}};
    network.outputs = {{"frames_out", {1, 3, dynamic, dynamic}}};
    network.metadata = with(with(with(network.metadata, "vsdeblur.window", "1,1"), "vsdeblur.outputs", "-1,0,1"),
                            "vsdeblur.states", "[]");
    return network;
}

// With a receptive field that lets a small frame be cut in tiles.
std::string bytes_of(Recurrent network) {
    network.metadata = with(network.metadata, "vsdeblur.receptive_field", "5");
    return network.bytes();
}

Options options_of(const TemporaryFile& model, const std::string& provider) {
    Options options;
    options.model = model.path();
    options.provider = provider;
    options.num_streams = 3;
    options.tilesize = {16, 16};
    options.overlap = {2, 2};
    return options;
}

// Threads ask one shared engine at random, and make, ask and free engines of their own besides.
void play(const Options& options) {
    const Source source;
    const Clip clip{source.format(), length};
    std::vector<std::vector<std::uint32_t>> expected;
    {
        Engine engine(clip, options);
        for (int n = 0; n < length; ++n) expected.push_back(output(engine, source, n));
    }
    auto shared = std::make_shared<Engine>(clip, options);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_at_once; ++t)
        threads.emplace_back([&, t, engine = shared] {
            std::mt19937 random(t);
            for (int i = 0; i < 12; ++i) {
                const int n = static_cast<int>(random() % length);
                if (output(*engine, source, n) != expected[n]) ++wrong;
            }
            for (int i = 0; i < 2; ++i) {
                Engine own(clip, options);
                const int n = static_cast<int>(random() % length);
                if (output(own, source, n) != expected[n]) ++wrong;
            }
        });
    shared.reset();  // the last thread that is done with it frees it
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("threads: a recurrent network's engines are made, asked and freed at once") {
    const TemporaryFile model(bytes_of(recurrent()));
    for (const std::string provider : {"ONNXRuntime", "OpenVINO"}) {
        CAPTURE(provider);
        Options options = options_of(model, provider);
        options.segment = 6;
        options.preroll = 2;
        play(options);
        options.state_cache = options.output_cache = 0;
        play(options);
    }
}

TEST_CASE("threads: engines of a network without state are made, asked and freed at once") {
    const TemporaryFile model(bytes_of(windowed()));
    for (const std::string provider : {"ONNXRuntime", "OpenVINO"}) {
        CAPTURE(provider);
        Options options = options_of(model, provider);
        play(options);
        options.stride = 3;
        options.output_cache = 0;
        play(options);
    }
}
