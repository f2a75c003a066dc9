// The error maps of SSIMULACRA 2 for one channel at one scale, summed (https://github.com/cloudinary/ssimulacra2, 2.1).
//
// Columns are cut into tiles, so that what is blurred never leaves the cache: rows of a tile come in two by two, are
// blurred across and kept until they can be blurred down, twelve at a time. The blur across goes on in the next tile
// where it stopped in this one.
#pragma once

#include "block.hpp"
#include "recursive_gaussian.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using foveal::kErrorSums;

constexpr std::ptrdiff_t kTileColumns = 128;
constexpr std::ptrdiff_t kRowsKept = 12;  // from 6 rows behind to 4 ahead, and one more, as they come in pairs
constexpr float kStability = 0.0009f;     // C2 of SSIM

// What is blurred: both pictures, their squares, and their product.
enum Quantity { kFirst, kSecond, kFirstSquared, kSecondSquared, kProduct, kQuantities };

struct TileRow {
    float blurred_across[kQuantities][kTileColumns];
};

// Of the blur across, for two rows: kept from tile to tile. (Floats, as nobody aligns them for vectors.)
struct PairState {
    float quantity[kQuantities][sizeof(AcrossState) / sizeof(float)];
};
static_assert(sizeof(PairState) == foveal::kPairStateFloats * sizeof(float));

struct Tile {
    TileRow rows[kRowsKept];
    TileRow outside;                                     // zeros: there is nothing around the picture
    float down[2][kQuantities][kCosines][kTileColumns];  // the last and second to last outputs, in turn
};

inline Float8 where(Int8 mask, Float8 value) { return reinterpret_cast<Float8>(reinterpret_cast<Int8>(value) & mask); }
inline Float8 magnitude(Float8 value) { return where(Int8{} + 0x7FFFFFFF, value); }

// Of each error map: the sum and the sum of fourth powers, lane by lane.
struct LaneSums {
    Float8 sum[kErrorSums] = {};

    void add(int map, Float8 error, Int8 counted) {
        const Float8 square = error * error;
        sum[2 * map] += where(counted, error);
        sum[2 * map + 1] += where(counted, square * square);
    }
};

// 1 - SSIM, without the term of SSIM that weighs errors by brightness: XYB is perceptually uniform already.
inline Float8 structure_error(const Float8 (&mean)[kQuantities]) {
    const Float8 difference = mean[kFirst] - mean[kSecond];
    const Float8 covariance = 2.0f * (mean[kProduct] - mean[kFirst] * mean[kSecond]) + kStability;
    const Float8 variance = (mean[kFirstSquared] - mean[kFirst] * mean[kFirst]) +
                            (mean[kSecondSquared] - mean[kSecond] * mean[kSecond]) + kStability;
    return (variance - (1.0f - difference * difference) * covariance) / variance;
}

// How much stronger the second picture's edge is; negative where it is weaker.
inline Float8 edge_gain(Float8 first, Float8 first_mean, Float8 second, Float8 second_mean) {
    const Float8 first_edge = magnitude(first - first_mean), second_edge = magnitude(second - second_mean);
    return (second_edge - first_edge) / (1.0f + first_edge);
}

// Blurs one row down; `behind` and `ahead` enter. Adds its errors to the sums, unless it lies above the picture (null).
inline void row_down(const Gaussian& gaussian, const TileRow& behind, const TileRow& ahead, Tile& tile, int parity,
                     const float* first_row, const float* second_row, std::ptrdiff_t columns, double* sums) {
    const Int8 lane = {0, 1, 2, 3, 4, 5, 6, 7};
    LaneSums lanes;
    for (std::ptrdiff_t x = 0; x < columns; x += 8) {
        Float8 mean[kQuantities];
        for (int q = 0; q < kQuantities; ++q) {
            const Float8 sum = load8(behind.blurred_across[q] + x) + load8(ahead.blurred_across[q] + x);
            mean[q] =
                one_down(gaussian, sum, tile.down[parity][q][0] + x, tile.down[1 - parity][q][0] + x, kTileColumns);
        }
        if (first_row == nullptr) continue;
        const Float8 first = load_up_to_8(first_row + x, columns - x),
                     second = load_up_to_8(second_row + x, columns - x);
        const Float8 structure = structure_error(mean), gain = edge_gain(first, mean[kFirst], second, mean[kSecond]);
        const Int8 inside = lane < static_cast<std::int32_t>(columns - x);
        lanes.add(0, structure, inside & (structure > 0.0f));
        lanes.add(1, gain, inside & (gain > 0.0f));
        lanes.add(2, -gain, inside & (gain < 0.0f));
    }
    for (int i = 0; i < kErrorSums; ++i)
        for (int j = 0; j < 8; ++j) sums[i] += static_cast<double>(lanes.sum[i][j]);
}

