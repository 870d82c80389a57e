// Networks that split an exposure: one run gives S instants of the frame, evenly spaced, in order of time.
//
// Output i * S + k is instant k of input frame i. With refine (SharpSequence, section 4.6.2) the instants are averaged in
// neighbouring pairs, each average is run as a blurred frame of its own, and its S instants lie between the two: S - 1
// pairs give (S - 1) * S outputs a frame. The paper's first answer is not among them, so that all outputs are evenly spaced.
#include "schedule/keyed_mutex.h"
#include "schedule/scheduler.h"

#include <algorithm>

namespace vsdeblur {

namespace {

FloatImage average(const FloatImage& a, const FloatImage& b) {
    FloatImage mean(a.channels(), a.height(), a.width());
    const std::size_t size = mean.plane_size() * mean.channels();
    for (std::size_t i = 0; i < size; ++i) mean.data()[i] = 0.5f * (a.data()[i] + b.data()[i]);
    return mean;
}

class ExposureScheduler final : public Scheduler {
public:
    explicit ExposureScheduler(Pipeline& pipeline)
        : pipeline_(pipeline), refine_(pipeline.options().refine.value_or(0) == 1) {
        const int refine = pipeline.options().refine.value_or(0);
        if (refine < 0 || refine > 1) throw Error("refine must be 0 or 1, not " + std::to_string(refine));
        if (refine_ && contract().window() != 1)
            throw Error("refine is for networks that read one frame; " + contract().name + " reads " +
                        std::to_string(contract().window()));
    }

    int outputs_per_frame() const override {
        const int instants = contract().subframes;
        return refine_ ? (instants - 1) * instants : instants;
    }

    int history() const override { return std::max(contract().before, contract().after); }

    std::vector<int> needed(int n, Progress&) override {
        const int source = n / outputs_per_frame();
        return pipeline_.finished(n) ? std::vector{source} : numbers(window(source));
    }

    std::shared_ptr<const Image> advance(int n, Progress&, const Frames& frames) override {
        const int source = n / outputs_per_frame();
        if (auto image = pipeline_.finished(n)) return image;
        if (!holds(frames, window(source))) return nullptr;
        KeyedMutex::Lock lock(running_, source);
        if (auto image = pipeline_.finished(n)) return image;
        return run(n, source, frames);
    }

private:
    const Contract& contract() const { return pipeline_.contract(); }
    Span window(int source) const {
        return window_span(source, contract().before, contract().after, pipeline_.length());
    }

    std::shared_ptr<const Image> run(int n, int source, const Frames& frames) {
        const CutBefore cut = pipeline_.cuts(frames);
        const auto inputs = resolve_window(source, contract().before, contract().after, pipeline_.length(), cut);
        State none = pipeline_.initial();
        const std::vector<FloatImage> instants = pipeline_.run(inputs, frames, none);
        if (!refine_) return finish_all(n, source * outputs_per_frame(), source, instants, frames);
        std::shared_ptr<const Image> wanted;
        for (std::size_t pair = 0; pair + 1 < instants.size(); ++pair) {
            const FloatImage blurred = average(instants[pair], instants[pair + 1]);
            const FloatImage* const single[] = {&blurred};
            const int first = source * outputs_per_frame() + static_cast<int>(pair * instants.size());
            if (auto image = finish_all(n, first, source, pipeline_.run(single), frames)) wanted = std::move(image);
        }
        return wanted;
    }

    // Finishes consecutive outputs from number `first` on; returns output n if it is one of them.
    std::shared_ptr<const Image> finish_all(int n, int first, int source, const std::vector<FloatImage>& answers,
                                            const Frames& frames) {
        std::shared_ptr<const Image> wanted;
        for (std::size_t k = 0; k < answers.size(); ++k) {
            const int output = first + static_cast<int>(k);
            auto image = pipeline_.finish(output, source, answers[k], frames);
            if (output == n) wanted = std::move(image);
        }
        return wanted;
    }

    Pipeline& pipeline_;
    const bool refine_;
    KeyedMutex running_;
};

}  // namespace

std::unique_ptr<Scheduler> make_exposure_scheduler(Pipeline& pipeline) {
    return std::make_unique<ExposureScheduler>(pipeline);
}

}  // namespace vsdeblur
