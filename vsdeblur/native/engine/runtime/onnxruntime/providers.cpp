#include "runtime/onnxruntime/providers.h"

#include "error.h"
#include "system/library_names.h"
#include "system/system.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>
#include <utility>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view long_suffix = "ExecutionProvider";
constexpr const char* cpu_name = "CPUExecutionProvider";
constexpr const char* cuda_name = "CUDAExecutionProvider";
constexpr const char* tensorrt_name = "TensorrtExecutionProvider";
constexpr const char* directml_name = "DmlExecutionProvider";
constexpr const char* azure_name = "AzureExecutionProvider";  // in every wheel; calls a remote service, runs no network

// `CUDA` for `CUDAExecutionProvider`, and its maker's name where that is another.
std::string short_name(const std::string& provider) {
    if (provider == tensorrt_name) return "TensorRT";
    if (provider == directml_name) return "DirectML";
    const bool is_long = provider.ends_with(long_suffix) && provider.size() > long_suffix.size();
    return is_long ? provider.substr(0, provider.size() - long_suffix.size()) : provider;
}

// Spellings that mean the same are equal: `TensorRT`, `tensorrt` and `TensorrtExecutionProvider`; `nv-tensorrt-rtx` and
// `nv_tensorrt_rtx`.
std::string normal(const std::string& provider) {
    std::string result;
    for (const char c : short_name(provider)) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) result += static_cast<char>(std::tolower(byte));
    }
    return result;
}

// Options of a provider as the C API takes them.
using ProviderOptions = std::vector<std::pair<const char*, std::string>>;

struct OptionArrays {
    explicit OptionArrays(const ProviderOptions& options) {
        for (const auto& [key, value] : options) {
            keys.push_back(key);
            values.push_back(value.c_str());
        }
    }
    std::vector<const char*> keys;
    std::vector<const char*> values;
};

std::string failure(const RuntimeLibrary& library, const std::string& name) {
    return "provider " + name + " cannot be used in " + library.label();
}

// The CUDA libraries that pip installs lie where the loader does not look. Loaded beforehand, they are found by their
// names when the provider asks for them. What is not there may be there for the loader, which says so if it is not.
void preload_cuda(const RuntimeLibrary& library) {
    // cublas needs cublasLt: the order matters.
    constexpr std::array names = {"cublasLt", "cublas", "nvrtc", "curand", "cufft", "cudart", "cudnn"};
    std::vector<fs::path> files;
    std::error_code code;
    for (const fs::path& packages : library.package_folders()) {
        for (fs::directory_iterator part(packages / "nvidia", code), end; !code && part != end; part.increment(code)) {
            for (const char* folder : {"lib", "bin"}) {
                const std::vector<fs::path> found = folder_entries(part->path() / folder);
                files.insert(files.end(), found.begin(), found.end());
            }
        }
        code.clear();
    }
    std::string ignored;
    for (const std::string_view name : names) {
        for (const fs::path& file : files) {
            if (system::library_version(system::text_of(file.filename()), name)) system::load_library(file, ignored);
        }
    }
}

void append_cuda(const RuntimeLibrary& library, ort::SessionOptions* options, int device_id) {
    // The default search times every algorithm and keeps the fastest, so results could differ from one session to the
    // next. TF32 keeps 10 bits of the mantissa: not what a file of precision fp32 promises.
    const ProviderOptions wanted = {
        {"device_id", std::to_string(device_id)}, {"cudnn_conv_algo_search", "HEURISTIC"}, {"use_tf32", "0"}};
    const OptionArrays arrays(wanted);
    const std::string what = failure(library, "CUDA");
    preload_cuda(library);

    ort::CudaOptions* cuda = nullptr;
    library.check(ort::CreateCUDAProviderOptions::call(library.api(), &cuda), what);
    const ort::CudaOptionsHandle owner(cuda, {library.api()});
    library.check(ort::UpdateCUDAProviderOptions::call(library.api(), cuda, arrays.keys.data(), arrays.values.data(),
                                                       arrays.keys.size()), what);
    library.check(ort::SessionOptionsAppendExecutionProvider_CUDA_V2::call(library.api(), options, cuda), what);
}

void append_tensorrt(const RuntimeLibrary& library, ort::SessionOptions* options, int device_id,
                     const std::string& precision) {
    const ProviderOptions wanted = {{"device_id", std::to_string(device_id)},
                                    {"trt_fp16_enable", precision == "fp16" ? "1" : "0"}};
    const OptionArrays arrays(wanted);
    const std::string what = failure(library, "TensorRT");
    preload_cuda(library);

    ort::TensorRTOptions* tensorrt = nullptr;
    library.check(ort::CreateTensorRTProviderOptions::call(library.api(), &tensorrt), what);
    const ort::TensorRTOptionsHandle owner(tensorrt, {library.api()});
    library.check(ort::UpdateTensorRTProviderOptions::call(library.api(), tensorrt, arrays.keys.data(),
                                                           arrays.values.data(), arrays.keys.size()), what);
    library.check(ort::SessionOptionsAppendExecutionProvider_TensorRT_V2::call(library.api(), options, tensorrt), what);
    // What TensorRT does not take stays on the same GPU.
    append_cuda(library, options, device_id);
}

