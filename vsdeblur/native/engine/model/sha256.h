// SHA-256 (FIPS 180-4): checksums of weights, as `sha256sum` prints them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace vsdeblur {

// Takes bytes in any number of pieces. One object is used by one thread at a time.
class Sha256 {
public:
    void update(std::span<const std::byte> bytes);
    // 64 lower-case hexadecimal digits of all bytes so far. The object may not be used afterwards.
    std::string finish();

private:
    static constexpr std::size_t block_size = 64;

    void compress(const std::byte* block);

    std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, block_size> block_ = {};  // the bytes of a block that is not full yet
    std::uint64_t length_ = 0;                      // bytes so far
};

// The checksum of a file. Throws Error naming the file when it cannot be read. Thread-safe.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace vsdeblur
