// Down-sampling by area: each output pixel is the mean of the area that it covers; an input pixel that lies partly in
// that area counts by the fraction inside.
//
// The sums are integers, so that the mean is exact and is rounded once. Where n input pixels become m output pixels,
// lengths are counted in units of 1/m input pixel = 1/n output pixel, so that all edges lie on whole units.
// For n = 5 and m = 2:
//
//     input   |  :  |  :  |  :  |  :  |  :  |    2 units each
//     output  |              |              |    5 units each: 2 whole input pixels and 1 unit of the middle one
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using foveal::Extent;

// The input pixels that an output pixel covers along one axis.
struct Coverage {
    std::ptrdiff_t first, last;               // pixels [first, last) are covered wholly
    std::uint32_t units_before, units_after;  // units covered of pixel first - 1 and of pixel last
};

// Returns the input pixels that output pixel `index` covers when `length` input pixels become `smaller_length`.
inline Coverage coverage(std::ptrdiff_t index, std::ptrdiff_t length, std::ptrdiff_t smaller_length) {
    const std::ptrdiff_t begin = index * length, end = begin + length;
    const std::ptrdiff_t first = (begin + smaller_length - 1) / smaller_length, last = end / smaller_length;
    return {first, last, static_cast<std::uint32_t>(first * smaller_length - begin),
            static_cast<std::uint32_t>(end - last * smaller_length)};
}

// Adds consecutive rows of `count` samples, each weighted by `units`, to the sums of their columns. Adding several rows
// at once saves loads and stores of the sums.
template <int rows, class Sample>
void add_rows(const Sample* __restrict samples, std::ptrdiff_t count, std::uint32_t units,
              std::uint64_t* __restrict sums) {
    for (std::ptrdiff_t x = 0; x < count; ++x) {
        std::uint32_t sum = 0;
        for (int row = 0; row < rows; ++row) sum += samples[row * count + x];
        sums[x] += static_cast<std::uint64_t>(units) * sum;
    }
}

// Fills `sums` with the sums of the columns over the rows that an output row covers. pixels: rows of `count` samples;
// units: weight of a row that is covered wholly.
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

// Returns the weighted sum of one channel over the columns that an output pixel covers. sums: those of sum_rows,
// `channels` for each pixel; units: weight of a column that is covered wholly.
inline std::uint64_t sum_across(const std::uint64_t* sums, std::ptrdiff_t channels, Coverage covered,
                                std::uint32_t units) {
    std::uint64_t whole = 0;
    for (std::ptrdiff_t x = covered.first; x < covered.last; ++x) whole += sums[x * channels];
    std::uint64_t sum = whole * units;
    if (covered.units_before > 0) sum += sums[(covered.first - 1) * channels] * covered.units_before;
    if (covered.units_after > 0) sum += sums[covered.last * channels] * covered.units_after;
    return sum;
}

// Fills `out` with means of equal areas of `pixels`, rounded half up.
//
// pixels: (size.rows, size.columns, channels), 8 or 16 bits; out: (out_size.rows, out_size.columns, channels), 8 bits,
// sides from 1 to those of the pixels; sums: room for size.columns * channels.
template <class Sample>
void area_means(const Sample* pixels, Extent size, std::ptrdiff_t channels, std::uint64_t* sums, std::uint8_t* out,
                Extent out_size) {
    constexpr std::uint64_t unit = sizeof(Sample) == 1 ? 1 : 257;  // a step of 8 bits, in steps of Sample
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
