#include "pixels.h"

#include <cstring>

namespace vsdeblur::frei0r {

namespace {

constexpr int channels = 4;
constexpr int stripe = 16;  // width of a stripe, pixels
constexpr unsigned char magenta[channels] = {255, 0, 255, 255};
constexpr unsigned char black[channels] = {0, 0, 0, 255};

}  // namespace

Planes::Planes(const std::uint32_t* pixels, const Layout& layout)
    : width_(layout.width), height_(layout.height), bytes_(std::size_t{channels} * layout.width * layout.height) {
    const std::size_t plane = static_cast<std::size_t>(width_) * height_;
    for (int y = 0; y < height_; ++y) {
        const auto* from = reinterpret_cast<const std::byte*>(pixels + layout.at(y));
        std::byte* to = bytes_.data() + static_cast<std::size_t>(width_) * y;
        for (int x = 0; x < width_; ++x)
            for (int channel = 0; channel < channels; ++channel) to[plane * channel + x] = from[channels * x + channel];
    }
}

const std::byte* Planes::row(int plane, int y) const {
    return bytes_.data() + static_cast<std::size_t>(width_) * (static_cast<std::size_t>(height_) * plane + y);
}

FrameView Planes::view() const {
    FrameView view;
    view.format = format_of(width_, height_);
    view.range = Range::full;
    for (int plane = 0; plane < 3; ++plane) {
        view.data[plane] = row(plane, 0);
        view.stride[plane] = width_;
    }
    return view;
}

Format format_of(int width, int height) { return {Family::rgb, Sample::integer, 8, 0, 0, width, height}; }

void pack(const Image& image, const Planes& source, const Layout& layout, std::uint32_t* pixels) {
    for (int y = 0; y < layout.height; ++y) {
        const std::byte* rows[channels] = {nullptr, nullptr, nullptr, source.alpha(y)};
        for (int plane = 0; plane < 3; ++plane) rows[plane] = image.plane(plane) + image.stride(plane) * y;
        auto* to = reinterpret_cast<std::byte*>(pixels + layout.at(y));
        for (int x = 0; x < layout.width; ++x)
            for (int channel = 0; channel < channels; ++channel) to[channels * x + channel] = rows[channel][x];
    }
}

void paint_failure(int width, std::size_t count, std::uint32_t* pixels) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t diagonal = i % static_cast<std::size_t>(width) + i / static_cast<std::size_t>(width);
        std::memcpy(pixels + i, diagonal / stripe % 2 == 0 ? magenta : black, channels);
    }
}

}  // namespace vsdeblur::frei0r
