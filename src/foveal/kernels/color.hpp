// Color conversion of the encoder: pixels to component planes (T.871 clause 7, Conversion to and from RGB), shifted to
// be centred on 0 (T.81 A.3.1, Level shift), and sub-sampling of the chroma planes.
//
// Planes cover whole MCUs. Where the picture ends within an MCU, its last column and row are repeated, as T.81 A.2.4
// (Completion of partial MCU) recommends.
#pragma once

#include "block.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// Repeats the last of `filled` samples up to the end of a row of `columns`.
inline void replicate_right(float* row, std::ptrdiff_t filled, std::ptrdiff_t columns) {
    for (std::ptrdiff_t x = filled; x < columns; ++x) row[x] = row[filled - 1];
}

// Repeats the last of `filled` rows down to the end of a plane.
inline void replicate_down(float* plane, std::ptrdiff_t filled, Extent size) {
    const float* last = plane + (filled - 1) * size.columns;
    for (std::ptrdiff_t y = filled; y < size.rows; ++y)
        std::memcpy(plane + y * size.columns, last, sizeof(float) * static_cast<std::size_t>(size.columns));
}

// One step of Sample (8 or 16 bits) in 8-bit units: 16-bit pixels keep their precision as fractions.
template <class Sample>
constexpr float kSampleUnit = sizeof(Sample) == 1 ? 1.0f : 255.0f / 65535.0f;

// Converts `count` RGB pixels to Y, Cb and Cr, each centred on 0.
template <class Sample>
void rgb_row_to_ycbcr(const Sample* __restrict rgb, std::ptrdiff_t count, float* __restrict luma,
                      float* __restrict blue, float* __restrict red) {
    constexpr float unit = kSampleUnit<Sample>;
    constexpr float y_r = 0.299f * unit, y_g = 0.587f * unit, y_b = 0.114f * unit;
    constexpr float cb_r = -0.168735892f * unit, cb_g = -0.331264108f * unit, cb_b = 0.5f * unit;
    constexpr float cr_r = 0.5f * unit, cr_g = -0.418687589f * unit, cr_b = -0.081312411f * unit;
    for (std::ptrdiff_t x = 0; x < count; ++x) {
        const float r = static_cast<float>(static_cast<std::int32_t>(rgb[3 * x]));
        const float g = static_cast<float>(static_cast<std::int32_t>(rgb[3 * x + 1]));
        const float b = static_cast<float>(static_cast<std::int32_t>(rgb[3 * x + 2]));
        luma[x] = y_r * r + y_g * g + y_b * b - 128.0f;
        blue[x] = cb_r * r + cb_g * g + cb_b * b;
        red[x] = cr_r * r + cr_g * g + cr_b * b;
    }
}

constexpr std::ptrdiff_t kPixelRun = 8;  // pixels converted at once

// Returns kPixelRun RGB pixels, each in the low 24 bits of a lane.
inline Int8 load_pixels(const std::uint8_t* rgb) {
    constexpr bool first_byte_is_lowest = std::endian::native == std::endian::little;
    if constexpr (!kShufflesBytes || !first_byte_is_lowest) {
        std::int32_t pixels[kPixelRun];
        for (int x = 0; x < kPixelRun; ++x) pixels[x] = rgb[3 * x] | rgb[3 * x + 1] << 8 | rgb[3 * x + 2] << 16;
        Int8 lanes;
        std::memcpy(&lanes, pixels, sizeof lanes);
        return lanes;
    }
    // bytes 3 x to 3 x + 3 for pixel x: from bytes 0 to 15 for the first four pixels, and from 8 to 23 for the others
    const Byte16 low = load_16_bytes(rgb), high = load_16_bytes(rgb + 8);
    return reinterpret_cast<Int8>(
        joined(__builtin_shufflevector(low, low, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12),
               __builtin_shufflevector(high, high, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11, 12, 13, 13, 14, 15, 15)));
}

