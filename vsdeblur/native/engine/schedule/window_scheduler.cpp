// Networks without state: every run reads one window, and its outputs are frames of that window.
//
// Windows lie on a grid (window.h: grid_centre). A frame whose grid centre lies in another scene takes the window of the
// frame nearest to that centre in its own scene. So the window's centre alone says what a run reads, and is its key.
#include "schedule/keyed_mutex.h"
#include "schedule/scheduler.h"

#include <algorithm>

namespace vsdeblur {

namespace {

// The largest stride at which every frame of a grid cell is among the outputs of the cell's window.
int largest_stride(const std::vector<int>& offsets) {
    const auto given = [&](int offset) { return std::ranges::binary_search(offsets, offset); };
    int stride = 1;
    while (given(-((stride + 1) / 2)) && given(stride - (stride + 1) / 2)) ++stride;
    return stride;
}

class WindowScheduler final : public Scheduler {
public:
    explicit WindowScheduler(Pipeline& pipeline)
        : pipeline_(pipeline), stride_(pipeline.options().stride.value_or(default_stride)) {
        const int most = largest_stride(contract().offsets);
        if (stride_ < 1 || stride_ > most)
            throw Error("stride must be between 1 and " + std::to_string(most) + ", not " + std::to_string(stride_));
    }

    int history() const override {
        return std::max(contract().before, contract().after) + stride_;
    }

    std::vector<int> needed(int n, Progress& progress) override {
        if (pipeline_.finished(n)) return {n};
        return progress.missing.empty() ? numbers(first_span(n)) : progress.missing;
    }

    std::shared_ptr<const Image> advance(int n, Progress& progress, const Frames& frames) override {
        if (auto image = pipeline_.finished(n)) return image;
        const Span first = first_span(n);
        if (!holds(frames, first)) return lacking(progress, first);
        const CutBefore cut = pipeline_.cuts(frames);
        const int centre = nearest_in_scene(n, grid(n), cut);
        const Span span = window(centre);
        if (!holds(frames, span)) return lacking(progress, join(first, span));
        KeyedMutex::Lock lock(running_, centre);
        if (auto image = pipeline_.finished(n)) return image;
        return run(n, centre, frames, cut);
    }

private:
    const Contract& contract() const { return pipeline_.contract(); }
    int grid(int n) const { return grid_centre(n, stride_, pipeline_.length()); }
    Span window(int centre) const {
        return window_span(centre, contract().before, contract().after, pipeline_.length());
    }
    // What is needed to know the cuts between a frame and its grid centre, and enough when there are none.
    Span first_span(int n) const { return join(Span{n, n}, window(grid(n))); }

    static std::shared_ptr<const Image> lacking(Progress& progress, Span span) {
        progress.missing = numbers(span);
        return nullptr;
    }

    // Runs the window and finishes every frame of the grid cell that this run stands for.
    std::shared_ptr<const Image> run(int n, int centre, const Frames& frames, const CutBefore& cut) {
        const auto inputs = resolve_window(centre, contract().before, contract().after, pipeline_.length(), cut);
        State none = pipeline_.initial();
        const std::vector<FloatImage> outputs = pipeline_.run(inputs, frames, none);
        std::shared_ptr<const Image> wanted;
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            const int frame = centre + contract().offsets[k];
            if (!takes_from(frame, n, centre, frames, cut)) continue;
            auto image = pipeline_.finish(frame, frame, outputs[k], frames);
            if (frame == n) wanted = std::move(image);
        }
        return wanted;
    }

    // Whether `frame`, in the grid cell of n, takes its output from the window around `centre`.
    bool takes_from(int frame, int n, int centre, const Frames& frames, const CutBefore& cut) const {
        if (frame < 0 || frame >= pipeline_.length() || frame / stride_ != n / stride_) return false;
        return frames.contains(frame) && nearest_in_scene(frame, grid(n), cut) == centre;
    }

    Pipeline& pipeline_;
    const int stride_;
    KeyedMutex running_;
};

}  // namespace

std::unique_ptr<Scheduler> make_window_scheduler(Pipeline& pipeline) {
    return std::make_unique<WindowScheduler>(pipeline);
}

}  // namespace vsdeblur
