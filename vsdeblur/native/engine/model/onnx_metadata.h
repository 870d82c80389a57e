// The metadata of an ONNX file, read without its weights.
//
// An .onnx file is one protobuf message, ModelProto: a list of fields, each with a number, a wire type and, for all but
// plain numbers, a length. The walker reads the fields' heads, skips their bodies by seeking, and reads only those
// entries of `metadata_props` (field 14) that it is asked for. Memory is bounded whatever the bytes say.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace vsdeblur {

using Metadata = std::map<std::string, std::string, std::less<>>;

// Values longer than this many bytes are refused.
inline constexpr std::uint64_t metadata_value_limit = 1 << 20;

// Returns the entries of `metadata_props` whose keys are in `wanted`.
//   stream: seekable, holds `size` bytes from its start
//   file:   how errors name it
// Throws Error when the stream cannot be read, is empty, truncated or no ONNX model, or holds a wanted key twice or
// with a value that is too long.
Metadata read_onnx_metadata(std::istream& stream, std::uint64_t size, const std::string& file,
                            std::span<const std::string_view> wanted);

}  // namespace vsdeblur
