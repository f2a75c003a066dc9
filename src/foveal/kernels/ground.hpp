// Blocks of text and hard edges: many samples of one level, the ground, and others far from it.
#pragma once

#include "block.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

constexpr int kGreen = 1;  // the channel of RGB pixels that is looked at, as most of luminance is green

// Whole blocks that are looked at together: eight lanes of a Byte32 for each.
constexpr std::ptrdiff_t kGroundBlocks = 4, kGroundColumns = kGroundBlocks * kBlockSide;

// Returns the green samples of 16 RGB pixels.
inline Byte16 green_of_16(const std::uint8_t* pixels) {
    const Byte16 first = load_16_bytes(pixels), second = load_16_bytes(pixels + 16), third = load_16_bytes(pixels + 32);
    const Byte16 low = __builtin_shufflevector(first, second, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
    return __builtin_shufflevector(low, third, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
}

// Loads the samples of kGroundColumns pixels that are looked at.
inline Byte32 load_ground_samples(const std::uint8_t* pixels, std::ptrdiff_t channels) {
    if (channels == 1) return load_32_bytes(pixels);
    if constexpr (!kShufflesBytes) {
        std::uint8_t samples[kGroundColumns];
        for (int x = 0; x < kGroundColumns; ++x) samples[x] = pixels[3 * x + kGreen];
        return load_32_bytes(samples);
    }
    return joined(green_of_16(pixels), green_of_16(pixels + 48));
}

// Returns choose(lane, ...) of the eight lanes of each block, in all of them.
template <class Choose>
inline Byte32 chosen_of_block(Byte32 lanes, Choose choose) {
    for (int bits = 32; bits >= 8; bits /= 2) {
        const ULong4 words = reinterpret_cast<ULong4>(lanes);
        lanes = choose(lanes, reinterpret_cast<Byte32>(words >> bits | words << (64 - bits)));
    }
    return lanes;
}

// Returns the sums of the eight lanes of each block, which are at most 255.
inline ULong4 sums_of_blocks(Byte32 lanes) { return reinterpret_cast<ULong4>(lanes) * 0x0101010101010101u >> 56; }

// Fills `out` with the ground of kGroundBlocks whole blocks, see ground_parts. stride: bytes between rows of pixels.
inline void ground_of_whole_blocks(const std::uint8_t* pixels, std::ptrdiff_t stride, std::ptrdiff_t channels,
                                   int width, int contrast, std::uint8_t* out) {
    Byte32 rows[kBlockSide];
    for (int y = 0; y < kBlockSide; ++y) rows[y] = load_ground_samples(pixels + y * stride, channels);
    Byte32 darkest = rows[0], lightest = rows[0];
    for (int y = 1; y < kBlockSide; ++y) {
        darkest = smaller_of(darkest, rows[y]);
        lightest = larger_of(lightest, rows[y]);
    }
    darkest = chosen_of_block(darkest, smaller_of);
    lightest = chosen_of_block(lightest, larger_of);
    const Byte32 reach = Byte32{} + static_cast<std::uint8_t>(width);
    Byte32 dark = {}, light = {};
    for (const Byte32 row : rows) {  // a comparison that holds is 255, or -1
        dark -= reinterpret_cast<Byte32>(row - darkest <= reach);
        light -= reinterpret_cast<Byte32>(lightest - row <= reach);
    }
    const ULong4 dark_parts = sums_of_blocks(dark), light_parts = sums_of_blocks(light);
    for (int block = 0; block < kGroundBlocks; ++block) {
        const bool is_flat = lightest[block * kBlockSide] - darkest[block * kBlockSide] < contrast;
        const std::uint64_t ground = dark_parts[block] > light_parts[block] ? dark_parts[block] : light_parts[block];
        out[block] = static_cast<std::uint8_t>(is_flat ? 0 : ground);
    }
}

// Returns the ground of a block of at most 8 x 8 pixels, see ground_parts. stride: bytes between rows of pixels.
inline std::uint8_t ground_of_block(const std::uint8_t* pixels, std::ptrdiff_t stride, std::ptrdiff_t channels,
                                    Extent size, int width, int contrast) {
    int block[kBlockSize], count = 0, darkest = 255, lightest = 0;
    for (std::ptrdiff_t y = 0; y < size.rows; ++y) {
        for (std::ptrdiff_t x = 0; x < size.columns; ++x) {
            const int sample = pixels[y * stride + x * channels + (channels == 1 ? 0 : kGreen)];
            block[count++] = sample;
            darkest = sample < darkest ? sample : darkest;
            lightest = sample > lightest ? sample : lightest;
        }
    }
    int dark = 0, light = 0;
    for (int i = 0; i < count; ++i) {
        dark += block[i] <= darkest + width;
        light += block[i] >= lightest - width;
    }
    const int ground = (dark > light ? dark : light) * kBlockSize / count;
    return static_cast<std::uint8_t>(lightest - darkest < contrast ? 0 : ground);
}

// Fills `out` with the part of each 8 x 8 block, 0 to 64, whose samples are within `width` levels of its darkest or
// of its lightest one, whichever is more; 0 for blocks in which these two differ by less than `contrast`. channels: 1
// or 3; out: a row for each row of blocks, (columns + 7) / 8 long.
inline void ground_parts(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, int width, int contrast,
                         std::uint8_t* out) {
    const std::ptrdiff_t stride = size.columns * channels;
    for (std::ptrdiff_t top = 0; top < size.rows; top += kBlockSide) {
        const std::uint8_t* row = pixels + top * stride;
        const std::ptrdiff_t rows = size.rows - top < kBlockSide ? size.rows - top : kBlockSide;
        std::ptrdiff_t left = 0;
        if (rows == kBlockSide)
            for (; left + kGroundColumns <= size.columns; left += kGroundColumns, out += kGroundBlocks)
                ground_of_whole_blocks(row + left * channels, stride, channels, width, contrast, out);
        for (; left < size.columns; left += kBlockSide, ++out) {
            const std::ptrdiff_t columns = size.columns - left < kBlockSide ? size.columns - left : kBlockSide;
            *out = ground_of_block(row + left * channels, stride, channels, {rows, columns}, width, contrast);
        }
    }
}

}  // namespace