// Factors of T.871 in units of 2^-16, rounded as libjpeg rounds them.
constexpr float fixed_point(double factor) {
    return static_cast<float>(static_cast<std::int32_t>(factor * 65536 + 0.5));
}

// Converts kPixelRun pixels like rgb_row_to_whole_ycbcr. The floats are integers of at most 24 bits, so that every sum
// is exact: it is libjpeg's fixed-point arithmetic.
inline void rgb_run_to_whole_ycbcr(const std::uint8_t* rgb, float* luma, float* blue, float* red) {
    constexpr float y_r = fixed_point(0.299), y_g = fixed_point(0.587), y_b = fixed_point(0.114);
    constexpr float cb_r = -fixed_point(0.16874), cb_g = -fixed_point(0.33126), cb_b = fixed_point(0.5);
    constexpr float cr_r = fixed_point(0.5), cr_g = -fixed_point(0.41869), cr_b = -fixed_point(0.08131);
    constexpr float half = 1 << 15, centre = 128 << 16;  // chroma halves go down, so that 255.5 stays 255
    const auto to_level = [](Float8 fixed) {
        return __builtin_convertvector(__builtin_convertvector(fixed, Int8) >> 16, Float8);
    };
    const Int8 pixels = load_pixels(rgb);
    const Float8 r = __builtin_convertvector(pixels & 255, Float8);
    const Float8 g = __builtin_convertvector(pixels >> 8 & 255, Float8);
    const Float8 b = __builtin_convertvector(pixels >> 16 & 255, Float8);
    store8(luma, to_level(y_r * r + y_g * g + y_b * b + (half - centre)));
    store8(blue, to_level(cb_r * r + cb_g * g + cb_b * b + (half - 1)));
    store8(red, to_level(cr_r * r + cr_g * g + cr_b * b + (half - 1)));
}

// Like rgb_row_to_ycbcr, but rounded to whole levels in libjpeg's fixed-point arithmetic. A decoder works with whole
// levels, too, so that a picture that it made of a file goes back to the very samples that it was made of.
inline void rgb_row_to_whole_ycbcr(const std::uint8_t* __restrict rgb, std::ptrdiff_t count, float* __restrict luma,
                                   float* __restrict blue, float* __restrict red) {
    std::ptrdiff_t x = 0;
    for (; x + kPixelRun <= count; x += kPixelRun) rgb_run_to_whole_ycbcr(rgb + 3 * x, luma + x, blue + x, red + x);
    if (x == count) return;
    std::uint8_t pixels[3 * kPixelRun] = {};
    float samples[3][kPixelRun];
    const auto left = static_cast<std::size_t>(count - x);
    std::memcpy(pixels, rgb + 3 * x, 3 * left);
    rgb_run_to_whole_ycbcr(pixels, samples[0], samples[1], samples[2]);
    float* const rows[3] = {luma, blue, red};
    for (int c = 0; c < 3; ++c) std::memcpy(rows[c] + x, samples[c], sizeof(float) * left);
}

// Fills the planes Y, Cb and Cr from RGB pixels by a function that converts a row. pixels: (rows, columns, 3); planes:
// one after the other, each of plane_size.
template <auto kConvertRow, class Sample>
void rgb_to_ycbcr(const Sample* pixels, Extent pixel_size, float* planes, Extent plane_size) {
    const std::ptrdiff_t plane_length = plane_size.rows * plane_size.columns;
    for (std::ptrdiff_t y = 0; y < pixel_size.rows; ++y) {
        float* luma = planes + y * plane_size.columns;
        kConvertRow(pixels + 3 * y * pixel_size.columns, pixel_size.columns, luma, luma + plane_length,
                    luma + 2 * plane_length);
        for (int c = 0; c < 3; ++c) replicate_right(luma + c * plane_length, pixel_size.columns, plane_size.columns);
    }
    for (int c = 0; c < 3; ++c) replicate_down(planes + c * plane_length, pixel_size.rows, plane_size);
}

