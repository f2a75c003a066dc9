// Derivative ("slope") of the weighted sum of the error maps of SSIMULACRA 2 (ssimulacra2.hpp) with respect to each
// sample of the distorted picture, for one channel at one scale.
//
// The maps depend on a sample b directly and through three blurred planes: those of b, b^2 and a b, where a is the
// original. The derivative with respect to each blurred plane is blurred once more, because the adjoint of a symmetric
// blur is the blur itself:
//
//     slope = direct + blur(by mean) + 2 b blur(by square) + a blur(by product)
//
// The blur is a FIR filter: the impulse response of the recursive blur, nine samples long, without its rounding errors,
// which have no derivative. The picture is processed in tiles of columns; the slopes of a row are ready eight rows
// after it.
#pragma once

#include "block.hpp"
#include "shapes.hpp"
#include "ssimulacra2.hpp"

#include <cstddef>
#include <cstring>

namespace {

using foveal::ErrorPrices;
using foveal::kBlurReach;

constexpr int kTaps = 2 * static_cast<int>(kBlurReach) + 1;
constexpr std::ptrdiff_t kSlopeColumns =
    kTileColumns + 2 * kBlurReach;  // where slopes that reach into a tile come from
constexpr std::ptrdiff_t kSourceColumns = kSlopeColumns + 2 * kBlurReach;
static_assert(kTileColumns % 8 == 0 && 2 * kBlurReach % 8 == 0);

// The blurred planes through which the maps depend on a sample.
enum Path { kByMean, kBySquare, kByProduct, kPaths };

// Working memory of a tile: rings of as many rows as the blur takes. The slots hold zeros at first, which stand for the
// rows above the picture.
struct SlopeTile {
    float blurred_across[kTaps][kQuantities][kSlopeColumns];
    float slopes_across[kTaps][kPaths][kTileColumns];
    float direct[kTaps][kTileColumns];
};

// Columns [begin, begin + count) of a row of both pictures, zeros outside of the pictures.
struct PaddedRow {
    float first[kSourceColumns], second[kSourceColumns];

