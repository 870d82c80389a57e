#include "engine.h"

#include "choice.h"
#include "schedule/pipeline.h"
#include "schedule/scheduler.h"

#include <atomic>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>

namespace vsdeblur {

namespace {

template <typename T>
void require_between(const char* option, T given, T lowest, T highest) {
    if (given >= lowest && given <= highest) return;  // not so for a number that is none
    std::ostringstream text;
    text << option << " must be between " << lowest << " and " << highest << ", not " << given;
    throw Error(text.str());
}

void check_options(const Options& options) {
    check_precision_name(options.precision);
    if (options.device_id < 0) throw Error("device_id must be at least 0, not " + std::to_string(options.device_id));
    require_between("num_streams", options.num_streams, 1, max_streams);
    require_between("verbosity", options.verbosity, 0, max_verbosity);
    const std::array overlap = options.overlap.value_or(std::array{0, 0});
    for (const int pixels : overlap)
        if (pixels < 0) throw Error("overlap must be at least 0, got " + std::to_string(pixels));
    if (overlap != std::array{0, 0} && options.tilesize.value_or(std::array{0, 0}) == std::array{0, 0})
        throw Error("overlap has no effect without tilesize: give tilesize too");
    require_between("sc_threshold", options.sc_threshold, 0.0, 1.0);
    require_between<double>("strength", options.strength, 0, max_strength);
}

// Options that the network has no use for are refused, so that none is ignored in silence.
void check_use(const Options& options, const Contract& contract) {
    if (contract.states.empty() && (options.segment || options.preroll))
        throw Error("segment and preroll are for recurrent networks; " + contract.name + " has no state");
    if (contract.subframes == 0 && options.refine)
        throw Error("refine is for networks that split an exposure; " + contract.name + " gives whole frames");
    if (contract.outputs() == 1 && options.stride)
        throw Error("stride is for networks that give several frames a run; " + contract.name + " gives one");
    if (contract.subframes != 0 && options.stride)
        throw Error("stride is for networks that give neighbouring frames; " + contract.name + " splits one frame");
    if (!contract.states.empty() && contract.outputs() != 1)
        throw Error(contract.name + " has state and gives " + std::to_string(contract.outputs()) +
                    " frames a run; a recurrent network must give one");
}

const Contract& checked(const Clip& clip, const Options& options, const Contract& contract) {
    check_format(clip.format);
    if (clip.frames < 1) throw Error("a clip must have at least 1 frame, not " + std::to_string(clip.frames));
    check_options(options);
    check_use(options, contract);
    return contract;
}

std::unique_ptr<Scheduler> make_scheduler(Pipeline& pipeline) {
    if (!pipeline.contract().states.empty()) return make_recurrent_scheduler(pipeline);
    if (pipeline.contract().subframes != 0) return make_exposure_scheduler(pipeline);
    return make_window_scheduler(pipeline);
}

}  // namespace

Request::Request(int frame, std::unique_ptr<Progress> progress) : frame_(frame), progress_(std::move(progress)) {}
Request::Request(Request&&) noexcept = default;
Request& Request::operator=(Request&&) noexcept = default;
Request::~Request() = default;

struct Engine::Impl {
    Impl(const Clip& given, const Options& options)
        : clip(given),
          pipeline(clip, options, checked(clip, options, read_contract(options.model))),
          scheduler(make_scheduler(pipeline)) {}

    Clip clip;
    Pipeline pipeline;
    std::unique_ptr<Scheduler> scheduler;
    std::atomic<std::int64_t> outputs = 0;
};

Engine::Engine(const Clip& clip, const Options& options) : impl_(std::make_unique<Impl>(clip, options)) {}
Engine::~Engine() = default;

const Contract& Engine::contract() const { return impl_->pipeline.contract(); }

Execution Engine::execution() const { return impl_->pipeline.execution(); }

int Engine::outputs_per_frame() const { return impl_->scheduler->outputs_per_frame(); }

std::array<bool, 3> Engine::written_planes() const {
    const Format& format = impl_->clip.format;
    const bool all = format.family == Family::rgb || (format.family == Family::yuv && contract().channels() == 3);
    return {true, all, all};
}

void Engine::set_frames(int frames) {
    if (frames < 1) throw Error("a clip must have at least 1 frame, not " + std::to_string(frames));
    impl_->pipeline.set_length(frames);
}

int Engine::history() const { return impl_->scheduler->history(); }

Request Engine::request(int n) const {
    if (n < 0 || source_of(n) >= impl_->pipeline.length())
        throw std::logic_error("output frame " + std::to_string(n) + " is beyond the clip");
    return Request(n, std::make_unique<Request::Progress>());
}

std::vector<int> Engine::needed(Request& request) const {
    return impl_->scheduler->needed(request.frame_, *request.progress_);
}

std::shared_ptr<const Image> Engine::advance(Request& request, const Frames& frames) {
    for (const auto& [n, view] : frames)
        if (view.format != impl_->clip.format)
            throw Error("frame " + std::to_string(n) + " differs from the clip in format or size");
    const std::string what = "output frame " + std::to_string(request.frame_) + ": ";
    try {
        auto image = impl_->scheduler->advance(request.frame_, *request.progress_, frames);
        if (image) ++impl_->outputs;
        return image;
    } catch (const std::logic_error&) {
        throw;  // the host's mistake
    } catch (const std::bad_alloc&) {
        throw Error(what + "not enough memory");
    } catch (const std::exception& error) {
        throw Error(what + error.what());
    }
}

Statistics Engine::statistics() const { return {impl_->pipeline.runs(), impl_->outputs}; }

}  // namespace vsdeblur