// A provider that was built in and has no entry of its own.
void append_generic(const RuntimeLibrary& library, ort::SessionOptions* options, const std::string& provider,
                    int device_id) {
    ProviderOptions wanted;
    if (device_id != 0) wanted.emplace_back("device_id", std::to_string(device_id));
    const OptionArrays arrays(wanted);
    const std::string name = short_name(provider);
    const char* const key = provider == directml_name ? "DML" : name.c_str();  // as the C API spells it
    library.check(ort::SessionOptionsAppendExecutionProvider::call(library.api(), options, key,
                                                                   arrays.keys.data(), arrays.values.data(),
                                                                   arrays.keys.size()), failure(library, name));
}

std::string append_plugin(RuntimeLibrary& library, ort::SessionOptions* options, const PluginProvider& plugin,
                          int device_id) {
    const std::string name = "provider " + plugin.name + " (" + system::text_of(plugin.library) + ")";
    const std::vector<PluginDevice> devices = library.register_plugin(plugin);
    if (devices.empty()) throw Error(name + " offers no device on this machine");
    if (static_cast<std::size_t>(device_id) >= devices.size()) {
        std::vector<std::string> labels;
        for (const PluginDevice& device : devices) {
            labels.push_back(std::to_string(labels.size()) + " = " + device.label);
        }
        throw Error(name + " has no device_id " + std::to_string(device_id) + "; it offers " + joined(labels));
    }
    const PluginDevice& chosen = devices[static_cast<std::size_t>(device_id)];
    library.check(ort::SessionOptionsAppendExecutionProvider_V2::call(library.api(), options, library.env(),
                                                                      &chosen.device, 1, nullptr, nullptr, 0),
                  failure(library, plugin.name));
    return chosen.provider;
}

std::string append_built_in(const RuntimeLibrary& library, ort::SessionOptions* options, const std::string& provider,
                            int device_id, const std::string& precision) {
    if (provider == cpu_name) return "";
    if (provider == cuda_name) {
        append_cuda(library, options, device_id);
    } else if (provider == tensorrt_name) {
        append_tensorrt(library, options, device_id, precision);
    } else {
        append_generic(library, options, provider, device_id);
    }
    return provider;
}

// The wheel that brings a provider, which is given as normal() has it.
std::string wheel_of(const std::string& provider) {
    if (provider == normal(cuda_name) || provider == normal(tensorrt_name)) return "onnxruntime-gpu";
    if (provider == normal(directml_name)) return "onnxruntime-directml (Windows)";
    return "the onnxruntime-ep-* wheel that has it";
}

}  // namespace

std::string append_provider(RuntimeLibrary& library, ort::SessionOptions* options, const std::string& name,
                            int device_id, const std::string& precision) {
    if (name.empty()) return "";
    const std::string wanted = normal(name);
    for (const std::string& provider : library.built_in_providers()) {
        if (normal(provider) == wanted) return append_built_in(library, options, provider, device_id, precision);
    }
    for (const PluginProvider& plugin : library.plugin_providers()) {
        if (normal(plugin.name) == wanted) return append_plugin(library, options, plugin, device_id);
    }
    throw Error("provider " + name + " is not in " + library.label() + ", which has " +
                joined(onnxruntime_providers(library)) + "; pip install " + wheel_of(wanted));
}

std::vector<std::string> onnxruntime_providers(const RuntimeLibrary& library) {
    std::vector<std::string> names;
    for (const std::string& provider : library.built_in_providers()) {
        if (provider != azure_name) names.push_back(provider == cpu_name ? "ONNXRuntime" : short_name(provider));
    }
    for (const PluginProvider& plugin : library.plugin_providers()) names.push_back(plugin.name);
    return names;
}

std::vector<std::string> onnxruntime_precisions(const std::string& provider) {
    if (normal(provider) == normal(tensorrt_name)) return {"fp16", "fp32"};
    return {"fp32", "int8"};
}

void check_assigned(const RuntimeLibrary& library, const ort::Session* session, const std::string& provider) {
    if (provider.empty() || library.api_version() < ort::assigned_api) return;
    const ort::EpAssignedSubgraph* const* parts = nullptr;
    std::size_t count = 0;
    const std::string what = library.label() + " does not say where the network runs";
    library.check(ort::Session_GetEpGraphAssignmentInfo::call(library.api(), session, &parts, &count), what);
    for (std::size_t i = 0; i < count; ++i) {
        const char* name = nullptr;
        library.check(ort::EpAssignedSubgraph_GetEpName::call(library.api(), parts[i], &name), what);
        if (name == provider) return;
    }
    throw Error("provider " + short_name(provider) + " runs no part of the network in " + library.label());
}

}  // namespace vsdeblur
