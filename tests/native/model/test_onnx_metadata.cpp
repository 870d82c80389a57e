#include "model/onnx_metadata.h"

#include "error.h"
#include "error_of.h"
#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

namespace vsdeblur {
namespace {

using namespace test;

constexpr std::array<std::string_view, 3> wanted = {"a", "b", "vsdeblur.name"};

Metadata read(const std::string& bytes) {
    std::istringstream stream(bytes);
    return read_onnx_metadata(stream, bytes.size(), "m.onnx", wanted);
}

std::string error(const std::string& bytes) {
    return error_of([&] { read(bytes); });
}

// What every model has, with other fields behind it, or in its midst, where the file does not end with them.
std::string file_with(const std::string& fields) { return number_field(1, 8) + bytes_field(7, "graph") + fields; }
std::string file_around(const std::string& fields) { return number_field(1, 8) + fields + bytes_field(7, "graph"); }

// A file of a head, zeros that nobody stores, and a tail. It counts the zeros that are read.
class Hollow : public std::streambuf {
public:
    Hollow(std::string head, std::uint64_t zeros, std::string tail)
        : head_(std::move(head)), tail_(std::move(tail)), zeros_(zeros) {}
    std::uint64_t size() const { return head_.size() + zeros_ + tail_.size(); }
    int read = 0;

protected:
    int_type underflow() override {
        if (position_ >= size()) return traits_type::eof();
        if (position_ < head_.size()) return traits_type::to_int_type(head_[position_]);
        const std::uint64_t behind = position_ - head_.size();
        if (behind >= zeros_) return traits_type::to_int_type(tail_[behind - zeros_]);
        ++read;
        return 0;
    }
    int_type uflow() override {
        const int_type next = underflow();
        if (next != traits_type::eof()) ++position_;
        return next;
    }
    pos_type seekoff(off_type offset, std::ios::seekdir from, std::ios::openmode mode) override {
        const std::uint64_t base = from == std::ios::beg ? 0 : from == std::ios::cur ? position_ : size();
        return seekpos(static_cast<off_type>(base) + offset, mode);
    }
    pos_type seekpos(pos_type position, std::ios::openmode) override {
        position_ = static_cast<std::uint64_t>(static_cast<off_type>(position));
        return position;
    }

private:
    std::string head_, tail_;
    std::uint64_t zeros_;
    std::uint64_t position_ = 0;
};

std::string random_text(std::mt19937& random, std::size_t most) {
    std::string text(random() % (most + 1), '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

}  // namespace

TEST_CASE("metadata: of any file the wanted entries are read, and no others, wherever they stand") {
    std::mt19937 random(20261127);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<std::string> fields = {number_field(1, 1 + random() % 20),
                                           bytes_field(7, random_text(random, 300))};
        Metadata there;
        for (const std::string_view key : wanted) {
            if (random() % 2 == 0) continue;
            const std::string value = random_text(random, 300);
            there.emplace(key, value);
            const std::string parts[] = {bytes_field(1, key), bytes_field(2, value), number_field(7, random())};
            std::array<int, 3> order = {0, 1, 2};
            std::ranges::shuffle(order, random);
            std::string body;
            for (const int part : order) body += parts[part];
            fields.push_back(bytes_field(14, body));
        }
        for (int more = static_cast<int>(random() % 5); more > 0; --more) {
            fields.push_back(metadata_field("other" + random_text(random, 20), random_text(random, 50)));
            fields.push_back(number_field(30 + random() % 1000, random()));
            fields.push_back(bytes_field(30 + random() % 1000, random_text(random, 50)));
        }
        std::ranges::shuffle(fields, random);
        std::string bytes;
        for (const std::string& field : fields) bytes += field;
        REQUIRE(read(bytes) == there);
    }
}

TEST_CASE("metadata: the last of two values in an entry counts, as in every message") {
    const std::string twice = bytes_field(1, "b") + bytes_field(2, "old") + bytes_field(2, "new") + bytes_field(1, "a");
    CHECK(read(file_with(bytes_field(14, twice))) == Metadata{{"a", "new"}});
    CHECK(read(file_with(bytes_field(14, bytes_field(1, "a")))) == Metadata{{"a", ""}});
    CHECK(read(file_with(bytes_field(14, ""))).empty());
}

TEST_CASE("metadata: weights are passed over, however large") {
    constexpr std::uint64_t weights = std::uint64_t{1} << 42;
    Hollow file(number_field(1, 8) + head(7, 2) + varint(weights), weights, metadata_field("a", "value"));
    std::istream stream(&file);
    CHECK(read_onnx_metadata(stream, file.size(), "m.onnx", wanted) == Metadata{{"a", "value"}});
    CHECK(file.read == 0);
}

TEST_CASE("metadata: values up to the limit are kept, and longer ones passed over where nobody wants them") {
    const std::string longest(metadata_value_limit, 'x');
    CHECK(read(file_with(metadata_field("a", longest))).at("a") == longest);
    CHECK(error(file_with(metadata_field("a", longest + "x"))) == "m.onnx: a must be at most 1048576 bytes long");
    CHECK(read(file_with(metadata_field("c", longest + "x"))).empty());
    CHECK(read(file_with(metadata_field(std::string(300, 'a'), "value"))).empty());
}

TEST_CASE("metadata: a wanted key twice is refused, another one is not") {
    CHECK(error(file_with(metadata_field("a", "1") + metadata_field("a", "1"))) == "m.onnx: a is there twice");
    CHECK(read(file_with(metadata_field("c", "1") + metadata_field("c", "2"))).empty());
}

TEST_CASE("metadata: a file cut anywhere is refused, and so is one that is shorter than it says") {
    const std::string whole = file_with(metadata_field("a", "value") + metadata_field("b", "other"));
    const std::size_t entries = file_with("").size();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        const std::string cut = whole.substr(0, size);
        std::istringstream stream(cut);
        CHECK(error_of([&] { read_onnx_metadata(stream, whole.size(), "m.onnx", wanted); }) == "m.onnx cannot be read");
        // Between two fields nobody can tell.
        if (size == entries || size == entries + metadata_field("a", "value").size()) continue;
        const std::string what = size == 0 ? "empty" : size == 1 ? "not an ONNX file" : "truncated";
        CHECK(error(cut) == "m.onnx is " + what);
    }
}

TEST_CASE("metadata: what is no ONNX file") {
    const std::string number = number_field(1, 8);
    for (const std::string& bytes : {
             std::string("<!DOCTYPE html><html></html>"), std::string("PK\x03\x04"), std::string(1000, '\0'),
             std::string(1000, '\xff'),
             number_field(1, 0) + bytes_field(7, "graph"),       // no version
             number_field(1, 1001) + bytes_field(7, "graph"),    // none that there is
             number + number_field(7, 1),                        // a graph that is a number
             number + head(0, 0) + "x",                          // field 0
             number + head(9, 3) + "x", number + head(9, 4), number + head(9, 6), number + head(9, 7),  // no wire types
             number + head(9, 0) + std::string(10, '\xff') + "\x01",  // a number of 77 bits
             file_around(bytes_field(14, number_field(1, 5))),   // a key that is a number
             file_around(bytes_field(14, head(1, 2) + varint(100) + "a")),  // a key that is longer than its entry
             file_around(bytes_field(14, "\x0a")),               // an entry that ends within a field
         }) {
        CAPTURE(bytes);
        CHECK(error(bytes) == "m.onnx is not an ONNX file");
    }
}

TEST_CASE("metadata: lengths near the largest number do not run over") {
    for (const std::uint64_t length : {~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << 63}) {
        CHECK(error(number_field(1, 8) + head(7, 2) + varint(length) + "graph") == "m.onnx is truncated");
        CHECK(error(file_around(bytes_field(14, head(2, 2) + varint(length) + "x"))) == "m.onnx is not an ONNX file");
    }
}

TEST_CASE("metadata: a file of fields without end is refused") {
    std::string fields;
    for (int i = 0; i < 100'001; ++i) fields += number_field(30, 1);
    CHECK(error(file_with(fields)) == "m.onnx is not an ONNX file");
}

}  // namespace vsdeblur
