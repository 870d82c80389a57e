// Owned images: Image in a host's format, FloatImage for a network. Both are movable, not copyable; a moved-from image
// may only be assigned to or destroyed. Distinct images may be used from any threads, one image by readers only or by
// one writer.
#pragma once

#include "picture/frame.h"
#include "runtime/memory.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vsdeblur {

// Planes of a format, only those that the engine wrote. A host takes the others from its source frame by reference.
class Image {
public:
    Image() = default;

    // Uninitialised planes: those with owned[plane] true. Rows are aligned to 64 bytes.
    Image(const Format& format, const std::array<bool, 3>& owned) : format_(format) {
        for (int plane = 0; plane < format.planes(); ++plane) {
            if (!owned[plane]) continue;
            const std::size_t row = static_cast<std::size_t>(format.plane_width(plane)) * format.bytes();
            const std::size_t stride = (row + detail::image_alignment - 1) / detail::image_alignment * detail::image_alignment;
            const std::size_t size = stride * format.plane_height(plane);
            stride_[plane] = static_cast<std::ptrdiff_t>(stride);
            planes_[plane] = detail::allocate_aligned(size);
            bytes_ += size;
        }
    }

    const Format& format() const { return format_; }
    bool has(int plane) const { return planes_[plane] != nullptr; }
    // First sample of the top row; null if the plane is not owned.
    std::byte* plane(int plane) { return planes_[plane].get(); }
    const std::byte* plane(int plane) const { return planes_[plane].get(); }
    // Bytes from one row to the next, positive; 0 if the plane is not owned.
    std::ptrdiff_t stride(int plane) const { return stride_[plane]; }
    // Memory that the planes take.
    std::size_t bytes() const { return bytes_; }

private:
    Format format_;
    std::array<detail::AlignedMemory, 3> planes_;
    std::array<std::ptrdiff_t, 3> stride_ = {};
    std::size_t bytes_ = 0;
};

// Float32 planes (channels, height, width), contiguous, row-major, without padding: the layout of a network's tensor.
// The pixel (c, y, x) is data()[(c * height + y) * width + x]; data() is aligned to 64 bytes.
class FloatImage {
public:
    FloatImage() = default;

    // Uninitialised; every size at least 1.
    FloatImage(int channels, int height, int width)
        : channels_(channels), height_(height), width_(width), memory_(detail::allocate_aligned(bytes())) {}

    // Filled with 0.
    static FloatImage zeros(int channels, int height, int width) {
        FloatImage image(channels, height, width);
        image.clear();
        return image;
    }

    // Sets every sample to 0.
    void clear() { std::fill_n(data(), plane_size() * channels_, 0.0f); }

    int channels() const { return channels_; }
    int height() const { return height_; }
    int width() const { return width_; }
    std::size_t plane_size() const { return static_cast<std::size_t>(height_) * width_; }  // samples
    std::size_t bytes() const { return plane_size() * channels_ * sizeof(float); }

    float* data() { return reinterpret_cast<float*>(memory_.get()); }
    const float* data() const { return reinterpret_cast<const float*>(memory_.get()); }
    float* plane(int channel) { return data() + plane_size() * channel; }
    const float* plane(int channel) const { return data() + plane_size() * channel; }
    float* row(int channel, int y) { return plane(channel) + static_cast<std::size_t>(width_) * y; }
    const float* row(int channel, int y) const { return plane(channel) + static_cast<std::size_t>(width_) * y; }

private:
    int channels_ = 0;
    int height_ = 0;
    int width_ = 0;
    detail::AlignedMemory memory_;
};

}  // namespace vsdeblur
