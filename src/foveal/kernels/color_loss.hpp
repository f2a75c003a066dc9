// Loss of chroma sub-sampling: the squared error of Cb and Cr after their planes have been halved both ways and doubled
// again by a decoder's triangle filter. It is measured on the two middle rows of each row of blocks, which depend on
// four rows of pixels only:
//
//     row 2 +
//     row 3 +- upper pair; row 3 is compared with 3/4 upper + 1/4 lower
//     row 4 +
//     row 5 +- lower pair; row 4 is compared with 1/4 upper + 3/4 lower
#pragma once

#include "block.hpp"
#include "color.hpp"
#include "shapes.hpp"

#include <cstddef>

namespace {

using foveal::kColorLossMargin;
using foveal::kColorLossRows;

constexpr int kRowsRead = 4;      // two pairs of rows: above and below the middle of a block
constexpr int kFirstRowRead = 2;  // index in the block of the first of them

// Computes one row of a plane that has been halved both ways and doubled down again: three quarters of the mean of the
// nearer pair of rows, one quarter of that of the other pair. columns: of `out`, half of those of the rows.
inline void halve_and_double_down(const float* const (&near)[2], const float* const (&far)[2], std::ptrdiff_t columns,
                                  float* out) {
    const float* __restrict near_upper = near[0];
    const float* __restrict near_lower = near[1];
    const float* __restrict far_upper = far[0];
    const float* __restrict far_lower = far[1];
    for (std::ptrdiff_t x = 0; x < columns; ++x) {
        const float left =
            0.1875f * (near_upper[2 * x] + near_lower[2 * x]) + 0.0625f * (far_upper[2 * x] + far_lower[2 * x]);
        const float right = 0.1875f * (near_upper[2 * x + 1] + near_lower[2 * x + 1]) +
                            0.0625f * (far_upper[2 * x + 1] + far_lower[2 * x + 1]);
        out[x] = left + right;
    }
}

// Doubles `half` across with the triangle filter and adds the squared differences from `row` to `errors`, one sum for
// each pair of columns. `half` is read from one sample before its first to one after its last.
inline void add_squared_errors(const float* __restrict row, const float* __restrict half, std::ptrdiff_t columns,
                               float* __restrict errors) {
    for (std::ptrdiff_t x = 0; x < columns; ++x) {
        const float left = row[2 * x] - (0.75f * half[x] + 0.25f * half[x - 1]);
        const float right = row[2 * x + 1] - (0.75f * half[x] + 0.25f * half[x + 1]);
        errors[x] += left * left + right * right;
    }
}

// Fills `out` with the mean squared error of each block, over the pairs of columns that begin in the picture. rows:
// kRowsRead rows of a plane, continued to whole blocks beyond the `picture_columns` columns of the picture; half,
// errors: work area.
inline void plane_loss(float* const (&rows)[kRowsRead], std::ptrdiff_t picture_columns, std::ptrdiff_t columns,
                       float* half, float* errors, float* out) {
    const std::ptrdiff_t half_columns = columns / 2, pairs = (picture_columns + 1) / 2;
    const float* const upper[2] = {rows[0], rows[1]};
    const float* const lower[2] = {rows[2], rows[3]};
    for (std::ptrdiff_t x = 0; x < half_columns; ++x) errors[x] = 0.0f;
    for (int row = 0; row < 2; ++row) {
        row == 0 ? halve_and_double_down(upper, lower, half_columns, half)
                 : halve_and_double_down(lower, upper, half_columns, half);
        half[-1] = half[0];
        half[half_columns] = half[half_columns - 1];
        add_squared_errors(rows[1 + row], half, pairs, errors);
    }
    for (std::ptrdiff_t block = 0; block < columns / kBlockSide; ++block) {
        const float* sums = errors + block * (kBlockSide / 2);
        const std::ptrdiff_t left = pairs - block * (kBlockSide / 2);
        const std::ptrdiff_t inside = left < kBlockSide / 2 ? left : kBlockSide / 2;
        out[block] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<float>(2 * 2 * inside);
    }
}

// Fills `out` with the loss of each block: out_size values for Cb, then as many for Cr, from block row first_row on.
//
// pixels: (rows, columns, 3); work: kColorLossRows rows, each kColorLossMargin floats longer than the blocks are wide.
template <class Sample>
void color_loss(const Sample* pixels, Extent pixel_size, std::ptrdiff_t first_row, float* work, float* out,
                Extent out_size) {
    const std::ptrdiff_t columns = out_size.columns * kBlockSide, stride = columns + kColorLossMargin;
    float* rows[kColorLossRows];
    for (int n = 0; n < kColorLossRows; ++n) rows[n] = work + n * stride + kColorLossMargin / 2;
    float *const luma = rows[0], *const half = rows[1], *const errors = rows[2];
    float* const blue[kRowsRead] = {rows[3], rows[4], rows[5], rows[6]};
    float* const red[kRowsRead] = {rows[7], rows[8], rows[9], rows[10]};
    for (std::ptrdiff_t y = 0; y < out_size.rows; ++y) {
        for (int n = 0; n < kRowsRead; ++n) {
            const std::ptrdiff_t wanted = (first_row + y) * kBlockSide + kFirstRowRead + n;
            const std::ptrdiff_t row = wanted < pixel_size.rows ? wanted : pixel_size.rows - 1;
            rgb_row_to_ycbcr(pixels + 3 * row * pixel_size.columns, pixel_size.columns, luma, blue[n], red[n]);
            replicate_right(blue[n], pixel_size.columns, columns);
            replicate_right(red[n], pixel_size.columns, columns);
        }
        plane_loss(blue, pixel_size.columns, columns, half, errors, out + y * out_size.columns);
        plane_loss(red, pixel_size.columns, columns, half, errors, out + (out_size.rows + y) * out_size.columns);
    }
}

}  // namespace
