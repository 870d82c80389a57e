// The grammar is that of vsdeblur/contract.py's docstring; both accept and refuse the same files.
#include "model/contract.h"

#include "error.h"
#include "model/json.h"
#include "model/onnx_metadata.h"
#include "system/system.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace vsdeblur {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view contract_key = "vsdeblur.contract";
constexpr std::array required_keys = {
    contract_key,
    "vsdeblur.name"sv,
    "vsdeblur.license"sv,
    "vsdeblur.trained_on"sv,
    "vsdeblur.metrics"sv,
    "vsdeblur.window"sv,
    "vsdeblur.outputs"sv,
    "vsdeblur.color"sv,
    "vsdeblur.multiple"sv,
    "vsdeblur.receptive_field"sv,
    "vsdeblur.states"sv,
    "vsdeblur.precision"sv,
    "vsdeblur.probe"sv,
};
constexpr std::string_view losses_key = "vsdeblur.losses";

constexpr std::size_t max_name = 64;
constexpr std::size_t max_identifier = 60;
constexpr std::size_t max_text = 2000;
constexpr int max_neighbours = 15;
constexpr int min_subframes = 2;
constexpr int max_subframes = 64;
constexpr int max_multiple = 256;
constexpr int max_receptive_field = 8191;
constexpr std::size_t max_states = 16;
constexpr int max_channels = 4096;
constexpr std::size_t max_int_digits = 9;
constexpr std::size_t max_shown = 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// INT of the grammar.
std::optional<int> to_int(std::string_view text) {
    if (text.empty() || text.size() > max_int_digits || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// OFFSET of the grammar.
std::optional<int> to_offset(std::string_view text) {
    if (!text.starts_with('-')) return to_int(text);
    const std::optional<int> value = to_int(text.substr(1));
    if (!value || *value == 0) return std::nullopt;
    return -*value;
}

// A letter, then letters, digits and the characters of `others`, at most `limit` in all.
bool is_word(std::string_view text, std::size_t limit, std::string_view others) {
    return !text.empty() && text.size() <= limit && is_letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) {
               return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
           });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Bytes of the UTF-8 sequence that `lead` begins; 0 if none begins so.
std::size_t utf8_sequence(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// The number of characters of valid UTF-8 (RFC 3629), or nothing.
std::optional<std::size_t> utf8_length(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++count) {
        const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
        const unsigned char lead = byte(i);
        const std::size_t length = utf8_sequence(lead);
        if (length == 0 || i + length > text.size()) return std::nullopt;
        for (std::size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xc0) != 0x80) return std::nullopt;
        }
        const bool overlong = (lead == 0xe0 && byte(i + 1) < 0xa0) || (lead == 0xf0 && byte(i + 1) < 0x90);
        const bool surrogate = lead == 0xed && byte(i + 1) > 0x9f;
        const bool too_large = lead == 0xf4 && byte(i + 1) > 0x8f;
        if (overlong || surrogate || too_large) return std::nullopt;
        i += length;
    }
    return count;
}

// A value as an error shows it: quoted, on one line, shortened, ASCII.
std::string shown(std::string_view text) {
    std::string result = "'";
    for (const char c : text.substr(0, max_shown)) result += (c >= 0x20 && c < 0x7f) ? c : '?';
    return result + (text.size() > max_shown ? "...'" : "'");
}

// Builds the contract from the metadata of `file`.
class Parser {
public:
    Parser(const Metadata& metadata, const std::string& file) : metadata_(metadata), file_(file) {}

    Contract parse() const {
        Contract contract{};
        contract.version = version();
        check_complete();
        contract.name = name();
        contract.license = text("vsdeblur.license");
        contract.trained_on = text("vsdeblur.trained_on");
        contract.metrics = value("vsdeblur.metrics");
        std::tie(contract.before, contract.after) = window();
        read_outputs(contract);
        const bool is_rgb = choice("vsdeblur.color", {"luma", "rgb"}) == "rgb";
        contract.color = is_rgb ? Contract::Color::rgb : Contract::Color::luma;
        contract.multiple = number("vsdeblur.multiple", max_multiple);
        contract.receptive_field = number("vsdeblur.receptive_field", max_receptive_field);
        if (contract.receptive_field % 2 == 0) refuse("vsdeblur.receptive_field", "an odd number");
        contract.states = states(contract.multiple);
        contract.precision = choice("vsdeblur.precision", {"fp32", "fp16", "bf16", "int8"});
        contract.probe = value("vsdeblur.probe");
        if (metadata_.contains(losses_key)) contract.losses = losses();
        return contract;
    }

private:
    [[noreturn]] void fail(const std::string& sentence) const { throw Error(file_ + sentence); }

