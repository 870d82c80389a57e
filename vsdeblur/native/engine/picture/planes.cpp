#include "picture/planes.h"

#include "picture/chroma.h"
#include "picture/colour.h"
#include "picture/samples.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace vsdeblur {

namespace {

using detail::ChromaAxis;
using detail::with_codec;

// Rows go through short loops with one condition each and rows of floats between them: GCC vectorises those, and turns
// several conditions in one loop into branches.

// What the network changed; where it gave NaN, nothing.
void change_of(const float* in, const float* out, int width, float* delta) {
    for (int x = 0; x < width; ++x) {
        const float difference = out[x] - in[x];
        delta[x] = difference == difference ? difference : 0.0f;
    }
}

// RGB weights in the precision of the loops.
struct Weights3 {
    float r, g, b;
    explicit Weights3(const std::array<double, 3>& row)
        : r(static_cast<float>(row[0])), g(static_cast<float>(row[1])), b(static_cast<float>(row[2])) {}
};

Weights3 luma_of_rgb() { return Weights3(rgb_to_yuv(bt709)[0]); }

template <class Codec>
typename Codec::Raw* row(Image& image, int plane, int y, const Codec&) {
    return reinterpret_cast<typename Codec::Raw*>(image.plane(plane) + image.stride(plane) * y);
}

// ---- one plane for one channel: luma models, and RGB models on RGB --------------------------------------------------

template <class Codec>
void decode_direct(const Codec codec, const FrameView& source, int plane, float* values) {
    const Levels levels = luma_levels(source.format, source.range);
    const int width = source.format.width;
    for (int y = 0; y < source.format.height; ++y, values += width) {
        const auto* from = detail::row(source, plane, y, codec);
        for (int x = 0; x < width; ++x) values[x] = (codec.load(from[x]) - levels.offset) / levels.scale;
    }
}

template <class Codec>
void encode_direct(const Codec codec, const FrameView& source, int plane, const float* values, Image& image) {
    const Levels levels = luma_levels(source.format, source.range);
    const float offset = levels.offset == 0.0f ? -0.0f : levels.offset;  // adding -0 keeps -0
    const int width = source.format.width;
    std::vector<float> number_row(width);
    float* numbers = number_row.data();
    for (int y = 0; y < source.format.height; ++y, values += width) {
        const auto* from = detail::row(source, plane, y, codec);
        auto* to = row(image, plane, y, codec);
        for (int x = 0; x < width; ++x) numbers[x] = codec.load(from[x]);
        for (int x = 0; x < width; ++x) {
            const float number = offset + levels.scale * values[x], old = numbers[x];
            numbers[x] = number == number ? number : old;
        }
        for (int x = 0; x < width; ++x) to[x] = codec.store(numbers[x]);
    }
}

// Adds scale * delta to a row of the source.
template <class Codec>
void change_row(const Codec codec, const FrameView& source, int plane, int y, float scale, const float* delta,
                Image& image) {
    const auto* from = detail::row(source, plane, y, codec);
    auto* to = row(image, plane, y, codec);
    const int width = source.format.plane_width(plane);
    for (int x = 0; x < width; ++x) to[x] = codec.change(from[x], scale * delta[x]);
}

// A row of the network's change of R, G and B, and mixtures of the three.
class RgbChange {
public:
    explicit RgbChange(int width) : width_(width), r_(width), g_(width), b_(width), mixed_(width) {}

    void read(const FloatImage& in, const FloatImage& out, int y) {
        change_of(in.row(0, y), out.row(0, y), width_, r_.data());
        change_of(in.row(1, y), out.row(1, y), width_, g_.data());
        change_of(in.row(2, y), out.row(2, y), width_, b_.data());
    }

    void mix(const Weights3& weights, float* to) const {
        const float *r = r_.data(), *g = g_.data(), *b = b_.data();
        for (int x = 0; x < width_; ++x) to[x] = weights.r * r[x] + weights.g * g[x] + weights.b * b[x];
    }

    // Room for a mixture.
    float* mixed() { return mixed_.data(); }

private:
    int width_;
    std::vector<float> r_, g_, b_, mixed_;
};

// ---- RGB models on GRAY --------------------------------------------------------------------------------------------

template <class Codec>
void decode_rgb_of_gray(const Codec codec, const FrameView& source, FloatImage& values) {
    decode_direct(codec, source, 0, values.plane(0));
    std::copy_n(values.plane(0), values.plane_size(), values.plane(1));
    std::copy_n(values.plane(0), values.plane_size(), values.plane(2));
}

template <class Codec>
void encode_rgb_of_gray(const Codec codec, const FrameView& source, const FloatImage& in, const FloatImage& out,
                        Image& image) {
    const float scale = luma_levels(source.format, source.range).scale;
    const Weights3 weights = luma_of_rgb();
    RgbChange change(source.format.width);
    for (int y = 0; y < source.format.height; ++y) {
        change.read(in, out, y);
        change.mix(weights, change.mixed());
        change_row(codec, source, 0, y, scale, change.mixed(), image);
    }
}

// ---- RGB models on YUV ---------------------------------------------------------------------------------------------

// A row of floats that may be read up to `margin` beyond either end, where it repeats its ends.
class PaddedRow {
public:
    PaddedRow(int size, int margin) : size_(size), margin_(margin), values_(size + 2 * static_cast<std::size_t>(margin)) {}

