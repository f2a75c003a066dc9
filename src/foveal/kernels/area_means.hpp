// A picture made smaller: each pixel is the mean of the area that it stands for, where pixels at the edges count by the
// share of them that lies in it.
//
// In whole numbers, so that the mean is exact and rounded once. Where n pixels become m, lengths are counted in units
// of which a pixel before has m and one after has n: all edges lie on whole units.
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using foveal::Extent;

// What a pixel after covers along one axis.
struct Coverage {
    std::ptrdiff_t first, last;               // pixels [first, last) wholly,
    std::uint32_t units_before, units_after;  // and so much of pixel first - 1 and of pixel last
};

inline Coverage coverage(std::ptrdiff_t index, std::ptrdiff_t length, std::ptrdiff_t smaller_length) {
    const std::ptrdiff_t begin = index * length, end = begin + length;
    const std::ptrdiff_t first = (begin + smaller_length - 1) / smaller_length, last = end / smaller_length;
    return {first, last, static_cast<std::uint32_t>(first * smaller_length - begin),
            static_cast<std::uint32_t>(end - last * smaller_length)};
}

// Adds rows of `count` samples, `units` high each, to their sums; several at once, as sums take long to reach.
template <int rows, class Sample>
void add_rows(const Sample* __restrict samples, std::ptrdiff_t count, std::uint32_t units,
              std::uint64_t* __restrict sums) {
    for (std::ptrdiff_t x = 0; x < count; ++x) {
        std::uint32_t sum = 0;
        for (int row = 0; row < rows; ++row) sum += samples[row * count + x];
        sums[x] += static_cast<std::uint64_t>(units) * sum;
    }
}

// Sums down, over the rows that a row after covers; pixels: rows of `count` samples.
template <class Sample>
void sum_rows(const Sample* pixels, std::ptrdiff_t count, Coverage covered, std::uint32_t units, std::uint64_t* sums) {
    for (std::ptrdiff_t x = 0; x < count; ++x) sums[x] = 0;
    std::ptrdiff_t y = covered.first;
    for (; y + 4 <= covered.last; y += 4) add_rows<4>(pixels + y * count, count, units, sums);
    if (y + 2 <= covered.last) {
        add_rows<2>(pixels + y * count, count, units, sums);
        y += 2;
    }
    if (y < covered.last) add_rows<1>(pixels + y * count, count, units, sums);
    if (covered.units_before > 0) add_rows<1>(pixels + (covered.first - 1) * count, count, covered.units_before, sums);
    if (covered.units_after > 0) add_rows<1>(pixels + covered.last * count, count, covered.units_after, sums);
}

// One channel of a pixel after: the sum across of sums down, of which each pixel has `channels`.
inline std::uint64_t sum_across(const std::uint64_t* sums, std::ptrdiff_t channels, Coverage covered,
                                std::uint32_t units) {
    std::uint64_t whole = 0;
    for (std::ptrdiff_t x = covered.first; x < covered.last; ++x) whole += sums[x * channels];
    std::uint64_t sum = whole * units;
    if (covered.units_before > 0) sum += sums[(covered.first - 1) * channels] * covered.units_before;
    if (covered.units_after > 0) sum += sums[covered.last * channels] * covered.units_after;
    return sum;
}

// pixels: (size.rows, size.columns, channels); out: (out_size.rows, out_size.columns, channels), 8 bits whatever the
// pixels have, sides from 1 to those of the pixels; sums: room for size.columns * channels.
template <class Sample>
void area_means(const Sample* pixels, Extent size, std::ptrdiff_t channels, std::uint64_t* sums, std::uint8_t* out,
                Extent out_size) {
    constexpr std::uint64_t unit = sizeof(Sample) == 1 ? 1 : 257;  // what 1 of 8 bits is in the samples
    const std::uint64_t area = unit * static_cast<std::uint64_t>(size.rows) * static_cast<std::uint64_t>(size.columns);
    const auto units_down = static_cast<std::uint32_t>(out_size.rows);
    const auto units_across = static_cast<std::uint32_t>(out_size.columns);
    for (std::ptrdiff_t y = 0; y < out_size.rows; ++y) {
        sum_rows(pixels, size.columns * channels, coverage(y, size.rows, out_size.rows), units_down, sums);
        for (std::ptrdiff_t x = 0; x < out_size.columns; ++x) {
            const Coverage covered = coverage(x, size.columns, out_size.columns);
            for (std::ptrdiff_t c = 0; c < channels; ++c) {
                const std::uint64_t sum = sum_across(sums + c, channels, covered, units_across);
                *out++ = static_cast<std::uint8_t>((sum + area / 2) / area);
            }
        }
    }
}

}  // namespace
