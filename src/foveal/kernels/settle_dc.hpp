// Settling of DC: quantized DC coefficients that stay what they are when a decoded picture is encoded again.
//
// A decoder rounds samples to whole levels and clamps them to 8 bits, which moves the mean of some blocks: a block
// without AC becomes one level, and ringing that is clamped at black makes a block brighter. Where DC has steps of a
// fraction of a level, the moved mean is another quantized DC in the next generation, which moves the mean once more.
// Coarser steps need no settling, which would only round twice.
#pragma once

#include "nonzero.hpp"
#include "quantize.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// DC of one level of 8-bit samples, in units of 1/16: 8 times the mean of the block (T.81 A.3.3, FDCT and IDCT).
constexpr float kDcOfLevel = 8 * kCoefficientScale;

// What DC is rounded to where a decoder may move the mean of a block: the step of libjpeg at quality 80. Coarser steps
// hold more generations and cost more of the first one.
constexpr float kDcOfUnsureBlock = 0.75f * kDcOfLevel;

// Settles the DC of blocks without AC and of those that is_unsure marks: it becomes that of the whole level, or of the
// multiple of kDcOfUnsureBlock, that is nearest to the mean of the block (halves to even), or just the nearest one if
// steps are no finer than that. A mean that a decoder moved by less than half of that gives the same DC again. dc: DC
// coefficients of the blocks, in units of 1/16; step: that of DC, in units of 1/16.
inline void settle_dc(std::int16_t* levels, std::ptrdiff_t count, const std::int16_t* dc, const std::uint8_t* is_unsure,
                      float step) {
    for (std::ptrdiff_t n = 0; n < count; ++n, levels += kBlockSize) {
        const bool has_ac = (nonzero_mask(levels) & ~std::uint64_t{1}) != 0;
        if (has_ac && is_unsure[n] == 0) continue;
        const float unit = has_ac ? kDcOfUnsureBlock : kDcOfLevel, mean = static_cast<float>(dc[n]);
        const float nearest = step < unit ? __builtin_rintf(mean / unit) * unit : mean;
        // halves to even here, too: away from zero they would make the photo lighter or darker on average
        const float level = __builtin_rintf(nearest / step);
        constexpr float smallest = kSmallestDc, largest = kLargestLevel;
        levels[0] = static_cast<std::int16_t>(level < smallest ? smallest : level > largest ? largest : level);
    }
}

using foveal::kHasSaturatedPixel;
using foveal::kHasSaturatedSample;

// Returns whether some pixel of a row consists of samples of 0 only, or of 255 only.
inline bool has_saturated_pixel(const std::uint8_t* pixel, const std::uint8_t* end, std::ptrdiff_t channels) {
    for (; pixel < end; pixel += channels) {
        std::ptrdiff_t black = 0, white = 0;
        for (std::ptrdiff_t channel = 0; channel < channels; ++channel) {
            black += pixel[channel] == 0;
            white += pixel[channel] == 255;
        }
        if (black == channels || white == channels) return true;
    }
    return false;
}

// Marks the 8 x 8 blocks of pixels that hold a sample of 0 or 255, which may be a clamped one, with
// kHasSaturatedSample, and those that hold a pixel of such samples only, all 0 or all 255, with kHasSaturatedPixel;
// others become 0. channels: samples of a pixel; out: a row for each row of blocks, (columns + 7) / 8 long.
inline void mark_saturated(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, std::uint8_t* out) {
    const std::ptrdiff_t length = size.columns * channels, block_length = kBlockSide * channels;
    const std::ptrdiff_t block_columns = (size.columns + kBlockSide - 1) / kBlockSide;
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        const std::uint8_t* row = pixels + y * length;
        std::uint8_t* marks = out + y / kBlockSide * block_columns;
        if (y % kBlockSide == 0) std::memset(marks, 0, static_cast<std::size_t>(block_columns));
        for (std::ptrdiff_t column = 0; column < block_columns; ++column) {
            const std::ptrdiff_t first = column * block_length;
            const std::ptrdiff_t end = first + block_length < length ? first + block_length : length;
            std::uint8_t found = 0;
            for (std::ptrdiff_t x = first; x < end; ++x)
                found |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(row[x] + 1) < 2);
            if (found == 0 || marks[column] == kHasSaturatedPixel) continue;
            marks[column] =
                has_saturated_pixel(row + first, row + end, channels) ? kHasSaturatedPixel : kHasSaturatedSample;
        }
    }
}

}  // namespace
