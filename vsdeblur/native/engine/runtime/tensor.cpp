#include "runtime/tensor.h"

#include "error.h"
#include "runtime/memory.h"

#include <cstring>
#include <limits>
#include <new>

namespace vsdeblur {

std::string shape_text(const TensorShape& shape) {
    return "1x" + std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
}

Tensor Tensor::allocate(int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1) {
        throw Error("a tensor must have sizes of at least 1, not " + shape_text({channels, height, width}));
    }
    Tensor tensor;
    tensor.channels_ = channels;
    tensor.height_ = height;
    tensor.width_ = width;
    const double bytes = sizeof(float) * static_cast<double>(channels) * height * width;
    try {
        if (bytes >= static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max())) throw std::bad_alloc();
        const std::shared_ptr<std::byte[]> memory = detail::allocate_aligned(tensor.bytes());
        tensor.data_ = reinterpret_cast<float*>(memory.get());
        tensor.owner_ = memory;
        return tensor;
    } catch (const std::bad_alloc&) {
        throw Error("no memory for a tensor of " + shape_text({channels, height, width}));
    }
}

Tensor Tensor::zeros(int channels, int height, int width) {
    Tensor tensor = allocate(channels, height, width);
    std::memset(tensor.data(), 0, tensor.bytes());
    return tensor;
}

std::size_t Tensor::bytes() const {
    return sizeof(float) * static_cast<std::size_t>(channels_) * static_cast<std::size_t>(height_) *
           static_cast<std::size_t>(width_);
}

}  // namespace vsdeblur
