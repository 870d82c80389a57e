#include "schedule/network.h"

#include "choice.h"
#include "system/system.h"

#include <algorithm>

namespace vsdeblur {

namespace {

TilePlan plan_tiles(const Contract& contract, const Options& options, int width, int height) {
    if (!options.tilesize) {
        const Tiling tiling = TilePlan::automatic(width, height, contract.multiple, contract.receptive_field);
        return TilePlan(width, height, contract.multiple, tiling.tilesize, tiling.overlap, contract.receptive_field);
    }
    const int radius = TilePlan::default_overlap(contract.receptive_field, contract.multiple);
    return TilePlan(width, height, contract.multiple, *options.tilesize,
                    options.overlap.value_or(std::array{radius, radius}), contract.receptive_field);
}

SessionOptions session_options(const Options& options) {
    SessionOptions session;
    session.provider = options.provider;
    session.device_id = options.device_id;
    session.verbosity = options.verbosity;
    session.precision = options.precision == auto_precision ? "" : options.precision;
    session.threads = options.num_streams == 1 ? 0 : std::max(1, system::usable_cores() / options.num_streams);
    return session;
}

}  // namespace

std::size_t bytes_of(const State& state) {
    std::size_t total = 0;
    for (const auto& tile : state)
        for (const Tensor& tensor : tile) total += tensor.bytes();
    return total;
}

// A session for the time of one run.
class Network::Lease {
public:
    explicit Lease(Network& network) : network_(network) {
        std::unique_lock lock(network_.mutex_);
        network_.returned_.wait(lock, [&] { return !network_.idle_.empty(); });
        session_ = network_.idle_.back();
        network_.idle_.pop_back();
    }
    ~Lease() {
        {
            std::lock_guard lock(network_.mutex_);
            network_.idle_.push_back(session_);
        }
        network_.returned_.notify_one();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Session* operator->() { return session_; }

private:
    Network& network_;
    Session* session_;
};

Network::Network(const Contract& contract, const Options& options, int channels, int width, int height)
    : channels_(channels),
      together_(contract.channels()),
      outputs_(contract.outputs()),
      tiles_(plan_tiles(contract, options, width, height)) {
    for (int i = 0; i < options.num_streams; ++i)
        sessions_.emplace_back(options.model, contract, session_options(options));
    for (Session& session : sessions_) {
        session.prepare(tiles_.tile_height(), tiles_.tile_width());
        idle_.push_back(&session);
    }
    std::vector<Tensor> states;
    for (const StateSpec& spec : contract.states)
        states.push_back(Tensor::zeros(spec.channels, static_cast<int>(tiles_.tile_height() * spec.scale),
                                       static_cast<int>(tiles_.tile_width() * spec.scale)));
    initial_.assign(tiles_.count() * (channels_ / together_), states);
}

std::vector<FloatImage> Network::run(std::span<const FloatImage* const> window, State& state) {
    const int height = tiles_.tile_height(), width = tiles_.tile_width();
    const std::size_t frame = static_cast<std::size_t>(together_) * height * width;
    std::vector<FloatImage> outputs;
    for (int k = 0; k < outputs_; ++k)
        outputs.push_back(FloatImage::zeros(channels_, tiles_.height(), tiles_.width()));
    Lease session(*this);
    auto own_state = state.begin();
    for (TilePlan::Channels channels{0, together_}; channels.first < channels_; channels.first += together_) {
        for (int tile = 0; tile < tiles_.count(); ++tile, ++own_state) {
            Tensor frames = Tensor::allocate(static_cast<int>(window.size()) * together_, height, width);
            for (std::size_t t = 0; t < window.size(); ++t)
                tiles_.gather(*window[t], channels, tile, frames.data() + t * frame);
            std::vector<Tensor> results = session->run(frames, *own_state);
            const Tensor& answer = results.front();
            for (int k = 0; k < outputs_; ++k) tiles_.blend(answer.data() + k * frame, channels, tile, outputs[k]);
            own_state->assign(results.begin() + 1, results.end());
        }
    }
    return outputs;
}

}  // namespace vsdeblur
