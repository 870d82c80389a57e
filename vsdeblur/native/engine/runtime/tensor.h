// Tensors: what goes into a network and comes out of it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace vsdeblur {

// All but the first dimension, which is 1.
struct TensorShape {
    int channels = 0;
    int height = 0;
    int width = 0;

    bool operator==(const TensorShape&) const = default;
};

// A dense float32 tensor of shape (1, channels, height, width) in CPU memory, row-major: the pixel (c, y, x) is
// data()[(c * height + y) * width + x].
//
// A Tensor is a handle: copies share the same memory, which is freed with the last of them. A default-constructed one
// holds nothing (data() is null, sizes are 0). The memory may be written until the tensor is first given to a run or to
// another thread; from then on it is read-only. Distinct handles of one tensor may be used from any thread.
class Tensor {
public:
    Tensor() = default;

    // Uninitialised memory, aligned to 64 bytes. Every size must be at least 1. Throws Error if that is not so or if
    // there is not that much memory.
    static Tensor allocate(int channels, int height, int width);
    // The same, filled with 0.
    static Tensor zeros(int channels, int height, int width);

    float* data() { return data_; }
    const float* data() const { return data_; }
    int channels() const { return channels_; }
    int height() const { return height_; }
    int width() const { return width_; }
    TensorShape shape() const { return {channels_, height_, width_}; }
    std::size_t bytes() const;
    explicit operator bool() const { return data_ != nullptr; }

private:
    std::shared_ptr<void> owner_;
    float* data_ = nullptr;
    int channels_ = 0;
    int height_ = 0;
    int width_ = 0;
};

// `1x3x480x640`, as errors show a shape.
std::string shape_text(const TensorShape& shape);

}  // namespace vsdeblur
