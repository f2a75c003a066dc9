// Backpropagation through the stages of xyb.hpp: from derivatives ("slopes") with respect to samples of XYB to
// derivatives with respect to the sample values of the pixels. Planes are (rows, 3, columns) and are changed in place.
#pragma once

#include "block.hpp"
#include "xyb.hpp"

#include <cstddef>
#include <cstdint>

namespace {

// Turns slopes by XYB into slopes by linear light. xyb: output of linear_to_xyb.
inline void xyb_to_linear_slopes(const float* xyb, Extent size, float* slopes) {
    const auto cube_root_slope = [](Float8 root) { return (1.0f / 3) / (root * root); };
    for (std::ptrdiff_t y = 0; y < size.rows; ++y, xyb += 3 * size.columns, slopes += 3 * size.columns)
        for (std::ptrdiff_t x = 0; x < size.columns; x += 8) {
            Float8 value[3], slope[3];
            for (int c = 0; c < 3; ++c) {
                value[c] = load_up_to_8(xyb + c * size.columns + x, size.columns - x);
                slope[c] = load_up_to_8(slopes + c * size.columns + x, size.columns - x);
            }
            const Float8 half_difference = (value[0] - kXybShift[0]) * (1.0f / kXStretch);
            const Float8 middle = value[1] - kXybShift[1] - kMinusRoot;
            const Float8 common = 0.5f * (slope[1] - slope[2]), opposed = 0.5f * kXStretch * slope[0];
            const Float8 by_absorbance[3] = {
                (common + opposed) * cube_root_slope(middle + half_difference),
                (common - opposed) * cube_root_slope(middle - half_difference),
                slope[2] * cube_root_slope(value[2] - kXybShift[2] + middle),
            };
            for (int c = 0; c < 3; ++c) {
                const Float8 sum = by_absorbance[0] * kAbsorbance[0][c] + by_absorbance[1] * kAbsorbance[1][c] +
                                   by_absorbance[2] * kAbsorbance[2][c];
                store_up_to_8(slopes + c * size.columns + x, sum, size.columns - x);
            }
        }
}

// Adds the slopes by the samples of a halved plane to the slopes by the plane's own samples: each of the four samples
// of a mean gets a quarter, a last column or row that counted twice gets twice as much.
inline void add_slopes_of_half(const float* half, Extent size, float* slopes) {
    const std::ptrdiff_t whole_pairs = size.columns / 2, half_columns = (size.columns + 1) / 2;
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        const float share = y % 2 == 0 && y + 1 == size.rows ? 0.5f : 0.25f;
        for (int c = 0; c < 3; ++c) {
            const float* __restrict source = half + (3 * (y / 2) + c) * half_columns;
            float* __restrict row = slopes + (3 * y + c) * size.columns;
            for (std::ptrdiff_t x = 0; x < whole_pairs; ++x) {
                row[2 * x] += share * source[x];
                row[2 * x + 1] += share * source[x];
            }
            if (whole_pairs < half_columns) row[2 * whole_pairs] += 2 * share * source[whole_pairs];
        }
    }
}

// Turns slopes by linear light into slopes by sample values. light_slopes: derivative of light at each sample value.
inline void linear_to_sample_slopes(const std::uint8_t* pixels, Extent size, const float* light_slopes, float* slopes) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        const std::uint8_t* __restrict rgb = pixels + 3 * y * size.columns;
        for (int c = 0; c < 3; ++c) {
            float* __restrict row = slopes + (3 * y + c) * size.columns;
            for (std::ptrdiff_t x = 0; x < size.columns; ++x) row[x] *= light_slopes[rgb[3 * x + c]];
        }
    }
}

}  // namespace