    // `key` must be `allowed`, and is not.
    [[noreturn]] void refuse(std::string_view key, const std::string& allowed) const {
        fail(": " + std::string(key) + " must be " + allowed + ", not " + shown(value(key)));
    }

    const std::string& value(std::string_view key) const { return metadata_.find(key)->second; }

    int version() const {
        const auto entry = metadata_.find(contract_key);
        if (entry == metadata_.end()) {
            fail(" carries no vsdeblur contract; export the network with python -m export");
        }
        const std::optional<int> version = to_int(entry->second);
        if (!version) refuse(contract_key, std::to_string(contract_version));
        if (*version != contract_version) {
            fail(" is of contract version " + std::to_string(*version) + ", and this vsdeblur reads version " +
                 std::to_string(contract_version) + (*version > contract_version ? "; use a newer vsdeblur" : ""));
        }
        return *version;
    }

    void check_complete() const {
        std::vector<std::string> missing;
        for (const std::string_view key : required_keys) {
            if (!metadata_.contains(key)) missing.emplace_back(key);
        }
        if (!missing.empty()) fail(" has a contract that lacks " + joined(missing));
    }

    std::string name() const {
        const std::string& name = value("vsdeblur.name");
        if (!is_word(name, max_name, "_-")) refuse("vsdeblur.name", "a letter and up to 63 letters, digits, _ or -");
        return name;
    }

    std::string text(std::string_view key) const {
        const std::string& text = value(key);
        const std::size_t length = utf8_length(text).value_or(0);
        const bool has_control = std::ranges::any_of(text, [](unsigned char c) { return c < 0x20; });
        if (length == 0 || length > max_text || has_control || text.find_first_not_of(' ') == std::string::npos) {
            refuse(key, "1 to " + std::to_string(max_text) + " printable characters on one line");
        }
        return text;
    }

