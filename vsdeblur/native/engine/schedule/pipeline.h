// What all kinds of networks share on the way from the host's frames to its outputs: decoding, scene cuts, runs,
// encoding, and the caches that save doing one of them twice. Thread-safe.
#pragma once

#include "engine.h"
#include "picture/planes.h"
#include "picture/scene.h"
#include "schedule/cache.h"
#include "schedule/network.h"
#include "schedule/window.h"

#include <atomic>
#include <map>
#include <memory>
#include <vector>

namespace vsdeblur {

class Pipeline {
public:
    // Throws Error as Network does.
    Pipeline(const Clip& clip, const Options& options, const Contract& contract);

    const Options& options() const { return options_; }
    const Contract& contract() const { return contract_; }
    int length() const { return length_; }
    void set_length(int frames) { length_ = frames; }
    std::int64_t runs() const { return runs_; }
    const State& initial() const { return network_.initial(); }
    Execution execution() const { return network_.execution(); }

    // The cuts between the frames of one call. A cut is what the host says (_SceneChangePrev of the later frame, else
    // _SceneChangeNext of the earlier), else what the detector finds; with scene_cuts off there are none.
    // The result may be used while `frames` is valid; asking it for a frame that `frames` lacks is a std::logic_error.
    CutBefore cuts(const Frames& frames);

    // Runs the network on the window of input frames `numbers`, all of them in `frames`. `state` is advanced.
    std::vector<FloatImage> run(const std::vector<int>& numbers, const Frames& frames, State& state);

    // Runs the network on given images, for networks without state.
    std::vector<FloatImage> run(std::span<const FloatImage* const> window);

    // Encodes an answer in the format of input frame `source`, which is in `frames`, and keeps it as output frame n.
    std::shared_ptr<const Image> finish(int n, int source, const FloatImage& answer, const Frames& frames);

    // Output frame n, if it is still kept; else null.
    std::shared_ptr<const Image> finished(int n) { return outputs_.get(n); }

    // Input frame n decoded.
    std::shared_ptr<const FloatImage> decoded(int n, const Frames& frames);

private:
    std::shared_ptr<const Thumbnail> thumbnail_of(int n, const Frames& frames);

    const Options options_;
    const Contract contract_;
    std::atomic<int> length_;
    std::atomic<std::int64_t> runs_ = 0;
    Network network_;
    Cache<int, FloatImage> decoded_;
    Cache<int, Thumbnail> thumbnails_;
    Cache<int, Image> outputs_;
};

// The view of input frame n. Throws std::logic_error if a host did not hand over a frame that was asked for.
const FrameView& view_of(int n, const Frames& frames);

// All numbers of a span, ascending.
std::vector<int> numbers(Span span);

// Whether every frame of a span is there.
bool holds(const Frames& frames, Span span);

}  // namespace vsdeblur
