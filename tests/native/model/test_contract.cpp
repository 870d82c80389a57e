#include "error.h"
#include "model/contract.h"
#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <sstream>
#include <map>
#include <string>

namespace vsdeblur {
namespace {

using namespace test;

Contract read(const std::string& bytes) {
    std::istringstream stream(bytes);
    return read_contract(stream, bytes.size(), "m.onnx");
}

std::string error_of(const std::string& bytes) {
    try {
        read(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string error_with(const std::string& key, const std::string& value) {
    return error_of(model("graph", with(contract_entries(), key, value)));
}

std::string error_of_file(const std::filesystem::path& path) {
    try {
        read_contract(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string one_state(const std::string& members) { return "[{" + members + "}]"; }

}  // namespace

TEST_CASE("contract: every value of a correct file is read") {
    const TemporaryFile file(model(std::string(100'000, '\xff'), contract_entries()));
    const Contract contract = read_contract(file.path());
    CHECK(contract.version == 1);
    CHECK(contract.name == "Test-1");
    CHECK(contract.license == "MIT");
    CHECK(contract.trained_on == "untrained");
    CHECK(contract.metrics == R"({"psnr":30.5})");
    CHECK(contract.before == 2);
    CHECK(contract.after == 1);
    CHECK(contract.window() == 4);
    CHECK(contract.offsets == std::vector{-1, 0, 1});
    CHECK(contract.subframes == 0);
    CHECK(contract.outputs() == 3);
    CHECK(contract.color == Contract::Color::rgb);
    CHECK(contract.channels() == 3);
    CHECK(contract.multiple == 4);
    CHECK(contract.receptive_field == 31);
    CHECK(contract.precision == "fp32");
    CHECK(contract.probe == R"({"height":8})");
    REQUIRE(contract.states.size() == 2);
    CHECK(contract.states[0].input == "f_in");
    CHECK(contract.states[0].output == "f_out");
    CHECK(contract.states[0].channels == 32);
    CHECK(contract.states[0].scale == 0.5);
    CHECK(contract.states[1].input == "g_2_in");
    CHECK(contract.states[1].output == "g_2_out");
    CHECK(contract.states[1].channels == 1);
    CHECK(contract.states[1].scale == 1);
}

TEST_CASE("contract: subframes, luma and no states") {
    Entries entries = with(contract_entries(), "vsdeblur.outputs", "subframes:7");
    entries = with(with(entries, "vsdeblur.color", "luma"), "vsdeblur.states", " [ ]\n");
    const Contract contract = read(model("graph", entries));
    CHECK(contract.subframes == 7);
    CHECK(contract.offsets.empty());
    CHECK(contract.outputs() == 7);
    CHECK(contract.channels() == 1);
    CHECK(contract.states.empty());
}

TEST_CASE("contract: metadata of other tools, in any place and order, is passed over") {
    std::string bytes = metadata_field("vsdeblur.later", "x") + metadata_field("author", std::string(3'000'000, 'a'));
    for (const auto& [key, value] : contract_entries()) {
        // The value before the key, as protobuf allows, and a field that a later ONNX may add.
        bytes += bytes_field(14, bytes_field(2, value) + number_field(9, 1) + bytes_field(1, key));
    }
    bytes += number_field(1, 10) + bytes_field(7, "graph") + bytes_field(100, "later") + head(101, 5) + "1234" +
             head(102, 1) + "12345678";
    CHECK(read(bytes).name == "Test-1");
}

TEST_CASE("contract: files that are no models") {
    const std::filesystem::path missing = "no/such/dir/m.onnx";
    CHECK(error_of_file(missing) == "no/such/dir/m.onnx does not exist");
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    CHECK(error_of_file(folder) == folder.string() + " is not a file");
    const TemporaryFile empty("");
    CHECK(error_of_file(empty.path()) == empty.path().string() + " is empty");

    CHECK(error_of("hello, this is a text and no model at all") == "m.onnx is not an ONNX file");
    CHECK(error_of("\x89PNG\r\n\x1a\n....IHDR") == "m.onnx is not an ONNX file");
    CHECK(error_of(std::string(1000, '\0')) == "m.onnx is not an ONNX file");
    CHECK(error_of(std::string(1000, '\xff')) == "m.onnx is not an ONNX file");
    CHECK(error_of(bytes_field(7, "graph")) == "m.onnx is not an ONNX file");
    CHECK(error_of(number_field(1, 0) + bytes_field(7, "graph")) == "m.onnx is not an ONNX file");
    CHECK(error_of(number_field(1, 8) + number_field(7, 1)) == "m.onnx is not an ONNX file");
    CHECK(error_of(number_field(1, 8) + bytes_field(7, "graph") + bytes_field(14, number_field(1, 3))) ==
          "m.onnx is not an ONNX file");
    CHECK(error_of(number_field(1, 8) + head(7, 2) + varint(~std::uint64_t{0}) + "graph") == "m.onnx is truncated");
    CHECK(error_of(number_field(1, 8)) == "m.onnx is truncated");

    std::string many = number_field(1, 8) + bytes_field(7, "graph");
    for (int i = 0; i < 100'001; ++i) many += number_field(5, 1);
    CHECK(error_of(many) == "m.onnx is not an ONNX file");
}

TEST_CASE("contract: foreign files and other versions") {
    CHECK(error_of(model("graph", {{"author", "someone"}})) ==
          "m.onnx carries no vsdeblur contract; export the network with python -m export");
    CHECK(error_with("vsdeblur.contract", "2") ==
          "m.onnx is of contract version 2, and this vsdeblur reads version 1; use a newer vsdeblur");
    // A newer contract may have other keys: its version is what the user is told.
    CHECK(error_of(model("graph", {{"vsdeblur.contract", "2"}})) ==
          "m.onnx is of contract version 2, and this vsdeblur reads version 1; use a newer vsdeblur");
    CHECK(error_with("vsdeblur.contract", "0") == "m.onnx is of contract version 0, and this vsdeblur reads version 1");
    for (const char* text : {"", "1.0", "01", "+1", " 1", "one", "12345678901"}) {
        CHECK(error_with("vsdeblur.contract", text) ==
              "m.onnx: vsdeblur.contract must be 1, not '" + std::string(text) + "'");
    }
}

TEST_CASE("contract: every key is required, and may be there once") {
    for (const auto& [key, value] : contract_entries()) {
        CAPTURE(key);
        const std::string error = error_of(model("graph", without(contract_entries(), key)));
        if (key == "vsdeblur.contract") {
            CHECK(error == "m.onnx carries no vsdeblur contract; export the network with python -m export");
        } else {
            CHECK(error == "m.onnx has a contract that lacks " + key);
        }
        Entries twice = contract_entries();
        twice.emplace_back(key, value);
        CHECK(error_of(model("graph", twice)) == "m.onnx: " + key + " is there twice");
        CHECK(error_with(key, std::string((1 << 20) + 1, '1')) ==
              "m.onnx: " + key + " must be at most 1048576 bytes long");
    }
    const Entries three = without(without(contract_entries(), "vsdeblur.name"), "vsdeblur.probe");
    CHECK(error_of(model("graph", three)) == "m.onnx has a contract that lacks vsdeblur.name, vsdeblur.probe");
}

TEST_CASE("contract: malformed numbers and words name key, value and what is allowed") {
    const auto refused = [](const std::string& key, const std::string& allowed, std::vector<std::string> values) {
        for (const std::string& value : values) {
            CAPTURE(value);
            const std::string shown = value.size() > 60 ? value.substr(0, 60) + "...'" : value + "'";
            CHECK(error_with(key, value) == "m.onnx: " + key + " must be " + allowed + ", not '" + shown);
        }
    };
    refused("vsdeblur.name", "a letter and up to 63 letters, digits, _ or -",
            {"", "1st", "-a", "a b", "a.b", "a/b", std::string(65, 'n')});
    refused("vsdeblur.window", "BEFORE,AFTER like 2,2 with 0 to 15 each",
            {"", "2", "2,", ",2", "2,2,2", "-1,1", "2, 2", "16,0", "0,16", "1.0,1", "02,2"});
    refused("vsdeblur.outputs", "offsets like -1,0,1 or subframes:7",
            {"", "a", "-1,,0", "0,", "-0", "+0", "0 ,1", "--1"});
    refused("vsdeblur.outputs", "offsets that increase and hold 0", {"1", "-1,1", "1,0", "0,0"});
    refused("vsdeblur.outputs", "offsets within the window 2,1", {"-3,0", "0,2"});
    refused("vsdeblur.outputs", "subframes: and a number from 2 to 64",
            {"subframes:", "subframes:1", "subframes:65", "subframes:-7", "subframes:7,0"});
    refused("vsdeblur.color", "one of luma, rgb", {"", "RGB", "yuv", "luma "});
    refused("vsdeblur.multiple", "a whole number from 1 to 256", {"", "0", "257", "-4", "4.0", "999999999999"});
    refused("vsdeblur.receptive_field", "a whole number from 1 to 8191", {"", "0", "8192", "-1"});
    refused("vsdeblur.receptive_field", "an odd number", {"2", "30"});
    refused("vsdeblur.precision", "one of fp32, fp16, bf16, int8", {"", "float32", "FP32"});
}

TEST_CASE("contract: losses may be there") {
    const auto bytes = [](const std::string& value) {
        Entries entries = contract_entries();
        entries.emplace_back("vsdeblur.losses", value);
        return model("", entries);
    };
    CHECK(read(bytes(R"({"bf16":0.01,"int8":-0.5})")).losses == std::map<std::string, double>{{"bf16", 0.01}, {"int8", -0.5}});
    CHECK(read(bytes("{}")).losses.empty());
    CHECK(read(model("", contract_entries())).losses.empty());
    for (const std::string wrong : {"", "[]", R"({"fp32":0})", R"({"int8":"1"})", R"({"int8":NaN})", R"({"int8":1,"int8":2})"}) {
        CAPTURE(wrong);
        CHECK(error_of(bytes(wrong)).find("vsdeblur.losses must be ") != std::string::npos);
    }
}

TEST_CASE("contract: texts are one line of valid UTF-8") {
    const std::string allowed = " must be 1 to 2000 printable characters on one line, not '";
    for (const std::string key : {"vsdeblur.license", "vsdeblur.trained_on"}) {
        const auto refused = [&](const std::string& value) {
            return error_with(key, value).starts_with("m.onnx: " + key + allowed);
        };
        CHECK(refused(""));
        CHECK(refused("   "));
        CHECK(refused("a\nb"));
        CHECK(refused(std::string("a\0b", 3)));
        CHECK(refused(std::string(2001, 'a')));
        // Alone, overlong, a surrogate, beyond U+10FFFF, cut off.
        for (const char* bytes : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                                  "\xf0\x80\x80\xaf", "\xff"}) {
            CHECK(refused(bytes));
        }
    }
    std::string longest;
    for (int i = 0; i < 2000; ++i) longest += "\xf0\x9f\x8e\xac";
    Entries entries = with(contract_entries(), "vsdeblur.license", longest);
    entries = with(entries, "vsdeblur.trained_on", "Stra\xc3\x9f" "e \xe2\x82\xac");
    CHECK(read(model("graph", entries)).license == longest);
    CHECK(read(model("graph", entries)).trained_on == "Stra\xc3\x9f" "e \xe2\x82\xac");
}

TEST_CASE("contract: malformed states") {
    const std::string key = "vsdeblur.states";
    const std::string good = R"("input":"a_in","output":"a_out","channels":1,"scale":1,"initial":0)";
    CHECK(read(model("graph", with(contract_entries(), key, one_state(good)))).states.size() == 1);

    for (const char* text : {"", "{}", "[", "[]]", "[] []", "[1,]", "null", "[nul]", "['a']", "[\"a\x01\"]",
                             "[\"\\u0061\"]", "[+1]", "[01]", "[1.]", "[.5]", "[1e]", "[1e999]", "[NaN]", "[Infinity]",
                             "[-]", "[\"a]",
                             "[{\"a\":1,\"a\":1}]", "[{\"a\"}]", "[{1:1}]", "[{\"a\":1,}]"}) {
        CAPTURE(text);
        CHECK(error_with(key, text).starts_with(
            "m.onnx: vsdeblur.states must be a JSON array without escape sequences, not '"));
    }
    const std::string deep = std::string(100'000, '[');
    CHECK(error_with(key, deep).starts_with("m.onnx: vsdeblur.states must be a JSON array"));

    const std::string keys = "m.onnx: vsdeblur.states must be objects with exactly the keys input, output, channels, "
                             "scale, initial, not '";
    CHECK(error_with(key, "[1]").starts_with(keys));
    CHECK(error_with(key, "[{}]").starts_with(keys));
    CHECK(error_with(key, one_state(good + R"(,"more":1)")).starts_with(keys));

    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const std::size_t place = text.find(from);
        REQUIRE(place != std::string::npos);
        return error_with(key, one_state(text.replace(place, from.size(), to)));
    };
    for (const char* input : {"1", "\"a\"", "\"_in\"", "\"frames_in\"", "\"1_in\"", "\"a-b_in\"", "null"}) {
        CHECK(changed("\"a_in\"", input).starts_with(
            "m.onnx: vsdeblur.states must be objects whose input is a name that ends in _in and is not frames_in"));
    }
    CHECK(changed("\"a_out\"", "\"b_out\"") == "m.onnx: vsdeblur.states: output of a_in must be a_out");
    CHECK(changed("\"a_out\"", "1") == "m.onnx: vsdeblur.states: output of a_in must be a_out");
    for (const char* count : {"0", "4097", "-1", "1.0", "1e0", "\"1\"", "true"}) {
        CHECK(changed("\"channels\":1", std::string("\"channels\":") + count) ==
              "m.onnx: vsdeblur.states: channels of a_in must be a whole number from 1 to 4096");
    }
    for (const char* scale : {"0", "2", "0.3", "-0.5", "\"0.5\"", "null"}) {
        CHECK(changed("\"scale\":1", std::string("\"scale\":") + scale) ==
              "m.onnx: vsdeblur.states: scale of a_in must be 1, 0.5, 0.25 or 0.125");
    }
    for (const char* initial : {"1", "-0.1", "\"0\"", "false"}) {
        CHECK(changed("\"initial\":0", std::string("\"initial\":") + initial) ==
              "m.onnx: vsdeblur.states: initial of a_in must be 0");
    }
    CHECK(changed("\"scale\":1", "\"scale\":0.125") ==
          "m.onnx: vsdeblur.states: scale of a_in does not give whole pixels for frames that divide by 4");
    CHECK(error_with(key, "[{" + good + "},{" + good + "}]") == "m.onnx: vsdeblur.states: a_in is there twice");

    std::string many = "[";
    for (int i = 0; i < 17; ++i) many += (i == 0 ? "{}" : ",{}");
    CHECK(error_with(key, many + "]").starts_with("m.onnx: vsdeblur.states must be an array of at most 16 states"));
}

TEST_CASE("contract: an error shows no control characters and stays on one line") {
    const std::string error = error_with("vsdeblur.color", "a\nb\x1b[31m\xff");
    CHECK(error == "m.onnx: vsdeblur.color must be one of luma, rgb, not 'a?b?[31m?'");
}

TEST_CASE("contract: a file cut at any byte gives a sentence, never a contract") {
    const std::string whole = model("a small graph", contract_entries());
    REQUIRE(read(whole).name == "Test-1");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        const std::string error = error_of(whole.substr(0, size));
        CHECK(error.starts_with("m.onnx "));
    }
    const std::size_t in_graph = whole.find("small");
    CHECK(error_of(whole.substr(0, in_graph)) == "m.onnx is truncated");
    const std::size_t in_probe = whole.find("vsdeblur.probe") + 5;
    CHECK(error_of(whole.substr(0, in_probe)) == "m.onnx is truncated");
}

}  // namespace vsdeblur
