// Blocks of text and hard edges: many samples of one level, the ground, and others far from it.
#pragma once

#include "block.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

constexpr int kGreen = 1;  // the channel of RGB pixels that is looked at, as most of luminance is green

// Fills `out` with the part of each 8 x 8 block, 0 to 64, whose samples are within `width` levels of its darkest or
// of its lightest one, whichever is more; 0 for blocks in which these two differ by less than `contrast`. channels: 1
// or 3; out: a row for each row of blocks, (columns + 7) / 8 long.
inline void ground_parts(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, int width, int contrast,
                         std::uint8_t* out) {
    const std::uint8_t* samples = pixels + (channels == 1 ? 0 : kGreen);
    for (std::ptrdiff_t top = 0; top < size.rows; top += kBlockSide) {
        const std::ptrdiff_t bottom = top + kBlockSide < size.rows ? top + kBlockSide : size.rows;
        for (std::ptrdiff_t left = 0; left < size.columns; left += kBlockSide, ++out) {
            const std::ptrdiff_t right = left + kBlockSide < size.columns ? left + kBlockSide : size.columns;
            int block[kBlockSize], count = 0, darkest = 255, lightest = 0;
            for (std::ptrdiff_t y = top; y < bottom; ++y) {
                for (std::ptrdiff_t x = left; x < right; ++x) {
                    const int sample = samples[(y * size.columns + x) * channels];
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
            *out = static_cast<std::uint8_t>(lightest - darkest < contrast ? 0 : ground);
        }
    }
}

}  // namespace
