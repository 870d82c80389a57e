#include "fuzz/targets.h"

#include "error.h"
#include "model/contract.h"
#include "model/json.h"
#include "model/onnx_metadata.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

namespace vsdeblur::test {
namespace {

constexpr const char* file_name = "fuzz.onnx";

void require(bool holds) {
    if (!holds) std::abort();
}

// One line about the file, whatever stands in it.
void require_sentence(const Error& error) {
    const std::string text = error.what();
    require(text.starts_with(file_name));
    require(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }));
}

std::string written(const JsonValue& value) {
    std::string text;
    if (const JsonArray* items = value.array()) {
        for (const JsonValue& item : *items) text += (text.empty() ? "" : ",") + written(item);
        return "[" + text + "]";
    }
    if (const JsonObject* members = value.object()) {
        for (const auto& [key, item] : *members) text += (text.empty() ? "\"" : ",\"") + key + "\":" + written(item);
        return "{" + text + "}";
    }
    if (const JsonNumber* number = value.number()) return number->text;
    if (const std::string* string = value.string()) return "\"" + *string + "\"";
    const bool* truth = std::get_if<bool>(&value.value);
    return truth == nullptr ? "null" : *truth ? "true" : "false";
}

int depth_of(const JsonValue& value) {
    int depth = 0;
    if (const JsonArray* items = value.array())
        for (const JsonValue& item : *items) depth = std::max(depth, 1 + depth_of(item));
    if (const JsonObject* members = value.object())
        for (const auto& member : *members) depth = std::max(depth, 1 + depth_of(member.second));
    return depth;
}

Metadata metadata_of(std::string_view file, std::uint64_t size) {
    constexpr std::array<std::string_view, 3> wanted = {"vsdeblur.contract", "vsdeblur.states", "a"};
    std::istringstream stream{std::string(file)};
    return read_onnx_metadata(stream, size, file_name, wanted);
}

}  // namespace

void contract_of_any(std::string_view file) {
    std::istringstream stream{std::string(file)};
    try {
        const Contract contract = read_contract(stream, file.size(), file_name);
        require(contract.version == contract_version);
        require(contract.before >= 0 && contract.before <= 15 && contract.after >= 0 && contract.after <= 15);
        require(contract.outputs() >= 1 && contract.outputs() <= 64);
        require(contract.multiple >= 1 && contract.multiple <= 256);
        require(contract.receptive_field >= 1 && contract.receptive_field % 2 == 1);
        require(contract.states.size() <= 16);
        for (const StateSpec& state : contract.states) {
            const double pixels = contract.multiple * state.scale;
            require(state.channels >= 1 && state.channels <= 4096 && pixels >= 1 && pixels == static_cast<int>(pixels));
        }
    } catch (const Error& error) {
        require_sentence(error);
    }
}

void metadata_of_any(std::string_view file) {
    try {
        for (const auto& [key, value] : metadata_of(file, file.size())) {
            require(value.size() <= metadata_value_limit);
            require(file.find(value) != std::string_view::npos && file.find(key) != std::string_view::npos);
        }
    } catch (const Error& error) {
        require_sentence(error);
    }
    try {
        metadata_of(file, file.size() + 1);
        require(false);  // what a file lacks of its size was read
    } catch (const Error& error) {
        require_sentence(error);
    }
}

void json_of_any(std::string_view text) {
    const std::optional<JsonValue> value = parse_json(text);
    if (!value) return;
    require(depth_of(*value) <= json_max_depth + 1);
    const std::string again = written(*value);
    const std::optional<JsonValue> same = parse_json(again);
    require(same && written(*same) == again);
}

}  // namespace vsdeblur::test