    float* data() { return values_.data() + margin_; }

    void repeat_ends() {
        std::fill_n(values_.data(), margin_, data()[0]);
        std::fill_n(data() + size_, margin_, data()[size_ - 1]);
    }

private:
    int size_;
    int margin_;
    std::vector<float> values_;
};

// Everything about a frame that conversion between its YUV and RGB needs.
struct YuvGeometry {
    ChromaAxis horizontal;
    ChromaAxis vertical;
    Levels luma;
    Levels chroma;
    LumaWeights weights;

    explicit YuvGeometry(const FrameView& source)
        : horizontal(detail::horizontal_axis(source.format, source.chroma_location)),
          vertical(detail::vertical_axis(source.format, source.chroma_location)),
          luma(luma_levels(source.format, source.range)),
          chroma(chroma_levels(source.format, source.range)),
          weights(luma_weights(source.matrix, source.format.width, source.format.height)) {}
};

// The row y, in luma rows, of a chroma plane: chroma's resolution across, luma's down; normalised.
template <class Codec>
void chroma_row(const Codec codec, const FrameView& source, const YuvGeometry& geometry, int plane, int y,
                PaddedRow& values) {
    const ChromaAxis& axis = geometry.vertical;
    const auto& up = axis.up[y % axis.ratio];
    const int at = y / axis.ratio;
    // Of the three weights one of the outer two is 0.
    const bool later = up[0] == 0.0f;
    const int other = std::clamp(later ? at + 1 : at - 1, 0, axis.chroma - 1);
    const float weight = up[1], other_weight = later ? up[2] : up[0];
    const auto* here = detail::row(source, plane, at, codec);
    const auto* there = detail::row(source, plane, other, codec);
    float* to = values.data();
    for (int x = 0; x < geometry.horizontal.chroma; ++x) {
        const float sum = weight * codec.load(here[x]) + other_weight * codec.load(there[x]);
        to[x] = (sum - geometry.chroma.offset) / geometry.chroma.scale;
    }
    values.repeat_ends();
}

template <class Codec>
void decode_rgb_of_yuv(const Codec codec, const FrameView& source, FloatImage& values) {
    const YuvGeometry geometry(source);
    const Matrix3 matrix = yuv_to_rgb(geometry.weights);
    const float rv = static_cast<float>(matrix[0][2]), gu = static_cast<float>(matrix[1][1]),
                gv = static_cast<float>(matrix[1][2]), bu = static_cast<float>(matrix[2][1]);
    const int width = source.format.width;
    PaddedRow narrow(geometry.horizontal.chroma, 1);
    std::vector<float> luma_row(width), u_row(width), v_row(width);
    for (int y = 0; y < source.format.height; ++y) {
        chroma_row(codec, source, geometry, 1, y, narrow);
        detail::upsample_row(geometry.horizontal, narrow.data(), u_row.data());
        chroma_row(codec, source, geometry, 2, y, narrow);
        detail::upsample_row(geometry.horizontal, narrow.data(), v_row.data());
        const auto* from = detail::row(source, 0, y, codec);
        float* luma = luma_row.data();
        for (int x = 0; x < width; ++x) luma[x] = (codec.load(from[x]) - geometry.luma.offset) / geometry.luma.scale;
        const float *u = u_row.data(), *v = v_row.data();
        float *r = values.row(0, y), *g = values.row(1, y), *b = values.row(2, y);
        for (int x = 0; x < width; ++x) r[x] = luma[x] + rv * v[x];
        for (int x = 0; x < width; ++x) g[x] = luma[x] + gu * u[x] + gv * v[x];
        for (int x = 0; x < width; ++x) b[x] = luma[x] + bu * u[x];
    }
}

// Adds a change of U or V, at luma's resolution down and chroma's across, to a plane. Rows come from the top; a chroma row
// is written as soon as the last luma row that it depends on has come, so only two periods of rows are kept.
template <class Codec>
class ChromaChange {
public:
    ChromaChange(const Codec codec, const FrameView& source, const YuvGeometry& geometry, int plane, Image& image)
        : codec_(codec), source_(source), axis_(geometry.vertical), scale_(geometry.chroma.scale), plane_(plane),
          image_(image), width_(geometry.horizontal.chroma), sum_(width_),
          ring_(static_cast<std::size_t>(2) * axis_.ratio, std::vector<float>(width_)) {}

    // Where the row y is to be written before finish_row(y).
    float* row_at(int y) { return ring_[y % ring_.size()].data(); }

