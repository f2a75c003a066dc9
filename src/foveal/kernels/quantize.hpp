// Quantization (T.81 A.3.4, DCT coefficient quantization): division by the step, rounded to nearest, ties away from
// zero as in libjpeg.
#pragma once

#include "block.hpp"
#include "nonzero.hpp"

#include <cstddef>
#include <cstdint>

namespace {

// The range of levels that the Huffman categories of an 8-bit JPEG can hold (T.81 table F.1, Difference magnitude
// categories for DC coding; table F.2, Categories assigned to coefficient values). A DC of -1024 is legal, as only
// differences of DC are coded, and these have up to 11 bits.
constexpr std::int32_t kSmallestDc = -1024;
constexpr std::int32_t kLargestLevel = 1023;

// Returns |value|.
inline Float8 absolute(Float8 value) { return value < splat8(0.0f) ? -value : value; }

// Clamps magnitudes to kLargestLevel.
inline Int8 clamp_levels(Int8 magnitude) { return magnitude > kLargestLevel ? Int8{} + kLargestLevel : magnitude; }

// Quantizes a DC coefficient.
inline std::int16_t quantize_dc(std::int16_t coefficient, float step) {
    const float magnitude = static_cast<float>(coefficient < 0 ? -coefficient : coefficient) / step;
    const auto level = static_cast<std::int32_t>(magnitude + 0.5f);
    if (coefficient < 0) return static_cast<std::int16_t>(level > -kSmallestDc ? kSmallestDc : -level);
    return static_cast<std::int16_t>(level > kLargestLevel ? kLargestLevel : level);
}

// Adds the lanes one after the other.
inline float sum_of_lanes(Float8 value) {
    float sum = 0.0f;
    for (int lane = 0; lane < 8; ++lane) sum += value[lane];
    return sum;
}

// Computes the root mean square of the AC coefficients of each block, in units of the coefficients: of all of them, of
// the low frequencies (1 to 5 in zig-zag order) and of the high frequencies (15 to 63).
inline void ac_strengths(const std::int16_t* blocks, std::ptrdiff_t count, float* every, float* coarse, float* fine) {
    const Float8 is_coarse = {0, 1, 1, 1, 1, 1, 0, 0}, is_fine = {0, 0, 0, 0, 0, 0, 0, 1};  // of 0..7 and of 8..15
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        Float8 first = load_shorts(blocks), second = load_shorts(blocks + 8);
        first[0] = 0.0f;  // DC
        first = first * first;
        second = second * second;
        Float8 rest = {};
        for (int k = 16; k < kBlockSize; k += 8) {
            const Float8 coefficient = load_shorts(blocks + k);
            rest = rest + coefficient * coefficient;
        }
        every[n] = __builtin_sqrtf(sum_of_lanes(first + second + rest) / (kBlockSize - 1));
        coarse[n] = __builtin_sqrtf(sum_of_lanes(first * is_coarse) / 5);
        fine[n] = __builtin_sqrtf(sum_of_lanes(rest + second * is_fine) / (kBlockSize - 15));
    }
}

// Magnitudes of coefficients up to which plain rounding gives 0, for larger_mask: a little less than half a step, so
// that no rounding error matters. Most coefficients are smaller, and nothing has to be computed for them.
struct ZeroLimits {
    std::int16_t of[kBlockSize];

    explicit ZeroLimits(const float* steps) {
        for (int k = 0; k < kBlockSize; ++k) {
            const float limit = 0.5f * steps[k] - 1.0f;
            of[k] = static_cast<std::int16_t>(limit < 32766.0f ? limit : 32766.0f);
        }
    }
};

// Returns how many steps a coefficient must have to become a level. widths: by how many steps dead zones reach beyond
// that of rounding, to 3/2 at most: a level of 2 never becomes 0.
inline Float8 zero_thresholds(Float8 widths) {
    const Float8 threshold = widths + 0.5f, largest = splat8(1.5f);
    return threshold < largest ? threshold : largest;
}

// Turns the coefficients of a block into levels, in place. limits: those of the steps; thresholds(k): those of
// coefficients k to k + 7, in steps, at least 0.5; an AC coefficient smaller than its threshold becomes 0.
template <class Thresholds>
inline void quantize_block(std::int16_t* block, const float* steps, const ZeroLimits& limits, Thresholds thresholds) {
    const std::int16_t dc = quantize_dc(block[0], steps[0]);
    const std::uint64_t may_be_nonzero = larger_mask(block, limits.of);
    for (int k = 0; k < kBlockSize; k += 8) {
        if ((may_be_nonzero >> k & 0xFF) == 0) {
            store_shorts(block + k, Int8{});
            continue;
        }
        const Float8 coefficient = load_shorts(block + k);
        const Float8 magnitude = absolute(coefficient) / load8(steps + k);
        Int8 level = clamp_levels(__builtin_convertvector(magnitude + 0.5f, Int8));
        level = magnitude < thresholds(k) ? Int8{} : level;
        store_shorts(block + k, coefficient < splat8(0.0f) ? -level : level);
    }
    block[0] = dc;
}

// Turns coefficients into levels, in place, by plain rounding. steps: 64 quantizer steps; both are in units of 1/16.
inline void quantize(std::int16_t* blocks, std::ptrdiff_t count, const float* steps) {
    const ZeroLimits limits(steps);
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize)
        quantize_block(blocks, steps, limits, [](int) { return splat8(0.5f); });
}

// Turns coefficients into levels, in place; AC coefficients in a dead zone become 0. widths[n] * factors[k]: that of
// the zone of coefficient k of block n, see zero_thresholds. factors: rows of 64; profile: the row of each block.
inline void quantize_dead_zones(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* widths,
                                const float* factors, const std::uint8_t* profile) {
    const ZeroLimits limits(steps);
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const float* row = factors + kBlockSize * profile[n];
        const Float8 width = splat8(widths[n]);
        quantize_block(blocks, steps, limits, [=](int k) { return zero_thresholds(width * load8(row + k)); });
    }
}

// Turns coefficients into levels, in place, with a quantization table for each block, as published for MS-ROI, although
// the file has one table: block n is quantized and dequantized with own_steps[table_index[n]], and the result is
// quantized with file_steps.
inline void quantize_per_block(std::int16_t* blocks, std::ptrdiff_t count, const float* own_steps,
                               const std::uint8_t* table_index, const float* file_steps) {
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const float* own = own_steps + kBlockSize * table_index[n];
        const std::int16_t dc = quantize_dc(blocks[0], file_steps[0]);
        for (int k = 0; k < kBlockSize; k += 8) {
            const Float8 coefficient = load_shorts(blocks + k);
            const Float8 step = load8(own + k);
            const Int8 own_level = __builtin_convertvector(absolute(coefficient) / step + 0.5f, Int8);
            const Float8 rebuilt = __builtin_convertvector(own_level, Float8) * step;
            const Int8 level = clamp_levels(__builtin_convertvector(rebuilt / load8(file_steps + k) + 0.5f, Int8));
            store_shorts(blocks + k, coefficient < splat8(0.0f) ? -level : level);
        }
        blocks[0] = dc;
    }
}

}  // namespace
