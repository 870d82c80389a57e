// ONNX Runtime as a loaded library: where it is looked for, which version it has, and the one environment that every
// session of this process shares. Internal to runtime/ and its tests.
#pragma once

#include "runtime/onnxruntime/api.h"
#include "runtime/search.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace vsdeblur {

inline constexpr LibraryKind onnxruntime_kind = {
    "ONNX Runtime", "VSDEBLUR_ONNXRUNTIME", "onnxruntime/capi", "onnxruntime", "1", "onnxruntime",
};

// The version of the C API to ask the library at `path` for. Throws Error if `version`, such as `1.31.1`, is too old.
std::uint32_t api_version_of(const std::string& version, const std::string& path);

// A provider that is a library of its own, from a wheel `onnxruntime-ep-NAME`.
struct PluginProvider {
    std::string name;               // the folder's name after `onnxruntime_ep_`, such as `openvino`
    std::filesystem::path library;  // the file that ONNX Runtime registers
};

// A device that a registered plugin provider offers.
struct PluginDevice {
    const ort::EpDevice* device;  // owned by the library
    std::string provider;         // the provider's name in ONNX Runtime
    std::string label;            // for errors, such as `GPU NVIDIA`
};

// The loaded library. It stays loaded until the process ends, and so does its environment: sessions may outlive any
// order of static destructors, and threads of the library run its code. It sends no telemetry. All members are
// thread-safe.
class RuntimeLibrary {
public:
    // Finds and loads. Throws Error when no library is found, when it does not load or is too old.
    explicit RuntimeLibrary(const RuntimeSearch& search);

    // The one of this process, loaded by the first call; a call that throws leaves the next to try again.
    static RuntimeLibrary& of_process();

    const ort::Api* api() const { return api_; }
    std::uint32_t api_version() const { return api_version_; }
    ort::Env* env() const { return env_; }
    const std::string& path() const { return path_; }
    const std::string& origin() const { return origin_; }    // as RuntimeInfo::origin
    const std::string& version() const { return version_; }  // such as `1.31.1`

    // `ONNX Runtime 1.31.1 (PATH)`
    std::string label() const;
    // Throws Error `WHAT: MESSAGE` if `status`, which it takes over, is a failure.
    void check(ort::Status* status, const std::string& what) const;
    // The providers that were built in, by ONNX Runtime's names, such as `CPUExecutionProvider`.
    std::vector<std::string> built_in_providers() const;

    // Folders that Python packages are installed in: those above this library and above the search's start.
    const std::vector<std::filesystem::path>& package_folders() const { return package_folders_; }
    // The plugin providers that lie there.
    std::vector<PluginProvider> plugin_providers() const;
    // Registers the provider, once in a process, and gives its devices. Throws Error when it does not load.
    std::vector<PluginDevice> register_plugin(const PluginProvider& provider);

private:
    void start_env();
    std::vector<const ort::EpDevice*> ep_devices() const;

    const ort::Api* api_ = nullptr;
    std::uint32_t api_version_ = 0;
    ort::Env* env_ = nullptr;
    std::string path_;
    std::string origin_;
    std::string version_;
    std::vector<std::filesystem::path> package_folders_;
    std::mutex plugins_mutex_;
    std::map<std::string, std::vector<PluginDevice>> plugins_;  // by path of the library
};

}  // namespace vsdeblur
