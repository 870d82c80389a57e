#include "runtime/onnxruntime/session.h"

#include "error.h"
#include "runtime/cores.h"
#include "runtime/denormals.h"
#include "runtime/onnxruntime/library.h"
#include "runtime/onnxruntime/providers.h"
#include "system/system.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace vsdeblur {
namespace {

class OnnxRuntimeBackend final : public Backend {
public:
    OnnxRuntimeBackend(const std::filesystem::path& model, const SessionOptions& options)
        : library_(RuntimeLibrary::of_process()),
          file_(system::text_of(model)),
          session_(nullptr, {library_.api()}),
          cpu_memory_(nullptr, {library_.api()}) {
        // Making a session sets the mode of this thread, which is the host's.
        const FlushDenormals mode;
        open(model, options);
        ort::MemoryInfo* memory = nullptr;
        library_.check(ort::CreateCpuMemoryInfo::call(library_.api(), ort::AllocatorType::device, ort::MemoryType::normal,
                                                     &memory), library_.label() + " does not describe its memory");
        cpu_memory_.reset(memory);
    }

    std::vector<GraphPort> inputs() const override {
        return graph_ports<ort::SessionGetInputCount, ort::SessionGetInputName, ort::SessionGetInputTypeInfo>();
    }

    std::vector<GraphPort> outputs() const override {
        return graph_ports<ort::SessionGetOutputCount, ort::SessionGetOutputName, ort::SessionGetOutputTypeInfo>();
    }

    void bind(std::vector<std::string> inputs, std::vector<std::string> outputs) override {
        input_names_ = std::move(inputs);
        output_names_ = std::move(outputs);
    }

    // One session takes every shape.
    void prepare(std::span<const TensorShape>) override {}

    void run(std::span<const Tensor> inputs, std::span<Tensor> outputs) override {
        std::vector<ort::ValueHandle> owners;
        std::vector<const ort::Value*> sources;
        std::vector<ort::Value*> results;
        for (const Tensor& tensor : inputs) sources.push_back(owners.emplace_back(view(tensor)).get());
        for (const Tensor& tensor : outputs) results.push_back(owners.emplace_back(view(tensor)).get());
        std::vector<const char*> input_keys;
        std::vector<const char*> output_keys;
        for (const std::string& name : input_names_) input_keys.push_back(name.c_str());
        for (const std::string& name : output_names_) output_keys.push_back(name.c_str());

        const FlushDenormals mode;
        library_.check(ort::Run::call(library_.api(), session_.get(), nullptr, input_keys.data(), sources.data(),
                                     sources.size(), output_keys.data(), results.size(), results.data()),
                      file_ + " failed on frames of " + shape_text(inputs.front().shape()) + " in " + library_.label());
    }

private:
    // Session options that matter for results and speed. ONNX Runtime has no others that do: the number of threads changes
    // the last bits of few convolutions, which one thread sums in another way than several.
    ort::SessionOptionsHandle make_options(const SessionOptions& wanted) const {
        const ort::Api* api = library_.api();
        const std::string what = library_.label() + " refuses an option";
        ort::SessionOptions* raw = nullptr;
        library_.check(ort::CreateSessionOptions::call(api, &raw), what);
        ort::SessionOptionsHandle options(raw, {api});
        const auto severity = static_cast<ort::Severity>(max_verbosity - wanted.verbosity);
        library_.check(ort::SetSessionLogSeverityLevel::call(api, raw, severity), what);
        library_.check(ort::SetSessionGraphOptimizationLevel::call(api, raw, ort::Optimization::all), what);
        library_.check(ort::SetSessionExecutionMode::call(api, raw, ort::Execution::sequential), what);
        // A number of our own: the default also binds each thread to a core, the same cores for every session.
        const int threads = wanted.threads == 0 ? usable_cores() : wanted.threads;
        library_.check(ort::SetIntraOpNumThreads::call(api, raw, threads), what);
        // One allocation planned for a whole run takes a fifth more memory than many and saves no time.
        library_.check(ort::DisableMemPattern::call(api, raw), what);
        const std::array entries = {
            std::pair{"session.set_denormal_as_zero", "1"},
            // Threads that wait sleep: spinning took a quarter more processor time, which a host has other use for.
            std::pair{"session.intra_op.allow_spinning", "0"},
            std::pair{record_assignment_key, wanted.provider.empty() ? "0" : "1"},
        };
        for (const auto& [key, value] : entries) {
            library_.check(ort::AddSessionConfigEntry::call(api, raw, key, value), what);
        }
        return options;
    }

