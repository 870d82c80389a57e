#include "engine.h"

#include "onnx_writer.h"
#include "picture/test_frame.h"

#include <doctest/doctest.h>

#include <climits>
#include <memory>
#include <vector>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

// A recurrent network on a clip of gray floats whose frame n is 1 / 64 everywhere at n = 3, 7, 11 ... and 0 elsewhere.
class Clips {
public:
    Clips(const Options& given, int frames) : file_(recurrent().bytes()) {
        const Format format = format_of(Family::gray, 32, 6, 4);
        Options options = given;
        options.model = file_.path();
        options.scene_cuts = false;
        engine_ = std::make_unique<Engine>(Clip{format, frames}, options);
        for (int n = 0; n < frames; ++n) {
            frames_.push_back(std::make_unique<TestFrame>(format));
            frames_.back()->fill([&](int, int, int) { return n % 4 == 3 ? 1.0 / 64 : 0.0; });
        }
    }

    double output(int n) {
        Request request = engine_->request(n);
        for (;;) {
            Frames views;
            for (const int number : engine_->needed(request)) views.emplace(number, frames_[number]->view());
            if (const auto image = engine_->advance(request, views)) return get(*image, 0, 0, 0);
        }
    }
    std::int64_t runs() const { return engine_->statistics().runs; }

private:
    TemporaryFile file_;
    std::vector<std::unique_ptr<TestFrame>> frames_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace

TEST_CASE("without a budget for caches a rising order costs no run more, and going back costs the runs again") {
    Options frugal;
    frugal.segment = INT_MAX;
    frugal.state_cache = 0;
    frugal.output_cache = 0;
    Options usual;
    usual.segment = INT_MAX;
    constexpr int length = 24;
    Clips bare(frugal, length), caching(usual, length);

    std::vector<double> first;
    for (int n = 0; n < length; ++n) {
        first.push_back(bare.output(n));
        CHECK(caching.output(n) == first.back());
    }
    CHECK(first.front() != first.back());
    CHECK(bare.runs() == length);
    CHECK(caching.runs() == length);

    CHECK(caching.output(9) == first[9]);
    CHECK(caching.runs() == length);
    CHECK(bare.output(9) == first[9]);
    CHECK(bare.runs() == length + 10);
}

TEST_CASE("strength is how much of the change is applied, and states do not depend on it") {
    constexpr int length = 12;
    Options whole, half, none;
    half.strength = 0.5;
    none.strength = 0;
    Clips full(whole, length), part(half, length), nothing(none, length);
    for (int n = 0; n < length; ++n) {
        const double in = n % 4 == 3 ? 1.0 / 64 : 0.0;
        CHECK(nothing.output(n) == in);
        CHECK(part.output(n) == in + 0.5 * (full.output(n) - in));  // sums of few powers of two: exact
    }
    CHECK(full.output(length - 1) != nothing.output(length - 1));
}
