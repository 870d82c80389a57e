// What a library behind the seam does for a Session; onnxruntime/ and openvino/ each have one. Internal to runtime/.
#pragma once

#include "runtime/tensor.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vsdeblur {

// A tensor that a graph has at its border.
struct GraphPort {
    std::string name;
    bool is_float32;
    std::vector<std::int64_t> shape;  // -1: dynamic
};

// A network that a library has loaded.
class Backend {
public:
    virtual ~Backend() = default;

    // What the graph has, in any order. Throw Error when the library does not tell.
    virtual std::vector<GraphPort> inputs() const = 0;
    virtual std::vector<GraphPort> outputs() const = 0;

    // Called once, when they are known to be what the contract promises: the names in the order that run() keeps to.
    virtual void bind(std::vector<std::string> inputs, std::vector<std::string> outputs) = 0;

    // Makes ready for runs on inputs of these shapes, in the order of the names. Throws Error when that fails.
    virtual void prepare(std::span<const TensorShape> inputs) = 0;
    // Reads `inputs` and writes `outputs`, all allocated, in the order of the names. Throws Error when the run fails.
    virtual void run(std::span<const Tensor> inputs, std::span<Tensor> outputs) = 0;
};

}  // namespace vsdeblur
