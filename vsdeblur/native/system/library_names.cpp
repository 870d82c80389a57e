#include "system/library_names.h"

#include <charconv>
#include <system_error>

namespace vsdeblur::system {
namespace {

// Numbers parted by `.` or `_`; nothing if the text reads otherwise.
std::optional<std::vector<std::uint32_t>> numbers_of(std::string_view text) {
    std::vector<std::uint32_t> numbers;
    const char* const end = text.data() + text.size();
    for (const char* place = text.data();; ++place) {
        const auto [next, error] = std::from_chars(place, end, numbers.emplace_back());
        if (error != std::errc()) return std::nullopt;
        if (next == end) return numbers;
        if (*next != '.' && *next != '_') return std::nullopt;
        place = next;
    }
}

}  // namespace

std::string library_name(std::string_view name, std::string_view interface, const LibraryNames& names) {
    std::string version;
    if (names.has_interface && !interface.empty()) version = std::string(names.version_lead) + std::string(interface);
    std::string text = std::string(names.prefix) + std::string(name);
    if (!names.has_version_last) text += version;
    text += names.suffix;
    return names.has_version_last ? text + version : text;
}

std::optional<std::vector<std::uint32_t>> library_version(std::string_view file, std::string_view name,
                                                          const LibraryNames& names) {
    const std::string start = std::string(names.prefix) + std::string(name);
    if (!file.starts_with(start)) return std::nullopt;
    file.remove_prefix(start.size());
    if (names.has_version_last) {
        if (!file.starts_with(names.suffix)) return std::nullopt;
        file.remove_prefix(names.suffix.size());
    } else {
        if (!file.ends_with(names.suffix)) return std::nullopt;
        file.remove_suffix(names.suffix.size());
    }
    if (file.empty()) return std::vector<std::uint32_t>();
    if (!file.starts_with(names.version_lead)) return std::nullopt;
    return numbers_of(file.substr(names.version_lead.size()));
}

}  // namespace vsdeblur::system
