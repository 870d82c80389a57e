#include "picture/scene.h"

#include "picture/colour.h"
#include "picture/samples.h"

#include <algorithm>
#include <cmath>

namespace vsdeblur {

namespace {

constexpr int max_blocks = 64;  // along the longer side
constexpr int max_shift = 4;    // blocks that a camera may move between two frames

constexpr double flat_contrast = 0.01;     // contrast below which a picture counts as flat
constexpr double unrelated_contrast = 0.7;  // difference of contrast that counts as default_scene_threshold

// NaN gives 0.
float clip(float value) {
    const float above = value > 0.0f ? value : 0.0f;
    return above < 1.0f ? above : 1.0f;
}

struct Grid {
    int across;
    int down;
};

Grid grid_of(const Format& format) {
    const int block = (std::max(format.width, format.height) + max_blocks - 1) / max_blocks;
    return {(format.width + block - 1) / block, (format.height + block - 1) / block};
}

// First pixel of block `i` of `count` along an axis of `size` pixels.
int block_start(int i, int count, int size) { return static_cast<int>(static_cast<long long>(i) * size / count); }

// Adds weight * (mean of each block of the plane, in the plane's own numbers) to `means`.
template <class Codec>
void add_block_means(const Codec codec, const FrameView& frame, int plane, Grid grid, double weight,
                     std::vector<double>& means) {
    const int width = frame.format.width, height = frame.format.height;
    const bool floating = frame.format.sample == Sample::floating;
    std::vector<double> columns(width);  // sums down each column; exact for integers
    for (int j = 0; j < grid.down; ++j) {
        const int top = block_start(j, grid.down, height), bottom = block_start(j + 1, grid.down, height);
        std::fill(columns.begin(), columns.end(), 0.0);
        for (int y = top; y < bottom; ++y) {
            const auto* from = detail::row(frame, plane, y, codec);
            double* sums = columns.data();
            // Only floating samples can be NaN or infinite.
            if (floating)
                for (int x = 0; x < width; ++x) sums[x] += clip(codec.load(from[x]));
            else
                for (int x = 0; x < width; ++x) sums[x] += codec.load(from[x]);
        }
        for (int i = 0; i < grid.across; ++i) {
            const int left = block_start(i, grid.across, width), right = block_start(i + 1, grid.across, width);
            double sum = 0.0;
            for (int x = left; x < right; ++x) sum += columns[x];
            const double area = static_cast<double>(right - left) * (bottom - top);
            means[static_cast<std::size_t>(j) * grid.across + i] += weight * sum / area;
        }
    }
}

// Mean absolute difference of `a` and of `b` shifted by (dx, dy) blocks, where they overlap.
double shifted_difference(const Thumbnail& a, const Thumbnail& b, int dx, int dy) {
    const int left = std::max(0, dx), right = a.width + std::min(0, dx);
    const int top = std::max(0, dy), bottom = a.height + std::min(0, dy);
    double sum = 0.0;
    for (int y = top; y < bottom; ++y) {
        const float* in_a = a.luma.data() + static_cast<std::ptrdiff_t>(y) * a.width;
        const float* in_b = b.luma.data() + static_cast<std::ptrdiff_t>(y - dy) * b.width - dx;
        for (int x = left; x < right; ++x) sum += std::abs(static_cast<double>(in_a[x]) - in_b[x]);
    }
    return sum / (static_cast<double>(right - left) * (bottom - top));
}

// The smallest over the shifts.
double aligned_difference(const Thumbnail& a, const Thumbnail& b) {
    // A quarter at most, so that what overlaps still is most of the picture.
    const int across = std::min(max_shift, a.width / 4), down = std::min(max_shift, a.height / 4);
    double smallest = shifted_difference(a, b, 0, 0);
    for (int dy = -down; dy <= down; ++dy)
        for (int dx = -across; dx <= across; ++dx)
            smallest = std::min(smallest, shifted_difference(a, b, dx, dy));
    return smallest;
}

// Mean 0 and mean absolute deviation 1, less where the picture is next to flat.
Thumbnail normalized(const Thumbnail& picture) {
    const double count = static_cast<double>(picture.luma.size());
    double mean = 0.0, contrast = 0.0;
    for (const float luma : picture.luma) mean += luma / count;
    for (const float luma : picture.luma) contrast += std::abs(luma - mean) / count;
    Thumbnail result = picture;
    for (float& luma : result.luma) luma = static_cast<float>((luma - mean) / (contrast + flat_contrast));
    return result;
}

}  // namespace

Thumbnail thumbnail(const FrameView& frame) {
    const Grid grid = grid_of(frame.format);
    std::vector<double> means(static_cast<std::size_t>(grid.across) * grid.down);
    detail::with_codec(frame.format, [&](const auto codec) {
        if (frame.format.family != Family::rgb) return add_block_means(codec, frame, 0, grid, 1.0, means);
        add_block_means(codec, frame, 0, grid, bt709.kr, means);
        add_block_means(codec, frame, 1, grid, bt709.kg(), means);
        add_block_means(codec, frame, 2, grid, bt709.kb, means);
    });
    const Levels levels = luma_levels(frame.format, frame.range);
    Thumbnail result{grid.across, grid.down, {}};
    result.luma.reserve(means.size());
    for (const double mean : means) result.luma.push_back(clip(static_cast<float>((mean - levels.offset) / levels.scale)));
    return result;
}

double difference(const Thumbnail& a, const Thumbnail& b) {
    if (a.width != b.width || a.height != b.height) return 1.0;
    const double of_luma = aligned_difference(a, b);
    const double of_contrast = aligned_difference(normalized(a), normalized(b));
    return std::min(1.0, std::max(of_luma, default_scene_threshold / unrelated_contrast * of_contrast));
}

}  // namespace vsdeblur
