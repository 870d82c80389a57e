#include "stream.h"

#include "schedule/window.h"

#include <climits>
#include <stdexcept>
#include <string>
#include <utility>

namespace vsdeblur::frei0r {

namespace {

constexpr int last_base = INT_MAX / Stream::segment * Stream::segment - Stream::segment;

Options for_stream(Options options) {
    const Contract contract = read_contract(options.model);
    if (contract.subframes != 0)
        throw Error(contract.name + " gives " + std::to_string(contract.subframes) +
                    " frames for each, and a frei0r filter gives one: use the VapourSynth plugin");
    if (!contract.states.empty()) {
        options.segment = Stream::segment;
        options.preroll = 0;
    }
    options.state_cache = 0;
    options.output_cache = 0;
    return options;
}

}  // namespace

Stream::Stream(int width, int height, Options options)
    : width_(width), height_(height), options_(for_stream(std::move(options))) {
    open();
}

void Stream::open() {
    engine_ = std::make_unique<Engine>(Clip{format_of(width_, height_), unknown_length}, options_);
    base_ = 0;
}

void Stream::begin_clip() {
    if (count() > 0) {
        const int last = base_ + count() - 1;
        // A host has to jump a thousand times before the engine's numbers come to their end.
        if (last < last_base) base_ = (last / segment + 1) * segment;
        else open();
    }
    frames_.clear();
    first_ = 0;
    has_ended_ = false;
}

void Stream::push(Planes planes) {
    if (has_ended_) throw std::logic_error("a frame came after the clip's end");
    frames_.push_back(std::move(planes));
}

// Frame n of the clip, or of its mirror image beyond an end.
const Planes& Stream::mirrored(int n) const {
    const int inside = n < 0 || (has_ended_ && n >= count()) ? mirror(n, {0, count() - 1}) : n;
    if (inside < first_ || inside >= count()) throw std::logic_error("frame " + std::to_string(n) + " is not here");
    return frames_[inside - first_];
}

std::shared_ptr<const Image> Stream::output(int n) {
    Request request = engine_->request(base_ + n);
    std::shared_ptr<const Image> image;
    while (!image) {
        Frames views;
        for (const int number : engine_->needed(request)) views.emplace(number, mirrored(number - base_).view());
        image = engine_->advance(request, views);
    }
    for (; first_ < n - engine_->history(); ++first_) frames_.pop_front();
    return image;
}

}  // namespace vsdeblur::frei0r