    std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed) const {
        const std::string& chosen = value(key);
        if (std::ranges::find(allowed, chosen) != allowed.end()) return chosen;
        refuse(key, "one of " + joined({allowed.begin(), allowed.end()}));
    }

    // A whole number from 1 to `largest`.
    int number(std::string_view key, int largest) const {
        const std::optional<int> number = to_int(value(key));
        if (!number || *number < 1 || *number > largest) {
            refuse(key, "a whole number from 1 to " + std::to_string(largest));
        }
        return *number;
    }

    std::pair<int, int> window() const {
        const std::vector<std::string_view> parts = split(value("vsdeblur.window"), ',');
        const std::optional<int> before = to_int(parts.front());
        const std::optional<int> after = to_int(parts.back());
        if (parts.size() != 2 || !before || !after || *before > max_neighbours || *after > max_neighbours) {
            refuse("vsdeblur.window", "BEFORE,AFTER like 2,2 with 0 to " + std::to_string(max_neighbours) + " each");
        }
        return {*before, *after};
    }

    void read_outputs(Contract& contract) const {
        constexpr std::string_view key = "vsdeblur.outputs";
        constexpr std::string_view subframes = "subframes:";
        const std::string_view text = value(key);
        if (text.starts_with(subframes)) {
            const std::optional<int> count = to_int(text.substr(subframes.size()));
            if (!count || *count < min_subframes || *count > max_subframes) {
                refuse(key, "subframes: and a number from 2 to 64");
            }
            contract.subframes = *count;
            return;
        }
        for (const std::string_view part : split(text, ',')) {
            const std::optional<int> offset = to_offset(part);
            if (!offset) refuse(key, "offsets like -1,0,1 or subframes:7");
            contract.offsets.push_back(*offset);
        }
        const std::vector<int>& offsets = contract.offsets;
        const bool increases = std::ranges::adjacent_find(offsets, std::greater_equal<>()) == offsets.end();
        if (!increases || std::ranges::find(offsets, 0) == offsets.end()) {
            refuse(key, "offsets that increase and hold 0");
        }
        if (offsets.front() < -contract.before || offsets.back() > contract.after) {
            refuse(key, "offsets within the window " + value("vsdeblur.window"));
        }
    }

    std::vector<StateSpec> states(int multiple) const {
        const std::optional<JsonValue> json = parse_json(value("vsdeblur.states"));
        const JsonArray* items = json ? json->array() : nullptr;
        if (items == nullptr) refuse("vsdeblur.states", "a JSON array without escape sequences");
        if (items->size() > max_states) {
            refuse("vsdeblur.states", "an array of at most " + std::to_string(max_states) + " states");
        }
        std::vector<StateSpec> states;
        for (const JsonValue& item : *items) {
            StateSpec state = read_state(item);
            if (std::ranges::find(states, state.input, &StateSpec::input) != states.end()) {
                fail(": vsdeblur.states: " + state.input + " is there twice");
            }
            const double pixels = multiple * state.scale;
            if (pixels != std::floor(pixels)) {
                fail(": vsdeblur.states: scale of " + state.input +
                     " does not give whole pixels for frames that divide by " + std::to_string(multiple));
            }
            states.push_back(std::move(state));
        }
        return states;
    }

    std::map<std::string, double> losses() const {
        const std::optional<JsonValue> json = parse_json(value(losses_key));
        const JsonObject* items = json ? json->object() : nullptr;
        if (items == nullptr) refuse(losses_key, "a JSON object without escape sequences");
        std::map<std::string, double> losses;
        for (const auto& [precision, loss] : *items) {
            const bool known = precision == "fp16" || precision == "bf16" || precision == "int8";
            if (!known || loss.number() == nullptr) refuse(losses_key, "an object of numbers under fp16, bf16 and int8");
            losses[precision] = loss.number()->value;
        }
        return losses;
    }

    StateSpec read_state(const JsonValue& item) const {
        constexpr std::string_view suffix = "_in";
        const JsonObject* object = item.object();
        const auto member = [&](std::string_view key) -> const JsonValue* {
            if (object == nullptr) return nullptr;
            const auto found = object->find(key);
            return found == object->end() ? nullptr : &found->second;
        };
        const std::array members = {member("input"), member("output"), member("channels"), member("scale"),
                                    member("initial")};
        if (std::ranges::find(members, nullptr) != members.end() || object->size() != members.size()) {
            refuse("vsdeblur.states", "objects with exactly the keys input, output, channels, scale, initial");
        }
        const auto [input, output, channels, scale, initial] = members;

        const std::string* in = input->string();
        if (in == nullptr || !in->ends_with(suffix) || *in == "frames_in" ||
            !is_word(std::string_view(*in).substr(0, in->size() - suffix.size()), max_identifier, "_")) {
            refuse("vsdeblur.states", "objects whose input is a name that ends in _in and is not frames_in");
        }
        const std::string out = in->substr(0, in->size() - suffix.size()) + "_out";
        const std::string* written = output->string();
        if (written == nullptr || *written != out) {
            fail(": vsdeblur.states: output of " + *in + " must be " + out);
        }

        const JsonNumber* number = channels->number();
        const std::optional<int> count = number != nullptr ? to_int(number->text) : std::nullopt;
        if (!count || *count < 1 || *count > max_channels) {
            fail(": vsdeblur.states: channels of " + *in + " must be a whole number from 1 to " +
                 std::to_string(max_channels));
        }
        constexpr std::array scales = {1.0, 0.5, 0.25, 0.125};
        const double factor = scale->number() != nullptr ? scale->number()->value : 0;
        if (std::ranges::find(scales, factor) == scales.end()) {
            fail(": vsdeblur.states: scale of " + *in + " must be 1, 0.5, 0.25 or 0.125");
        }
        if (initial->number() == nullptr || initial->number()->value != 0) {
            fail(": vsdeblur.states: initial of " + *in + " must be 0");
        }
        return {*in, out, *count, factor};
    }

    const Metadata& metadata_;
    const std::string& file_;
};

}  // namespace

Contract read_contract(const std::filesystem::path& file) {
    const std::string name = system::text_of(file);
    std::error_code code;
    const std::filesystem::file_status status = std::filesystem::status(file, code);
    if (!std::filesystem::exists(status)) {
        const bool is_missing = status.type() == std::filesystem::file_type::not_found;
        throw Error(is_missing ? name + " does not exist" : name + " cannot be read: " + code.message());
    }
    if (!std::filesystem::is_regular_file(status)) throw Error(name + " is not a file");
    const std::uintmax_t size = std::filesystem::file_size(file, code);
    std::ifstream stream(file, std::ios::binary);
    if (code || !stream) throw Error(name + " cannot be read");
    return read_contract(stream, size, name);
}

Contract read_contract(std::istream& stream, std::uint64_t size, const std::string& name) {
    std::vector<std::string_view> keys(required_keys.begin(), required_keys.end());
    keys.push_back(losses_key);
    const Metadata metadata = read_onnx_metadata(stream, size, name, keys);
    return Parser(metadata, name).parse();
}

}  // namespace vsdeblur
