// Conversion of pixels to the color space that SSIMULACRA 2 compares: linear light, down-scaled, then XYB (the color
// space of JPEG XL).
//
// Planes are (rows, 3, columns): the three channels of a row lie next to each other, so that a range of rows is
// contiguous. Every operation rounds as in libjxl (lib/jxl/enc_xyb.cc), because the blur that follows accumulates
// rounding errors, which are part of the scores of the reference tool.
#pragma once

#include "block.hpp"
#include "fused.hpp"

#include <cstddef>
#include <cstdint>

namespace {

// Converts RGB pixels to planes of linear light. linear: (size.rows, 3, size.columns); table: light of each sample
// value.
inline void linear_light(const std::uint8_t* pixels, Extent size, const float* table, float* linear) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        const std::uint8_t* __restrict rgb = pixels + 3 * y * size.columns;
        float* __restrict red = linear + 3 * y * size.columns;
        float* __restrict green = red + size.columns;
        float* __restrict blue = green + size.columns;
        for (std::ptrdiff_t x = 0; x < size.columns; ++x) {
            red[x] = table[rgb[3 * x]];
            green[x] = table[rgb[3 * x + 1]];
            blue[x] = table[rgb[3 * x + 2]];
        }
    }
}

// Fills `out` with means of 2 x 2 samples; if a side is odd, its last column or row counts twice.
inline void halve(const float* planes, Extent size, float* out) {
    const std::ptrdiff_t whole_pairs = size.columns / 2, out_columns = (size.columns + 1) / 2;
    for (std::ptrdiff_t y = 0; y < size.rows; y += 2) {
        for (int c = 0; c < 3; ++c, out += out_columns) {
            const float* __restrict upper = planes + (3 * y + c) * size.columns;
            const float* __restrict lower = y + 1 < size.rows ? upper + 3 * size.columns : upper;
            float* __restrict row = out;
            for (std::ptrdiff_t x = 0; x < whole_pairs; ++x)
                row[x] = (((upper[2 * x] + upper[2 * x + 1]) + lower[2 * x]) + lower[2 * x + 1]) * 0.25f;
            if (whole_pairs < out_columns) {
                const float above = upper[2 * whole_pairs], below = lower[2 * whole_pairs];
                row[whole_pairs] = (((above + above) + below) + below) * 0.25f;
            }
        }
    }
}

// Returns the cube root of a positive value, plus `addend`. The inverse of the root is estimated from the exponent and
// refined by Newton's method.
inline Float8 cube_root_plus(Float8 value, float addend) {
    const Int8 exponent = reinterpret_cast<Int8>(value) >> 23;
    Float8 inverse = reinterpret_cast<Float8>(0x54800000 - exponent * 0x002AAAAA);
    const Float8 third = value * (1.0f / 3);
    for (int step = 0; step < 3; ++step) {
        const Float8 square = inverse * inverse;
        inverse = multiply_add(-third, square * square, inverse * (4.0f / 3));
    }
    Float8 square = inverse * inverse;
    const Float8 rest = multiply_add(-value, square * square, inverse);
    inverse = multiply_add(splat8(1.0f / 3), rest, inverse);
    square = inverse * inverse;
    return multiply_add(square, value, splat8(addend));
}

// Opsin absorbance of JPEG XL (ISO/IEC 18181-1, annex L; libjxl lib/jxl/cms/opsin_params.h), and the shift and scale by
// which SSIMULACRA 2 maps X, Y and B to 0..1: 14 X + 0.42, Y + 0.01, B - Y + 0.55.
constexpr float kAbsorbance[3][3] = {
    {0.30f, 1.0f - 0.078f - 0.30f, 0.078f},
    {0.23f, 1.0f - 0.078f - 0.23f, 0.078f},
    {0.24342268924547819f, 0.20476744424496821f, 1.0f - 0.24342268924547819f - 0.20476744424496821f},
};
constexpr float kAbsorbanceBias = 0.0037930732552754493f, kMinusRoot = -0.15595420054924863f;
constexpr float kXStretch = 14.0f, kXybShift[3] = {0.42f, 0.01f, 0.55f};

// Returns the light that one kind of receptor absorbs: 0 for L, 1 for M, 2 for S.
inline Float8 absorbed(int kind, Float8 r, Float8 g, Float8 b) {
    const float (&share)[3] = kAbsorbance[kind];
    const Float8 blue = multiply_add(splat8(share[2]), b, splat8(kAbsorbanceBias));
    return multiply_add(splat8(share[0]), r, multiply_add(splat8(share[1]), g, blue));
}

// Converts eight pixels from R, G, B to X, Y, B, in place.
inline void linear_to_xyb(Float8& first, Float8& second, Float8& third) {
    const Float8 r = first, g = second, b = third;
    const Float8 l = cube_root_plus(absorbed(0, r, g, b), kMinusRoot);
    const Float8 m = cube_root_plus(absorbed(1, r, g, b), kMinusRoot);
    const Float8 s = cube_root_plus(absorbed(2, r, g, b), kMinusRoot);
    const Float8 x = (l - m) * 0.5f, y = (l + m) * 0.5f;
    first = x * kXStretch + kXybShift[0];
    second = y + kXybShift[1];
    third = (s - y) + kXybShift[2];
}

// Converts planes of linear light, 0 to 1, to XYB in place.
inline void linear_to_xyb(float* planes, Extent size) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y, planes += 3 * size.columns) {
        float* const rows[3] = {planes, planes + size.columns, planes + 2 * size.columns};
        for (std::ptrdiff_t x = 0; x < size.columns; x += 8) {
            Float8 values[3];
            for (int c = 0; c < 3; ++c) values[c] = load_up_to_8(rows[c] + x, size.columns - x);
            linear_to_xyb(values[0], values[1], values[2]);
            for (int c = 0; c < 3; ++c) store_up_to_8(rows[c] + x, values[c], size.columns - x);
        }
    }
}

}  // namespace
