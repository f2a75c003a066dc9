// Up-sampling of components with the filters of libjpeg-turbo (T.81 A.1.1, Dimensions and sampling factors, leaves the
// filter free).
//
// The triangle filter interpolates linearly. A sub-sampled sample lies at the centre of the two samples a, b that it
// replaces, so that each output lies a quarter of the distance away from the nearer sample:
//
//     samples     x0          x1          x2
//     output    a     b     a     b     a     b       a of x1 = 3/4 x1 + 1/4 x0, b of x1 = 3/4 x1 + 1/4 x2
#pragma once

#include "block.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using foveal::SamplePlane;

// Returns a row of a plane; rows above and below it repeat its edges.
inline const std::uint8_t* clamped_row(const SamplePlane& plane, std::ptrdiff_t row) {
    const std::ptrdiff_t last = plane.size.rows - 1;
    return plane.samples + (row < 0 ? 0 : row > last ? last : row) * plane.stride;
}

// Doubles a row across. Rounding alternates (+ 1, + 2) so that no bias builds up.
inline void triangle_across(const std::uint8_t* row, std::ptrdiff_t columns, std::uint8_t* out) {
    out[0] = row[0];
    for (std::ptrdiff_t x = 0; x + 1 < columns; ++x) {
        out[2 * x + 1] = static_cast<std::uint8_t>((3 * row[x] + row[x + 1] + 2) >> 2);
        out[2 * x + 2] = static_cast<std::uint8_t>((3 * row[x + 1] + row[x] + 1) >> 2);
    }
    out[2 * columns - 1] = row[columns - 1];
}

// Computes one row of a plane that is doubled down; bias: 1 for the upper of two rows, 2 for the lower one.
inline void triangle_down(const std::uint8_t* near, const std::uint8_t* far, std::ptrdiff_t columns, int bias,
                          std::uint8_t* out) {
    for (std::ptrdiff_t x = 0; x < columns; ++x) out[x] = static_cast<std::uint8_t>((3 * near[x] + far[x] + bias) >> 2);
}

// Computes one row of a plane that is doubled both ways: rows are blended 3 to 1 first, and rounded only at the end.
inline void triangle_both(const std::uint8_t* near, const std::uint8_t* far, std::ptrdiff_t columns,
                          std::uint8_t* out) {
    const auto blend = [&](std::ptrdiff_t x) { return 3 * near[x] + far[x]; };
    out[0] = static_cast<std::uint8_t>((4 * blend(0) + 8) >> 4);
    for (std::ptrdiff_t x = 0; x + 1 < columns; ++x) {
        const int left = blend(x), right = blend(x + 1);
        out[2 * x + 1] = static_cast<std::uint8_t>((3 * left + right + 7) >> 4);
        out[2 * x + 2] = static_cast<std::uint8_t>((3 * right + left + 8) >> 4);
    }
    out[2 * columns - 1] = static_cast<std::uint8_t>((4 * blend(columns - 1) + 7) >> 4);
}

// Fills `out` with rows of the plane that is h times as wide and v times as high, from first_row on; edges are
// repeated. h, v: 1 or 2, not both 1.
inline void upsample_triangle(SamplePlane plane, int h, int v, std::ptrdiff_t first_row, SamplePlane out) {
    const std::ptrdiff_t columns = plane.size.columns;
    for (std::ptrdiff_t y = 0; y < out.size.rows; ++y) {
        const std::ptrdiff_t row = (first_row + y) / v;
        const bool lower = v == 2 && (first_row + y) % 2 == 1;
        const std::uint8_t* near = clamped_row(plane, row);
        const std::uint8_t* far = clamped_row(plane, lower ? row + 1 : row - 1);
        std::uint8_t* target = out.samples + y * out.stride;
        if (v == 1)
            triangle_across(near, columns, target);
        else if (h == 1)
            triangle_down(near, far, columns, lower ? 2 : 1, target);
        else
            triangle_both(near, far, columns, target);
    }
}

// Fills `out` by repeating samples, from row first_row of the up-sampled plane on. Each sample covers h_max / h columns
// and v_max / v rows, which need not be integers.
inline void upsample_replicate(SamplePlane plane, int h, int h_max, int v, int v_max, std::ptrdiff_t first_row,
                               SamplePlane out) {
    for (std::ptrdiff_t y = 0; y < out.size.rows; ++y) {
        const std::uint8_t* row = clamped_row(plane, (first_row + y) * v / v_max);
        std::uint8_t* target = out.samples + y * out.stride;
        for (std::ptrdiff_t x = 0; x < out.size.columns; ++x) {
            const std::ptrdiff_t column = x * h / h_max;
            target[x] = row[column < plane.size.columns ? column : plane.size.columns - 1];
        }
    }
}

}  // namespace
