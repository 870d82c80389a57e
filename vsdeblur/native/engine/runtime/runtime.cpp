#include "runtime/runtime.h"

#include "runtime/cores.h"
#include "runtime/memory.h"
#include "runtime/onnxruntime/library.h"
#include "runtime/onnxruntime/providers.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace vsdeblur {
namespace {

constexpr const char* frames_name = "frames";
constexpr const char* frames_out_name = "frames_out";
constexpr int max_verbosity = 4;
constexpr std::size_t rank = 4;

std::string shape_text(int channels, int height, int width) {
    return "1x" + std::to_string(channels) + "x" + std::to_string(height) + "x" + std::to_string(width);
}

// A tensor that the graph must have.
struct Port {
    std::string name;
    int channels;
};

// A tensor that the graph has.
struct GraphPort {
    std::string name;
    bool is_float32;
    std::vector<std::int64_t> shape;  // -1: dynamic
};

// Compares the inputs or outputs of a graph with what its contract promises.
class PortCheck {
public:
    PortCheck(std::string file, std::string kind) : file_(std::move(file)), kind_(std::move(kind)) {}

    void compare(const std::vector<Port>& promised, const std::vector<GraphPort>& found) const {
        for (const Port& port : promised) {
            const GraphPort* match = nullptr;
            for (const GraphPort& candidate : found) {
                if (candidate.name == port.name) match = &candidate;
            }
            if (match == nullptr) fail(port.name, "is missing");
            check(port, *match);
        }
        for (const GraphPort& port : found) {
            bool known = false;
            for (const Port& candidate : promised) known = known || candidate.name == port.name;
            if (!known) fail(port.name, "is not in the contract");
        }
    }

private:
    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        throw Error(file_ + " contradicts its contract: " + kind_ + " " + name + " " + what);
    }

    void check(const Port& port, const GraphPort& found) const {
        if (!found.is_float32) fail(port.name, "must be a tensor of float32");
        if (found.shape.size() != rank) {
            const std::string dimensions = std::to_string(found.shape.size());
            fail(port.name, "must have " + std::to_string(rank) + " dimensions, not " + dimensions);
        }
        const auto fits = [&](std::size_t dimension, std::int64_t size) {
            return found.shape[dimension] < 0 || found.shape[dimension] == size;
        };
        if (!fits(0, 1)) fail(port.name, "must have batch size 1, not " + std::to_string(found.shape[0]));
        if (!fits(1, port.channels)) {
            fail(port.name, "must have " + std::to_string(port.channels) + " channels, not " +
                                std::to_string(found.shape[1]));
        }
        if (found.shape[2] >= 0 || found.shape[3] >= 0) fail(port.name, "must have dynamic height and width");
    }

    std::string file_;
    std::string kind_;
};

}  // namespace

Tensor Tensor::allocate(int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1) {
        throw Error("a tensor must have sizes of at least 1, not " + shape_text(channels, height, width));
    }
    Tensor tensor;
    tensor.channels_ = channels;
    tensor.height_ = height;
    tensor.width_ = width;
    const double bytes = sizeof(float) * static_cast<double>(channels) * height * width;
    try {
        if (bytes >= static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max())) throw std::bad_alloc();
        const std::shared_ptr<std::byte[]> memory = detail::allocate_aligned(tensor.bytes());
        tensor.data_ = reinterpret_cast<float*>(memory.get());
        tensor.owner_ = memory;
        return tensor;
    } catch (const std::bad_alloc&) {
        throw Error("no memory for a tensor of " + shape_text(channels, height, width));
    }
}

Tensor Tensor::zeros(int channels, int height, int width) {
    Tensor tensor = allocate(channels, height, width);
    std::memset(tensor.data(), 0, tensor.bytes());
    return tensor;
}

std::size_t Tensor::bytes() const {
    return sizeof(float) * static_cast<std::size_t>(channels_) * static_cast<std::size_t>(height_) *
           static_cast<std::size_t>(width_);
}

struct Session::Impl {
    RuntimeLibrary& library;
    std::string file;  // how errors name it
    Contract contract;
    ort::SessionHandle session;
    ort::MemoryInfoHandle cpu_memory;
    std::vector<std::string> input_names;
    std::vector<std::string> output_names;

    Impl(const std::filesystem::path& model, const Contract& promised, const SessionOptions& options)
        : library(RuntimeLibrary::of_process()),
          file(model.string()),
          contract(promised),
          session(nullptr, {library.api()}),
          cpu_memory(nullptr, {library.api()}) {
        // Making a session sets the mode of this thread, which is the host's.
        const FlushDenormals mode;
        open(model, options);
        ort::MemoryInfo* memory = nullptr;
        library.check(ort::CreateCpuMemoryInfo::call(library.api(), ort::AllocatorType::device, ort::MemoryType::normal,
                                                     &memory), library.label() + " does not describe its memory");
        cpu_memory.reset(memory);
        check_graph();
    }

