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

// Returns the mark of a block with a sample of 0 or 255: kHasSaturatedPixel if some pixel consists of samples of 0
// only, or of 255 only. block: first sample of the block; length: samples of a row of the picture.
template <int kChannels>
inline std::uint8_t mark_of_saturated_block(const std::uint8_t* block, std::ptrdiff_t length, Extent size) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        const std::uint8_t* pixel = block + y * length;
        for (std::ptrdiff_t x = 0; x < size.columns; ++x, pixel += kChannels) {
            int black = 0, white = 0;
            for (int channel = 0; channel < kChannels; ++channel) {
                black += pixel[channel] == 0;
                white += pixel[channel] == 255;
            }
            if (black == kChannels || white == kChannels) return kHasSaturatedPixel;
        }
    }
    return kHasSaturatedSample;
}

// Marks the 8 x 8 blocks of pixels that hold a sample of 0 or 255, which may be a clamped one, with
// kHasSaturatedSample, and those that hold a pixel of such samples only, all 0 or all 255, with kHasSaturatedPixel;
// others become 0. kChannels: samples of a pixel; out: a row for each row of blocks, (columns + 7) / 8 long.
template <int kChannels>
inline void mark_saturated_blocks(const std::uint8_t* pixels, Extent size, std::uint8_t* out) {
    // The next value of a saturated sample, modulo 256, is 0 or 1: the smallest one of a block tells.
    constexpr std::ptrdiff_t block_length = kBlockSide * kChannels, group_blocks = 4;
    constexpr std::ptrdiff_t group_length = group_blocks * block_length;
    const std::ptrdiff_t length = size.columns * kChannels;
    for (std::ptrdiff_t top = 0; top < size.rows; top += kBlockSide) {
        const std::uint8_t* first_row = pixels + top * length;
        const std::ptrdiff_t rows = size.rows - top < kBlockSide ? size.rows - top : kBlockSide;
        std::ptrdiff_t left = 0;
        for (; left + group_length <= length; left += group_length) {
            std::uint64_t found[group_blocks * kChannels];  // eight samples each, nonzero if one is saturated
            for (int part = 0; part < kChannels; ++part) {
                Byte32 least = load_32_bytes(first_row + left + 32 * part) + 1;
                for (std::ptrdiff_t y = 1; y < rows; ++y)
                    least = smaller_of(least, load_32_bytes(first_row + y * length + left + 32 * part) + 1);
                const Byte32 is_saturated = reinterpret_cast<Byte32>(least < 2);
                std::memcpy(found + group_blocks * part, &is_saturated, sizeof is_saturated);
            }
            for (std::ptrdiff_t block = 0; block < group_blocks; ++block) {
                std::uint64_t any = 0;
                for (int part = 0; part < kChannels; ++part) any |= found[block * kChannels + part];
                const std::uint8_t* first = first_row + left + block * block_length;
                *out++ = any == 0 ? 0 : mark_of_saturated_block<kChannels>(first, length, {rows, kBlockSide});
            }
        }
        for (; left < length; left += block_length) {
            const std::ptrdiff_t end = left + block_length < length ? left + block_length : length;
            std::uint8_t found = 0;
            for (std::ptrdiff_t y = 0; y < rows; ++y)
                for (std::ptrdiff_t x = left; x < end; ++x)
                    found |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(first_row[y * length + x] + 1) < 2);
            const Extent extent{rows, (end - left) / kChannels};
            *out++ = found == 0 ? 0 : mark_of_saturated_block<kChannels>(first_row + left, length, extent);
        }
    }
}

// Marks saturated blocks, see mark_saturated_blocks; channels: 1 or 3.
inline void mark_saturated(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, std::uint8_t* out) {
    const auto mark = channels == 1 ? mark_saturated_blocks<1> : mark_saturated_blocks<3>;
    mark(pixels, size, out);
}

}  // namespace
