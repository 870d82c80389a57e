#include "model/json.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace vsdeblur {
namespace {

// Recursive descent; every function consumes what it returns, and nothing means that the text is not JSON.
class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<JsonValue> document() {
        std::optional<JsonValue> result = value(0);
        skip_space();
        if (!rest_.empty()) return std::nullopt;
        return result;
    }

private:
    std::optional<JsonValue> value(int depth) {
        skip_space();
        if (rest_.empty() || depth > json_max_depth) return std::nullopt;
        switch (rest_.front()) {
            case '[': return array(depth);
            case '{': return object(depth);
            case '"': return string();
            case 't': return word("true", JsonValue{true});
            case 'f': return word("false", JsonValue{false});
            case 'n': return word("null", JsonValue{nullptr});
            default: return number();
        }
    }

    std::optional<JsonValue> array(int depth) {
        JsonArray items;
        take('[');
        if (take(']')) return JsonValue{std::move(items)};
        do {
            std::optional<JsonValue> item = value(depth + 1);
            if (!item) return std::nullopt;
            items.push_back(std::move(*item));
        } while (take(','));
        if (!take(']')) return std::nullopt;
        return JsonValue{std::move(items)};
    }

    std::optional<JsonValue> object(int depth) {
        JsonObject members;
        take('{');
        if (take('}')) return JsonValue{std::move(members)};
        do {
            skip_space();
            std::optional<JsonValue> key = string();
            if (!key || !take(':')) return std::nullopt;
            std::optional<JsonValue> item = value(depth + 1);
            if (!item || !members.emplace(*key->string(), std::move(*item)).second) return std::nullopt;
        } while (take(','));
        if (!take('}')) return std::nullopt;
        return JsonValue{std::move(members)};
    }

    std::optional<JsonValue> string() {
        if (rest_.empty() || rest_.front() != '"') return std::nullopt;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            const char c = rest_[i];
            if (c == '"') {
                std::string text(rest_.substr(1, i - 1));
                rest_.remove_prefix(i + 1);
                return JsonValue{std::move(text)};
            }
            if (c == '\\' || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
        }
        return std::nullopt;
    }

    std::optional<JsonValue> number() {
        std::size_t length = rest_.starts_with('-') ? 1 : 0;
        const std::size_t whole = digits(length);
        if (whole == 0 || (whole > 1 && rest_[length] == '0')) return std::nullopt;
        length += whole;
        if (length < rest_.size() && rest_[length] == '.') {
            const std::size_t fraction = digits(length + 1);
            if (fraction == 0) return std::nullopt;
            length += 1 + fraction;
        }
        if (length < rest_.size() && (rest_[length] == 'e' || rest_[length] == 'E')) {
            std::size_t start = length + 1;
            if (start < rest_.size() && (rest_[start] == '+' || rest_[start] == '-')) ++start;
            const std::size_t exponent = digits(start);
            if (exponent == 0) return std::nullopt;
            length = start + exponent;
        }
        return number_of(length);
    }

    std::optional<JsonValue> number_of(std::size_t length) {
        JsonNumber number{0, std::string(rest_.substr(0, length))};
        const char* last = number.text.data() + number.text.size();
        const auto [end, code] = std::from_chars(number.text.data(), last, number.value);
        if (code != std::errc() || end != last || !std::isfinite(number.value)) return std::nullopt;
        rest_.remove_prefix(length);
        return JsonValue{std::move(number)};
    }

    // How many digits stand from `start` on.
    std::size_t digits(std::size_t start) const {
        std::size_t end = start;
        while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') ++end;
        return end - start;
    }

    std::optional<JsonValue> word(std::string_view name, JsonValue value) {
        if (!rest_.starts_with(name)) return std::nullopt;
        rest_.remove_prefix(name.size());
        return value;
    }

    bool take(char c) {
        skip_space();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void skip_space() {
        const std::size_t start = rest_.find_first_not_of(" \t\n\r");
        rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
    }

    std::string_view rest_;
};

}  // namespace

std::optional<JsonValue> parse_json(std::string_view text) { return Parser(text).document(); }

}  // namespace vsdeblur
