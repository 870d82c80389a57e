#include "arguments.h"

#include "choice.h"
#include "system/system.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace vsdeblur::vs {
namespace {

constexpr Function all_functions[] = {
    {"RUNet", "RUNet", "segment:int:opt;preroll:int:opt;"},
    {"RVD", "RVD", "stride:int:opt;"},
    {"DBLRNet", "DBLRNet", ""},
    {"DBLRGAN", "DBLRGAN", ""},
    {"DTB", "DTB", "segment:int:opt;preroll:int:opt;"},
    {"SharpSequence", "SharpSequence", "refine:int:opt;"},
    {"Model", nullptr, "stride:int:opt;segment:int:opt;preroll:int:opt;refine:int:opt;"},
};

constexpr const char* common =
    "tilesize:int[]:opt;"
    "overlap:int[]:opt;"
    "provider:data:opt;"
    "device_id:int:opt;"
    "num_streams:int:opt;"
    "precision:data:opt;"
    "strength:float:opt;"
    "sc:int:opt;"
    "sc_threshold:float:opt;";
constexpr const char* shipped_only = "model:data:opt;";
constexpr const char* last = "verbosity:int:opt;";

// Optional arguments of one call by name. Whole numbers beyond int are brought to its ends, which no argument allows.
class Reader {
public:
    Reader(const VSMap* map, const VSAPI* api) : map_(map), api_(api) {}

    int count(const char* name) const { return std::max(api_->mapNumElements(map_, name), 0); }
    bool has(const char* name) const { return count(name) > 0; }

    int integer(const char* name, int index) const { return api_->mapGetIntSaturated(map_, name, index, nullptr); }

    void read(const char* name, int& value) const {
        if (has(name)) value = integer(name, 0);
    }
    void read(const char* name, std::optional<int>& value) const {
        if (has(name)) value = integer(name, 0);
    }
    void read(const char* name, double& value) const {
        if (has(name)) value = api_->mapGetFloat(map_, name, 0, nullptr);
    }
    void read(const char* name, bool& value) const {
        if (!has(name)) return;
        const int given = integer(name, 0);
        if (given != 0 && given != 1) {
            throw Error(std::string(name) + " must be 0 or 1, not " + std::to_string(given));
        }
        value = given == 1;
    }
    void read(const char* name, std::string& value) const {
        if (!has(name)) return;
        const char* data = api_->mapGetData(map_, name, 0, nullptr);
        value.assign(data, static_cast<std::size_t>(api_->mapGetDataSize(map_, name, 0, nullptr)));
        if (value.find('\0') != std::string::npos) throw Error(std::string(name) + " must not hold a zero byte");
    }
    // One value for both directions, or {horizontal, vertical}; nothing if it was not given.
    std::optional<std::array<int, 2>> pair(const char* name) const {
        const int values = count(name);
        if (values == 0) return std::nullopt;
        if (values > 2) {
            throw Error(std::string(name) + " must be one number or two, horizontal and vertical, not " +
                        std::to_string(values));
        }
        return std::array{integer(name, 0), integer(name, values - 1)};
    }

private:
    const VSMap* map_;
    const VSAPI* api_;
};

// An empty path is no path that was left out.
void read_path(const Reader& reader, const char* name, std::filesystem::path& file) {
    if (!reader.has(name)) return;
    std::string text;
    reader.read(name, text);
    if (text.empty()) throw Error(std::string(name) + " must be the path of an .onnx file, not empty");
    file = system::path_of(text);
}

}  // namespace

std::span<const Function> functions() { return all_functions; }

std::string declaration(const Function& function) {
    const bool shipped = function.network != nullptr;
    return std::string(shipped ? "clip:vnode;" : "clip:vnode;path:data;") + function.special + common +
           (shipped ? shipped_only : "") + last;
}

Arguments read_arguments(const Function& function, const VSMap* in, const VSAPI* api) {
    const Reader reader(in, api);
    Arguments arguments{NodeRef(api->mapGetNode(in, "clip", 0, nullptr), NodeDelete{api}), {}};
    Options& options = arguments.options;

    options.tilesize = reader.pair("tilesize");
    options.overlap = reader.pair("overlap");
    reader.read("provider", options.provider);
    reader.read("device_id", options.device_id);
    reader.read("num_streams", options.num_streams);
    reader.read("verbosity", options.verbosity);
    reader.read("sc", options.scene_cuts);
    reader.read("sc_threshold", options.sc_threshold);
    reader.read("strength", options.strength);
    reader.read("stride", options.stride);
    reader.read("segment", options.segment);
    reader.read("preroll", options.preroll);
    reader.read("refine", options.refine);

    ModelChoice choice;
    if (function.network != nullptr) choice.name = function.network;
    choice.provider = options.provider;
    choice.device_id = options.device_id;
    reader.read("precision", choice.precision);
    read_path(reader, function.network != nullptr ? "model" : "path", choice.file);
    const ChosenModel chosen = resolve_model(choice);
    options.model = chosen.file;
    options.precision = chosen.precision;
    return arguments;
}

}  // namespace vsdeblur::vs
