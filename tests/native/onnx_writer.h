// Writes small ONNX files byte by byte, so that the native tests need no Python and can write what no tool would.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vsdeblur::test {

// Protobuf: a number in groups of seven bits; a field's head; fields with a number or with bytes as their body.
std::string varint(std::uint64_t value);
std::string head(std::uint64_t field, std::uint64_t wire_type);
std::string number_field(std::uint64_t field, std::uint64_t value);
std::string bytes_field(std::uint64_t field, std::string_view bytes);

using Entries = std::vector<std::pair<std::string, std::string>>;

// One entry of ModelProto.metadata_props with its head.
std::string metadata_field(std::string_view key, std::string_view value);
// A whole model in the order in which protobuf libraries write it: version, graph, operator set, metadata.
std::string model(std::string_view graph, const Entries& metadata);

constexpr int float32 = 1;
constexpr int float64 = 11;
constexpr std::int64_t dynamic = -1;

// A graph's input or output.
struct Port {
    std::string name;
    std::vector<std::int64_t> shape;
    int type = float32;
};
struct Node {
    std::string operation;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
};
std::string graph(const std::vector<Node>& nodes, const std::vector<Port>& inputs, const std::vector<Port>& outputs);

// The metadata of a correct contract, and the same with one value changed.
Entries contract_entries();
Entries with(Entries entries, const std::string& key, const std::string& value);
Entries without(Entries entries, const std::string& key);

// A recurrent network of luma frames with a window of one, a state `sum` of full size and a state `half` of half size
// and two channels:
//   frames_out = frames + sum_in + sum_in;  sum_out = frames + sum_in;  half_out = half_in + half_in
struct Recurrent {
    std::vector<Node> nodes;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    Entries metadata;
    std::string bytes() const { return model(graph(nodes, inputs, outputs), metadata); }
};
Recurrent recurrent();

// A file that is there while this lives.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view bytes, std::string_view suffix = ".onnx");
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace vsdeblur::test
