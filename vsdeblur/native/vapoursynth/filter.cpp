#include "filter.h"

#include <limits>
#include <map>
#include <memory>
#include <utility>

namespace vsdeblur::vs {
namespace {

VSVideoInfo output_info(VSVideoInfo info, int outputs_per_frame) {
    if (outputs_per_frame == 1) return info;
    if (info.numFrames > std::numeric_limits<int>::max() / outputs_per_frame) {
        throw Error("the clip has " + std::to_string(info.numFrames) + " frames, and " +
                    std::to_string(outputs_per_frame) + " times as many are more than VapourSynth can count");
    }
    info.numFrames *= outputs_per_frame;
    if (info.fpsNum > 0 && info.fpsDen > 0) {
        const Ratio rate = multiplied({info.fpsNum, info.fpsDen}, outputs_per_frame, "the frame rate");
        info.fpsNum = rate.num;
        info.fpsDen = rate.den;
    }
    return info;
}

const VSFrame* VS_CC get_frame(int n, int activation, void* instance, void** frame_data, VSFrameContext* context,
                               VSCore* core, const VSAPI* api) {
    Filter& filter = *static_cast<Filter*>(instance);
    try {
        return filter.get_frame(n, activation, frame_data, context, {api, core});
    } catch (...) {
        api->setFilterError(current_error(filter.name()).c_str(), context);
        return nullptr;
    }
}

void VS_CC free_filter(void* instance, VSCore* core, const VSAPI* api) {
    const std::unique_ptr<Filter> filter(static_cast<Filter*>(instance));
    try {
        if (filter->talks()) api->logMessage(mtInformation, filter->summary().c_str(), core);
    } catch (...) {
        api->logMessage(mtWarning, current_error(filter->name()).c_str(), core);
    }
}

}  // namespace

Filter::Filter(const Function& function, Arguments arguments, const Host& host)
    : name_(function.name),
      verbosity_(arguments.options.verbosity),
      // With one stream nothing is won by entering the engine twice, while requests may still be made ahead.
      mode_(arguments.options.num_streams == 1 ? fmParallelRequests : fmParallel),
      clip_(std::move(arguments.clip)),
      source_info_(*host.api->getVideoInfo(clip_.get())),
      format_(format_of(source_info_)),
      engine_({format_, source_info_.numFrames}, arguments.options),
      info_(output_info(source_info_, engine_.outputs_per_frame())),
      execution_(engine_.execution()) {}

void Filter::publish(std::unique_ptr<Filter> filter, VSMap* out, const Host& host) {
    const VSFilterDependency dependency = {filter->clip_.get(), rpGeneral};
    VSNode* node = host.api->createVideoFilter2(filter->name_.c_str(), &filter->info_, vs::get_frame, free_filter,
                                                filter->mode_, &dependency, 1, filter.get(), host.core);
    if (node == nullptr) throw Error("VapourSynth did not take the filter");
    static_cast<void>(filter.release());  // the node's from here on; free_filter ends it
    host.api->mapConsumeNode(out, "clip", node, maAppend);
}

std::string Filter::summary() const {
    const Statistics done = engine_.statistics();
    return name_ + ": " + std::to_string(done.outputs) + " frames, " + std::to_string(done.runs) + " network runs in " +
           execution_.runtime + ", " + execution_.precision;
}

const VSFrame* Filter::get_frame(int n, int activation, void** frame_data, VSFrameContext* context, const Host& host) {
    // Whatever ends this call other than a request for more frames ends the request too.
    std::unique_ptr<Pending> pending(static_cast<Pending*>(*frame_data));
    *frame_data = nullptr;
    NewFrame frame(nullptr, FrameDelete{host.api});
    if (activation == arInitial) {
        pending.reset(new Pending{engine_.request(n), {}, {}});
        request_frames(*pending, context, host.api);
    } else if (activation == arAllFramesReady) {
        frame = advance(*pending, context, host);
    } else {
        return nullptr;
    }
    if (!frame) *frame_data = pending.release();
    return frame.release();
}

// Requests what the engine needs now and is not held yet, and lets the core drop what it no longer needs.
// Returns whether there was anything to request.
bool Filter::request_frames(Pending& pending, VSFrameContext* context, const VSAPI* api) const {
    pending.wanted = engine_.needed(pending.request);
    std::set<int> wanted(pending.wanted.begin(), pending.wanted.end());
    for (const int number : pending.held) {
        if (!wanted.contains(number)) api->releaseFrameEarly(clip_.get(), number, context);
    }
    bool requested = false;
    for (const int number : wanted) {
        if (pending.held.contains(number)) continue;
        api->requestFrameFilter(number, clip_.get(), context);
        requested = true;
    }
    pending.held = std::move(wanted);
    return requested;
}

// Returns the output, or null after a request for more frames.
NewFrame Filter::advance(Pending& pending, VSFrameContext* context, const Host& host) {
    const int n = pending.request.frame();
    do {
        std::map<int, FrameRef> frames;
        Frames views;
        for (const int number : pending.wanted) {
            FrameRef frame(host.api->getFrameFilter(number, clip_.get(), context), FrameDelete{host.api});
            views.emplace(number, view_of(frame.get(), number, format_, host.api));
            frames.emplace(number, std::move(frame));
        }
        const std::shared_ptr<const Image> image = engine_.advance(pending.request, views);
        if (image) return output(n, *image, frames.at(engine_.source_of(n)).get(), host);
    } while (!request_frames(pending, context, host.api));
    return NewFrame(nullptr, FrameDelete{host.api});
}

NewFrame Filter::output(int n, const Image& image, const VSFrame* source, const Host& host) const {
    NewFrame frame = frame_of(image, source, host);
    VSMap* properties = host.api->getFramePropertiesRW(frame.get());
    set_execution(properties, execution_, host.api);
    const int count = engine_.outputs_per_frame();
    if (count > 1) set_instant(properties, n % count, count, {source_info_.fpsNum, source_info_.fpsDen}, host.api);
    return frame;
}

}  // namespace vsdeblur::vs
