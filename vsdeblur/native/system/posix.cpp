// Linux and macOS.
#include "system/system.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <system_error>

namespace vsdeblur::system {

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

void set_default_environment(const char* name, const char* value) { setenv(name, value, 0); }

void* load_library(const std::filesystem::path& file, std::string& reason) {
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) reason = dlerror();
    return library;
}

void* load_library_by_name(const std::string& name) { return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL); }

void* loaded_library(const std::string& name) { return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD); }

void* find_symbol(void* library, const char* name) { return dlsym(library, name); }

std::filesystem::path file_of(const void* address) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code code;
    const std::filesystem::path path = std::filesystem::absolute(info.dli_fname, code);
    return code ? std::filesystem::path(info.dli_fname) : path.lexically_normal();
}

std::byte* map_memory(std::size_t bytes) {
    void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(block);
}

void unmap_memory(std::byte* block, std::size_t bytes) noexcept { munmap(block, bytes); }

void end_process(int status) {
    termios terminal{};
    if (tcgetattr(STDIN_FILENO, &terminal) == 0) {
        terminal.c_iflag |= ICRNL | IXON;
        terminal.c_lflag |= ECHO | ICANON | IEXTEN;
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    }
    _exit(status);
}

}  // namespace vsdeblur::system
