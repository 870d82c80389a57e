#include "model/sha256.h"

#include "error.h"
#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace vsdeblur {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string sum_of(std::string_view text) {
    Sha256 sum;
    sum.update(bytes_of(text));
    return sum.finish();
}

// The values of FIPS 180-4's examples and of NIST's test vectors.
TEST_CASE("SHA-256: published values") {
    CHECK(sum_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sum_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sum_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256: every length around a block, in pieces of every size") {
    for (std::size_t length : {0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 200}) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(i * 7 + length);
        const std::string whole = sum_of(text);
        for (std::size_t piece : {1, 3, 63, 64, 65, 130}) {
            Sha256 sum;
            for (std::size_t at = 0; at < length; at += piece) {
                sum.update(bytes_of(std::string_view(text).substr(at, piece)));
            }
            CHECK(sum.finish() == whole);
        }
        if (length > 0) {
            text[length / 2] = static_cast<char>(text[length / 2] + 1);
            CHECK(sum_of(text) != whole);
        }
    }
}

TEST_CASE("SHA-256: files") {
    const test::TemporaryFile file(std::string(600'000, 'x') + "y");
    CHECK(sha256_of_file(file.path()) == sum_of(std::string(600'000, 'x') + "y"));
    CHECK_THROWS_AS(sha256_of_file("/nowhere/at/all"), Error);
    CHECK_THROWS_AS(sha256_of_file(std::filesystem::temp_directory_path()), Error);
}

}  // namespace
}  // namespace vsdeblur
