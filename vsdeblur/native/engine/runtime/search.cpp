#include "runtime/search.h"

#include "error.h"
#include "system/library_names.h"
#include "system/system.h"

#include <algorithm>
#include <cstdint>
#include <system_error>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using system::text_of;

// The same folder under lib for lib64 and the other way round: a distribution may split pure packages from the others.
std::optional<fs::path> twin_of(const fs::path& folder) {
    fs::path twin;
    bool changed = false;
    for (const fs::path& part : folder) {
        const bool swap = part == "lib" || part == "lib64";
        twin /= swap ? fs::path(part == "lib" ? "lib64" : "lib") : part;
        changed = changed || swap;
    }
    return changed ? std::optional(twin) : std::nullopt;
}

// The library of the wheel that is installed in `packages`, the newest if there are several.
std::optional<fs::path> wheel_in(const fs::path& packages, const LibraryKind& kind) {
    std::optional<fs::path> newest;
    std::vector<std::uint32_t> highest;
    for (const fs::path& file : folder_entries(packages / kind.folder)) {
        const auto version = system::library_version(text_of(file.filename()), kind.name);
        if (!version || (newest && *version < highest)) continue;
        newest = file;
        highest = *version;
    }
    return newest;
}

// A path is loaded as the file that it names, even if another plugin has loaded a copy of the same SONAME before.
void* open_file(const LibraryKind& kind, const fs::path& file, const std::string& where) {
    std::string reason;
    void* handle = system::load_library(file, reason);
    if (handle == nullptr) {
        throw Error(std::string(kind.product) + " at " + text_of(file) + where + " does not load: " + reason);
    }
    return handle;
}

}  // namespace

std::vector<fs::path> folder_entries(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        found.push_back(entry->path());
    }
    std::ranges::sort(found);
    return found;
}

void append_folders_above(const fs::path& file, std::vector<fs::path>& folders) {
    const auto append = [&](const fs::path& folder) {
        if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
    };
    for (fs::path folder = file.parent_path(); !folder.empty() && folder != folder.parent_path();
         folder = folder.parent_path()) {
        append(folder);
        const bool holds_packages = folder.filename() == "site-packages" || folder.filename() == "dist-packages";
        const std::optional<fs::path> twin = holds_packages ? twin_of(folder) : std::nullopt;
        if (twin) append(*twin);
    }
}

RuntimeSearch RuntimeSearch::of_process(const LibraryKind& kind) {
    RuntimeSearch search;
    const std::optional<std::string> environment = system::environment(kind.environment);
    if (environment) search.environment = system::path_of(*environment);
    search.beside = system::file_of(reinterpret_cast<const void*>(&RuntimeSearch::of_process));
    search.system = system::library_name(kind.name, kind.interface);
    return search;
}

std::optional<LoadedLibrary> open_library(const LibraryKind& kind, const RuntimeSearch& search) {
    if (search.environment) {
        const fs::path& file = *search.environment;
        std::error_code code;
        if (!fs::is_regular_file(file, code)) {
            throw Error(std::string(kind.environment) + " names " + text_of(file) +
                        ", which is not a file; it must be the path of " + system::library_name(kind.name));
        }
        const std::string where = std::string(", which ") + kind.environment + " names,";
        return LoadedLibrary{open_file(kind, fs::absolute(file), where), text_of(file), kind.environment};
    }
    std::vector<fs::path> folders;
    append_folders_above(search.beside, folders);
    std::error_code code;
    const fs::path linked = fs::canonical(search.beside, code);
    if (!code) append_folders_above(linked, folders);
    for (const fs::path& folder : folders) {
        const std::optional<fs::path> file = wheel_in(folder, kind);
        if (file) return LoadedLibrary{open_file(kind, *file, ""), text_of(*file), "wheel"};
    }
    // A bare name also finds what another plugin has loaded; that is said, as its version is not of our choosing.
    if (void* handle = system::loaded_library(search.system)) {
        return LoadedLibrary{handle, search.system, "already loaded in this process"};
    }
    if (void* handle = system::load_library_by_name(search.system)) {
        return LoadedLibrary{handle, search.system, "system"};
    }
    return std::nullopt;
}

std::string not_found(const LibraryKind& kind, const RuntimeSearch& search) {
    return std::string("no ") + kind.product + " found: " + kind.environment + " is not set, no folder above " +
           text_of(search.beside) + " has " + kind.folder + "/" + system::library_name(kind.name) +
           ", and the system has no " + search.system + "; pip install " + kind.package;
}

}  // namespace vsdeblur