    // Session options that matter for results and speed. ONNX Runtime has no others that do: convolution and matrix
    // product are split by output on the CPU, so their sums do not depend on how many threads take part.
    ort::SessionOptionsHandle make_options(const SessionOptions& wanted) const {
        const ort::Api* api = library.api();
        const std::string what = library.label() + " refuses an option";
        ort::SessionOptions* raw = nullptr;
        library.check(ort::CreateSessionOptions::call(api, &raw), what);
        ort::SessionOptionsHandle options(raw, {api});
        const auto severity = static_cast<ort::Severity>(max_verbosity - wanted.verbosity);
        library.check(ort::SetSessionLogSeverityLevel::call(api, raw, severity), what);
        library.check(ort::SetSessionGraphOptimizationLevel::call(api, raw, ort::Optimization::all), what);
        library.check(ort::SetSessionExecutionMode::call(api, raw, ort::Execution::sequential), what);
        // A number of our own: the default also binds each thread to a core, the same cores for every session.
        const int threads = wanted.threads == 0 ? usable_cores() : wanted.threads;
        library.check(ort::SetIntraOpNumThreads::call(api, raw, threads), what);
        // One allocation planned for a whole run takes a fifth more memory than many and saves no time.
        library.check(ort::DisableMemPattern::call(api, raw), what);
        const std::array entries = {
            std::pair{"session.set_denormal_as_zero", "1"},
            // Threads that wait sleep: spinning took a quarter more processor time, which a host has other use for.
            std::pair{"session.intra_op.allow_spinning", "0"},
            std::pair{record_assignment_key, wanted.provider.empty() ? "0" : "1"},
        };
        for (const auto& [key, value] : entries) {
            library.check(ort::AddSessionConfigEntry::call(api, raw, key, value), what);
        }
        return options;
    }

    void open(const std::filesystem::path& model, const SessionOptions& wanted) {
        if (wanted.verbosity < 0 || wanted.verbosity > max_verbosity) {
            throw Error("verbosity must be 0 to " + std::to_string(max_verbosity) + ", not " +
                        std::to_string(wanted.verbosity));
        }
        if (wanted.threads < 0) throw Error("threads must be at least 0, not " + std::to_string(wanted.threads));
        const ort::SessionOptionsHandle options = make_options(wanted);
        const std::string provider = append_provider(library, options.get(), wanted.provider, wanted.device_id);
        ort::Session* raw = nullptr;
        library.check(ort::CreateSession::call(library.api(), library.env(), model.c_str(), options.get(), &raw),
                      file + " cannot be loaded by " + library.label());
        session.reset(raw);
        check_assigned(library, raw, provider);
    }

    // Makes the lists of names for run() and checks them.
    void check_graph() {
        std::vector<Port> inputs = {{frames_name, contract.window() * contract.channels()}};
        std::vector<Port> outputs = {{frames_out_name, contract.outputs() * contract.channels()}};
        for (const StateSpec& state : contract.states) {
            inputs.push_back({state.input, state.channels});
            outputs.push_back({state.output, state.channels});
        }
        using namespace ort;
        PortCheck(file, "input").compare(
            inputs, graph_ports<SessionGetInputCount, SessionGetInputName, SessionGetInputTypeInfo>());
        PortCheck(file, "output").compare(
            outputs, graph_ports<SessionGetOutputCount, SessionGetOutputName, SessionGetOutputTypeInfo>());
        for (const Port& port : inputs) input_names.push_back(port.name);
        for (const Port& port : outputs) output_names.push_back(port.name);
    }

    template <typename GetCount, typename GetName, typename GetType>
    std::vector<GraphPort> graph_ports() const {
        const ort::Api* api = library.api();
        const std::string what = file + " does not show its inputs and outputs to " + library.label();
        ort::Allocator* allocator = nullptr;
        library.check(ort::GetAllocatorWithDefaultOptions::call(api, &allocator), what);
        std::size_t count = 0;
        library.check(GetCount::call(api, session.get(), &count), what);
        std::vector<GraphPort> ports;
        for (std::size_t i = 0; i < count; ++i) {
            char* name = nullptr;
            library.check(GetName::call(api, session.get(), i, allocator, &name), what);
            GraphPort port{name, false, {}};
            library.check(ort::AllocatorFree::call(api, allocator, name), what);
            ort::TypeInfo* type = nullptr;
            library.check(GetType::call(api, session.get(), i, &type), what);
            const ort::TypeInfoHandle owner(type, {api});
            read_type(type, port, what);
            ports.push_back(std::move(port));
        }
        return ports;
    }

