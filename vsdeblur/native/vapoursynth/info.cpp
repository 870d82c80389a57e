#include "info.h"

#include "error.h"
#include "model/contract.h"
#include "model/json.h"
#include "model/weights.h"
#include "runtime/runtime.h"
#include "system/system.h"

#include <string>
#include <string_view>

namespace vsdeblur::vs {
namespace {

void put(VSMap* out, const char* key, std::string_view text, const VSAPI* api) {
    api->mapSetData(out, key, text.data(), static_cast<int>(text.size()), dtUtf8, maAppend);
}

std::string json_string(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string json = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (code < 0x20) {
            json += std::string("\\u00") + digits[code >> 4] + digits[code & 0xf];
        } else {
            json += c;
        }
    }
    return json + '"';
}

// The contract's `outputs`, as it is written there.
std::string outputs_of(const Contract& contract) {
    if (contract.subframes != 0) return "subframes:" + std::to_string(contract.subframes);
    std::string text;
    for (const int offset : contract.offsets) text += std::to_string(offset) + ",";
    text.pop_back();
    return text;
}

std::string json_of(const ShippedModel& model) {
    std::string json = "{\"name\": " + json_string(model.name) + ", \"precision\": " + json_string(model.precision) +
                       ", \"path\": " + json_string(system::text_of(model.path)) + ", \"sha256\": " + json_string(model.sha256);
    if (!model.contract) return json + ", \"error\": " + json_string(model.error) + "}";
    const Contract& contract = *model.contract;
    json += ", \"window\": [" + std::to_string(contract.before) + ", " + std::to_string(contract.after) + "]";
    json += ", \"outputs\": " + json_string(outputs_of(contract));
    json += ", \"color\": " + json_string(contract.color == Contract::Color::luma ? "luma" : "rgb");
    std::string losses;
    for (const auto& [precision, loss] : contract.losses)
        losses += (losses.empty() ? "" : ", ") + json_string(precision) + ": " + std::to_string(loss);
    json += ", \"losses\": {" + losses + "}";
    json += ", \"trained_on\": " + json_string(contract.trained_on) + ", \"license\": " + json_string(contract.license);
    // JSON already; the reader of the contract does not look inside.
    return json + ", \"metrics\": " + (parse_json(contract.metrics) ? contract.metrics : json_string(contract.metrics)) + "}";
}

std::string release_of(const Host& host) {
    VSCoreInfo core{};
    host.api->getCoreInfo(host.core, &core);
    const int version = host.api->getAPIVersion();
    std::string text = "R";
    text += std::to_string(core.core) + ", API " + std::to_string(version >> 16);
    return text + "." + std::to_string(version & 0xffff);
}

// One entry for each runtime, the one that runs by default first; where one cannot be used, the reason in its place.
void write_runtimes(VSMap* out, const VSAPI* api) {
    for (const RuntimeInfo& runtime : runtimes()) {
        put(out, "runtime", runtime.error.empty() ? runtime.name + " " + runtime.version : runtime.error, api);
        put(out, "runtime_path", runtime.library, api);
        put(out, "runtime_origin", runtime.origin, api);
        for (const std::string& provider : runtime.providers) put(out, "providers", provider, api);
    }
}

void write_models(VSMap* out, const VSAPI* api) {
    try {
        put(out, "weights", system::text_of(weights_folder()), api);
        for (const ShippedModel& model : shipped_models()) put(out, "models", json_of(model), api);
    } catch (const Error& error) {
        put(out, "weights", error.what(), api);
    }
}

}  // namespace

void write_info(VSMap* out, const Host& host) {
    put(out, "version", VSDEBLUR_VERSION, host.api);
    host.api->mapSetInt(out, "contract", contract_version, maReplace);
    put(out, "vapoursynth", release_of(host), host.api);
    write_runtimes(out, host.api);
    write_models(out, host.api);
}

}  // namespace vsdeblur::vs
