#include "picture/tiles.h"

#include "error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace vsdeblur {

namespace {

constexpr float weight_steps = 4096.0f;  // weights are multiples of 1/4096: products of two are exact in a float

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// The pixel of 0..size - 1 that reflection about the edge pixels shows at `position`, 0 or above.
int reflect(int position, int size) {
    if (size == 1) return 0;
    const int period = 2 * (size - 1);
    const int within = position % period;
    return within < size ? within : period - within;
}

// The tilesize and overlap of one axis as the user gave them.
void check_axis(int tilesize, int overlap, int multiple) {
    const std::string given = ", got " + std::to_string(tilesize);
    if (overlap < 0) throw Error("overlap must be at least 0, got " + std::to_string(overlap));
    if (tilesize < 0) throw Error("tilesize must be at least 0 (0 = the whole frame)" + given);
    if (tilesize % multiple != 0) throw Error("tilesize must be a multiple of " + std::to_string(multiple) + given);
    if (tilesize != 0 && tilesize - multiple < 2LL * overlap)
        throw Error("tilesize must be at least twice the overlap of " + std::to_string(overlap) + " pixels plus " +
                    std::to_string(multiple) + given);
}

// How far a pixel's centre is across the cut, 0 before and 1 after it, by a smooth ramp over `band` pixels.
float cut_ramp(double pixel, double cut, int band) {
    const double distance = pixel + 0.5 - cut;
    if (band == 0) return distance >= 0.0 ? 1.0f : 0.0f;
    const double t = std::clamp(distance / band + 0.5, 0.0, 1.0);
    return std::nearbyint(static_cast<float>(t * t * (3.0 - 2.0 * t)) * weight_steps) / weight_steps;
}

}  // namespace

TilePlan::Axis::Axis(int pixels, int multiple, int tilesize, int overlap, int receptive_field)
    : size(pixels), padded(round_up(pixels, multiple)), tile(padded) {
    check_axis(tilesize, overlap, multiple);
    if (tilesize != 0) tile = std::min(tilesize, padded);
    if (tile < receptive_field && tile < padded)
        throw Error("tilesize must be at least the receptive field of " + std::to_string(receptive_field) +
                    " pixels, got " + std::to_string(tile));

    for (int position = 0; position < padded; ++position) source.push_back(reflect(position, size));

    const long long room = (padded - tile) / multiple;  // in multiples
    const long long step = std::max(1LL, (tile - 2LL * overlap) / multiple);
    const long long gaps = (room + step - 1) / step;
    for (long long i = 0; i <= gaps; ++i)
        starts.push_back(gaps == 0 ? 0 : static_cast<int>(i * room / gaps) * multiple);

    // Tile i has the part of the ramp at its own start that the ramp at the next tile's start does not take away. Cuts
    // rise and their ramps are equal, so no weight is negative, and the sum telescopes to 1 even where ramps overlap.
    const int count = static_cast<int>(starts.size());
    const auto ramp = [&](int i, int pixel) {
        if (i == 0) return 1.0f;
        if (i == count) return 0.0f;
        return cut_ramp(pixel, (starts[i] + starts[i - 1] + tile) / 2.0, overlap);
    };
    for (int i = 0; i < count; ++i) {
        const auto weight = [&](int pixel) { return ramp(i, pixel) - ramp(i + 1, pixel); };
        int from = starts[i], to = std::min(starts[i] + tile, size);
        while (from < to && weight(from) == 0.0f) ++from;
        while (to > from && weight(to - 1) == 0.0f) --to;
        first.push_back(from);
        last.push_back(to);
        std::vector<float>& own = weights.emplace_back();
        for (int pixel = from; pixel < to; ++pixel) own.push_back(weight(pixel));
    }
}

TilePlan::TilePlan(int width, int height, int multiple, std::array<int, 2> tilesize, std::array<int, 2> overlap,
                   int receptive_field)
    : columns_(width, multiple, tilesize[0], overlap[0], receptive_field),
      rows_(height, multiple, tilesize[1], overlap[1], receptive_field) {}

int TilePlan::default_overlap(int receptive_field, int multiple) { return round_up(receptive_field / 2, multiple); }

