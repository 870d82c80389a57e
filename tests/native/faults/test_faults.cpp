// What becomes of an engine when memory or its runtime fails: an error comes out, nothing leaks (the address sanitizer
// looks), and the same engine then gives what it would have given.
#include "engine.h"

#include "faults/allocation.h"
#include "faults/fake_runtime.h"
#include "onnx_writer.h"
#include "picture/test_frame.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

constexpr int length = 7;

// A clip of a few gray floats with a cut before frame 4.
class Source {
public:
    Source() {
        for (int n = 0; n < length; ++n) {
            frames_.push_back(std::make_unique<TestFrame>(format_of(Family::gray, 32, 12, 8)));
            frames_.back()->fill([&](int, int x, int y) { return (n < 4 ? 0.1 : 0.7) + 0.001 * ((n * 7 + x * 3 + y) % 50); });
        }
    }
    Clip clip() const { return {frames_.front()->format(), length}; }
    FrameView view(int n) const { return frames_[n]->view(); }

private:
    std::vector<std::unique_ptr<TestFrame>> frames_;
};

using Bits = std::vector<std::byte>;

Bits output(Engine& engine, const Source& source, int n) {
    Request request = engine.request(n);
    for (;;) {
        Frames views;
        for (const int number : engine.needed(request)) views.emplace(number, source.view(number));
        if (const auto image = engine.advance(request, views)) {
            Bits bits;
            for (int y = 0; y < image->format().height; ++y) {
                const std::byte* row = image->plane(0) + image->stride(0) * y;
                bits.insert(bits.end(), row, row + image->format().width * sizeof(float));
            }
            return bits;
        }
    }
}

std::vector<Bits> all_outputs(Engine& engine, const Source& source) {
    std::vector<Bits> all;
    for (int n = 0; n < length * engine.outputs_per_frame(); ++n) all.push_back(output(engine, source, n));
    return all;
}

// Networks of each kind, with options that use their caches and tiles.
struct Kind {
    std::string name;
    std::string bytes;
    Options options;
};

Kind kind_of(const std::string& name, const std::string& window, const std::string& outputs, bool has_state) {
    Recurrent network = recurrent();
    Entries entries = with(with(network.metadata, "vsdeblur.window", window), "vsdeblur.outputs", outputs);
    network.metadata = with(has_state ? entries : with(entries, "vsdeblur.states", "[]"), "vsdeblur.receptive_field", "5");
    Kind kind{name, network.bytes(), {}};
    kind.options.provider = "ONNXRuntime";
    return kind;
}

std::vector<Kind> kinds() {
    std::vector<Kind> all = {kind_of("recurrent", "1,1", "0", true), kind_of("window", "1,1", "-1,0,1", false),
                             kind_of("exposure", "0,0", "subframes:3", false)};
    all[0].options.segment = 3;
    all[0].options.preroll = 1;
    all[0].options.tilesize = {8, 8};
    all[0].options.overlap = {2, 2};
    all[1].options.stride = 2;
    all[2].options.refine = 1;
    return all;
}

// What an action fails with, or nothing.
template <class Action>
std::string failure_of(Action&& action) {
    try {
        action();
    } catch (const std::bad_alloc&) {
        return "std::bad_alloc";
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

std::string prefix(int n) { return "output frame " + std::to_string(n) + ": "; }

}  // namespace

TEST_CASE("faults: each allocation may fail once") {
    const Source source;
    for (const Kind& kind : kinds()) {
        CAPTURE(kind.name);
        const TemporaryFile model(kind.bytes);
        Options options = kind.options;
        options.model = model.path();
        Engine sound(source.clip(), options);
        const std::vector<Bits> expected = all_outputs(sound, source);
        const int open = fake_runtime().sessions;
        long number = 0;
        for (bool has_failed = true; has_failed;) {
            ++number;
            CAPTURE(number);
            std::unique_ptr<Engine> engine;
            FailedAllocation failed(number);
            const std::string failure = failure_of([&] {
                engine = std::make_unique<Engine>(source.clip(), options);
                all_outputs(*engine, source);
            });
            has_failed = failed.end();
            CAPTURE(failure);
            if (failure.empty() == has_failed) CHECK(failure == (has_failed ? "an error" : ""));
            if (!engine) CHECK(fake_runtime().sessions == open);
            if (engine && all_outputs(*engine, source) != expected) FAIL("the engine gives other frames than before");
        }
        CHECK(number > 100);
    }
}

TEST_CASE("faults: a runtime that fails in mid-run") {
    const Source source;
    for (const Kind& kind : kinds()) {
        CAPTURE(kind.name);
        const TemporaryFile model(kind.bytes);
        Options options = kind.options;
        options.model = model.path();
        options.output_cache = options.state_cache = 0;
        Engine broken(source.clip(), options), sound(source.clip(), options);
        const std::vector<Bits> expected = all_outputs(sound, source);
        const int n = 3 * sound.outputs_per_frame();
        for (const Failure failure : {Failure::error, Failure::foreign, Failure::memory}) {
            std::string sentence;
            {
                const FailedRun failed(failure, 0);
                sentence = failure_of([&] { output(broken, source, n); });
            }
            if (failure == Failure::error) CHECK(sentence == prefix(n) + "the device is gone");
            if (failure == Failure::foreign) CHECK(sentence == prefix(n) + "the runtime broke");
            if (failure == Failure::memory) CHECK(sentence == prefix(n) + "not enough memory");
            CHECK(output(broken, source, n) == expected[n]);
            CHECK(output(broken, source, 0) == expected[0]);
            CHECK(all_outputs(sound, source) == expected);
        }
        CHECK(all_outputs(broken, source) == expected);
    }
}

TEST_CASE("faults: a provider that is lost fails every run and every new engine until it is back") {
    const Source source;
    for (const Kind& kind : kinds()) {
        CAPTURE(kind.name);
        const TemporaryFile model(kind.bytes);
        Options options = kind.options;
        options.model = model.path();
        Engine engine(source.clip(), options);
        const std::vector<Bits> first = {output(engine, source, 0)};
        {
            const FailedRun lost(Failure::error, 0, true);
            const int last = length * engine.outputs_per_frame() - 1;
            for (int attempt = 0; attempt < 3; ++attempt)
                CHECK(failure_of([&] { output(engine, source, last); }) == prefix(last) + "the device is gone");
            CHECK(output(engine, source, 0) == first[0]);  // kept
            CHECK(failure_of([&] { Engine(source.clip(), options); }) == "the device is gone");
        }
        CHECK(all_outputs(engine, source).front() == first[0]);
    }
}

TEST_CASE("faults: requests that wait for a run that fails make it themselves") {
    const Source source;
    for (const Kind& kind : kinds()) {
        CAPTURE(kind.name);
        const TemporaryFile model(kind.bytes);
        Options options = kind.options;
        options.model = model.path();
        options.num_streams = 2;
        Engine engine(source.clip(), options);
        const FailedRun failed(Failure::error, 1);
        std::atomic<int> failures = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int n = 0; n < length; ++n)
                    if (!failure_of([&] { output(engine, source, n); }).empty()) ++failures;
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(failures == 1);
    }
}
