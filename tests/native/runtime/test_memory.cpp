#include "runtime/memory.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace vsdeblur::detail;

TEST_CASE("memory: blocks of any size are aligned, whole and their holder's own") {
    const std::vector<std::size_t> sizes = {1, 100, 131071, 131072, 131073, 3'000'000, 70'000'000};
    for (int round = 0; round < 3; ++round) {
        std::vector<AlignedMemory> blocks;
        for (const std::size_t size : sizes) {
            blocks.push_back(allocate_aligned(size));
            CHECK(reinterpret_cast<std::uintptr_t>(blocks.back().get()) % image_alignment == 0);
            std::memset(blocks.back().get(), static_cast<int>(blocks.size()), size);
        }
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            CHECK(blocks[i][0] == static_cast<std::byte>(i + 1));
            CHECK(blocks[i][sizes[i] - 1] == static_cast<std::byte>(i + 1));
        }
    }
}

TEST_CASE("memory: blocks come from and go to any thread") {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            std::vector<AlignedMemory> held;
            for (std::size_t n = 0; n < 100; ++n) {
                held.push_back(allocate_aligned(200'000 + 1000 * (n % 30)));
                held.back()[0] = static_cast<std::byte>(t);
                if (n % 3 == 2) held.erase(held.begin());
            }
            for (const AlignedMemory& block : held) CHECK(block[0] == static_cast<std::byte>(t));
        });
    }
    for (std::thread& thread : threads) thread.join();
}

// The address sanitizer watches over the heap only, and keeps what is freed.
#ifndef __SANITIZE_ADDRESS__
namespace {

// Bytes of this process's address space.
std::size_t mapped() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    REQUIRE(pages > 0);
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("memory: a block that was given back serves its own size alone") {
    constexpr std::size_t large = 8'000'000, small = 200'000, rounds = 64;
    std::vector<AlignedMemory> held;
    const std::size_t before = mapped();
    for (std::size_t round = 0; round < rounds; ++round) {
        allocate_aligned(large)[0] = std::byte{1};
        held.push_back(allocate_aligned(small));
    }
    CHECK(mapped() - before < rounds * large / 2);
}
#endif