Tiling TilePlan::automatic(int width, int height, int multiple, int receptive_field) {
    const int overlap = std::min(default_overlap(receptive_field, multiple), round_up(automatic_overlap, multiple));
    const std::array<long long, 2> padded{round_up(width, multiple), round_up(height, multiple)};
    // The shortest tile of which `count` reach along an axis; 0 if that is none of its own.
    const auto tile = [&](int axis, long long count) -> long long {
        if (count == 1) return padded[axis];
        const long long shortest = (padded[axis] + 2LL * overlap * (count - 1) + count - 1) / count;
        const long long rounded = (shortest + multiple - 1) / multiple * multiple;
        const bool fits = rounded >= std::max<long long>(receptive_field, 2LL * overlap + multiple) && rounded < padded[axis];
        return fits && count <= padded[axis] / multiple ? rounded : 0;
    };
    // An axis of one tile is whole, however short it is beside the overlap.
    const auto given = [&](int axis, long long count) { return count == 1 ? 0 : static_cast<int>(tile(axis, count)); };
    Tiling best{{0, 0}, {overlap, overlap}};
    if (padded[0] * padded[1] <= automatic_area) return best;
    long long least = std::numeric_limits<long long>::max();
    for (long long columns = 1; tile(0, columns) != 0; ++columns) {
        long long rows = 1;
        while (tile(1, rows) != 0 && tile(0, columns) * tile(1, rows) > automatic_area) ++rows;
        const long long work = columns * rows * tile(0, columns) * tile(1, rows);
        if (tile(1, rows) == 0 || work >= least) continue;
        least = work;
        best.tilesize = {given(0, columns), given(1, rows)};
    }
    return best;
}

TilePlan::Tile TilePlan::tile(int index) const {
    const int across = static_cast<int>(columns_.starts.size());
    return {columns_.starts.at(index % across), rows_.starts.at(index / across), columns_.tile, rows_.tile};
}

void TilePlan::gather(const FloatImage& src, Channels channels, int index, float* dst) const {
    if (src.width() != width() || src.height() != height() || src.channels() < channels.first + channels.count)
        throw std::logic_error("TilePlan::gather: wrong shape");
    const Tile tile = this->tile(index);
    const int inside = std::min(width() - tile.x, tile.width);  // columns that need no reflection, at least 1
    for (int channel = channels.first; channel < channels.first + channels.count; ++channel) {
        for (int y = 0; y < tile.height; ++y, dst += tile.width) {
            const float* from = src.row(channel, rows_.source[tile.y + y]);
            std::copy_n(from + tile.x, inside, dst);
            for (int x = inside; x < tile.width; ++x) dst[x] = from[columns_.source[tile.x + x]];
        }
    }
}

void TilePlan::blend(const float* tile_out, Channels channels, int index, FloatImage& dst) const {
    if (dst.width() != width() || dst.height() != height() || dst.channels() < channels.first + channels.count)
        throw std::logic_error("TilePlan::blend: wrong shape");
    const Tile tile = this->tile(index);
    const std::size_t tile_plane = static_cast<std::size_t>(tile.width) * tile.height;
    if (count() == 1) {
        for (int channel = 0; channel < channels.count; ++channel)
            for (int y = 0; y < height(); ++y)
                std::copy_n(tile_out + tile_plane * channel + static_cast<std::size_t>(tile.width) * y, width(),
                            dst.row(channels.first + channel, y));
        return;
    }
    const int across = static_cast<int>(columns_.starts.size());
    const int column = index % across, line = index / across;
    const int first_x = columns_.first[column], width = columns_.last[column] - first_x;
    const float* across_weights = columns_.weights[column].data();
    for (int channel = 0; channel < channels.count; ++channel) {
        for (int y = rows_.first[line]; y < rows_.last[line]; ++y) {
            const float down_weight = rows_.weights[line][y - rows_.first[line]];
            const float* from = tile_out + tile_plane * channel + static_cast<std::size_t>(tile.width) * (y - tile.y) +
                                (first_x - tile.x);
            float* to = dst.row(channels.first + channel, y) + first_x;
            for (int x = 0; x < width; ++x) to[x] += down_weight * across_weights[x] * from[x];
        }
    }
}

}  // namespace vsdeblur
