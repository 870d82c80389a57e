// Every numeric tolerance of the native tests, each with its reason. Values are absolute unless said otherwise.
#pragma once

namespace vsdeblur::tolerance {

// Matrix entries in double against a product or an inverse written another way.
inline constexpr double double_formula = 1e-12;

// Standards and textbooks print matrix entries with four decimals.
inline constexpr double printed_matrix = 5e-5;

// Float32 conversion of one pixel against the same formula in double: about ten roundings of values up to 4.
inline constexpr double pixel_formula = 4e-6;

// Beyond the half step of rounding, a written sample may differ from the real-valued result by float32 roundings: this
// share of the format's largest sample.
inline constexpr double sample_rounding = 2e-6;

// A weighted mean of up to four equal values in 0..1, whose weights sum to exactly 1.
inline constexpr double blended_copy = 5e-7;

// A box filter over up to 17 x 17 values in 0..1, blended.
inline constexpr double blended_filter = 2e-6;

// A block mean as float32 against double.
inline constexpr double block_mean = 2e-7;

// Two kinds of frame with the same picture: half an 8-bit step of each sample.
inline constexpr double eight_bit_picture = 0.5 / 219 + 1e-6;

// Luma of limited range into the contract's and back, with a few sums in float32 between.
inline constexpr double dnn_values = 2e-6;

// Sums of three float32 values of up to 1 in two runtimes, which may take them in another order.
inline constexpr double runtimes_apart = 1e-6;

// The same in bf16, 8 bits of mantissa: sums of up to 3 are rounded by up to 2^-7, a few times.
inline constexpr double coarse_apart = 0.05;

}  // namespace vsdeblur::tolerance
