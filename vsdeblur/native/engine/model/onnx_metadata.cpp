#include "model/onnx_metadata.h"

#include "error.h"

#include <algorithm>
#include <optional>

namespace vsdeblur {
namespace {

// Field numbers of ModelProto and StringStringEntryProto in onnx.proto.
enum ModelField : std::uint64_t {
    ir_version_field = 1,
    producer_name_field = 2,
    producer_version_field = 3,
    domain_field = 4,
    model_version_field = 5,
    doc_string_field = 6,
    graph_field = 7,
    opset_import_field = 8,
    metadata_props_field = 14,
    training_info_field = 20,
    functions_field = 25,
    configuration_field = 26,
};
enum EntryField : std::uint64_t { entry_key_field = 1, entry_value_field = 2 };

enum WireType : std::uint64_t { wire_varint = 0, wire_fixed64 = 1, wire_length = 2, wire_fixed32 = 5 };

// Real models have some dozens of fields; the limit keeps a hostile file from costing more than a moment.
constexpr int max_fields = 100'000;
// The newest ONNX has 13; anything far above is no version.
constexpr std::uint64_t max_ir_version = 1000;
constexpr std::uint64_t max_key_length = 256;

// The bytes do not read as the message; which sentence that becomes depends on what came before.
struct Malformed {
    bool past_end;
};

struct Field {
    std::uint64_t number;
    std::uint64_t wire;
    std::uint64_t length;  // of the body in bytes; 0 for a varint, whose value has been read already
    std::uint64_t value;   // of a varint
};

// A cursor over the stream that never passes its end.
class Walker {
public:
    Walker(std::istream& stream, std::uint64_t size, const std::string& file)
        : stream_(stream), file_(file), end_(size) {}

    std::uint64_t position() const { return position_; }
    bool at(std::uint64_t end) const { return position_ >= end; }
    std::uint64_t end() const { return end_; }

    // Reads a field's head, and the body too if that is a varint. The body ends at or before `end`.
    Field read_field(std::uint64_t end) {
        const std::uint64_t tag = read_varint(end);
        Field field{tag >> 3, tag & 7, 0, 0};
        if (field.number == 0) throw Malformed{false};
        switch (field.wire) {
            case wire_varint: field.value = read_varint(end); break;
            case wire_fixed64: field.length = 8; break;
            case wire_fixed32: field.length = 4; break;
            case wire_length: field.length = read_varint(end); break;
            default: throw Malformed{false};
        }
        if (field.length > end - position_) throw Malformed{end == end_};
        return field;
    }

    std::string read_bytes(std::uint64_t length) {
        std::string bytes(length, '\0');
        stream_.read(bytes.data(), static_cast<std::streamsize>(length));
        check_stream();
        position_ += length;
        return bytes;
    }

    void skip(std::uint64_t length) {
        if (length == 0) return;
        position_ += length;
        stream_.seekg(static_cast<std::streamoff>(position_));
        check_stream();
    }

private:
    std::uint64_t read_varint(std::uint64_t end) {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position_ >= end) throw Malformed{end == end_};
            const int byte = stream_.get();
            check_stream();
            ++position_;
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        throw Malformed{false};
    }

    void check_stream() const {
        if (!stream_) throw Error(file_ + " cannot be read");
    }

    std::istream& stream_;
    const std::string& file_;
    std::uint64_t end_;
    std::uint64_t position_ = 0;
};

// Whether ModelProto has this field with this wire type; true for numbers that a later ONNX may add.
bool fits_model(const Field& field) {
    switch (field.number) {
        case ir_version_field:
        case model_version_field: return field.wire == wire_varint;
        case producer_name_field:
        case producer_version_field:
        case domain_field:
        case doc_string_field:
        case graph_field:
        case opset_import_field:
        case metadata_props_field:
        case training_info_field:
        case functions_field:
        case configuration_field: return field.wire == wire_length;
        default: return true;
    }
}

class Reader {
public:
    Reader(std::istream& stream, std::uint64_t size, const std::string& file, std::span<const std::string_view> wanted)
        : walker_(stream, size, file), file_(file), wanted_(wanted) {}

    Metadata read() {
        try {
            walk();
        } catch (const Malformed& malformed) {
            if (starts_as_model_ && malformed.past_end) throw Error(file_ + " is truncated");
            throw Error(file_ + " is not an ONNX file");
        }
        return std::move(found_);
    }

private:
    void walk() {
        bool has_version = false;
        bool has_graph = false;
        for (int count = 0; !walker_.at(walker_.end()); ++count) {
            const Field field = walker_.read_field(walker_.end());
            if (count == max_fields || !fits_model(field)) throw Malformed{false};
            if (field.number == ir_version_field) {
                if (field.value == 0 || field.value > max_ir_version) throw Malformed{false};
                has_version = true;
                if (count == 0) starts_as_model_ = true;
            }
            has_graph = has_graph || field.number == graph_field;
            if (field.number == metadata_props_field) {
                read_entry(walker_.position() + field.length);
            } else {
                walker_.skip(field.length);
            }
        }
        if (!has_version || !has_graph) throw Malformed{true};
    }

    void read_entry(std::uint64_t end) {
        std::string key;
        std::optional<std::string> value = std::string();  // empty: too long to keep
        while (!walker_.at(end)) {
            const Field field = walker_.read_field(end);
            const bool is_text = field.number == entry_key_field || field.number == entry_value_field;
            if (is_text && field.wire != wire_length) throw Malformed{false};
            if (field.number == entry_key_field && field.length <= max_key_length) {
                key = walker_.read_bytes(field.length);
            } else if (field.number == entry_value_field && field.length <= metadata_value_limit) {
                value = walker_.read_bytes(field.length);
            } else {
                if (field.number == entry_key_field) key.clear();
                if (field.number == entry_value_field) value.reset();
                walker_.skip(field.length);
            }
        }
        keep(std::move(key), std::move(value));
    }

    void keep(std::string key, std::optional<std::string> value) {
        if (std::ranges::find(wanted_, key) == wanted_.end()) return;
        if (!value) {
            const std::string limit = std::to_string(metadata_value_limit);
            throw Error(file_ + ": " + key + " must be at most " + limit + " bytes long");
        }
        if (!found_.emplace(key, std::move(*value)).second) throw Error(file_ + ": " + key + " is there twice");
    }

    Walker walker_;
    const std::string& file_;
    std::span<const std::string_view> wanted_;
    Metadata found_;
    bool starts_as_model_ = false;
};

}  // namespace

Metadata read_onnx_metadata(std::istream& stream, std::uint64_t size, const std::string& file,
                            std::span<const std::string_view> wanted) {
    if (size == 0) throw Error(file + " is empty");
    return Reader(stream, size, file, wanted).read();
}

}  // namespace vsdeblur
