#include "schedule/window.h"

#include <doctest/doctest.h>

#include <set>

using namespace vsdeblur;

namespace {

const CutBefore no_cut = [](int) { return false; };

CutBefore cuts_at(std::set<int> frames) {
    return [frames = std::move(frames)](int n) { return frames.contains(n); };
}

}  // namespace

TEST_CASE("mirror reflects about the end frames without repeating them") {
    CHECK(mirror(-1, {0, 9}) == 1);
    CHECK(mirror(-2, {0, 9}) == 2);
    CHECK(mirror(10, {0, 9}) == 8);
    CHECK(mirror(11, {0, 9}) == 7);
    CHECK(mirror(4, {5, 9}) == 6);
    for (int n = 5; n < 10; ++n) CHECK(mirror(n, {5, 9}) == n);
}

TEST_CASE("mirror stays inside scenes that are shorter than the window") {
    for (int length = 1; length <= 5; ++length)
        for (int n = -20; n <= 20; ++n) {
            const int m = mirror(n, {0, length - 1});
            CHECK(m >= 0);
            CHECK(m < length);
            CHECK(mirror(n + 7, {7, length + 6}) == m + 7);
            if (length > 1) CHECK(mirror(n + 2 * (length - 1), {0, length - 1}) == m);
        }
}

TEST_CASE("a window without cuts is its neighbours, mirrored at the ends") {
    CHECK(resolve_window(5, 2, 2, 10, no_cut) == std::vector{3, 4, 5, 6, 7});
    CHECK(resolve_window(0, 2, 2, 10, no_cut) == std::vector{2, 1, 0, 1, 2});
    CHECK(resolve_window(9, 2, 2, 10, no_cut) == std::vector{7, 8, 9, 8, 7});
    CHECK(resolve_window(0, 2, 2, 1, no_cut) == std::vector{0, 0, 0, 0, 0});
    CHECK(resolve_window(1, 2, 2, 2, no_cut) == std::vector{1, 0, 1, 0, 1});
}

TEST_CASE("a window does not cross a cut") {
    CHECK(resolve_window(5, 2, 2, 10, cuts_at({5})) == std::vector{7, 6, 5, 6, 7});
    CHECK(resolve_window(4, 2, 2, 10, cuts_at({5})) == std::vector{2, 3, 4, 3, 2});
    CHECK(resolve_window(0, 2, 2, 10, cuts_at({1})) == std::vector{0, 0, 0, 0, 0});
    CHECK(resolve_window(0, 2, 2, 10, cuts_at({2})) == std::vector{0, 1, 0, 1, 0});
}

TEST_CASE("a scene's windows are those of a clip that holds it alone") {
    for (int start = 0; start <= 6; ++start)
        for (int length = 1; length <= 6; ++length)
            for (int before = 0; before <= 3; ++before)
                for (int after = 0; after <= 3; ++after)
                    for (int n = 0; n < length; ++n) {
                        std::vector<int> alone = resolve_window(n, before, after, length, no_cut);
                        for (int& frame : alone) frame += start;
                        const CutBefore cut = cuts_at({start, start + length});
                        CHECK(resolve_window(start + n, before, after, 20, cut) == alone);
                    }
}

TEST_CASE("window_span holds every frame of every window") {
    for (int length = 1; length <= 8; ++length)
        for (int centre = 0; centre < length; ++centre)
            for (int before = 0; before <= 3; ++before)
                for (int after = 0; after <= 3; ++after) {
                    const Span span = window_span(centre, before, after, length);
                    CHECK(span.first >= 0);
                    CHECK(span.last < length);
                    for (const int n : resolve_window(centre, before, after, length, no_cut)) {
                        CHECK(n >= span.first);
                        CHECK(n <= span.last);
                    }
                }
}

TEST_CASE("grid cells are consecutive, hold their centre and cover the clip") {
    for (int stride = 1; stride <= 5; ++stride)
        for (int length = 1; length <= 12; ++length)
            for (int n = 0; n < length; ++n) {
                const int centre = grid_centre(n, stride, length);
                CHECK(centre >= 0);
                CHECK(centre < length);
                CHECK(n - centre >= -(stride / 2));
                CHECK(n - centre <= stride - 1 - stride / 2);
                if (stride == 1) CHECK(centre == n);
            }
    CHECK(grid_centre(0, 5, 100) == 2);
    CHECK(grid_centre(4, 5, 100) == 2);
    CHECK(grid_centre(5, 5, 100) == 7);
    CHECK(grid_centre(5, 5, 6) == 5);
}

TEST_CASE("nearest_in_scene stops at the cut") {
    CHECK(nearest_in_scene(3, 7, no_cut) == 7);
    CHECK(nearest_in_scene(3, 7, cuts_at({6})) == 5);
    CHECK(nearest_in_scene(7, 3, cuts_at({6})) == 6);
    CHECK(nearest_in_scene(7, 3, cuts_at({7})) == 7);
}
