#include "runtime/onnxruntime/library.h"

#include "error.h"
#include "system/library_names.h"
#include "system/system.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using system::text_of;

constexpr std::string_view plugin_folder_prefix = "onnxruntime_ep_";
constexpr std::string_view plugin_library = "onnxruntime_providers_";
constexpr const char* env_log_name = "vsdeblur";
constexpr const char* telemetry_switch = "ORT_DISABLE_TELEMETRY";
constexpr std::size_t longest_message = 300;

// The minor number of `1.MINOR.PATCH`, the newest API version that the library offers; 0 if it reads otherwise.
std::uint32_t minor_of(std::string_view version) {
    std::uint32_t minor = 0;
    if (!version.starts_with("1.")) return 0;
    std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    return minor;
}

// The library that a plugin provider's package gives to ONNX Runtime; wheels may have versioned copies beside it.
std::optional<fs::path> plugin_library_in(const fs::path& package) {
    const std::string start = std::string(system::own_names.prefix) + std::string(plugin_library);
    for (const fs::path& file : folder_entries(package)) {
        const std::string name = text_of(file.filename());
        if (name.starts_with(start) && name.ends_with(system::own_names.suffix)) return file;
    }
    return std::nullopt;
}

// ONNX Runtime's message as the end of a sentence: one line, without the place in its source, not too long.
std::string shortened(std::string_view message) {
    message = message.substr(0, message.find('\n'));
    std::string text(message);
    const std::size_t source = text.find("/onnxruntime/core/");
    if (source != std::string::npos) {
        // `FILE:LINE FUNCTION(PARAMETERS) MESSAGE`, where FILE begins after the last space before `source`.
        const std::size_t start = text.rfind(' ', source) + 1;
        const std::size_t parameters = text.find(") ", source);
        const std::size_t end = parameters == std::string::npos ? text.find(' ', source) : parameters + 1;
        text.erase(start, end == std::string::npos ? end : end + 1 - start);
    }
    if (text.starts_with("[ONNXRuntimeError] : ")) {
        // `[ONNXRuntimeError] : NUMBER : NAME : MESSAGE`
        for (int part = 0; part < 3; ++part) text.erase(0, text.find(" : ") == text.npos ? 0 : text.find(" : ") + 3);
    }
    if (text.size() > longest_message) text = text.substr(0, longest_message) + "...";
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
    return text;
}

std::string label_of(const ort::Api* api, const ort::EpDevice* device) {
    const ort::HardwareDevice* hardware = ort::EpDevice_Device::call(api, device);
    std::string label;
    switch (ort::HardwareDevice_Type::call(api, hardware)) {
        case ort::DeviceType::cpu: label = "CPU"; break;
        case ort::DeviceType::gpu: label = "GPU"; break;
        case ort::DeviceType::npu: label = "NPU"; break;
    }
    const char* vendor = ort::HardwareDevice_Vendor::call(api, hardware);
    return vendor != nullptr && *vendor != '\0' ? label + " " + vendor : label;
}

}  // namespace

std::uint32_t api_version_of(const std::string& version, const std::string& path) {
    const std::uint32_t offered = minor_of(version);
    if (offered < ort::oldest_api) {
        throw Error("ONNX Runtime " + version + " at " + path + " is too old; 1." + std::to_string(ort::oldest_api) +
                    " or newer is needed");
    }
    return std::min(offered, ort::newest_api);
}

RuntimeLibrary::RuntimeLibrary(const RuntimeSearch& search) {
    const std::optional<LoadedLibrary> loaded = open_library(onnxruntime_kind, search);
    if (!loaded) throw Error(not_found(onnxruntime_kind, search));
    origin_ = loaded->origin;
    void* symbol = system::find_symbol(loaded->handle, ort::get_api_base_name);
    if (symbol == nullptr) {
        throw Error(loaded->path + " is not ONNX Runtime: it has no " + ort::get_api_base_name);
    }
    path_ = text_of(system::file_of(symbol));
    const ort::ApiBase* base = reinterpret_cast<ort::GetApiBase*>(symbol)();
    version_ = base->get_version();
    api_version_ = api_version_of(version_, path_);
    api_ = base->get_api(api_version_);
    if (api_ == nullptr) {
        throw Error(label() + " does not offer version " + std::to_string(api_version_) + " of its C API");
    }
    start_env();
    append_folders_above(system::path_of(path_), package_folders_);
    append_folders_above(search.beside, package_folders_);
}