    void read_type(const ort::TypeInfo* type, GraphPort& port, const std::string& what) const {
        const ort::Api* api = library.api();
        const ort::TensorInfo* info = nullptr;
        library.check(ort::CastTypeInfoToTensorInfo::call(api, type, &info), what);
        if (info == nullptr) return;
        ort::ElementType element{};
        library.check(ort::GetTensorElementType::call(api, info, &element), what);
        port.is_float32 = element == ort::ElementType::float32;
        std::size_t dimensions = 0;
        library.check(ort::GetDimensionsCount::call(api, info, &dimensions), what);
        port.shape.resize(dimensions);
        library.check(ort::GetDimensions::call(api, info, port.shape.data(), dimensions), what);
    }

    // A view of the tensor's memory for the runtime; the tensor must outlive it.
    ort::ValueHandle view(const Tensor& tensor) const {
        const std::array<std::int64_t, rank> shape = {1, tensor.channels(), tensor.height(), tensor.width()};
        ort::Value* value = nullptr;
        // The entry takes memory that may be written; the runtime does not write to inputs.
        library.check(ort::CreateTensorWithDataAsOrtValue::call(library.api(), cpu_memory.get(),
                                                                const_cast<float*>(tensor.data()), tensor.bytes(),
                                                                shape.data(), shape.size(), ort::ElementType::float32,
                                                                &value), file + " cannot be given a tensor");
        return ort::ValueHandle(value, {library.api()});
    }

    void check_shapes(const Tensor& frames, std::span<const Tensor> states) const {
        const int channels = contract.window() * contract.channels();
        const int multiple = contract.multiple;
        if (frames.channels() != channels || frames.height() % multiple != 0 || frames.width() % multiple != 0) {
            throw Error(file + " takes frames of 1x" + std::to_string(channels) +
                        "xHxW where H and W divide by " + std::to_string(multiple) + ", not " +
                        shape_text(frames.channels(), frames.height(), frames.width()));
        }
        if (states.size() != contract.states.size()) {
            throw Error(file + " takes " + std::to_string(contract.states.size()) + " states, not " +
                        std::to_string(states.size()));
        }
        for (std::size_t i = 0; i < states.size(); ++i) {
            const StateSpec& spec = contract.states[i];
            const int height = static_cast<int>(std::lround(frames.height() * spec.scale));
            const int width = static_cast<int>(std::lround(frames.width() * spec.scale));
            const Tensor& state = states[i];
            if (state.channels() != spec.channels || state.height() != height || state.width() != width) {
                throw Error(file + " takes " + spec.input + " of " + shape_text(spec.channels, height, width) +
                            ", not " + shape_text(state.channels(), state.height(), state.width()));
            }
        }
    }

    std::vector<Tensor> run(const Tensor& frames, std::span<const Tensor> states) const {
        check_shapes(frames, states);
        // Results go into memory of our own: states stay for long, and the runtime's arena would never shrink again.
        std::vector<Tensor> results;
        results.push_back(Tensor::allocate(contract.outputs() * contract.channels(), frames.height(), frames.width()));
        for (const Tensor& state : states) {
            results.push_back(Tensor::allocate(state.channels(), state.height(), state.width()));
        }
        std::vector<ort::ValueHandle> owners;
        std::vector<const ort::Value*> inputs;
        std::vector<ort::Value*> outputs;
        const auto own = [&](const Tensor& tensor) { return owners.emplace_back(view(tensor)).get(); };
        inputs.push_back(own(frames));
        for (const Tensor& state : states) inputs.push_back(own(state));
        for (const Tensor& result : results) outputs.push_back(own(result));

        std::vector<const char*> input_keys;
        std::vector<const char*> output_keys;
        for (const std::string& name : input_names) input_keys.push_back(name.c_str());
        for (const std::string& name : output_names) output_keys.push_back(name.c_str());

        const FlushDenormals mode;
        library.check(ort::Run::call(library.api(), session.get(), nullptr, input_keys.data(), inputs.data(),
                                     inputs.size(), output_keys.data(), outputs.size(), outputs.data()),
                      file + " failed on frames of " + shape_text(frames.channels(), frames.height(), frames.width()) +
                          " in " + library.label());
        return results;
    }
};

Session::Session(const std::filesystem::path& model, const Contract& contract, const SessionOptions& options)
    : impl_(std::make_unique<Impl>(model, contract, options)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::vector<Tensor> Session::run(const Tensor& frames, std::span<const Tensor> states) {
    return impl_->run(frames, states);
}

RuntimeInfo runtime_info() {
    const RuntimeLibrary& library = RuntimeLibrary::of_process();
    return {library.path(), library.origin(), library.version(), provider_names(library)};
}

}  // namespace vsdeblur
