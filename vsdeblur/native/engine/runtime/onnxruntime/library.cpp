#include "runtime/onnxruntime/library.h"

#include "error.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;

constexpr const char* environment_name = "VSDEBLUR_ONNXRUNTIME";
constexpr std::string_view library_prefix = "libonnxruntime.so.1.";
constexpr std::string_view plugin_folder_prefix = "onnxruntime_ep_";
constexpr std::string_view plugin_library_prefix = "libonnxruntime_providers_";
constexpr const char* env_log_name = "vsdeblur";
constexpr const char* telemetry_switch = "ORT_DISABLE_TELEMETRY";
constexpr std::size_t longest_message = 300;

// The file that holds the code or data at `address`, as it was loaded.
fs::path file_of(const void* address) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code code;
    const fs::path path = fs::absolute(info.dli_fname, code);
    return code ? fs::path(info.dli_fname) : path.lexically_normal();
}

// The minor number of `1.MINOR.PATCH`, the newest API version that the library offers; 0 if it reads otherwise.
std::uint32_t minor_of(std::string_view version) {
    std::uint32_t minor = 0;
    if (!version.starts_with("1.")) return 0;
    std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    return minor;
}

// Names in a folder; none if it is not there or cannot be read.
std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        found.push_back(entry->path());
    }
    std::ranges::sort(found);
    return found;
}

// The same folder under lib for lib64 and the other way round: a distribution may split pure packages from the others.
std::optional<fs::path> twin_of(const fs::path& folder) {
    fs::path twin;
    bool changed = false;
    for (const fs::path& part : folder) {
        const bool swap = part == "lib" || part == "lib64";
        twin /= swap ? fs::path(part == "lib" ? "lib64" : "lib") : part;
        changed = changed || swap;
    }
    return changed ? std::optional(twin) : std::nullopt;
}

// Appends every folder above `file`, nearest first, with its twin if that is a folder of packages; nothing twice.
void append_folders_above(const fs::path& file, std::vector<fs::path>& folders) {
    const auto append = [&](const fs::path& folder) {
        if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
    };
    for (fs::path folder = file.parent_path(); !folder.empty() && folder != folder.parent_path();
         folder = folder.parent_path()) {
        append(folder);
        const bool holds_packages = folder.filename() == "site-packages" || folder.filename() == "dist-packages";
        const std::optional<fs::path> twin = holds_packages ? twin_of(folder) : std::nullopt;
        if (twin) append(*twin);
    }
}

// The runtime of the wheel that is installed in `packages`, the newest if there are several.
std::optional<fs::path> wheel_in(const fs::path& packages) {
    std::optional<fs::path> newest;
    for (const fs::path& file : entries(packages / "onnxruntime" / "capi")) {
        const std::string name = file.filename().string();
        if (!name.starts_with(library_prefix)) continue;
        const auto minor = [](const fs::path& path) {
            return minor_of(path.filename().string().substr(library_prefix.size() - 2));
        };
        if (!newest || minor(file) >= minor(*newest)) newest = file;
    }
    return newest;
}

// The library that a plugin provider's package gives to ONNX Runtime; wheels may have versioned copies beside it.
std::optional<fs::path> plugin_library_in(const fs::path& package) {
    for (const fs::path& file : entries(package)) {
        if (file.filename().string().starts_with(plugin_library_prefix) && file.extension() == ".so") return file;
    }
    return std::nullopt;
}

struct Loaded {
    void* handle;
    std::string origin;
};

// A path is loaded as the file that it names, even if another plugin has loaded a copy of the same SONAME before.
// Symbols stay local: the copies do not see each other.
void* open_file(const fs::path& file, const std::string& where) {
    void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw Error("ONNX Runtime at " + file.string() + where + " does not load: " + dlerror());
    return handle;
}

