#include "runtime/openvino/library.h"

#include "error.h"
#include "system/system.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <sstream>
#include <string_view>

namespace vsdeblur {
namespace {

constexpr int oldest_year = 2024;  // its first release, 2024.0
constexpr std::size_t longest_message = 300;

// `2026.4.1` of `2026.4.1-22982-e213a147257-releases/2026/4`.
std::string version_of(const openvino::VersionApi& api) {
    openvino::Version version{};
    if (api.get_version(&version) != openvino::Status::ok) return "of an unknown version";
    const std::string_view build = version.build;
    const std::string text(build.substr(0, build.find('-')));
    api.free_version(&version);
    return text;
}

// Whether a line of a message says only where in OpenVINO's source it comes from.
bool is_place(std::string_view line) {
    return line.starts_with("Exception from ") || line.starts_with("Check '") || line.starts_with("While validating");
}

// OpenVINO's message as the end of a sentence: the first lines that say what happened, on one line, not too long.
std::string shortened(const std::string& message) {
    std::istringstream lines(message);
    std::string text, line, places;
    while (std::getline(lines, line)) {
        while (!line.empty() && (line.back() == ' ' || line.back() == '.' || line.back() == ':')) line.pop_back();
        while (line.starts_with(' ') || line.starts_with('\t')) line.erase(0, 1);
        if (line.empty()) continue;
        std::string& part = is_place(line) ? places : text;
        part += (part.empty() ? "" : "; ") + line;
    }
    if (text.empty()) text = places.empty() ? "it gives no reason" : places;
    if (text.size() > longest_message) text = text.substr(0, longest_message) + "...";
    return text;
}

}  // namespace

void* openvino::Symbols::find(const char* name) const {
    void* symbol = system::find_symbol(handle_, name);
    if (symbol == nullptr) throw Error(path_ + " is not OpenVINO's C library: it has no " + name);
    return symbol;
}

void check_openvino_version(const std::string& version, const std::string& path) {
    int year = 0;
    std::from_chars(version.data(), version.data() + version.size(), year);
    if (year >= oldest_year) return;
    throw Error("OpenVINO " + version + " at " + path + " is too old; " + std::to_string(oldest_year) +
                ".0 or newer is needed: pip install --upgrade openvino, or give provider=\"ONNXRuntime\"");
}

OpenVinoLibrary::OpenVinoLibrary(const LoadedLibrary& loaded) : origin_(loaded.origin) {
    void* symbol = system::find_symbol(loaded.handle, "ov_get_openvino_version");
    path_ = symbol != nullptr ? system::text_of(system::file_of(symbol)) : loaded.path;
    const openvino::Symbols symbols(loaded.handle, path_);
    version_ = version_of(openvino::VersionApi(symbols));
    check_openvino_version(version_, path_);
    api_ = std::make_unique<const openvino::Api>(symbols);
    openvino::Core* core = nullptr;
    check(api_->create_core(&core), label() + " does not start");
    core_ = core;
    devices_ = list_devices();
    float32_ = find_float32();
}

OpenVinoLibrary* OpenVinoLibrary::find() {
    static std::mutex mutex;
    static OpenVinoLibrary* library = nullptr;  // never deleted, see the class
    const std::lock_guard lock(mutex);
    if (library == nullptr) {
        const auto loaded = open_library(openvino_kind, RuntimeSearch::of_process(openvino_kind));
        if (loaded) library = std::make_unique<OpenVinoLibrary>(*loaded).release();
    }
    return library;
}

OpenVinoLibrary& OpenVinoLibrary::of_process() {
    OpenVinoLibrary* library = find();
    if (library == nullptr) throw Error(not_found(openvino_kind, RuntimeSearch::of_process(openvino_kind)));
    return *library;
}

std::string OpenVinoLibrary::label() const { return "OpenVINO " + version_ + " (" + path_ + ")"; }

void OpenVinoLibrary::check(openvino::Status status, const std::string& what) const {
    if (status == openvino::Status::ok) return;
    const openvino::TextHandle message(api_->last_error(), api_->free_text);
    throw Error(what + ": " + shortened(message ? message.get() : ""));
}

bool OpenVinoLibrary::has_cpu() const { return std::ranges::find(devices_, "CPU") != devices_.end(); }

std::vector<std::string> OpenVinoLibrary::list_devices() const {
    openvino::Devices found{};
    check(api_->get_devices(core_, &found), label() + " does not say which devices it has");
    const std::vector<std::string> devices(found.names, found.names + found.count);
    api_->free_devices(&found);
    return devices;
}

std::vector<std::string> OpenVinoLibrary::capabilities(const std::string& device) const {
    char* value = nullptr;
    check(api_->get_property(core_, device.c_str(), "OPTIMIZATION_CAPABILITIES", &value),
          label() + " does not say what its device " + device + " computes in");
    const openvino::TextHandle owner(value, api_->free_text);
    std::istringstream words(value);
    std::vector<std::string> capabilities;
    for (std::string word; std::getline(words, word, ' ');) {
        while (word.ends_with(',')) word.pop_back();
        if (!word.empty()) capabilities.push_back(word);
    }
    return capabilities;
}

// 5 in the enumeration of 2024, 4 after a first member went. Its neighbours on the other side have 2 and 8 bytes.
openvino::ElementType OpenVinoLibrary::find_float32() const {
    for (const openvino::ElementType candidate : {4, 5}) {
        std::int64_t one = 1;
        double memory = 0;
        std::size_t bytes = 0;
        openvino::Tensor* raw = nullptr;
        const std::string what = label() + " makes no tensor";
        check(api_->create_tensor(candidate, {1, &one}, &memory, &raw), what);
        const openvino::Handle<openvino::Tensor> tensor(raw, api_->free_tensor);
        check(api_->get_bytes(raw, &bytes), what);
        if (bytes == sizeof(float)) return candidate;
    }
    throw Error(label() + " has no tensors of float32 where they are looked for");
}

}  // namespace vsdeblur
