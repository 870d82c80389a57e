// The part of OpenVINO's C API that the engine uses, bound at run time; nothing of OpenVINO is needed to build.
//
// The library exports one function for each name below. Its structures have not changed since 2023, and the numbers of
// element types have: OpenVinoLibrary finds the one that is needed.
//
// A function that can fail returns a Status other than ok; last_error() then has the reason.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace vsdeblur::openvino {

// Opaque objects of the library.
struct CompiledModel;
struct ConstPort;
struct Core;
struct InferRequest;
struct Model;
struct Tensor;

enum class Status : int { ok = 0 };
using ElementType = int;

struct Version {
    const char* build;  // such as `2026.4.1-22982-e213a147257`
    const char* description;
};

struct Devices {
    char** names;
    std::size_t count;
};

struct Shape {
    std::int64_t rank;
    std::int64_t* sizes;
};

struct Dimension {
    std::int64_t least;
    std::int64_t most;
};

struct PartialShape {
    Dimension rank;
    Dimension* sizes;
};

// An open library.
class Symbols {
public:
    Symbols(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
    // Throws Error when the library lacks it.
    void* find(const char* name) const;

private:
    void* handle_;
    std::string path_;
};

template <std::size_t size>
struct Name {
    constexpr Name(const char (&letters)[size]) { std::copy_n(letters, size, text); }
    char text[size];
};

// One of the library's functions, to be called like a function.
template <Name name, typename Signature>
class Function {
public:
    explicit Function(const Symbols& symbols) : pointer_(reinterpret_cast<Signature*>(symbols.find(name.text))) {}
    operator Signature*() const { return pointer_; }

private:
    Signature* pointer_;
};

// What tells a library's version, and is there in every version.
struct VersionApi {
    explicit VersionApi(const Symbols& library) : symbols(library) {}
    const Symbols symbols;
    Function<"ov_get_openvino_version", Status(Version*)> get_version{symbols};
    Function<"ov_version_free", void(Version*)> free_version{symbols};
};

// Texts and lists that a function gives are the caller's; the release function stands below the ones that give.
struct Api {
    explicit Api(const Symbols& library) : symbols(library) {}
    const Symbols symbols;

    Function<"ov_get_last_err_msg", char*()> last_error{symbols};
    Function<"ov_free", void(const char*)> free_text{symbols};

    Function<"ov_core_create", Status(Core**)> create_core{symbols};
    Function<"ov_core_get_available_devices", Status(const Core*, Devices*)> get_devices{symbols};
    Function<"ov_available_devices_free", void(Devices*)> free_devices{symbols};
    Function<"ov_core_get_property", Status(const Core*, const char* device, const char* key, char** value)>
        get_property{symbols};

    Function<"ov_core_read_model", Status(const Core*, const char* path, const char* weights, Model**)>
        read_model{symbols};
    Function<"ov_model_free", void(Model*)> free_model{symbols};
    Function<"ov_model_inputs_size", Status(const Model*, std::size_t*)> count_inputs{symbols};
    Function<"ov_model_outputs_size", Status(const Model*, std::size_t*)> count_outputs{symbols};
    Function<"ov_model_const_input_by_index", Status(const Model*, std::size_t, ConstPort**)> get_input{symbols};
    Function<"ov_model_const_output_by_index", Status(const Model*, std::size_t, ConstPort**)> get_output{symbols};
    Function<"ov_output_const_port_free", void(ConstPort*)> free_port{symbols};
    Function<"ov_port_get_any_name", Status(const ConstPort*, char**)> get_name{symbols};
    Function<"ov_port_get_element_type", Status(const ConstPort*, ElementType*)> get_element_type{symbols};
    Function<"ov_port_get_partial_shape", Status(const ConstPort*, PartialShape*)> get_shape{symbols};
    Function<"ov_partial_shape_free", void(PartialShape*)> free_shape{symbols};
    Function<"ov_model_reshape", Status(const Model*, const char** names, const PartialShape*, std::size_t count)>
        reshape{symbols};

    // `properties` is the number of texts that follow: keys and values by turns.
    Function<"ov_core_compile_model", Status(const Core*, const Model*, const char* device, std::size_t properties,
                                             CompiledModel**, ...)>
        compile{symbols};
    Function<"ov_compiled_model_free", void(CompiledModel*)> free_compiled{symbols};
    Function<"ov_compiled_model_create_infer_request", Status(const CompiledModel*, InferRequest**)>
        create_request{symbols};
    Function<"ov_infer_request_free", void(InferRequest*)> free_request{symbols};
    Function<"ov_infer_request_set_input_tensor_by_index", Status(InferRequest*, std::size_t, const Tensor*)>
        set_input{symbols};
    Function<"ov_infer_request_set_output_tensor_by_index", Status(InferRequest*, std::size_t, const Tensor*)>
        set_output{symbols};
    Function<"ov_infer_request_infer", Status(InferRequest*)> infer{symbols};

    // The tensor uses the caller's memory.
    Function<"ov_tensor_create_from_host_ptr", Status(ElementType, Shape, void*, Tensor**)> create_tensor{symbols};
    Function<"ov_tensor_get_byte_size", Status(const Tensor*, std::size_t*)> get_bytes{symbols};
    Function<"ov_tensor_free", void(Tensor*)> free_tensor{symbols};
};

// Owners.
template <typename Object>
using Handle = std::unique_ptr<Object, void (*)(Object*)>;
using TextHandle = std::unique_ptr<char, void (*)(const char*)>;

}  // namespace vsdeblur::openvino
