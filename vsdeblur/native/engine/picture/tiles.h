// Cuts a frame into overlapping tiles of one size and joins the network's answers without a seam.
//
// The frame is first padded at its right and bottom by reflection about the edge pixel (which is not repeated; a frame of
// size 1 repeats its pixel) until both sizes divide by the network's `multiple`. Along each axis:
//
//   - A tile is `tilesize` long, overlaps included, as in vs-mlrt; neighbours start at most tilesize - 2 * overlap apart,
//     rounded down to the multiple. There are as few tiles as that allows, spread evenly, so a remainder widens all
//     overlaps (vs-mlrt moves the last tile alone). Starts divide by the multiple: strided layers see the phase that they
//     would see in the whole frame. All tiles have one size, so recurrent states and compiled engines need one shape.
//   - Two neighbours are cut at the middle of what they share, which is at least `overlap` from either's edge, and
//     feathered there over `overlap` pixels by a smooth ramp. So the outermost overlap / 2 pixels at an inner border,
//     where the network's zero padding shows most, have weight 0. Weights are multiples of 2^-12 and sum to exactly 1.
//
// Coordinates are pixels of the padded frame. A plan is immutable and thread-safe.
#pragma once

#include "picture/image.h"

#include <array>
#include <vector>

namespace vsdeblur {

// How a frame is cut where the user does not say.
struct Tiling {
    std::array<int, 2> tilesize;  // as TilePlan's
    std::array<int, 2> overlap;
};

class TilePlan {
public:
    // Position and size of a tile in the padded frame.
    struct Tile {
        int x;
        int y;
        int width;
        int height;
    };

    // Some channels of an image, next to each other.
    struct Channels {
        int first;
        int count;
    };

    // width, height: of the frame, at least 1.   multiple, receptive_field: of the contract, at least 1.
    // tilesize: {width, height}; 0 = the whole padded frame; larger than that is cut down to it.
    // overlap: {horizontal, vertical} pixels; without effect along an axis that one tile covers.
    // Throws Error when tilesize or overlap is negative; when tilesize is no multiple of `multiple`, or is below
    // 2 * overlap + multiple; or when it is below the receptive field while the padded frame is larger than the tile.
    TilePlan(int width, int height, int multiple, std::array<int, 2> tilesize, std::array<int, 2> overlap,
             int receptive_field);

    // The receptive field's radius rounded up to the multiple. Then a pixel that sees past an inner border has a weight
    // below 1/2, and one that sees past it by half the radius has none.
    static int default_overlap(int receptive_field, int multiple);

    // A tiling that bounds the memory of a run, a function of its arguments alone: the whole frame up to
    // automatic_area pixels, and else the tiles of at most that area that are the fewest pixels together. Tiles are not
    // shorter than the receptive field; where none such are small enough, it is the whole frame.
    // Their overlap is the default one, at most automatic_overlap: with the radius of a wide receptive field, of whose
    // rim a network makes next to nothing, tiles of this area would cost half as much again as the frame. So they cost
    // 5 % more at 1920x1080 and 10 % at 3840x2160. With less than that overlap RUNet's state shows a seam in hard places: in
    // pans over a page of text, blurred by 8 pixels, tiles came within 21/255 of the whole frame with 32, 2.6 with 48, and
    // in photographs within 0.2 and 0.03. Tiles of half as much area again take no less time.
    static Tiling automatic(int width, int height, int multiple, int receptive_field);
    static constexpr long long automatic_area = 3LL << 19;
    static constexpr int automatic_overlap = 48;

    int width() const { return columns_.size; }
    int height() const { return rows_.size; }
    int padded_width() const { return columns_.padded; }
    int padded_height() const { return rows_.padded; }
    int tile_width() const { return columns_.tile; }
    int tile_height() const { return rows_.tile; }

    // Tiles, at least 1, numbered row by row from the top left.
    int count() const { return static_cast<int>(columns_.starts.size() * rows_.starts.size()); }
    Tile tile(int index) const;

    // Copies a tile of some channels of `src`, which has the frame's size.
    // dst: (channels, tile height, tile width), contiguous; all of it is written.
    void gather(const FloatImage& src, Channels channels, int index, float* dst) const;

    // Adds a tile's answer, (channels, tile height, tile width) contiguous, to these channels of `dst`, which has the
    // frame's size, and is 0 before the first tile. Pixels whose weight is 0 are not read. With one tile, dst is
    // overwritten with a plain copy instead, bit for bit. All tiles have to be blended, each once; in rising order the
    // result is reproducible to the last bit. Not for two threads at once with one `dst`.
    void blend(const float* tile_out, Channels channels, int index, FloatImage& dst) const;

private:
    struct Axis {
        int size;                                 // of the frame
        int padded;                               // rounded up to the multiple
        int tile;                                 // length of every tile
        std::vector<int> starts;                  // of each tile, rising
        std::vector<int> source;                  // for each padded position, the frame's pixel shown there
        std::vector<int> first, last;             // for each tile, its part with weights above 0, within the frame: [first, last)
        std::vector<std::vector<float>> weights;  // for each tile, of the pixels first..last - 1

        Axis(int pixels, int multiple, int tilesize, int overlap, int receptive_field);
    };

    Axis columns_;
    Axis rows_;
};

}  // namespace vsdeblur