    void finish_row(int y) {
        const int last_luma = axis_.luma() - 1;
        for (; next_ < axis_.chroma; ++next_) {
            const int first = axis_.ratio * next_ + axis_.first;
            if (std::min(first + axis_.taps - 1, last_luma) > y) return;
            std::fill(sum_.begin(), sum_.end(), 0.0f);
            for (int k = 0; k < axis_.taps; ++k) add(axis_.down[k], row_at(std::clamp(first + k, 0, last_luma)));
            change_row(codec_, source_, plane_, next_, scale_, sum_.data(), image_);
        }
    }

private:
    void add(float weight, const float* from) {
        float* sum = sum_.data();
        for (int x = 0; x < width_; ++x) sum[x] += weight * from[x];
    }

    const Codec codec_;
    const FrameView& source_;
    const ChromaAxis& axis_;
    const float scale_;
    const int plane_;
    Image& image_;
    const int width_;
    int next_ = 0;  // the chroma row to be written next
    std::vector<float> sum_;
    std::vector<std::vector<float>> ring_;
};

template <class Codec>
void encode_rgb_of_yuv(const Codec codec, const FrameView& source, const FloatImage& in, const FloatImage& out,
                       Image& image) {
    const YuvGeometry geometry(source);
    const Matrix3 matrix = rgb_to_yuv(geometry.weights);
    const Weights3 to_y(matrix[0]), to_u(matrix[1]), to_v(matrix[2]);
    const int width = source.format.width;
    RgbChange change(width);
    PaddedRow u_row(width, geometry.horizontal.ratio), v_row(width, geometry.horizontal.ratio);
    ChromaChange<Codec> u_change(codec, source, geometry, 1, image), v_change(codec, source, geometry, 2, image);
    for (int y = 0; y < source.format.height; ++y) {
        change.read(in, out, y);
        change.mix(to_y, change.mixed());
        change_row(codec, source, 0, y, geometry.luma.scale, change.mixed(), image);
        change.mix(to_u, u_row.data());
        change.mix(to_v, v_row.data());
        u_row.repeat_ends();
        v_row.repeat_ends();
        detail::downsample_row(geometry.horizontal, u_row.data(), u_change.row_at(y));
        detail::downsample_row(geometry.horizontal, v_row.data(), v_change.row_at(y));
        u_change.finish_row(y);
        v_change.finish_row(y);
    }
}

// ---- which of them ---------------------------------------------------------------------------------------------------

void check_shape(const FrameView& source, const FloatImage& image, Contract::Color color) {
    const Format& format = source.format;
    if (image.channels() != channels_of(format, color) || image.width() != format.width || image.height() != format.height)
        throw std::logic_error("encode: an image has not the shape that decode gives");
}

}  // namespace

int channels_of(const Format& format, Contract::Color color) {
    return color == Contract::Color::luma && format.family != Family::rgb ? 1 : 3;
}

FloatImage decode(const FrameView& source, Contract::Color color) {
    const Format& format = source.format;
    const bool luma = color == Contract::Color::luma;
    FloatImage values(channels_of(format, color), format.height, format.width);
    with_codec(format, [&](const auto codec) {
        if (!luma && format.family == Family::yuv) return decode_rgb_of_yuv(codec, source, values);
        if (!luma && format.family == Family::gray) return decode_rgb_of_gray(codec, source, values);
        for (int plane = 0; plane < values.channels(); ++plane)
            decode_direct(codec, source, plane, values.plane(plane));
    });
    return values;
}

FloatImage partly(const FloatImage& in, const FloatImage& out, double strength) {
    FloatImage result(in.channels(), in.height(), in.width());
    const std::size_t size = result.plane_size() * static_cast<std::size_t>(result.channels());
    const float share = static_cast<float>(strength);
    const float *from = in.data(), *to = out.data();
    float* values = result.data();
    if (share == 0) std::copy_n(from, size, values);
    else for (std::size_t i = 0; i < size; ++i) values[i] = from[i] + share * (to[i] - from[i]);
    return result;
}

Image encode(const FrameView& source, const FloatImage& in, const FloatImage& out, Contract::Color color) {
    check_shape(source, in, color);
    check_shape(source, out, color);
    const Format& format = source.format;
    const bool luma = color == Contract::Color::luma;
    const bool all = format.family == Family::rgb || (format.family == Family::yuv && !luma);
    Image image(format, {true, all, all});
    with_codec(format, [&](const auto codec) {
        if (!luma && format.family == Family::yuv) return encode_rgb_of_yuv(codec, source, in, out, image);
        if (!luma && format.family == Family::gray) return encode_rgb_of_gray(codec, source, in, out, image);
        for (int plane = 0; plane < out.channels(); ++plane)
            encode_direct(codec, source, plane, out.plane(plane), image);
    });
    return image;
}

}  // namespace vsdeblur
