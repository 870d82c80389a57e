// What the fuzzers kept, and random changes of it, through the entries that they call.
#include "fuzz/targets.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace vsdeblur::test {
namespace {

// The inputs of corpus/NAME.pack; fuzz/corpus.py has its form.
std::vector<std::string> inputs_of(std::string_view target) {
    std::ifstream file(VSDEBLUR_FUZZ_CORPUS "/" + std::string(target) + ".pack", std::ios::binary);
    const std::string pack{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> inputs;
    for (std::size_t at = 0; at < pack.size();) {
        REQUIRE(at + 4 <= pack.size());
        std::size_t length = 0;
        for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(pack[at + i]);
        REQUIRE(at + 4 + length <= pack.size());
        inputs.push_back(pack.substr(at + 4, length));
        at += 4 + length;
    }
    return inputs;
}

void change(std::string& bytes, std::mt19937& random) {
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    for (std::size_t change = 0, changes = 1 + below(4); change < changes && !bytes.empty(); ++change) {
        const std::size_t place = below(bytes.size());
        switch (below(5)) {
            case 0: bytes[place] = static_cast<char>(random()); break;
            case 1: bytes[place] = static_cast<char>(bytes[place] ^ (1 << below(8))); break;
            case 2: bytes.erase(place, 1 + below(8)); break;
            case 3: bytes.insert(place, 1 + below(8), static_cast<char>(random())); break;
            default: bytes.insert(place, bytes.substr(below(bytes.size()), below(64))); break;
        }
    }
}

}  // namespace

TEST_CASE("fuzz: what was found is read as promised") {
    for (const FuzzTarget& target : fuzz_targets) {
        CAPTURE(target.name);
        const std::vector<std::string> inputs = inputs_of(target.name);
        REQUIRE(inputs.size() > 20);
        for (const std::string& input : inputs) target.run(input);
    }
}

TEST_CASE("fuzz: random changes of it too") {
    constexpr int rounds = 5'000;
    std::mt19937 random(20240229);
    for (const FuzzTarget& target : fuzz_targets) {
        const std::vector<std::string> inputs = inputs_of(target.name);
        REQUIRE(!inputs.empty());
        for (int round = 0; round < rounds; ++round) {
            std::string bytes = inputs[random() % inputs.size()];
            change(bytes, random);
            target.run(bytes);
        }
    }
}

}  // namespace vsdeblur::test
