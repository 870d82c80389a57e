// What the Cython binding needs said in C++: exceptions, borrowed memory, and values that have no default constructor.
// Conversions only.
#pragma once

#include "Python.h"

#include "choice.h"
#include "engine.h"
#include "model/onnx_metadata.h"
#include "model/weights.h"
#include "runtime/runtime.h"
#include "system/system.h"

#include <cmath>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace vsdeblur::python {

inline PyObject* error_class = nullptr;

// vsdeblur.Error. Set once, when the module is imported, and never freed.
inline void set_error_class(PyObject* type) {
    Py_IncRef(type);
    error_class = type;
}

// Turns the C++ exception that is being handled into Python's. The caller holds the GIL.
inline void translate_exception() {
    try {
        throw;
    } catch (const Error& error) {
        // Paths in the sentence may hold any bytes.
        PyObject* sentence = PyUnicode_DecodeUTF8(error.what(), std::strlen(error.what()), "replace");
        if (sentence == nullptr) return;
        PyErr_SetObject(error_class, sentence);
        Py_DecRef(sentence);
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
}

inline std::unique_ptr<Request> begin(const Engine& engine, int n) {
    return std::make_unique<Request>(engine.request(n));
}

// Bytes of a frame whose planes lie one after the other, all of the frame's size and without padding.
inline std::size_t frame_bytes(const Format& format) {
    return static_cast<std::size_t>(format.planes()) * format.height * format.width * format.bytes();
}

// A view of such a frame, full range, not subsampled.
inline FrameView view_of_planes(const Format& format, const void* data) {
    FrameView view;
    view.format = format;
    view.range = Range::full;
    const std::size_t size = frame_bytes(format) / format.planes();
    for (int plane = 0; plane < format.planes(); ++plane) {
        view.data[plane] = static_cast<const std::byte*>(data) + plane * size;
        view.stride[plane] = static_cast<std::ptrdiff_t>(format.width) * format.bytes();
    }
    return view;
}

// The metadata of a model whose contract is sound, under the keys that are wanted.
inline std::map<std::string, std::string> read_metadata(const std::filesystem::path& file,
                                                        const std::vector<std::string>& wanted) {
    read_contract(file);
    std::ifstream stream(file, std::ios::binary);
    const std::vector<std::string_view> keys(wanted.begin(), wanted.end());
    const Metadata found = read_onnx_metadata(stream, std::filesystem::file_size(file), system::text_of(file), keys);
    return {found.begin(), found.end()};
}

// One run on `frames`, (window * channels, height, width), with all states at 0. Returns frames_out, and in `execution`
// what computed it.
inline std::vector<float> run_once(const std::filesystem::path& model, const SessionOptions& options,
                                   const float* frames, std::size_t count, int height, int width,
                                   Execution& execution) {
    const Contract contract = read_contract(model);
    Session session(model, contract, options);
    execution = session.execution();
    Tensor input = Tensor::allocate(contract.window() * contract.channels(), height, width);
    if (input.bytes() != count * sizeof(float)) {
        throw Error("frames must hold " + std::to_string(input.bytes() / sizeof(float)) + " values, not " +
                    std::to_string(count));
    }
    std::memcpy(input.data(), frames, input.bytes());
    std::vector<Tensor> states;
    for (const StateSpec& state : contract.states) {
        states.push_back(Tensor::zeros(state.channels, static_cast<int>(std::lround(height * state.scale)),
                                       static_cast<int>(std::lround(width * state.scale))));
    }
    const Tensor output = session.run(input, states).front();
    return {output.data(), output.data() + output.bytes() / sizeof(float)};
}

}  // namespace vsdeblur::python
