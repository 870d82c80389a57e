#include "onnx_writer.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <stdexcept>

namespace vsdeblur::test {
namespace {

constexpr std::uint64_t wire_number = 0;
constexpr std::uint64_t wire_bytes = 2;
constexpr std::uint64_t ir_version = 8;
constexpr std::uint64_t opset = 17;

// ValueInfoProto{name = 1, type = 2{tensor_type = 1{elem_type = 1, shape = 2{dim = 1{dim_value = 1 | dim_param = 2}}}}}
std::string value_info(const Port& port) {
    std::string shape;
    for (std::size_t i = 0; i < port.shape.size(); ++i) {
        const bool is_dynamic = port.shape[i] == dynamic;
        shape += bytes_field(1, is_dynamic ? bytes_field(2, "size" + std::to_string(i))
                                           : number_field(1, static_cast<std::uint64_t>(port.shape[i])));
    }
    const std::string tensor = number_field(1, static_cast<std::uint64_t>(port.type)) + bytes_field(2, shape);
    return bytes_field(1, port.name) + bytes_field(2, bytes_field(1, tensor));
}

}  // namespace

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 0x7f; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
    return bytes + static_cast<char>(value);
}

std::string head(std::uint64_t field, std::uint64_t wire_type) { return varint(field << 3 | wire_type); }

std::string number_field(std::uint64_t field, std::uint64_t value) { return head(field, wire_number) + varint(value); }

std::string bytes_field(std::uint64_t field, std::string_view bytes) {
    return head(field, wire_bytes) + varint(bytes.size()) + std::string(bytes);
}

std::string metadata_field(std::string_view key, std::string_view value) {
    return bytes_field(14, bytes_field(1, key) + bytes_field(2, value));
}

std::string model(std::string_view graph, const Entries& metadata) {
    std::string bytes = number_field(1, ir_version) + bytes_field(2, "vsdeblur tests") + bytes_field(7, graph) +
                        bytes_field(8, bytes_field(1, "") + number_field(2, opset));
    for (const auto& [key, value] : metadata) bytes += metadata_field(key, value);
    return bytes;
}

std::string graph(const std::vector<Node>& nodes, const std::vector<Port>& inputs, const std::vector<Port>& outputs) {
    std::string bytes;
    for (const Node& node : nodes) {
        std::string body;
        for (const std::string& input : node.inputs) body += bytes_field(1, input);
        for (const std::string& output : node.outputs) body += bytes_field(2, output);
        bytes += bytes_field(1, body + bytes_field(4, node.operation));
    }
    bytes += bytes_field(2, "test");
    for (const Port& input : inputs) bytes += bytes_field(11, value_info(input));
    for (const Port& output : outputs) bytes += bytes_field(12, value_info(output));
    return bytes;
}

Entries contract_entries() {
    return {
        {"vsdeblur.contract", "1"},
        {"vsdeblur.name", "Test-1"},
        {"vsdeblur.license", "MIT"},
        {"vsdeblur.trained_on", "untrained"},
        {"vsdeblur.metrics", R"({"psnr":30.5})"},
        {"vsdeblur.window", "2,1"},
        {"vsdeblur.outputs", "-1,0,1"},
        {"vsdeblur.color", "rgb"},
        {"vsdeblur.multiple", "4"},
        {"vsdeblur.receptive_field", "31"},
        {"vsdeblur.states",
         R"([{"input":"f_in","output":"f_out","channels":32,"scale":0.5,"initial":0}, )"
         R"( {"initial":0.0,"scale":1.0,"channels":1,"output":"g_2_out","input":"g_2_in"}])"},
        {"vsdeblur.precision", "fp32"},
        {"vsdeblur.probe", R"({"height":8})"},
    };
}

Entries with(Entries entries, const std::string& key, const std::string& value) {
    for (auto& [name, text] : entries) {
        if (name == key) {
            text = value;
            return entries;
        }
    }
    throw std::logic_error("no entry " + key);
}

Entries without(Entries entries, const std::string& key) {
    if (std::erase_if(entries, [&](const auto& entry) { return entry.first == key; }) != 1) {
        throw std::logic_error("no entry " + key);
    }
    return entries;
}

Recurrent recurrent() {
    Recurrent network;
    network.nodes = {{"Add", {"frames", "sum_in"}, {"sum_out"}},
                     {"Add", {"sum_out", "sum_in"}, {"frames_out"}},
                     {"Add", {"half_in", "half_in"}, {"half_out"}}};
    network.inputs = {{"frames", {1, 1, dynamic, dynamic}},
                      {"sum_in", {1, 1, dynamic, dynamic}},
                      {"half_in", {1, 2, dynamic, dynamic}}};
    network.outputs = {{"frames_out", {1, 1, dynamic, dynamic}},
                       {"sum_out", {1, 1, dynamic, dynamic}},
                       {"half_out", {1, 2, dynamic, dynamic}}};
    Entries entries = contract_entries();
    entries = with(entries, "vsdeblur.window", "0,0");
    entries = with(entries, "vsdeblur.outputs", "0");
    entries = with(entries, "vsdeblur.color", "luma");
    entries = with(entries, "vsdeblur.multiple", "2");
    network.metadata = with(entries, "vsdeblur.states",
                            R"([{"input":"sum_in","output":"sum_out","channels":1,"scale":1,"initial":0},)"
                            R"({"input":"half_in","output":"half_out","channels":2,"scale":0.5,"initial":0}])");
    return network;
}

TemporaryFile::TemporaryFile(std::string_view bytes, std::string_view suffix) {
    static std::atomic<int> count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("vsdeblur_test_" + std::to_string(getpid()) + "_" + std::to_string(count++) + std::string(suffix));
    std::ofstream stream(path_, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) throw std::runtime_error("cannot write " + path_.string());
}

TemporaryFile::~TemporaryFile() {
    std::error_code code;
    std::filesystem::remove(path_, code);
}

}  // namespace vsdeblur::test
