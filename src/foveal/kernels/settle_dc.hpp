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

namespace {

// DC of one level of 8-bit samples, in units of 1/16: 8 times the mean of the block (T.81 A.3.3, FDCT and IDCT).
constexpr float kDcOfLevel = 8 * kCoefficientScale;

// What DC is rounded to where a decoder may move the mean of a block: the step of libjpeg at quality 80. Coarser steps
// hold more generations and cost more of the first one.
constexpr float kDcOfMarkedBlock = 0.75f * kDcOfLevel;

// Settles the DC of blocks without AC and of those that is_marked names, whose mean a decoder may move: it becomes that
// of the whole level, or of the multiple of kDcOfMarkedBlock, that is nearest to the mean of the block (halves to
// even), or just the nearest one if steps are no finer than that. A mean that a decoder moved by less than half of that
// gives the same DC again. dc: DC coefficients of the blocks, in units of 1/16; step: that of DC, in units of 1/16.
inline void settle_dc(std::int16_t* levels, std::ptrdiff_t count, const std::int16_t* dc, const std::uint8_t* is_marked,
                      float step) {
    for (std::ptrdiff_t n = 0; n < count; ++n, levels += kBlockSize) {
        const bool has_ac = (nonzero_mask(levels) & ~std::uint64_t{1}) != 0;
        if (has_ac && is_marked[n] == 0) continue;
        const float unit = has_ac ? kDcOfMarkedBlock : kDcOfLevel, mean = static_cast<float>(dc[n]);
        const float nearest = step < unit ? __builtin_rintf(mean / unit) * unit : mean;
        // halves to even here, too: away from zero they would make the photo lighter or darker on average
        const float level = __builtin_rintf(nearest / step);
        constexpr float smallest = kSmallestDc, largest = kLargestLevel;
        levels[0] = static_cast<std::int16_t>(level < smallest ? smallest : level > largest ? largest : level);
    }
}

}  // namespace
