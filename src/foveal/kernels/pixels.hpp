// Component planes to pixels (T.871 clause 7), exactly as libjpeg-turbo rounds. The other way round: color.hpp.
#pragma once

#include "block.hpp"

namespace {

using foveal::kMaxComponents;
using foveal::SamplePlane;

inline std::uint8_t clamp_to_byte(int value) { return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value); }

// R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr, B = Y + 1.772 Cb, in 16 fractional bits, rounded.
inline void ycbcr_row_to_rgb(const std::uint8_t* __restrict luma, const std::uint8_t* __restrict blue,
                             const std::uint8_t* __restrict red, std::ptrdiff_t columns, std::uint8_t* __restrict rgb) {
    constexpr int r_cr = 91881, g_cb = -22554, g_cr = -46802, b_cb = 116130, half = 1 << 15;
    for (std::ptrdiff_t x = 0; x < columns; ++x) {
        const int y = luma[x], cb = blue[x] - 128, cr = red[x] - 128;
        rgb[3 * x] = clamp_to_byte(y + ((r_cr * cr + half) >> 16));
        rgb[3 * x + 1] = clamp_to_byte(y + ((g_cb * cb + g_cr * cr + half) >> 16));
        rgb[3 * x + 2] = clamp_to_byte(y + ((b_cb * cb + half) >> 16));
    }
}

// planes: Y, Cb, Cr; pixels: (size.rows, size.columns, 3).
inline void ycbcr_to_rgb(const SamplePlane (&planes)[kMaxComponents], Extent size, std::uint8_t* pixels) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        ycbcr_row_to_rgb(planes[0].samples + y * planes[0].stride, planes[1].samples + y * planes[1].stride,
                         planes[2].samples + y * planes[2].stride, size.columns, pixels + 3 * y * size.columns);
}

// pixels: (size.rows, size.columns, count).
inline void interleave(const SamplePlane (&planes)[kMaxComponents], int count, Extent size, std::uint8_t* pixels) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        for (int c = 0; c < count; ++c) {
            const std::uint8_t* samples = planes[c].samples + y * planes[c].stride;
            std::uint8_t* target = pixels + y * size.columns * count + c;
            for (std::ptrdiff_t x = 0; x < size.columns; ++x) target[x * count] = samples[x];
        }
}

}  // namespace