void RuntimeLibrary::start_env() {
    const std::string what = label() + " does not start";
    // From 1.29 on the wheels send telemetry, beginning with the environment itself, so the switch must be set before.
    // A user's own setting stays.
    system::set_default_environment(telemetry_switch, "1");
    // Warnings of the environment are about devices that it looked for and did not find; sessions set their own level.
    check(ort::CreateEnv::call(api_, ort::Severity::error, env_log_name, &env_), what);
    check(ort::DisableTelemetryEvents::call(api_, env_), what);
}

RuntimeLibrary& RuntimeLibrary::of_process() {
    static std::mutex mutex;
    static RuntimeLibrary* library = nullptr;  // never deleted, see the class
    const std::lock_guard lock(mutex);
    if (library == nullptr) library = std::make_unique<RuntimeLibrary>(RuntimeSearch::of_process(onnxruntime_kind)).release();
    return *library;
}

std::string RuntimeLibrary::label() const { return "ONNX Runtime " + version_ + " (" + path_ + ")"; }

void RuntimeLibrary::check(ort::Status* status, const std::string& what) const {
    if (status == nullptr) return;
    const ort::StatusHandle owner(status, {api_});
    throw Error(what + ": " + shortened(ort::GetErrorMessage::call(api_, status)));
}

std::vector<std::string> RuntimeLibrary::built_in_providers() const {
    char** names = nullptr;
    int count = 0;
    const std::string what = label() + " does not say which providers it has";
    check(ort::GetAvailableProviders::call(api_, &names, &count), what);
    const std::vector<std::string> providers(names, names + count);
    check(ort::ReleaseAvailableProviders::call(api_, names, count), what);
    return providers;
}

std::vector<PluginProvider> RuntimeLibrary::plugin_providers() const {
    std::vector<PluginProvider> providers;
    for (const fs::path& packages : package_folders_) {
        for (const fs::path& folder : folder_entries(packages)) {
            const std::string package = text_of(folder.filename());
            if (!package.starts_with(plugin_folder_prefix)) continue;
            const std::optional<fs::path> library = plugin_library_in(folder);
            if (!library) continue;
            const std::string name = package.substr(plugin_folder_prefix.size());
            const bool known = std::ranges::find(providers, name, &PluginProvider::name) != providers.end();
            if (!known) providers.push_back({name, *library});
        }
    }
    return providers;
}

std::vector<const ort::EpDevice*> RuntimeLibrary::ep_devices() const {
    const ort::EpDevice* const* devices = nullptr;
    std::size_t count = 0;
    check(ort::GetEpDevices::call(api_, env_, &devices, &count), label() + " does not say which devices it has");
    return {devices, devices + count};
}

std::vector<PluginDevice> RuntimeLibrary::register_plugin(const PluginProvider& provider) {
    const std::string path = text_of(provider.library);
    if (api_version_ < ort::plugin_api) {
        throw Error("provider " + provider.name + " (" + path + ") needs ONNX Runtime 1." +
                    std::to_string(ort::plugin_api) + " or newer, not " + label());
    }
    const std::lock_guard lock(plugins_mutex_);
    const auto known = plugins_.find(path);
    if (known != plugins_.end()) return known->second;

    const std::vector<const ort::EpDevice*> before = ep_devices();
    check(ort::RegisterExecutionProviderLibrary::call(api_, env_, provider.name.c_str(), provider.library.c_str()),
          "provider " + provider.name + " (" + path + ") does not load in " + label());
    std::vector<PluginDevice> devices;
    for (const ort::EpDevice* device : ep_devices()) {
        if (std::ranges::find(before, device) != before.end()) continue;
        devices.push_back({device, ort::EpDevice_EpName::call(api_, device), label_of(api_, device)});
    }
    return plugins_.emplace(path, std::move(devices)).first->second;
}

}  // namespace vsdeblur
