// vsdeblur's engine: deblurs a clip, frame by frame, with a network from an .onnx file. Host-free.
//
// Algorithm
//   The contract in the file (model/contract.h) says what the network reads and gives. The engine decodes the host's
//   frames to 0..1 (picture/planes.h), builds windows of neighbours (schedule/window.h), carries recurrent state
//   (schedule/scheduler.h), runs the network (runtime/runtime.h) whole or in tiles (schedule/network.h, picture/tiles.h)
//   and encodes the answer in the host's format.
//
// Determinism
//   Output frame n is a pure function of the clip and the options. It does not depend on the order in which frames are
//   asked for, on threads, or on other engines. Caches only save work.
//
// How a host drives it
//   1. Request request(n)               one for each output frame that is wanted; cheap; no pixels are read
//   2. engine.needed(request)           input frames to fetch, ascending; a bounded list
//   3. engine.advance(request, frames)  computes with them. It returns the output, or nothing: then go back to 2
//   An engine never fetches a frame itself, so a host that works asynchronously never blocks in it for anything but
//   arithmetic.
//
// Units: frames are counted from 0; sizes are pixels; memory is bytes.
// Errors: everything a user can cause is thrown as Error (error.h), one sentence without prefix.
// Threads: all members of Engine may be called from any thread at the same time. A Request is used by one thread at a
// time, with the engine that it was made for.
#pragma once

#include "error.h"
#include "model/contract.h"
#include "picture/frame.h"
#include "picture/image.h"
#include "picture/scene.h"
#include "runtime/runtime.h"

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vsdeblur {

// Number of frames of a clip whose end is not known yet; see Engine::set_frames.
inline constexpr int unknown_length = INT_MAX;

inline constexpr int max_streams = 32;
inline constexpr int max_strength = 4;

struct Clip {
    Format format;            // of every frame
    int frames = 0;           // input frames, at least 1, or unknown_length
};

// Defaults are what a host uses for an argument that its user did not give.
struct Options {
    std::filesystem::path model;      // .onnx file with the contract
    std::string precision = "auto";   // fp32, fp16, bf16, int8; auto: the file's own (choice.h chooses by name)
    std::string provider;             // see SessionOptions
    int device_id = 0;
    int num_streams = 1;              // network runs at the same time, 1..max_streams; a recurrent network's runs follow each other
    int verbosity = 2;                // 0 fatal .. max_verbosity

    // Pixels, width and height; includes both overlaps; 0 = the whole frame. Unset: whole frames up to a size and tiles
    // above it, as TilePlan::automatic (tiles.h) chooses by the frame's size and the network alone.
    std::optional<std::array<int, 2>> tilesize;
    std::optional<std::array<int, 2>> overlap; // horizontal, vertical; unset = the network's receptive field's radius

    bool scene_cuts = true;           // cut windows and state at scene cuts
    double sc_threshold = default_scene_threshold;  // of the built-in detector, 0..1

    // How much of the network's change is applied, 0..max_strength: 0 gives every sample back bit for bit, 1 what the network says,
    // more exaggerates it. States do not depend on it.
    double strength = 1;

    // Memory, in bytes, for what later requests may ask for again: states of a recurrent network, and finished frames.
    // The newest two states and what one call finishes stay at any budget: in rising order, 0 costs no run more. And at
    // most 512 of each stay, however small they are.
    std::size_t state_cache = std::size_t{512} << 20;
    std::size_t output_cache = std::size_t{256} << 20;

    // Each of the following is for some networks only; setting it for another is an error.

    // Recurrent networks: state is cut every `segment` frames, counted from frame 0, and warmed up over the `preroll`
    // frames before. A seek costs at most segment + preroll runs; linear access costs preroll / segment more runs.
    std::optional<int> segment;       // at least 1; unset = default_segment
    std::optional<int> preroll;       // 0..segment; unset = default_preroll, or the segment if that is shorter

    // Networks that give several frames a run: the distance between windows, 1..number of outputs. 1: every frame is the
    // centre of its own window; more: fewer runs, frames off the centre.
    std::optional<int> stride;        // unset = default_stride

    // Networks that split the exposure: 1 = average neighbouring instants and run again (SharpSequence, section 4.6.2).
    // A network of S instants then gives (S - 1) * S a frame.
    std::optional<int> refine;        // 0 or 1; unset = 0
};

inline constexpr int default_segment = 80;
inline constexpr int default_preroll = 4;
inline constexpr int default_stride = 1;

// What has been computed so far.
struct Statistics {
    std::int64_t runs = 0;     // times that the network ran on a window (all tiles and channels of one count once)
    std::int64_t outputs = 0;  // output frames handed to the host
};

// A wanted output frame. Movable.
class Request {
public:
    int frame() const { return frame_; }

    struct Progress;  // the engine's own
    Request(Request&&) noexcept;
    Request& operator=(Request&&) noexcept;
    ~Request();

private:
    friend class Engine;
    Request(int frame, std::unique_ptr<Progress> progress);
    int frame_;
    std::unique_ptr<Progress> progress_;
};

// Input frames by number. The views must stay valid during the call that they are given to.
using Frames = std::map<int, FrameView>;

class Engine {
public:
    // Reads the contract, loads the network and checks all options. Throws Error naming the option that is wrong.
    Engine(const Clip& clip, const Options& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    const Contract& contract() const;

    // What computes the frames.
    Execution execution() const;

    // Output frames for each input frame: 1, or the instants of an exposure.
    int outputs_per_frame() const;
    // The input frame whose format and properties output frame n takes over.
    int source_of(int n) const { return n / outputs_per_frame(); }
    // Planes that outputs carry; the host takes the others from the source frame, bit for bit.
    std::array<bool, 3> written_planes() const;

    // The length of a clip that was made with unknown_length. Call it before any output within `window` frames of the end
    // is asked for; 1 <= frames. Not to be called while another call runs.
    void set_frames(int frames);

    // How many frames before an output's source frame may be needed when outputs are asked for in rising order. A host
    // that streams keeps that many.
    int history() const;

    // Begins output frame n, 0 <= n < frames * outputs_per_frame().
    Request request(int n) const;

    // Input frames to hand to advance(), ascending, at most a few dozen; source_of(n) is always among them. The list is of
    // the moment: calling it again after other requests advanced may shorten it.
    std::vector<int> needed(Request& request) const;

    // Computes with `frames`, which hold at least what needed() listed last. Returns the output, or null when more frames
    // are needed. Every call that returns null has made progress, so the loop ends.
    // The image owns the planes that written_planes() names. It may be shared with the engine's cache: read-only.
    // Throws Error `output frame N: ...` when the network, memory or a frame's properties fail it. The engine is then as it
    // was: the same output may be asked for again, in a new request.
    std::shared_ptr<const Image> advance(Request& request, const Frames& frames);

    Statistics statistics() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vsdeblur
