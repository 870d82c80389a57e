// OpenVINO as a loaded library: where it is looked for, which version it has, which devices, and the one core that every
// session of this process shares. Internal to runtime/ and its tests.
#pragma once

#include "runtime/openvino/api.h"
#include "runtime/search.h"

#include <memory>
#include <string>
#include <vector>

namespace vsdeblur {

inline constexpr LibraryKind openvino_kind = {
    "OpenVINO", "VSDEBLUR_OPENVINO", "openvino/libs", "openvino_c", "", "openvino",
};

// Throws Error if `version`, such as `2026.4.1`, is older than 2024.0.
void check_openvino_version(const std::string& version, const std::string& path);

// The loaded library. It stays loaded until the process ends, and so does its core: sessions may outlive any order of
// static destructors, and threads of the library run its code. All members are thread-safe.
class OpenVinoLibrary {
public:
    // Binds what open_library found. Throws Error when it is not OpenVINO, too old, or does not start.
    explicit OpenVinoLibrary(const LoadedLibrary& loaded);

    // The one of this process, loaded by the first call; a call that throws leaves the next to try again.
    // Null when there is none; throws Error when there is one and it cannot be used.
    static OpenVinoLibrary* find();
    // The same; Error when there is none.
    static OpenVinoLibrary& of_process();

    const openvino::Api& api() const { return *api_; }
    const openvino::Core* core() const { return core_; }
    openvino::ElementType float32() const { return float32_; }
    const std::string& path() const { return path_; }
    const std::string& origin() const { return origin_; }    // as RuntimeInfo::origin
    const std::string& version() const { return version_; }  // such as `2026.4.1`

    // `OpenVINO 2026.4.1 (PATH)`
    std::string label() const;
    // Throws Error `WHAT: MESSAGE` if `status` is a failure.
    void check(openvino::Status status, const std::string& what) const;

    // By OpenVINO's names: `CPU`, `GPU.0`, `NPU`.
    const std::vector<std::string>& devices() const { return devices_; }
    bool has_cpu() const;
    // What a device computes in by itself, in OpenVINO's words, such as `FP32`, `BF16`, `INT8`.
    std::vector<std::string> capabilities(const std::string& device) const;

private:
    std::vector<std::string> list_devices() const;
    openvino::ElementType find_float32() const;

    std::unique_ptr<const openvino::Api> api_;
    const openvino::Core* core_ = nullptr;
    openvino::ElementType float32_ = 0;
    std::string path_;
    std::string origin_;
    std::string version_;
    std::vector<std::string> devices_;
};

}  // namespace vsdeblur