    void open(const std::filesystem::path& model, const SessionOptions& wanted) {
        const ort::SessionOptionsHandle options = make_options(wanted);
        const std::string provider =
            append_provider(library_, options.get(), wanted.provider, wanted.device_id, wanted.precision);
        ort::Session* raw = nullptr;
        library_.check(ort::CreateSession::call(library_.api(), library_.env(), model.c_str(), options.get(), &raw),
                      file_ + " cannot be loaded by " + library_.label());
        session_.reset(raw);
        check_assigned(library_, raw, provider);
    }

    template <typename GetCount, typename GetName, typename GetType>
    std::vector<GraphPort> graph_ports() const {
        const ort::Api* api = library_.api();
        const std::string what = file_ + " does not show its inputs and outputs to " + library_.label();
        ort::Allocator* allocator = nullptr;
        library_.check(ort::GetAllocatorWithDefaultOptions::call(api, &allocator), what);
        std::size_t count = 0;
        library_.check(GetCount::call(api, session_.get(), &count), what);
        std::vector<GraphPort> ports;
        for (std::size_t i = 0; i < count; ++i) {
            char* name = nullptr;
            library_.check(GetName::call(api, session_.get(), i, allocator, &name), what);
            GraphPort port{name, false, {}};
            library_.check(ort::AllocatorFree::call(api, allocator, name), what);
            ort::TypeInfo* type = nullptr;
            library_.check(GetType::call(api, session_.get(), i, &type), what);
            const ort::TypeInfoHandle owner(type, {api});
            read_type(type, port, what);
            ports.push_back(std::move(port));
        }
        return ports;
    }

    void read_type(const ort::TypeInfo* type, GraphPort& port, const std::string& what) const {
        const ort::Api* api = library_.api();
        const ort::TensorInfo* info = nullptr;
        library_.check(ort::CastTypeInfoToTensorInfo::call(api, type, &info), what);
        if (info == nullptr) return;
        ort::ElementType element{};
        library_.check(ort::GetTensorElementType::call(api, info, &element), what);
        port.is_float32 = element == ort::ElementType::float32;
        std::size_t dimensions = 0;
        library_.check(ort::GetDimensionsCount::call(api, info, &dimensions), what);
        port.shape.resize(dimensions);
        library_.check(ort::GetDimensions::call(api, info, port.shape.data(), dimensions), what);
    }

    // A view of the tensor's memory for the runtime; the tensor must outlive it.
    ort::ValueHandle view(const Tensor& tensor) const {
        const std::array<std::int64_t, 4> shape = {1, tensor.channels(), tensor.height(), tensor.width()};
        ort::Value* value = nullptr;
        // The entry takes memory that may be written; the runtime does not write to inputs.
        library_.check(ort::CreateTensorWithDataAsOrtValue::call(library_.api(), cpu_memory_.get(),
                                                                const_cast<float*>(tensor.data()), tensor.bytes(),
                                                                shape.data(), shape.size(), ort::ElementType::float32,
                                                                &value), file_ + " cannot be given a tensor");
        return ort::ValueHandle(value, {library_.api()});
    }

    RuntimeLibrary& library_;
    std::string file_;  // how errors name it
    ort::SessionHandle session_;
    ort::MemoryInfoHandle cpu_memory_;
    std::vector<std::string> input_names_;
    std::vector<std::string> output_names_;
};

}  // namespace

std::unique_ptr<Backend> open_in_onnxruntime(const std::filesystem::path& model, const SessionOptions& options) {
    return std::make_unique<OnnxRuntimeBackend>(model, options);
}

}  // namespace vsdeblur
