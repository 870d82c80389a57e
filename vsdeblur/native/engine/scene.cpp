#include "scene.h"

#include "colour.h"
#include "samples.h"

#include <algorithm>
#include <cmath>

namespace vsdeblur {

namespace {

constexpr int max_blocks = 64;  // along the longer side

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
    double sum = 0.0;
    for (std::size_t i = 0; i < a.luma.size(); ++i) sum += std::abs(static_cast<double>(a.luma[i]) - b.luma[i]);
    return sum / static_cast<double>(a.luma.size());
}

}  // namespace vsdeblur
