#include "system/library_names.h"
#include "system/system.h"

#include <windows.h>

#include <algorithm>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

namespace vsdeblur::system {

const LibraryNames& own_names = windows_names;

namespace {

std::wstring wide(std::string_view text) { return path_of(text).wstring(); }

// Within it the system shows no window about a library that does not load.
class NoWindows {
public:
    NoWindows() { SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &before_); }
    ~NoWindows() { SetThreadErrorMode(before_, nullptr); }
    NoWindows(const NoWindows&) = delete;
    NoWindows& operator=(const NoWindows&) = delete;

private:
    DWORD before_ = 0;
};

// The system's words for an error, without the line's end and the full stop.
std::string message_of(DWORD error) {
    wchar_t text[512];
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    const DWORD length = FormatMessageW(flags, nullptr, error, 0, text, static_cast<DWORD>(std::size(text)), nullptr);
    std::wstring_view message(text, length);
    while (!message.empty() && std::wstring_view(L"\r\n .").find(message.back()) != message.npos) message.remove_suffix(1);
    if (message.empty()) return "error " + std::to_string(error);
    return text_of(std::filesystem::path(message));
}

std::filesystem::path file_of_module(HMODULE module) {
    std::wstring name(MAX_PATH, L'\0');
    for (;;) {
        const DWORD length = GetModuleFileNameW(module, name.data(), static_cast<DWORD>(name.size()));
        if (length == 0) return {};
        if (length < name.size()) return std::filesystem::path(name.substr(0, length)).lexically_normal();
        name.resize(2 * name.size());
    }
}

using Information = SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX;

// Calls `visit` with every physical core.
template <typename Visit>
void for_each_core(const Visit& visit) {
    DWORD bytes = 0;
    GetLogicalProcessorInformationEx(RelationProcessorCore, nullptr, &bytes);
    const std::unique_ptr<std::byte[]> memory(new std::byte[bytes]);
    const auto at = [&](DWORD offset) { return reinterpret_cast<Information*>(memory.get() + offset); };
    if (bytes == 0 || !GetLogicalProcessorInformationEx(RelationProcessorCore, at(0), &bytes)) return;
    for (DWORD offset = 0; offset < bytes; offset += at(offset)->Size) visit(at(offset)->Processor);
}

}  // namespace

std::optional<std::string> environment(const char* name) {
    const std::wstring key = wide(name);
    std::wstring value(256, L'\0');
    for (;;) {
        const DWORD length = GetEnvironmentVariableW(key.c_str(), value.data(), static_cast<DWORD>(value.size()));
        if (length == 0) return std::nullopt;
        if (length < value.size()) return text_of(std::filesystem::path(value.substr(0, length)));
        value.resize(length);
    }
}

void set_default_environment(const char* name, const char* value) {
    const std::wstring key = wide(name);
    if (GetEnvironmentVariableW(key.c_str(), nullptr, 0) == 0) SetEnvironmentVariableW(key.c_str(), wide(value).c_str());
}

void* load_library(const std::filesystem::path& file, std::string& reason) {
    const NoWindows quiet;
    const DWORD where = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    const HMODULE library = LoadLibraryExW(file.c_str(), nullptr, where);
    if (library == nullptr) reason = message_of(GetLastError());
    return library;
}

void* load_library_by_name(const std::string& name) {
    const NoWindows quiet;
    return LoadLibraryExW(wide(name).c_str(), nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
}

void* loaded_library(const std::string& name) {
    HMODULE library = nullptr;
    return GetModuleHandleExW(0, wide(name).c_str(), &library) ? library : nullptr;
}

void* find_symbol(void* library, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

std::filesystem::path file_of(const void* address) {
    HMODULE module = nullptr;
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!GetModuleHandleExW(flags, static_cast<const wchar_t*>(address), &module)) return {};
    return file_of_module(module);
}

int usable_cores() {
    // A process within one group of processors has a mask there; one that spans several may run on all of them.
    USHORT groups[1] = {};
    USHORT count = 1;
    DWORD_PTR allowed = 0, existing = 0;
    const bool is_in_one = GetProcessGroupAffinity(GetCurrentProcess(), &count, groups) != 0 && count == 1 &&
                           GetProcessAffinityMask(GetCurrentProcess(), &allowed, &existing) != 0;
    int cores = 0;
    for_each_core([&](const PROCESSOR_RELATIONSHIP& core) {
        const GROUP_AFFINITY& place = core.GroupMask[0];  // a core lies in one group
        if (!is_in_one || (place.Group == groups[0] && (place.Mask & allowed) != 0)) ++cores;
    });
    return std::max<int>(1, cores);
}

std::byte* map_memory(std::size_t bytes) {
    void* block = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (block == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(block);
}

void unmap_memory(std::byte* block, std::size_t) noexcept { VirtualFree(block, 0, MEM_RELEASE); }

void end_process(int status) {
    TerminateProcess(GetCurrentProcess(), static_cast<UINT>(status));
    std::abort();  // not reached
}

}  // namespace vsdeblur::system
