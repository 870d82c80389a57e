#include "system/system.h"

#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace vsdeblur::system {

namespace fs = std::filesystem;

static int marker = 0;

TEST_CASE("system: paths as text and back") {
    for (const char* text : {"plain", "/a folder/Größe 写真.onnx", "relative/é"}) {
        CHECK(text_of(path_of(text)) == text);
        CHECK(path_of(text).string() == text);
    }
    CHECK(path_of("").empty());
    // Not UTF-8, which Linux allows.
    CHECK(text_of(path_of("\xff\xfe")) == "\xff\xfe");
}

TEST_CASE("system: the environment") {
    unsetenv("VSDEBLUR_TEST");
    CHECK(!environment("VSDEBLUR_TEST"));
    setenv("VSDEBLUR_TEST", "", 1);
    CHECK(!environment("VSDEBLUR_TEST"));
    unsetenv("VSDEBLUR_TEST");
    set_default_environment("VSDEBLUR_TEST", "first");
    set_default_environment("VSDEBLUR_TEST", "second");
    CHECK(environment("VSDEBLUR_TEST") == "first");
    unsetenv("VSDEBLUR_TEST");
}

TEST_CASE("system: libraries are loaded by path, found by name, and know their file") {
    std::string reason;
    void* library = load_library(VSDEBLUR_FREI0R, reason);
    REQUIRE(library != nullptr);
    void* symbol = find_symbol(library, "f0r_init");
    REQUIRE(symbol != nullptr);
    CHECK(fs::equivalent(file_of(symbol), VSDEBLUR_FREI0R));
    CHECK(file_of(symbol).is_absolute());
    CHECK(find_symbol(library, "no_such_symbol") == nullptr);

    CHECK(loaded_library("libno-such-library.so.1") == nullptr);
    CHECK(load_library_by_name("libno-such-library.so.1") == nullptr);
    CHECK(loaded_library("libc.so.6") != nullptr);
    CHECK(loaded_library("libc.so.6") == load_library_by_name("libc.so.6"));
}

TEST_CASE("system: a library that does not load has a reason") {
    const test::TemporaryFile text("not a library", ".so");
    std::string reason;
    CHECK(load_library(text.path(), reason) == nullptr);
    CHECK(!reason.empty());
}

TEST_CASE("system: the file of this program, and of no code") {
    CHECK(fs::equivalent(file_of(&marker), "/proc/self/exe"));
    int local = 0;
    CHECK(file_of(&local).empty());
}

TEST_CASE("system: memory is zeroed, aligned, and wholly writable") {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4097}, std::size_t{3'000'000}}) {
        std::byte* block = map_memory(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0);
        CHECK(std::all_of(block, block + bytes, [](std::byte value) { return value == std::byte{}; }));
        std::memset(block, 1, bytes);
        unmap_memory(block, bytes);
    }
    CHECK_THROWS_AS(map_memory(SIZE_MAX / 2), std::bad_alloc);
}

TEST_CASE("system: at least one core") { CHECK(usable_cores() >= 1); }

}  // namespace vsdeblur::system
