#include "error.h"
#include "picture/colour.h"
#include "picture/test_frame.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace vsdeblur;
using namespace vsdeblur::test;

namespace {

constexpr int known_matrices[] = {1, 2, 4, 5, 6, 7, 9};

void check_row(const std::array<double, 3>& row, double a, double b, double c) {
    CHECK(std::abs(row[0] - a) < tolerance::printed_matrix);
    CHECK(std::abs(row[1] - b) < tolerance::printed_matrix);
    CHECK(std::abs(row[2] - c) < tolerance::printed_matrix);
}

}  // namespace

TEST_CASE("the two directions of every matrix are inverses") {
    for (const int number : known_matrices) {
        const LumaWeights weights = luma_weights(number, 640, 480);
        const Matrix3 forth = rgb_to_yuv(weights), back = yuv_to_rgb(weights);
        for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j) {
                double sum = 0.0;
                for (int k = 0; k < 3; ++k) sum += back[i][k] * forth[k][j];
                CHECK(std::abs(sum - (i == j ? 1.0 : 0.0)) < tolerance::double_formula);
            }
    }
}

TEST_CASE("greys have no chroma and primaries span it") {
    for (const int number : known_matrices) {
        const Matrix3 m = rgb_to_yuv(luma_weights(number, 640, 480));
        CHECK(std::abs(m[0][0] + m[0][1] + m[0][2] - 1.0) < tolerance::double_formula);
        CHECK(std::abs(m[1][0] + m[1][1] + m[1][2]) < tolerance::double_formula);
        CHECK(std::abs(m[2][0] + m[2][1] + m[2][2]) < tolerance::double_formula);
        CHECK(m[1][2] == 0.5);  // blue has the largest U
        CHECK(m[2][0] == 0.5);  // red has the largest V
    }
}

TEST_CASE("matrices are the published ones") {
    const Matrix3 hd = rgb_to_yuv(luma_weights(1, 0, 0));  // ITU-R BT.709-6, item 3.2 and 3.3
    check_row(hd[0], 0.2126, 0.7152, 0.0722);
    check_row(hd[1], -0.1146, -0.3854, 0.5);
    check_row(hd[2], 0.5, -0.4542, -0.0458);
    const Matrix3 sd = yuv_to_rgb(luma_weights(5, 0, 0));  // ITU-T T.871 (JFIF), clause 7
    check_row(sd[0], 1.0, 0.0, 1.402);
    check_row(sd[1], 1.0, -0.3441, -0.7141);
    check_row(sd[2], 1.0, 1.772, 0.0);
    const Matrix3 uhd = yuv_to_rgb(luma_weights(9, 0, 0));  // ITU-R BT.2020-2, table 4
    check_row(uhd[0], 1.0, 0.0, 1.4746);
    check_row(uhd[1], 1.0, -0.1646, -0.5714);
    check_row(uhd[2], 1.0, 1.8814, 0.0);
    CHECK(luma_weights(4, 0, 0).kr == 0.30);  // ITU-T H.273, table 4
    CHECK(luma_weights(4, 0, 0).kb == 0.11);
    CHECK(luma_weights(7, 0, 0).kr == 0.212);
    CHECK(luma_weights(7, 0, 0).kb == 0.087);
    CHECK(luma_weights(6, 0, 0).kr == luma_weights(5, 0, 0).kr);
}

TEST_CASE("an unspecified matrix follows the size of the frame") {
    CHECK(luma_weights(2, 720, 576).kr == 0.299);
    CHECK(luma_weights(2, 1024, 576).kr == 0.299);
    CHECK(luma_weights(2, 1025, 576).kr == 0.2126);
    CHECK(luma_weights(2, 1024, 577).kr == 0.2126);
    CHECK(luma_weights(5, 1920, 1080).kr == 0.299);
}

TEST_CASE("other matrices are refused by name") {
    for (const int number : {-1, 0, 3, 8, 10, 11, 12, 13, 14, 255}) {
        try {
            luma_weights(number, 640, 480);
            FAIL("accepted " << number);
        } catch (const Error& error) {
            const std::string sentence = error.what();
            CHECK(sentence.find("_Matrix") != std::string::npos);
            CHECK(sentence.find("got " + std::to_string(number)) != std::string::npos);
        }
    }
}

TEST_CASE("levels are those of BT.709 and BT.2100") {
    const auto check = [](Levels levels, float offset, float scale) {
        CHECK(levels.offset == offset);
        CHECK(levels.scale == scale);
    };
    check(luma_levels(format_of(Family::yuv, 8, 2, 2), Range::limited), 16, 219);
    check(chroma_levels(format_of(Family::yuv, 8, 2, 2), Range::limited), 128, 224);
    check(luma_levels(format_of(Family::yuv, 10, 2, 2), Range::limited), 64, 876);
    check(chroma_levels(format_of(Family::yuv, 10, 2, 2), Range::limited), 512, 896);
    check(luma_levels(format_of(Family::rgb, 8, 2, 2), Range::full), 0, 255);
    check(luma_levels(format_of(Family::gray, 16, 2, 2), Range::full), 0, 65535);
    check(chroma_levels(format_of(Family::yuv, 16, 2, 2), Range::full), 32768, 65535);
    for (const Range range : {Range::limited, Range::full}) {
        check(luma_levels(format_of(Family::yuv, 32, 2, 2), range), 0, 1);
        check(chroma_levels(half_of(Family::yuv, 2, 2), range), 0, 1);
    }
}
