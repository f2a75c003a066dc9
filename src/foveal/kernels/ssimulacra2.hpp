// Sums over the error maps of SSIMULACRA 2, for one channel at one scale
// (https://github.com/cloudinary/ssimulacra2, 2.1).
//
// The picture is processed in tiles of columns, so that intermediate rows stay in the cache. Rows of a tile are blurred
// across in pairs and kept in a ring of twelve until the blur down needs them; no blurred plane is ever stored. The
// state of the blur across is kept for each pair of rows, so that the next tile continues where this one stopped.
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
constexpr std::ptrdiff_t kRowsKept = 12;  // from 6 rows behind to 4 ahead, and one more, as rows come in pairs
constexpr float kStability = 0.0009f;     // C2 of SSIM

// The quantities that are blurred: both pictures, their squares and their product.
enum Quantity { kFirst, kSecond, kFirstSquared, kSecondSquared, kProduct, kQuantities };

// A row of a tile after the blur across.
struct TileRow {
    float blurred_across[kQuantities][kTileColumns];
};

// State of the blur across of two rows, kept from tile to tile. (Floats, as the memory need not be aligned for
// vectors.)
struct PairState {
    float quantity[kQuantities][sizeof(AcrossState) / sizeof(float)];
};
static_assert(sizeof(PairState) == foveal::kPairStateFloats * sizeof(float));

// Working memory of a tile.
struct Tile {
    TileRow rows[kRowsKept];
    TileRow outside;                                     // zeros, as outside of the picture
    float down[2][kQuantities][kCosines][kTileColumns];  // last two outputs of the blur down, in turn
};

// Returns the lanes of `value` that are set in `mask`, zeros elsewhere.
inline Float8 masked(Int8 mask, Float8 value) { return reinterpret_cast<Float8>(reinterpret_cast<Int8>(value) & mask); }

// Returns |value|.
inline Float8 magnitude(Float8 value) { return masked(Int8{} + 0x7FFFFFFF, value); }

// For each error map, the sum of errors and the sum of their fourth powers, lane by lane.
struct LaneSums {
    Float8 sum[kErrorSums] = {};

    void add(int map, Float8 error, Int8 counted) {
        const Float8 square = error * error;
        sum[2 * map] += masked(counted, error);
        sum[2 * map + 1] += masked(counted, square * square);
    }
};

// Returns 1 - SSIM. The luminance term of SSIM is replaced by 1 - (difference of means)^2: XYB is perceptually uniform,
// so that errors need no weight by brightness.
inline Float8 structure_error(const Float8 (&mean)[kQuantities]) {
    const Float8 difference = mean[kFirst] - mean[kSecond];
    const Float8 covariance = 2.0f * (mean[kProduct] - mean[kFirst] * mean[kSecond]) + kStability;
    const Float8 variance = (mean[kFirstSquared] - mean[kFirst] * mean[kFirst]) +
                            (mean[kSecondSquared] - mean[kSecond] * mean[kSecond]) + kStability;
    return (variance - (1.0f - difference * difference) * covariance) / variance;
}

// Returns how much stronger the edge is in the second picture; negative if it is weaker.
inline Float8 edge_gain(Float8 first, Float8 first_mean, Float8 second, Float8 second_mean) {
    const Float8 first_edge = magnitude(first - first_mean), second_edge = magnitude(second - second_mean);
    return (second_edge - first_edge) / (1.0f + first_edge);
}

// Computes one row of the blur down, from the inputs `behind` and `ahead`, and adds the errors of the row to the sums.
// Rows above the picture (first_row is null) only advance the state of the blur.
inline void blur_row_down(const Gaussian& gaussian, const TileRow& behind, const TileRow& ahead, Tile& tile, int parity,
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

// Blurs two rows of a tile across.
inline void blur_pair_across(const Gaussian& gaussian, RowPair first, RowPair second, std::ptrdiff_t columns,
                             std::ptrdiff_t begin, std::ptrdiff_t end, PairState& state, TileRow& upper,
                             TileRow& lower) {
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

// Adds the errors in columns [begin, end) of a channel. first, second: first row of the channel in each picture.
inline void add_tile_errors(const Gaussian& gaussian, const float* first, const float* second, Extent size,
                            std::ptrdiff_t begin, std::ptrdiff_t end, PairState* states, double* sums) {
    const std::ptrdiff_t stride = 3 * size.columns;
    Tile tile = {};
    for (std::ptrdiff_t y = -kAhead; y < size.rows; ++y) {
        const std::ptrdiff_t newest = y + kAhead, oldest = y - kBehind;
        if (newest < size.rows && newest % 2 == 0) {
            const std::ptrdiff_t step = newest + 1 < size.rows ? stride : 0;  // a single last row is blurred twice
            const float *first_row = first + newest * stride, *second_row = second + newest * stride;
            blur_pair_across(gaussian, {first_row, first_row + step}, {second_row, second_row + step}, size.columns,
                             begin, end, states[newest / 2], tile.rows[newest % kRowsKept],
                             tile.rows[(newest + 1) % kRowsKept]);
        }
        const TileRow& behind = oldest >= 0 ? tile.rows[oldest % kRowsKept] : tile.outside;
        const TileRow& ahead = newest < size.rows ? tile.rows[newest % kRowsKept] : tile.outside;
        const float* first_row = y >= 0 ? first + y * stride + begin : nullptr;
        const float* second_row = y >= 0 ? second + y * stride + begin : nullptr;
        blur_row_down(gaussian, behind, ahead, tile, static_cast<int>(newest % 2), first_row, second_row, end - begin,
                      sums);
    }
}

// Fills `sums` with the kErrorSums of a channel. first, second: (size.rows, 3, size.columns); gaussian: (gain,
// feedback) of each cosine; states: one PairState for every two rows, all zeros.
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
