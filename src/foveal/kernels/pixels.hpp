// Color conversion of the decoder: component planes to pixels (T.871 clause 7, Conversion to and from RGB), with the
// rounding of libjpeg-turbo. The inverse of color.hpp.
#pragma once

#include "block.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using foveal::kMaxComponents;
using foveal::SamplePlane;

constexpr int kRun = 32;  // pixels converted at once

// Clamps to 0..255.
inline std::uint8_t clamp_to_byte(int value) {
    return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

// Returns factor / 2^16 * value, rounded. The high half of factor * 2 * value has one bit more than the result, which
// is enough to round; 2 * value fits 16 bits, so that a 16-bit multiplication does.
inline std::int16_t scaled_by(std::int16_t factor, int value) {
    const auto twice = static_cast<std::int16_t>(2 * value);
    const auto high = static_cast<std::int16_t>((factor * twice) >> 16);
    return static_cast<std::int16_t>((high + 1) >> 1);
}

// Converts kRun pixels: R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with 16 fractional bits,
// rounded. Factors that do not fit a signed 16-bit fraction are split: 1.402 = 1 + 0.402, 1.772 = 2 - 0.228,
// -0.714 = 0.286 - 1.
inline void convert_run(const std::uint8_t* __restrict luma, const std::uint8_t* __restrict cb_samples,
                        const std::uint8_t* __restrict cr_samples, std::uint8_t* __restrict r,
                        std::uint8_t* __restrict g, std::uint8_t* __restrict b) {
    for (int x = 0; x < kRun; ++x) {
        const std::int16_t cr = static_cast<std::int16_t>(cr_samples[x] - 128);
        r[x] = clamp_to_byte(static_cast<std::int16_t>(luma[x] + cr + scaled_by(26345, cr)));
    }
    for (int x = 0; x < kRun; ++x) {
        const std::int16_t cb = static_cast<std::int16_t>(cb_samples[x] - 128);
        b[x] = clamp_to_byte(static_cast<std::int16_t>(luma[x] + 2 * cb + scaled_by(-14942, cb)));
    }
    for (int x = 0; x < kRun; ++x) {
        const int cb = cb_samples[x] - 128, cr = cr_samples[x] - 128;
        g[x] = clamp_to_byte(luma[x] - cr + ((-22554 * cb + 18734 * cr + (1 << 15)) >> 16));
    }
}

// Interleaves three runs of 16 bytes into 48: rgbrgb...
inline void interleave_16(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, std::uint8_t* rgb) {
    const Byte16 red = load_16_bytes(r), green = load_16_bytes(g), blue = load_16_bytes(b);
    Byte16 first = __builtin_shufflevector(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    Byte16 second = __builtin_shufflevector(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    Byte16 third = __builtin_shufflevector(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    first = __builtin_shufflevector(first, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    second = __builtin_shufflevector(second, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    third = __builtin_shufflevector(third, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    std::memcpy(rgb, &first, sizeof first);
    std::memcpy(rgb + 16, &second, sizeof second);
    std::memcpy(rgb + 32, &third, sizeof third);
}

// Converts kRun pixels of Y, Cb and Cr to interleaved RGB.
inline void convert_and_interleave(const std::uint8_t* luma, const std::uint8_t* cb_samples,
                                   const std::uint8_t* cr_samples, std::uint8_t* rgb) {
    std::uint8_t r[kRun], g[kRun], b[kRun];
    convert_run(luma, cb_samples, cr_samples, r, g, b);
    for (int x = 0; x < kRun; x += 16) interleave_16(r + x, g + x, b + x, rgb + 3 * x);
}

// Converts a row; the last pixels are copied to a run of their own.
inline void ycbcr_row_to_rgb(const std::uint8_t* luma, const std::uint8_t* cb_samples, const std::uint8_t* cr_samples,
                             std::ptrdiff_t columns, std::uint8_t* rgb) {
    std::ptrdiff_t x = 0;
    for (; x + kRun <= columns; x += kRun)
        convert_and_interleave(luma + x, cb_samples + x, cr_samples + x, rgb + 3 * x);
    if (x == columns) return;
    std::uint8_t rest[3][kRun] = {}, pixels[3 * kRun];
    const auto left = static_cast<std::size_t>(columns - x);
    std::memcpy(rest[0], luma + x, left);
    std::memcpy(rest[1], cb_samples + x, left);
    std::memcpy(rest[2], cr_samples + x, left);
    convert_and_interleave(rest[0], rest[1], rest[2], pixels);
    std::memcpy(rgb + 3 * x, pixels, 3 * left);
}

// Fills RGB pixels (size.rows, size.columns, 3) from the planes Y, Cb and Cr.
inline void ycbcr_to_rgb(const SamplePlane (&planes)[kMaxComponents], Extent size, std::uint8_t* pixels) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        ycbcr_row_to_rgb(planes[0].samples + y * planes[0].stride, planes[1].samples + y * planes[1].stride,
                         planes[2].samples + y * planes[2].stride, size.columns, pixels + 3 * y * size.columns);
}

// Fills pixels (size.rows, size.columns, count) from `count` planes.
inline void interleave(const SamplePlane (&planes)[kMaxComponents], int count, Extent size, std::uint8_t* pixels) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        for (int c = 0; c < count; ++c) {
            const std::uint8_t* samples = planes[c].samples + y * planes[c].stride;
            std::uint8_t* target = pixels + y * size.columns * count + c;
            for (std::ptrdiff_t x = 0; x < size.columns; ++x) target[x * count] = samples[x];
        }
}

}  // namespace