// Fills a plane from grey pixels.
template <class Sample>
void grey_to_plane(const Sample* pixels, Extent pixel_size, float* plane, Extent plane_size) {
    for (std::ptrdiff_t y = 0; y < pixel_size.rows; ++y) {
        const Sample* __restrict source = pixels + y * pixel_size.columns;
        float* __restrict row = plane + y * plane_size.columns;
        for (std::ptrdiff_t x = 0; x < pixel_size.columns; ++x)
            row[x] = static_cast<float>(static_cast<std::int32_t>(source[x])) * kSampleUnit<Sample> - 128.0f;
        replicate_right(row, pixel_size.columns, plane_size.columns);
    }
    replicate_down(plane, pixel_size.rows, plane_size);
}

// Fills `out` with means of h x v samples; h, v: 1 or 2, not both 1. T.81 A.1.1 (Dimensions and sampling factors)
// leaves the filter free. A box filter places each sample where JFIF wants it: at the centre of the samples that it
// replaces.
inline void downsample(const float* plane, std::ptrdiff_t columns, int h, int v, float* out, Extent out_size) {
    const float scale = 1.0f / static_cast<float>(h * v);
    for (std::ptrdiff_t y = 0; y < out_size.rows; ++y) {
        const float* __restrict upper = plane + y * v * columns;
        const float* __restrict lower = upper + (v - 1) * columns;
        float* __restrict row = out + y * out_size.columns;
        if (h == 2 && v == 2) {
            for (std::ptrdiff_t x = 0; x < out_size.columns; ++x)
                row[x] = ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1])) * scale;
        } else if (h == 2) {
            for (std::ptrdiff_t x = 0; x < out_size.columns; ++x) row[x] = (upper[2 * x] + upper[2 * x + 1]) * scale;
        } else {
            for (std::ptrdiff_t x = 0; x < out_size.columns; ++x) row[x] = (upper[x] + lower[x]) * scale;
        }
    }
}

// Sharpens a sub-sampled plane: out = plane + gain * (plane - blurred), edges repeated.
//
// `blurred` is the plane after a decoder's triangle filter has doubled it across (h = 2) and down (v = 2) and the
// result has been averaged again, which is the filter (1, 6, 1) / 8 along each of these axes. Row y of `out` is row
// first_row + y of the plane.
inline void sharpen(const float* plane, Extent size, int h, int v, float gain, std::ptrdiff_t first_row, float* out,
                    std::ptrdiff_t out_rows) {
    const float side_down = v == 2 ? 0.125f : 0.0f, middle_down = 1.0f - 2.0f * side_down;
    const float side_across = h == 2 ? 0.125f : 0.0f, middle_across = 1.0f - 2.0f * side_across;
    const std::ptrdiff_t last = size.columns - 1;
    for (std::ptrdiff_t y = 0; y < out_rows; ++y) {
        const std::ptrdiff_t row = first_row + y;
        const float* __restrict middle = plane + row * size.columns;
        const float* __restrict above = row > 0 ? middle - size.columns : middle;
        const float* __restrict below = row + 1 < size.rows ? middle + size.columns : middle;
        float* __restrict sharp = out + y * size.columns;
        const auto down = [=](std::ptrdiff_t x) { return middle_down * middle[x] + side_down * (above[x] + below[x]); };
        const auto sharpened = [=](std::ptrdiff_t left, std::ptrdiff_t x, std::ptrdiff_t right) {
            return middle[x] +
                   gain * (middle[x] - (middle_across * down(x) + side_across * (down(left) + down(right))));
        };
        sharp[0] = sharpened(0, 0, last > 0 ? 1 : 0);
        for (std::ptrdiff_t x = 1; x < last; ++x) sharp[x] = sharpened(x - 1, x, x + 1);
        sharp[last] = sharpened(last > 0 ? last - 1 : 0, last, last);
    }
}

}  // namespace