Loaded open_library(const RuntimeSearch& search) {
    if (search.environment) {
        const fs::path& file = *search.environment;
        const std::string where = std::string(", which ") + environment_name + " names,";
        std::error_code code;
        if (!fs::is_regular_file(file, code)) {
            throw Error(std::string(environment_name) + " names " + file.string() +
                        ", which is not a file; it must be the path of libonnxruntime.so");
        }
        return {open_file(fs::absolute(file), where), environment_name};
    }
    std::vector<fs::path> folders;
    append_folders_above(search.beside, folders);
    std::error_code code;
    const fs::path linked = fs::canonical(search.beside, code);
    if (!code) append_folders_above(linked, folders);
    for (const fs::path& folder : folders) {
        const std::optional<fs::path> file = wheel_in(folder);
        if (file) return {open_file(*file, ""), "wheel"};
    }
    // A bare name also finds what another plugin has loaded; that is said, as its version is not of our choosing.
    if (void* handle = dlopen(search.system.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD)) {
        return {handle, "already loaded in this process"};
    }
    if (void* handle = dlopen(search.system.c_str(), RTLD_NOW | RTLD_LOCAL)) return {handle, "system"};
    throw Error("no ONNX Runtime found: " + std::string(environment_name) + " is not set, no folder above " +
                search.beside.string() + " has onnxruntime/capi/" + std::string(library_prefix) +
                "*, and the system has no " + search.system + "; pip install onnxruntime");
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

RuntimeSearch RuntimeSearch::of_process() {
    RuntimeSearch search;
    const char* environment = std::getenv(environment_name);
    if (environment != nullptr && *environment != '\0') search.environment = environment;
    search.beside = file_of(reinterpret_cast<const void*>(&RuntimeSearch::of_process));
    return search;
}

std::uint32_t api_version_of(const std::string& version, const std::string& path) {
    const std::uint32_t offered = minor_of(version);
    if (offered < ort::oldest_api) {
        throw Error("ONNX Runtime " + version + " at " + path + " is too old; 1." + std::to_string(ort::oldest_api) +
                    " or newer is needed");
    }
    return std::min(offered, ort::newest_api);
}

RuntimeLibrary::RuntimeLibrary(const RuntimeSearch& search) {
    const Loaded loaded = open_library(search);
    origin_ = loaded.origin;
    void* symbol = dlsym(loaded.handle, ort::get_api_base_name);
    if (symbol == nullptr) {
        const fs::path named = search.environment ? *search.environment : fs::path(search.system);
        throw Error(named.string() + " is not ONNX Runtime: it has no " + ort::get_api_base_name);
    }
    path_ = file_of(symbol).string();
    const ort::ApiBase* base = reinterpret_cast<ort::GetApiBase*>(symbol)();
    version_ = base->get_version();
    api_version_ = api_version_of(version_, path_);
    api_ = base->get_api(api_version_);
    if (api_ == nullptr) {
        throw Error(label() + " does not offer version " + std::to_string(api_version_) + " of its C API");
    }
    start_env();
    append_folders_above(path_, package_folders_);
    append_folders_above(search.beside, package_folders_);
}

void RuntimeLibrary::start_env() {
    const std::string what = label() + " does not start";
    // From 1.29 on the wheels send telemetry, beginning with the environment itself, so the switch must be set before.
    // A user's own setting stays.
    setenv(telemetry_switch, "1", 0);
    // Warnings of the environment are about devices that it looked for and did not find; sessions set their own level.
    check(ort::CreateEnv::call(api_, ort::Severity::error, env_log_name, &env_), what);
    check(ort::DisableTelemetryEvents::call(api_, env_), what);
}

RuntimeLibrary& RuntimeLibrary::of_process() {
    static std::mutex mutex;
    static RuntimeLibrary* library = nullptr;  // never deleted, see the class
    const std::lock_guard lock(mutex);
    if (library == nullptr) library = std::make_unique<RuntimeLibrary>(RuntimeSearch::of_process()).release();
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
        for (const fs::path& folder : entries(packages)) {
            const std::string package = folder.filename().string();
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
    const std::string path = provider.library.string();
    if (api_version_ < ort::plugin_api) {
        throw Error("provider " + provider.name + " (" + path + ") needs ONNX Runtime 1." +
                    std::to_string(ort::plugin_api) + " or newer, not " + label());
    }
    const std::lock_guard lock(plugins_mutex_);
    const auto known = plugins_.find(path);
    if (known != plugins_.end()) return known->second;

    const std::vector<const ort::EpDevice*> before = ep_devices();
    check(ort::RegisterExecutionProviderLibrary::call(api_, env_, provider.name.c_str(), path.c_str()),
          "provider " + provider.name + " (" + path + ") does not load in " + label());
    std::vector<PluginDevice> devices;
    for (const ort::EpDevice* device : ep_devices()) {
        if (std::ranges::find(before, device) != before.end()) continue;
        devices.push_back({device, ort::EpDevice_EpName::call(api_, device), label_of(api_, device)});
    }
    return plugins_.emplace(path, std::move(devices)).first->second;
}

}  // namespace vsdeblur
