#include "model/weights.h"

#include "model/sha256.h"
#include "system/system.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using system::text_of;

constexpr const char* environment_name = "VSDEBLUR_WEIGHTS";
constexpr std::string_view default_precision = "fp32";
constexpr std::array<std::string_view, 4> precisions = {default_precision, "fp16", "bf16", "int8"};
constexpr std::string_view suffix = ".onnx";

// From a library in site-packages/vapoursynth/plugins/vsdeblur, site-packages is the fourth folder up.
constexpr int folders_above = 5;

// The library or program that holds this code, with links resolved.
fs::path this_library() {
    const fs::path loaded = system::file_of(reinterpret_cast<const void*>(&this_library));
    std::error_code code;
    const fs::path path = fs::canonical(loaded, code);
    return code ? loaded : path;
}

bool is_folder(const fs::path& path) {
    std::error_code code;
    return fs::is_directory(path, code);
}

bool is_precision(std::string_view text) { return std::ranges::find(precisions, text) != precisions.end(); }

std::size_t rank(std::string_view precision) {
    return static_cast<std::size_t>(std::ranges::find(precisions, precision) - precisions.begin());
}

// NAME and PRECISION of `NAME.onnx` or `NAME.PRECISION.onnx`; nothing for files of other names.
std::optional<std::pair<std::string, std::string>> parse_name(std::string_view file) {
    if (!file.ends_with(suffix) || file.size() == suffix.size()) return std::nullopt;
    file.remove_suffix(suffix.size());
    const std::size_t dot = file.find('.');
    if (dot == std::string_view::npos) return std::pair(std::string(file), std::string(default_precision));
    const std::string_view precision = file.substr(dot + 1);
    if (dot == 0 || !is_precision(precision) || precision == default_precision) return std::nullopt;
    return std::pair(std::string(file.substr(0, dot)), std::string(precision));
}

struct Entry {
    std::string name;
    std::string precision;
    fs::path path;
};

// Files named like weights, by name, fp32 first.
std::vector<Entry> entries(const fs::path& folder) {
    std::vector<Entry> found;
    std::error_code code;
    for (fs::directory_iterator item(folder, code), end; !code && item != end; item.increment(code)) {
        auto parsed = parse_name(text_of(item->path().filename()));
        if (parsed) found.push_back({std::move(parsed->first), std::move(parsed->second), item->path()});
    }
    if (code) throw Error("the folder of weights " + text_of(folder) + " cannot be read: " + code.message());
    std::ranges::sort(found, {}, [](const Entry& e) { return std::tuple(e.name, rank(e.precision)); });
    return found;
}

[[noreturn]] void throw_holds(const fs::path& file, const std::string& own, const std::string& wanted) {
    throw Error(text_of(file) + " holds weights in " + own + ", not " + wanted);
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

}  // namespace

fs::path weights_folder() {
    const std::optional<std::string> environment = system::environment(environment_name);
    if (environment) {
        const fs::path folder = fs::absolute(system::path_of(*environment));
        if (!is_folder(folder)) {
            throw Error(std::string(environment_name) + " names " + text_of(folder) + ", which is not a folder");
        }
        return folder;
    }
    const fs::path library = this_library();
    fs::path above = library.parent_path();
    for (int i = 0; i < folders_above && above != above.parent_path(); ++i, above = above.parent_path()) {
        if (is_folder(above / "vsdeblur" / "weights")) return above / "vsdeblur" / "weights";
    }
    throw Error("no weights are installed: " + std::string(environment_name) + " is not set, and no folder above " +
                text_of(library) + " has vsdeblur/weights; model= takes a file");
}

std::vector<ShippedModel> shipped_models() {
    std::vector<ShippedModel> models;
    for (const Entry& entry : entries(weights_folder())) {
        ShippedModel model{entry.name, entry.precision, entry.path, {}, {}, {}};
        try {
            model.sha256 = sha256_of_file(entry.path);
            Contract contract = read_contract(entry.path);
            check_name(entry.path, contract, entry.name);
            if (contract.precision != entry.precision) throw_holds(entry.path, contract.precision, entry.precision);
            model.contract = std::move(contract);
        } catch (const Error& error) {
            model.error = error.what();
        }
        models.push_back(std::move(model));
    }
    return models;
}

void check_name(const fs::path& file, const Contract& contract, const std::string& name) {
    if (!name.empty() && contract.name != name) throw Error(text_of(file) + " holds " + contract.name + ", not " + name);
}

void check_precision(const fs::path& file, const std::string& own, const std::string& wanted) {
    if (own != wanted && (own != default_precision || wanted == "int8")) throw_holds(file, own, wanted);
}

std::optional<fs::path> shipped_file(const std::string& name, const std::string& precision) {
    for (const Entry& entry : entries(weights_folder()))
        if (entry.name == name && entry.precision == precision) return entry.path;
    return std::nullopt;
}

std::string no_shipped_file(const std::string& name, const std::string& precision) {
    const fs::path folder = weights_folder();
    std::vector<std::string> names;
    std::vector<std::string> others;
    for (const Entry& entry : entries(folder)) {
        if (entry.name == name) others.push_back(entry.precision);
        if (names.empty() || names.back() != entry.name) names.push_back(entry.name);
    }
    const std::string file = "; model= takes a file";
    if (!others.empty()) {
        return "there are no weights in " + precision + "; those that ship are in " + listed(others) + file;
    }
    return "no weights of " + name + " ship in " + text_of(folder) + "; " +
           (names.empty() ? "there are none at all" : "there are those of " + listed(names)) + file;
}

}  // namespace vsdeblur
