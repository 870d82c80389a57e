// The contract: everything that a host must know about a network, read from the `metadata_props` of its .onnx file.
//
// Only the metadata is read. The weights are skipped, never loaded, and ONNX Runtime is not needed. The file may hold
// any bytes: the reader bounds every length by the size of the file and every metadata entry by a fixed limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace vsdeblur {

// The newest contract that this engine understands.
inline constexpr int contract_version = 1;

// One recurrent tensor. It is fed as `input` and comes back as `output`; before the first run it is 0 everywhere.
// Shape: (1, channels, scale * H, scale * W) for frames of H x W pixels, where H and W divide by Contract::multiple.
struct StateSpec {
    std::string input;   // name of the graph's input, `NAME_in`
    std::string output;  // name of the graph's output, `NAME_out`
    int channels;        // 1 to 4096
    double scale;        // 1, 0.5, 0.25 or 0.125; 0.5 is half width and half height; multiple * scale is whole
};

// The values are within the ranges given here; vsdeblur/contract.py says what each of them means.
struct Contract {
    enum class Color {
        luma,  // one channel: Y in 0..1, full range, or one of R, G and B
        rgb,   // three channels: R, G, B in 0..1, full range
    };

    int version;               // 1
    std::string name;          // as shown to users, such as `DTB`
    std::string license;
    std::string trained_on;    // `untrained` marks weights that are refused unless the user names the file
    std::string metrics;       // JSON, not looked into
    int before;                // neighbour frames read before the current one, 0 to 15
    int after;                 // neighbour frames read after it, 0 to 15
    std::vector<int> offsets;  // what each output frame is, in input frames from the current one: increasing, within
                               // the window, 0 among them; empty if subframes is not 0
    int subframes;             // 0, or 2 to 64: the outputs are that many instants of the current frame's exposure
    Color color;
    int multiple;              // height and width of the tensors must divide by this; 1 to 256
    int receptive_field;       // pixels, the diameter of the area that one output pixel sees; odd, 1 to 8191
    std::vector<StateSpec> states;  // at most 16; empty for a network without recurrence
    std::string precision;     // of the weights: fp32, fp16, bf16 or int8
    std::string probe;         // JSON, not looked into: a sample of the output for a fixed input
    std::map<std::string, double> losses;  // dB lost against fp32 in fp16, bf16 and int8, as far as it was measured

    // Channels of one frame: 1 or 3.
    int channels() const { return color == Color::luma ? 1 : 3; }
    // Frames that one run reads.
    int window() const { return before + 1 + after; }
    // Frames that one run gives.
    int outputs() const { return subframes != 0 ? subframes : static_cast<int>(offsets.size()); }
};

// Reads the contract of an .onnx file.
// Throws Error, naming the file, when it is missing, is no readable regular file, is empty, truncated or no ONNX file,
// carries no contract or a newer one, or has a key that is missing or malformed (then it names the key, its value and
// what is allowed). Thread-safe.
Contract read_contract(const std::filesystem::path& file);
// The same from a seekable stream of `size` bytes that errors call `name`.
Contract read_contract(std::istream& stream, std::uint64_t size, const std::string& name);

}  // namespace vsdeblur
