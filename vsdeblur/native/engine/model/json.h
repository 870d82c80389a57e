// A small strict JSON reader (RFC 8259) for the contract's lists. It refuses what the contract's grammar refuses: an
// object with the same key twice, and escape sequences in strings. Depth is bounded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vsdeblur {

struct JsonValue;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::map<std::string, JsonValue, std::less<>>;

struct JsonNumber {
    double value;       // finite
    std::string text;   // as it was written; tells 1 from 1.0
};

struct JsonValue {
    std::variant<std::nullptr_t, bool, JsonNumber, std::string, JsonArray, JsonObject> value;

    const JsonArray* array() const { return std::get_if<JsonArray>(&value); }
    const JsonObject* object() const { return std::get_if<JsonObject>(&value); }
    const JsonNumber* number() const { return std::get_if<JsonNumber>(&value); }
    const std::string* string() const { return std::get_if<std::string>(&value); }
};

// Arrays and objects may lie within each other this deep.
inline constexpr int json_max_depth = 16;

// The value that `text` is, or nothing if it is not exactly one JSON value within the limits.
std::optional<JsonValue> parse_json(std::string_view text);

}  // namespace vsdeblur
