// The runtime: runs a network's .onnx file on frames. A seam: behind it are two libraries, OpenVINO and ONNX Runtime,
// each found and bound when the first session needs it, and each known to a folder of its own only.
#pragma once

#include "error.h"
#include "model/contract.h"
#include "runtime/tensor.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vsdeblur {

inline constexpr int max_verbosity = 4;

// Providers, where a network runs. Upper and lower case are the same. One that is not there is an error, never replaced;
// an OpenVINO that is installed and cannot be used, because it is broken or too old, is an error too.
//   "", "CPU"       the CPU: OpenVINO where it is installed and has one, else ONNX Runtime
//   "OpenVINO"      OpenVINO on the CPU; "OpenVINO:CPU", "OpenVINO:GPU", "OpenVINO:NPU" on one of its devices
//   "ONNXRuntime"   ONNX Runtime on the CPU
//   others          ONNX Runtime: "CUDA"; "TensorRT"; or a provider by its own name, built in or from a wheel
//                   `onnxruntime-ep-NAME`
struct SessionOptions {
    std::string provider;
    int device_id = 0;      // which of the provider's devices, from 0
    int threads = 0;        // threads of one run on the CPU; 0 = usable_cores(). Last bits depend on it
    int verbosity = 2;      // of ONNX Runtime's log on stderr, as in vs-mlrt: 0 fatal, 1 error, 2 warning, 3 info, 4 verbose
    std::string precision;  // fp32, fp16, bf16 or int8; empty: the file's own
};

// Where a session computes, and in what.
struct Execution {
    std::string runtime;    // such as `OpenVINO 2026.4.1 CPU`
    std::string precision;  // fp32, fp16, bf16 or int8
};

// A loaded network.
class Session {
public:
    // Loads `model`, whose contract is `contract`, and checks that the graph has the inputs and outputs that the
    // contract promises. Throws Error when no runtime is found, the provider is not there, it does not compute in the
    // precision, the file does not load, or the graph contradicts its contract.
    Session(const std::filesystem::path& model, const Contract& contract, const SessionOptions& options);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    Execution execution() const;

    // Makes ready for frames of height x width pixels, which divide by the contract's `multiple`; a first run does so by
    // itself. Throws Error when that fails.
    void prepare(int height, int width);

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

// The precisions that a provider computes in on this machine, the fastest first. Throws Error as Session does.
std::vector<std::string> provider_precisions(const std::string& provider, int device_id);

// A library that runs networks, as it was found; or why it cannot be used.
struct RuntimeInfo {
    std::string name;                    // `OpenVINO` or `ONNX Runtime`
    std::string library;                 // path of the library
    std::string origin;                  // where it was found: "VSDEBLUR_OPENVINO" or "VSDEBLUR_ONNXRUNTIME", "wheel",
                                         // "system", or "already loaded in this process" by another plugin
    std::string version;                 // such as "1.31.1"
    std::vector<std::string> providers;  // every name of its own that SessionOptions::provider takes here
    std::string error;                   // why it cannot be used; then all but the name is empty
};

// Every runtime, the one that the provider "" means first; without OpenVINO where none is installed. They are found and loaded on the first call of this or of a
// Session; every session of this process uses the same. Thread-safe.
std::vector<RuntimeInfo> runtimes();

}  // namespace vsdeblur
