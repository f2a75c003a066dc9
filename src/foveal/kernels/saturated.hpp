// Marks of the 8 x 8 blocks of a picture with samples of 0 or 255, which a decoder may have clamped, or may clamp.
#pragma once

#include "block.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

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

// Returns samples + 1, modulo 256: 0 or 1 for saturated samples. The minimum of several is below 2 if one of them is.
inline Byte32 next_values(const std::uint8_t* samples) { return load_32_bytes(samples) + 1; }

constexpr std::ptrdiff_t kGroupBlocks = 4;  // blocks side by side whose samples are read 32 at a time

// Finds the saturated blocks of a group. first: the first of its samples; length: samples of a row of the picture. Sets
// is_saturated[n] to other than 0 if block n has a saturated sample.
template <int kChannels>
inline void find_in_group(const std::uint8_t* first, std::ptrdiff_t length, std::ptrdiff_t rows,
                          std::uint64_t (&is_saturated)[kGroupBlocks]) {
    std::uint64_t found[kGroupBlocks * kChannels];  // eight samples each
    for (int part = 0; part < kChannels; ++part) {
        Byte32 least = next_values(first + 32 * part);
        for (std::ptrdiff_t y = 1; y < rows; ++y)
            least = smaller_of(least, next_values(first + y * length + 32 * part));
        const Byte32 mask = reinterpret_cast<Byte32>(least < 2);
        std::memcpy(found + kGroupBlocks * part, &mask, sizeof mask);
    }
    for (std::ptrdiff_t block = 0; block < kGroupBlocks; ++block) {
        is_saturated[block] = 0;
        for (int part = 0; part < kChannels; ++part) is_saturated[block] |= found[block * kChannels + part];
    }
}

// Returns whether a block has a saturated sample. row_length: samples of a row of the block.
inline bool has_saturated_sample(const std::uint8_t* block, std::ptrdiff_t length, std::ptrdiff_t rows,
                                 std::ptrdiff_t row_length) {
    bool found = false;
    for (std::ptrdiff_t y = 0; y < rows; ++y)
        for (std::ptrdiff_t x = 0; x < row_length; ++x)
            found |= static_cast<std::uint8_t>(block[y * length + x] + 1) < 2;
    return found;
}

// Marks the 8 x 8 blocks of pixels that hold a sample of 0 or 255, which may be a clamped one, with
// kHasSaturatedSample, and those that hold a pixel of such samples only, all 0 or all 255, with kHasSaturatedPixel;
// others become 0. kChannels: samples of a pixel; out: a row for each row of blocks, (columns + 7) / 8 long.
template <int kChannels>
inline void mark_saturated_blocks(const std::uint8_t* pixels, Extent size, std::uint8_t* out) {
    constexpr std::ptrdiff_t block_length = kBlockSide * kChannels, group_length = kGroupBlocks * block_length;
    const std::ptrdiff_t length = size.columns * kChannels;
    for (std::ptrdiff_t top = 0; top < size.rows; top += kBlockSide) {
        const std::uint8_t* block = pixels + top * length;
        const std::uint8_t* const end = block + length;
        const std::ptrdiff_t rows = size.rows - top < kBlockSide ? size.rows - top : kBlockSide;
        while (end - block >= group_length) {
            std::uint64_t is_saturated[kGroupBlocks];
            find_in_group<kChannels>(block, length, rows, is_saturated);
            for (const std::uint64_t each : is_saturated) {
                *out++ = each == 0 ? 0 : mark_of_saturated_block<kChannels>(block, length, {rows, kBlockSide});
                block += block_length;
            }
        }
        while (block < end) {
            const std::ptrdiff_t row_length = end - block < block_length ? end - block : block_length;
            const bool found = has_saturated_sample(block, length, rows, row_length);
            *out++ = found ? mark_of_saturated_block<kChannels>(block, length, {rows, row_length / kChannels}) : 0;
            block += row_length;
        }
    }
}

// Marks saturated blocks, see mark_saturated_blocks; channels: 1 or 3.
inline void mark_saturated(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, std::uint8_t* out) {
    const auto mark = channels == 1 ? mark_saturated_blocks<1> : mark_saturated_blocks<3>;
    mark(pixels, size, out);
}

}  // namespace
