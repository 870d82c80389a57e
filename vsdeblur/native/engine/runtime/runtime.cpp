#include "runtime/runtime.h"

#include "model/weights.h"
#include "runtime/graph.h"
#include "runtime/onnxruntime/library.h"
#include "runtime/onnxruntime/providers.h"
#include "runtime/onnxruntime/session.h"
#include "runtime/openvino/library.h"
#include "runtime/openvino/session.h"
#include "system/system.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace vsdeblur {
namespace {

constexpr std::string_view openvino_prefix = "openvino:";

std::string lower(std::string_view text) {
    std::string result;
    for (const char c : text) result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

// What a provider's name means.
struct Place {
    bool in_openvino;
    std::string name;  // OpenVINO's device, or ONNX Runtime's provider where "" is its CPU
};

Place place_of(const std::string& provider, int device_id) {
    if (device_id < 0) throw Error("device_id must be at least 0, not " + std::to_string(device_id));
    const std::string name = lower(provider);
    if (name.empty() || name == "cpu") {
        const OpenVinoLibrary* openvino = OpenVinoLibrary::find();
        return openvino != nullptr && openvino->has_cpu() ? Place{true, "CPU"} : Place{false, ""};
    }
    if (name == "onnxruntime") return {false, ""};
    if (name == "openvino") return {true, openvino_device("CPU", device_id)};
    if (name.starts_with(openvino_prefix)) return {true, openvino_device(name.substr(openvino_prefix.size()), device_id)};
    return {false, provider};
}

std::vector<std::string> precisions_of(const Place& place) {
    return place.in_openvino ? openvino_precisions(place.name) : onnxruntime_precisions(place.name);
}

// `ONNX Runtime 1.31.1 CPU`; with the library's path for errors.
std::string runtime_of(const Place& place, bool with_path) {
    const std::string device = place.name.empty() ? "CPU" : place.name;
    if (place.in_openvino) {
        const OpenVinoLibrary& library = OpenVinoLibrary::of_process();
        return with_path ? library.label() + " on " + device : "OpenVINO " + library.version() + " " + device;
    }
    const RuntimeLibrary& library = RuntimeLibrary::of_process();
    return with_path ? library.label() + " on " + device : "ONNX Runtime " + library.version() + " " + device;
}

// The precision that a file is computed in. A file holds its own; bf16 and fp16 can be made of float32.
std::string precision_of(const std::string& file, const std::string& own, const std::string& wanted, const Place& place) {
    const std::string precision = wanted.empty() ? own : wanted;
    check_precision(file, own, precision);
    // ONNX Runtime computes a file as it is.
    if (!place.in_openvino && precision == own) return own;
    const std::vector<std::string> there = precisions_of(place);
    if (std::ranges::find(there, precision) != there.end()) return precision;
    throw Error("precision " + precision + " is not there: " + runtime_of(place, true) + " computes in " + joined(there));
}

void check_options(const SessionOptions& options) {
    if (options.verbosity < 0 || options.verbosity > max_verbosity) {
        throw Error("verbosity must be 0 to " + std::to_string(max_verbosity) + ", not " +
                    std::to_string(options.verbosity));
    }
    if (options.threads < 0) throw Error("threads must be at least 0, not " + std::to_string(options.threads));
}

// As providers are named: a device's number is given by device_id.
std::vector<std::string> names_of(const OpenVinoLibrary& library) {
    std::vector<std::string> names;
    for (const std::string& device : library.devices()) {
        const std::string name = "OpenVINO:" + device.substr(0, device.find('.'));
        if (names.empty() || names.back() != name) names.push_back(name);
    }
    return names;
}

std::vector<std::string> names_of(const std::vector<Port>& ports) {
    std::vector<std::string> names;
    for (const Port& port : ports) names.push_back(port.name);
    return names;
}

}  // namespace

struct Session::Impl {
    std::string file;  // how errors name it
    Contract contract;
    Execution execution;
    std::unique_ptr<Backend> backend;

    Impl(const std::filesystem::path& model, const Contract& promised, SessionOptions options)
        : file(system::text_of(model)), contract(promised) {
        check_options(options);
        const Place place = place_of(options.provider, options.device_id);
        options.precision = precision_of(file, contract.precision, options.precision, place);
        options.provider = place.in_openvino ? "" : place.name;
        backend = place.in_openvino ? open_in_openvino(model, place.name, options) : open_in_onnxruntime(model, options);
        execution = {runtime_of(place, false), options.precision};
        const std::vector<Port> inputs = promised_inputs(contract), outputs = promised_outputs(contract);
        check_ports(file, "input", inputs, backend->inputs());
        check_ports(file, "output", outputs, backend->outputs());
        backend->bind(names_of(inputs), names_of(outputs));
    }

    void prepare(int height, int width) const {
        const TensorShape frames = {contract.window() * contract.channels(), height, width};
        check_frames(file, contract, frames);
        std::vector<TensorShape> inputs = state_shapes(contract, frames);
        inputs.insert(inputs.begin(), frames);
        backend->prepare(inputs);
    }

    std::vector<Tensor> run(const Tensor& frames, std::span<const Tensor> states) const {
        check_frames(file, contract, frames.shape());
        check_states(file, contract, frames.shape(), states);
        std::vector<Tensor> inputs = {frames};
        inputs.insert(inputs.end(), states.begin(), states.end());
        // Results go into memory of our own: states stay for long, and a runtime's arena would never shrink again.
        std::vector<Tensor> results;
        results.push_back(Tensor::allocate(contract.outputs() * contract.channels(), frames.height(), frames.width()));
        for (const Tensor& state : states) {
            results.push_back(Tensor::allocate(state.channels(), state.height(), state.width()));
        }
        backend->run(inputs, results);
        return results;
    }
};

Session::Session(const std::filesystem::path& model, const Contract& contract, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(model, contract, options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Execution Session::execution() const { return impl_->execution; }

void Session::prepare(int height, int width) { impl_->prepare(height, width); }

std::vector<Tensor> Session::run(const Tensor& frames, std::span<const Tensor> states) {
    return impl_->run(frames, states);
}

std::vector<std::string> provider_precisions(const std::string& provider, int device_id) {
    return precisions_of(place_of(provider, device_id));
}

std::vector<RuntimeInfo> runtimes() {
    std::vector<RuntimeInfo> found;
    bool openvino_is_first = false;
    try {
        if (const OpenVinoLibrary* library = OpenVinoLibrary::find()) {
            openvino_is_first = library->has_cpu();
            found.push_back({"OpenVINO", library->path(), library->origin(), library->version(), names_of(*library), ""});
        }
    } catch (const Error& error) {
        found.push_back({"OpenVINO", "", "", "", {}, error.what()});
    }
    try {
        const RuntimeLibrary& library = RuntimeLibrary::of_process();
        found.push_back({"ONNX Runtime", library.path(), library.origin(), library.version(),
                         onnxruntime_providers(library), ""});
    } catch (const Error& error) {
        found.push_back({"ONNX Runtime", "", "", "", {}, error.what()});
    }
    if (!openvino_is_first) std::ranges::reverse(found);
    return found;
}

}  // namespace vsdeblur
