// A host's packed RGBA pixels and the planes that the engine reads.
#pragma once

#include "picture/frame.h"
#include "picture/image.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vsdeblur::frei0r {

// Where the rows of a host's frame lie. Sizes are pixels of 4 bytes.
struct Layout {
    int width = 0;
    int height = 0;
    int stride = 0;  // pixels from one row to the next, at least width
    int offset = 0;  // pixels before the first one

    bool operator==(const Layout&) const = default;
    std::size_t at(int y) const { return static_cast<std::size_t>(offset) + static_cast<std::size_t>(stride) * y; }
};

// A frame as four planes of bytes, R, G, B and A, without padding.
class Planes {
public:
    // Copies the pixels, R, G, B, A in that order in memory.
    Planes(const std::uint32_t* pixels, const Layout& layout);

    // R, G and B, full range; valid as long as this object.
    FrameView view() const;
    const std::byte* alpha(int y) const { return row(3, y); }

    bool operator==(const Planes&) const = default;

private:
    const std::byte* row(int plane, int y) const;

    int width_;
    int height_;
    std::vector<std::byte> bytes_;
};

// The format of every view().
Format format_of(int width, int height);

// Packs an image of that format with the alpha of `source`.
void pack(const Image& image, const Planes& source, const Layout& layout, std::uint32_t* pixels);

// Fills `count` pixels of a frame of that width with what no one takes for a picture: magenta and black stripes.
void paint_failure(int width, std::size_t count, std::uint32_t* pixels);

}  // namespace vsdeblur::frei0r