    PaddedRow(const float* first_row, const float* second_row, std::ptrdiff_t columns, std::ptrdiff_t begin,
              std::ptrdiff_t count) {
        const std::ptrdiff_t inside = begin > 0 ? begin : 0, end = begin + count < columns ? begin + count : columns;
        const auto before = static_cast<std::size_t>(inside - begin), there = static_cast<std::size_t>(end - inside);
        const auto after = static_cast<std::size_t>(count) - before - there;
        const auto fill = [&](const float* row, float* target) {
            std::memset(target, 0, sizeof(float) * before);
            std::memcpy(target + before, row + inside, sizeof(float) * there);
            std::memset(target + before + there, 0, sizeof(float) * after);
        };
        fill(first_row, first);
        fill(second_row, second);
    }
};

// Blurs eight samples across nine rows. taps: weights of the middle row and of those further and further out.
inline Float8 blurred(const float (&taps)[kBlurReach + 1], const float* const (&rows)[kTaps], std::ptrdiff_t x) {
    Float8 sum = taps[0] * load8(rows[kBlurReach] + x);
    for (std::ptrdiff_t i = 1; i <= kBlurReach; ++i)
        sum += taps[i] * (load8(rows[kBlurReach - i] + x) + load8(rows[kBlurReach + i] + x));
    return sum;
}

// Blurs `count` samples of a row; `samples` begins kBlurReach samples before the first of them.
inline void blur_row(const float (&taps)[kBlurReach + 1], const float* samples, std::ptrdiff_t count, float* out) {
    const float* shifted[kTaps];
    for (int i = 0; i < kTaps; ++i) shifted[i] = samples + i;
    for (std::ptrdiff_t x = 0; x < count; x += 8) store8(out + x, blurred(taps, shifted, x));
}

// Blurs the quantities of a row across. count: columns of slopes, like all counts here a multiple of 8.
inline void quantities_across(const float (&taps)[kBlurReach + 1], const PaddedRow& row, std::ptrdiff_t count,
                              float (&out)[kQuantities][kSlopeColumns]) {
    float squares[3][kSourceColumns];
    for (std::ptrdiff_t x = 0; x < count + 2 * kBlurReach; x += 8) {
        const Float8 first = load8(row.first + x), second = load8(row.second + x);
        store8(squares[0] + x, first * first);
        store8(squares[1] + x, second * second);
        store8(squares[2] + x, first * second);
    }
    blur_row(taps, row.first, count, out[kFirst]);
    blur_row(taps, row.second, count, out[kSecond]);
    blur_row(taps, squares[0], count, out[kFirstSquared]);
    blur_row(taps, squares[1], count, out[kSecondSquared]);
    blur_row(taps, squares[2], count, out[kProduct]);
}

// Returns the derivative of the weighted mean and 4-norm of a map with respect to an error; 0 where there is none.
inline Float8 error_slope(const ErrorPrices& prices, int map, Float8 error) {
    return masked(error > 0.0f, prices.of_error[map] + prices.of_cube[map] * (error * error * error));
}

// Derivatives with respect to a sample itself and to the blurred planes at its place.
struct Slopes {
    Float8 direct, path[kPaths];
};

// Computes the derivatives at eight samples; mean: their blurred quantities.
inline Slopes slopes_of(const ErrorPrices& prices, Float8 first, Float8 second, const Float8 (&mean)[kQuantities]) {
    // Structure: error = 1 - closeness * covariance / variance, where closeness = 1 - (difference of means)^2.
    const Float8 mean_difference = mean[kFirst] - mean[kSecond], closeness = 1.0f - mean_difference * mean_difference;
    const Float8 covariance = 2.0f * (mean[kProduct] - mean[kFirst] * mean[kSecond]) + kStability;
    const Float8 variance = (mean[kFirstSquared] - mean[kFirst] * mean[kFirst]) +
                            (mean[kSecondSquared] - mean[kSecond] * mean[kSecond]) + kStability;
    const Float8 inverse = 1.0f / variance, ratio = covariance * inverse;
    const Float8 structure = error_slope(prices, 0, 1.0f - closeness * ratio);
    const Float8 scaled = 2.0f * structure * closeness * inverse;
    // Edges: error = (1 + |b - mean of b|) / (1 + |a - mean of a|) - 1.
    const Float8 first_edge = magnitude(first - mean[kFirst]), second_edge = second - mean[kSecond];
    const Float8 damping = 1.0f / (1.0f + first_edge), gain = (magnitude(second_edge) - first_edge) * damping;
    const Float8 edge = (error_slope(prices, 1, gain) - error_slope(prices, 2, -gain)) * damping;
    const Float8 direct = second_edge < 0.0f ? -edge : edge;
    return {direct,
            {scaled * (mean[kFirst] - ratio * mean[kSecond]) - 2.0f * structure * mean_difference * ratio - direct,
             0.5f * scaled * ratio, -scaled}};
}

// Finds the rows of a ring that the blur of row `middle` takes in.
template <class Ring>
void rows_around(const Ring& ring, std::ptrdiff_t middle, int which, const float* (&rows)[kTaps]) {
    for (int i = 0; i < kTaps; ++i) rows[i] = ring[(middle + i + kTaps - kBlurReach) % kTaps][which];
}

// Computes the slopes in columns [begin, end) of a channel. first, second, out: first row of the channel.
//
//     row y arrives      quantities are blurred across
//     row y - 4          quantities are blurred down, slopes by path computed and blurred across
//     row y - 8          slopes by path are blurred down, summed and written
inline void tile_slopes(const float (&taps)[kBlurReach + 1], const ErrorPrices& prices, const float* first,
                        const float* second, Extent size, std::ptrdiff_t begin, std::ptrdiff_t end, float* out) {
    const std::ptrdiff_t stride = 3 * size.columns, columns = (end - begin + 7) / 8 * 8;
    const std::ptrdiff_t left = begin - kBlurReach, slope_columns = columns + 2 * kBlurReach;
    SlopeTile tile = {};
    const float* rows[kTaps];

    const auto add_row = [&](std::ptrdiff_t y) {
        auto& slot = tile.blurred_across[y % kTaps];
        if (y >= size.rows) return static_cast<void>(std::memset(slot, 0, sizeof slot));
        const PaddedRow row(first + y * stride, second + y * stride, size.columns, left - kBlurReach,
                            slope_columns + 2 * kBlurReach);
        quantities_across(taps, row, slope_columns, slot);
    };
    const auto compute_slopes = [&](std::ptrdiff_t y) {
        auto& slot = tile.slopes_across[y % kTaps];
        if (y >= size.rows) return static_cast<void>(std::memset(slot, 0, sizeof slot));
        const PaddedRow row(first + y * stride, second + y * stride, size.columns, left, slope_columns);
        float means[kQuantities][kSlopeColumns], paths[kPaths][kSlopeColumns], direct[kSlopeColumns];
        for (int q = 0; q < kQuantities; ++q) {
            rows_around(tile.blurred_across, y, q, rows);
            for (std::ptrdiff_t x = 0; x < slope_columns; x += 8) store8(means[q] + x, blurred(taps, rows, x));
        }
        for (std::ptrdiff_t x = 0; x < slope_columns; x += 8) {
            Float8 mean[kQuantities];
            for (int q = 0; q < kQuantities; ++q) mean[q] = load8(means[q] + x);
            const Slopes slopes = slopes_of(prices, load8(row.first + x), load8(row.second + x), mean);
            store8(direct + x, slopes.direct);
            for (int p = 0; p < kPaths; ++p) store8(paths[p] + x, slopes.path[p]);
        }
        const std::ptrdiff_t right = size.columns - left;  // the maps end with the picture
        for (int p = 0; p < kPaths; ++p) {
            for (std::ptrdiff_t x = 0; x < -left; ++x) paths[p][x] = 0;
            for (std::ptrdiff_t x = right; x < slope_columns; ++x) paths[p][x] = 0;
            blur_row(taps, paths[p], columns, slot[p]);
        }
        std::memcpy(tile.direct[y % kTaps], direct + kBlurReach, sizeof(float) * static_cast<std::size_t>(columns));
    };
    const auto write_slopes = [&](std::ptrdiff_t y) {
        const PaddedRow row(first + y * stride, second + y * stride, size.columns, begin, columns);
        float blurred_paths[kPaths][kTileColumns];
        for (int p = 0; p < kPaths; ++p) {
            rows_around(tile.slopes_across, y, p, rows);
            for (std::ptrdiff_t x = 0; x < columns; x += 8) store8(blurred_paths[p] + x, blurred(taps, rows, x));
        }
        for (std::ptrdiff_t x = 0; x < columns; x += 8) {
            const Float8 slope = load8(tile.direct[y % kTaps] + x) + load8(blurred_paths[kByMean] + x) +
                                 2.0f * load8(row.second + x) * load8(blurred_paths[kBySquare] + x) +
                                 load8(row.first + x) * load8(blurred_paths[kByProduct] + x);
            store_up_to_8(out + y * stride + begin + x, slope, end - begin - x);
        }
    };
    for (std::ptrdiff_t newest = 0; newest < size.rows + 2 * kBlurReach; ++newest) {
        add_row(newest);
        if (newest >= kBlurReach) compute_slopes(newest - kBlurReach);
        if (newest >= 2 * kBlurReach) write_slopes(newest - 2 * kBlurReach);
    }
}

// Fills one channel of `out` with slopes. first, second, out: (size.rows, 3, size.columns); blur_taps: kBlurReach + 1
// weights.
inline void error_slopes(const float* first, const float* second, Extent size, int channel, const float* blur_taps,
                         const ErrorPrices& prices, float* out) {
    float taps[kBlurReach + 1];
    std::memcpy(taps, blur_taps, sizeof taps);
    const std::ptrdiff_t offset = channel * size.columns;
    for (std::ptrdiff_t begin = 0; begin < size.columns; begin += kTileColumns) {
        const std::ptrdiff_t end = begin + kTileColumns < size.columns ? begin + kTileColumns : size.columns;
        tile_slopes(taps, prices, first + offset, second + offset, size, begin, end, out + offset);
    }
}

}  // namespace
