// The one exception that the engine throws for anything a user can cause or mend.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vsdeblur {

// The text with a question mark for each byte of a control character, of ASCII or of Latin-1 in UTF-8: names out of a
// file neither end a line nor move a terminal's cursor.
inline std::string without_controls(std::string text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        const bool is_latin = byte == 0xc2 && (next & 0xe0) == 0x80;
        if (is_latin) text[i + 1] = '?';
        if (is_latin || byte < 0x20 || byte == 0x7f) text[i] = '?';
    }
    return text;
}

// What a sentence lists: `CUDA, TensorRT`.
inline std::string joined(const std::vector<std::string>& items) {
    std::string list;
    for (const std::string& item : items) list.append(list.empty() ? "" : ", ").append(item);
    return list;
}

// what() is one sentence without prefix and without a final full stop: it names what was wrong and what is allowed.
// Hosts put their own prefix before it (`RVD: overlap must be at least 0`).
class Error : public std::runtime_error {
public:
    explicit Error(std::string sentence) : std::runtime_error(without_controls(std::move(sentence))) {}
};

}  // namespace vsdeblur
