#include "schedule/pipeline.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace vsdeblur {

namespace {

// Finished frames that are kept whatever the budget: those that one call finishes.
std::size_t outputs_kept(const Options& options, const Contract& contract) {
    const auto outputs = static_cast<std::size_t>(contract.outputs());
    return contract.subframes != 0 ? outputs * outputs
                                   : static_cast<std::size_t>(std::max(1, options.stride.value_or(default_stride)));
}

}  // namespace

const FrameView& view_of(int n, const Frames& frames) {
    const auto found = frames.find(n);
    if (found == frames.end()) throw std::logic_error("the host did not hand over frame " + std::to_string(n));
    return found->second;
}

std::vector<int> numbers(Span span) {
    std::vector<int> all(span.last - span.first + 1);
    std::iota(all.begin(), all.end(), span.first);
    return all;
}

bool holds(const Frames& frames, Span span) {
    for (int n = span.first; n <= span.last; ++n)
        if (!frames.contains(n)) return false;
    return true;
}

Pipeline::Pipeline(const Clip& clip, const Options& options, const Contract& contract)
    : options_(options),
      contract_(contract),
      length_(clip.frames),
      network_(contract, options, channels_of(clip.format, contract.color), clip.format.width, clip.format.height),
      decoded_(0, static_cast<std::size_t>(contract.window()) * options.num_streams),
      thumbnails_(Cache<int, Thumbnail>::default_most, 0),
      outputs_(options.output_cache, outputs_kept(options, contract)) {}

CutBefore Pipeline::cuts(const Frames& frames) {
    if (!options_.scene_cuts) return [](int) { return false; };
    return [this, &frames](int n) {
        const FrameView& earlier = view_of(n - 1, frames);
        const FrameView& later = view_of(n, frames);
        if (later.scene_change_prev) return *later.scene_change_prev;
        if (earlier.scene_change_next) return *earlier.scene_change_next;
        return difference(*thumbnail_of(n - 1, frames), *thumbnail_of(n, frames)) > options_.sc_threshold;
    };
}

std::shared_ptr<const Thumbnail> Pipeline::thumbnail_of(int n, const Frames& frames) {
    if (auto known = thumbnails_.get(n)) return known;
    auto made = std::make_shared<const Thumbnail>(thumbnail(view_of(n, frames)));
    thumbnails_.put(n, made, 1);
    return made;
}

std::shared_ptr<const FloatImage> Pipeline::decoded(int n, const Frames& frames) {
    if (auto known = decoded_.get(n)) return known;
    auto made = std::make_shared<const FloatImage>(decode(view_of(n, frames), contract_.color));
    decoded_.put(n, made, 1);
    return made;
}

std::vector<FloatImage> Pipeline::run(const std::vector<int>& numbers, const Frames& frames, State& state) {
    std::vector<std::shared_ptr<const FloatImage>> images;
    std::vector<const FloatImage*> window;
    for (const int n : numbers) {
        images.push_back(decoded(n, frames));
        window.push_back(images.back().get());
    }
    ++runs_;
    return network_.run(window, state);
}

std::vector<FloatImage> Pipeline::run(std::span<const FloatImage* const> window) {
    State none = network_.initial();
    ++runs_;
    return network_.run(window, none);
}

std::shared_ptr<const Image> Pipeline::finish(int n, int source, const FloatImage& answer, const Frames& frames) {
    const auto blurred = decoded(source, frames);
    const auto written = [&](const FloatImage& values) {
        return std::make_shared<const Image>(encode(view_of(source, frames), *blurred, values, contract_.color));
    };
    const double strength = options_.strength;
    auto image = strength == 1 ? written(answer) : written(partly(*blurred, answer, strength));
    outputs_.put(n, image, image->bytes());
    return image;
}

}  // namespace vsdeblur
