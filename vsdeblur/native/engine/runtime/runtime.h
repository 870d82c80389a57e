// The runtime: runs a network's .onnx file on frames. A seam: this header says nothing about the library behind it, and
// only runtime.cpp and onnxruntime/ know that it is ONNX Runtime, found and bound when the first session is made.
#pragma once

#include "error.h"
#include "model/contract.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vsdeblur {

// A dense float32 tensor of shape (1, channels, height, width) in CPU memory, row-major: the pixel (c, y, x) is
// data()[(c * height + y) * width + x].
//
// A Tensor is a handle: copies share the same memory, which is freed with the last of them. A default-constructed one
// holds nothing (data() is null, sizes are 0). The memory may be written until the tensor is first given to a run or to
// another thread; from then on it is read-only. Distinct handles of one tensor may be used from any thread.
class Tensor {
public:
    Tensor() = default;

    // Uninitialised memory, aligned to 64 bytes. Every size must be at least 1. Throws Error if that is not so or if
    // there is not that much memory.
    static Tensor allocate(int channels, int height, int width);
    // The same, filled with 0.
    static Tensor zeros(int channels, int height, int width);

    float* data() { return data_; }
    const float* data() const { return data_; }
    int channels() const { return channels_; }
    int height() const { return height_; }
    int width() const { return width_; }
    std::size_t bytes() const;
    explicit operator bool() const { return data_ != nullptr; }

private:
    std::shared_ptr<void> owner_;
    float* data_ = nullptr;
    int channels_ = 0;
    int height_ = 0;
    int width_ = 0;
};

struct SessionOptions {
    // Where the network runs: "" is the CPU; "CUDA"; "TensorRT"; or a provider by its own name, built into the runtime
    // or from a wheel `onnxruntime-ep-NAME`. A provider that is not there is an error, never replaced. Upper and lower
    // case are the same.
    std::string provider;
    int device_id = 0;  // which of the provider's devices, from 0
    int threads = 0;    // threads of one run on the CPU; 0 = all cores
    int verbosity = 2;  // of the runtime's log on stderr, as in vs-mlrt: 0 fatal, 1 error, 2 warning, 3 info, 4 verbose
};

// A loaded network.
class Session {
public:
    // Loads `model`, whose contract is `contract`, and checks that the graph has the inputs and outputs that the
    // contract promises. Throws Error when no runtime is found, the provider is not there, the file does not load, or
    // the graph contradicts its contract.
    Session(const std::filesystem::path& model, const Contract& contract, const SessionOptions& options);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    // One run of the network. Returns frames_out, then the new states in the contract's order.
    //   frames: (1, window * channels, H, W); H and W divide by the contract's `multiple`
    //   states: one for each state of the contract, in its order; (1, state channels, scale * H, scale * W); what an
    //           earlier run returned, or Tensor::zeros
    //   returns: (1, outputs * channels, H, W), then tensors of the same shapes as `states`
    // Throws Error when a shape is wrong or the run fails. One call at a time for one Session; distinct Sessions may
    // run at the same time.
    std::vector<Tensor> run(const Tensor& frames, std::span<const Tensor> states);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct RuntimeInfo {
    std::string library;                 // path of the library
    std::string origin;                  // where it was found: "VSDEBLUR_ONNXRUNTIME", "wheel", "system", or
                                         // "already loaded in this process" by another plugin
    std::string version;                 // such as "1.31.1"
    std::vector<std::string> providers;  // every name that SessionOptions::provider takes here, apart from ""
};

// The runtime that every Session of this process uses; it is found and loaded on the first call of either.
// Throws Error when there is none, saying where it was looked for and how to get it. Thread-safe.
RuntimeInfo runtime_info();

}  // namespace vsdeblur