// Two rows of a tile, blurred across.
inline void pair_across(const Gaussian& gaussian, RowPair first, RowPair second, std::ptrdiff_t columns,
                        std::ptrdiff_t begin, std::ptrdiff_t end, PairState& state, TileRow& upper, TileRow& lower) {
    const auto blur = [&](const auto& samples, Quantity q) {
        AcrossState across;
        std::memcpy(&across, state.quantity[q], sizeof across);
        blur_across(gaussian, samples, columns, begin, end, across, upper.blurred_across[q], lower.blurred_across[q]);
        std::memcpy(state.quantity[q], &across, sizeof across);
    };
    blur(first, kFirst);
    blur(second, kSecond);
    blur(RowPairProduct{first, first}, kFirstSquared);
    blur(RowPairProduct{second, second}, kSecondSquared);
    blur(RowPairProduct{first, second}, kProduct);
}

// Columns [begin, end) of a channel; `first` and `second` point at its first row.
inline void add_tile_errors(const Gaussian& gaussian, const float* first, const float* second, Extent size,
                            std::ptrdiff_t begin, std::ptrdiff_t end, PairState* states, double* sums) {
    const std::ptrdiff_t stride = 3 * size.columns;
    Tile tile = {};
    for (std::ptrdiff_t y = -kAhead; y < size.rows; ++y) {
        const std::ptrdiff_t newest = y + kAhead, oldest = y - kBehind;
        if (newest < size.rows && newest % 2 == 0) {
            const std::ptrdiff_t step = newest + 1 < size.rows ? stride : 0;  // a last row alone is blurred twice
            const float *first_row = first + newest * stride, *second_row = second + newest * stride;
            pair_across(gaussian, {first_row, first_row + step}, {second_row, second_row + step}, size.columns, begin,
                        end, states[newest / 2], tile.rows[newest % kRowsKept], tile.rows[(newest + 1) % kRowsKept]);
        }
        const TileRow& behind = oldest >= 0 ? tile.rows[oldest % kRowsKept] : tile.outside;
        const TileRow& ahead = newest < size.rows ? tile.rows[newest % kRowsKept] : tile.outside;
        const float* first_row = y >= 0 ? first + y * stride + begin : nullptr;
        const float* second_row = y >= 0 ? second + y * stride + begin : nullptr;
        row_down(gaussian, behind, ahead, tile, static_cast<int>(newest % 2), first_row, second_row, end - begin, sums);
    }
}

// first, second: (size.rows, 3, size.columns); gaussian: kCosines of (gain, feedback); states: room for a PairState for
// every two rows, all zero; sums: kErrorSums of the channel.
inline void error_sums(const float* first, const float* second, Extent size, int channel, const double* gaussian,
                       float* states, double* sums) {
    for (int i = 0; i < kErrorSums; ++i) sums[i] = 0;
    const Gaussian blur(gaussian);
    for (std::ptrdiff_t begin = 0; begin < size.columns; begin += kTileColumns) {
        const std::ptrdiff_t end = begin + kTileColumns < size.columns ? begin + kTileColumns : size.columns;
        add_tile_errors(blur, first + channel * size.columns, second + channel * size.columns, size, begin, end,
                        reinterpret_cast<PairState*>(states), sums);
    }
}

}  // namespace
