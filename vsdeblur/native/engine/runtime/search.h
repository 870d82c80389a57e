// Where a runtime's library is looked for. The same for every runtime. Internal to runtime/ and its tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vsdeblur {

// A library that is found and loaded when it is needed.
struct LibraryKind {
    const char* product;      // its name, as errors have it
    const char* environment;  // the environment variable that names its file
    const char* folder;       // where its wheel has it, in a folder of packages
    const char* name;         // without what the system adds to the names of libraries
    const char* interface;    // the number of its interface, where the system's loader is asked for one
    const char* package;      // what pip installs it by
};

// What is searched, in this order.
struct RuntimeSearch {
    std::optional<std::filesystem::path> environment;  // this library and no other
    std::filesystem::path beside;  // a file; the wheel's folder is looked for in each folder above it and its target
    std::string system;            // given to the system's loader

    // The search of this process: its environment, and the library that this code was linked into.
    static RuntimeSearch of_process(const LibraryKind& kind);
};

struct LoadedLibrary {
    void* handle;
    std::string path;    // as text, or the name that the system's loader found it by
    std::string origin;  // as RuntimeInfo::origin
};

// Loads the library; nothing if it is nowhere. Throws Error when one is found and does not load.
//
// Another plugin may use a copy of its own with the same SONAME. A copy that is loaded by path, as in the first two
// steps of the search, is a second one beside it. But a library that is linked to that SONAME and loaded later is given
// the copy that came first, so nothing is loaded before it is needed. Symbols stay local: the copies do not see each
// other.
std::optional<LoadedLibrary> open_library(const LibraryKind& kind, const RuntimeSearch& search);

// Says where it was looked for and how to get it.
std::string not_found(const LibraryKind& kind, const RuntimeSearch& search);

// Names in a folder, sorted; none if it is not there or cannot be read.
std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder);

// Appends every folder above `file`, nearest first, with its twin if that is a folder of packages; nothing twice.
void append_folders_above(const std::filesystem::path& file, std::vector<std::filesystem::path>& folders);

}  // namespace vsdeblur
