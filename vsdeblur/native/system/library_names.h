// How the files of libraries are named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vsdeblur::system {

struct LibraryNames {
    std::string_view prefix;        // before a library's name
    std::string_view suffix;        // after it
    std::string_view version_lead;  // what a version follows; its numbers are parted by `.` or `_`
    bool has_version_last;          // whether a version comes after the suffix, or between name and suffix
    bool has_interface;             // whether the loader is asked for a library with the number of its interface
};

inline constexpr LibraryNames linux_names = {"lib", ".so", ".", true, true};          // libcudart.so.12
inline constexpr LibraryNames macos_names = {"lib", ".dylib", ".", false, true};      // libcudart.12.dylib
inline constexpr LibraryNames windows_names = {"", ".dll", "64_", false, false};      // cudart64_12.dll

// This system's.
extern const LibraryNames& own_names;

// The name that the system's loader is asked for: `libonnxruntime.so.1`, `libonnxruntime.1.dylib`, `onnxruntime.dll`.
//   name: such as `onnxruntime`
//   interface: number of the library's interface; "" for the library of any
std::string library_name(std::string_view name, std::string_view interface = {}, const LibraryNames& names = own_names);

// The version in the name of a file, {1, 32, 0} of `libonnxruntime.so.1.32.0`: no numbers if it has none, and nothing if
// the file is not the library `name`.
std::optional<std::vector<std::uint32_t>> library_version(std::string_view file, std::string_view name,
                                                          const LibraryNames& names = own_names);

}  // namespace vsdeblur::system
