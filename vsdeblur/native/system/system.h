// What the engine and its hosts need of the operating system. One file a system implements it; posix.cpp has what Linux
// and macOS share.
//
// Text is UTF-8 everywhere; on Linux paths are bytes and pass unchanged. All functions are thread-safe but for
// set_default_environment(), which no other thread may run beside a reader of the environment.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace vsdeblur::system {

// A path as text for errors, hosts and C interfaces that take UTF-8, with the separators of the system.
inline std::string text_of(const std::filesystem::path& path) {
    const std::u8string text = path.u8string();
    return {text.begin(), text.end()};
}

// The path that a host or a user gives as text.
inline std::filesystem::path path_of(std::string_view text) {
    return std::filesystem::path(std::u8string(text.begin(), text.end()));
}

// An environment variable; nothing if it is not set or empty.
std::optional<std::string> environment(const char* name);
// Sets a variable for libraries that are loaded later, unless it is set.
void set_default_environment(const char* name, const char* value);

// Libraries. A handle stays valid until the process ends: nothing here unloads one.

// Loads the file and no other, even if a library of the same name is loaded; what it needs may lie beside it. Its
// symbols are not seen by other libraries.
//   file: absolute
//   reason: receives the system's words when null is returned
void* load_library(const std::filesystem::path& file, std::string& reason);
// Asks the system's loader for a library by name, such as library_name() gives; null if it has none.
void* load_library_by_name(const std::string& name);
// The same, of those that are loaded in this process.
void* loaded_library(const std::string& name);
// The function or variable that a library exports under this name; null if there is none.
void* find_symbol(void* library, const char* name);
// The library or program that holds the code or data at `address`, absolute, with links as it was loaded by; empty if
// none does.
std::filesystem::path file_of(const void* address);

// Physical cores that this process may keep busy, at least 1: those that it may run on, and no more than it is granted
// the time of. Two hardware threads of one core share its arithmetic units, so a network gains nothing from the second.
int usable_cores();

// Zeroed memory straight from the system, aligned to at least 4096 bytes. Throws std::bad_alloc.
std::byte* map_memory(std::size_t bytes);
// Gives the whole of such a block back.
void unmap_memory(std::byte* block, std::size_t bytes) noexcept;

// Ends the process with this status, without running destructors. A terminal that the program reads key by key is put
// right, as its own end would have done.
[[noreturn]] void end_process(int status);

}  // namespace vsdeblur::system
