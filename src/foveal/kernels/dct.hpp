// The forward DCT (T.81 A.3.3, FDCT and IDCT) of every block of a plane, eight lanes at a time.
//
// The one-dimensional transform is the factorization of Arai, Agui and Nakajima (1988), which leaves output k scaled by
// 1 / s(k) with s(0) = 1 / (2 sqrt 2) and s(k) = 1 / (4 cos(k pi / 16)). The scales of both passes are applied once at
// the end.
#pragma once

#include "block.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace {

// s(k) of the factorization.
constexpr float kAanScale[kBlockSide] = {0.353553391f, 0.254897790f, 0.270598050f, 0.300672443f,
                                         0.353553391f, 0.449988111f, 0.653281482f, 1.281457724f};

// Transforms eight columns at once: x[i] holds sample i, then output i, of each lane.
inline void dct_1d(Float8 (&x)[kBlockSide]) {
    const Float8 sum07 = x[0] + x[7], diff07 = x[0] - x[7];
    const Float8 sum16 = x[1] + x[6], diff16 = x[1] - x[6];
    const Float8 sum25 = x[2] + x[5], diff25 = x[2] - x[5];
    const Float8 sum34 = x[3] + x[4], diff34 = x[3] - x[4];

    // Even outputs: a four-point transform of the sums.
    const Float8 outer = sum07 + sum34, outer_diff = sum07 - sum34;
    const Float8 inner = sum16 + sum25, inner_diff = sum16 - sum25;
    const Float8 even_turn = (inner_diff + outer_diff) * 0.707106781f;  // cos(4 pi / 16)
    x[0] = outer + inner;
    x[4] = outer - inner;
    x[2] = outer_diff + even_turn;
    x[6] = outer_diff - even_turn;

    // Odd outputs: rotations of the differences.
    const Float8 a = diff34 + diff25, b = diff25 + diff16, c = diff16 + diff07;
    const Float8 shared = (a - c) * 0.382683433f;   // cos(6 pi / 16)
    const Float8 low = a * 0.541196100f + shared;   // cos(2 pi / 16) - cos(6 pi / 16)
    const Float8 high = c * 1.306562965f + shared;  // cos(2 pi / 16) + cos(6 pi / 16)
    const Float8 odd_turn = b * 0.707106781f;
    const Float8 upper = diff07 + odd_turn, lower = diff07 - odd_turn;
    x[5] = lower + low;
    x[3] = lower - low;
    x[1] = upper + high;
    x[7] = upper - high;
}

// Transposes an 8 x 8 matrix: swaps single lanes, then pairs of lanes, then halves.
inline void transpose(Float8 (&x)[kBlockSide]) {
    Float8 pairs[kBlockSide], quads[kBlockSide];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        quads[i] = __builtin_shufflevector(pairs[i], pairs[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        quads[i + 1] = __builtin_shufflevector(pairs[i], pairs[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        quads[i + 2] = __builtin_shufflevector(pairs[i + 1], pairs[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        quads[i + 3] = __builtin_shufflevector(pairs[i + 1], pairs[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; ++i) {
        x[i] = __builtin_shufflevector(quads[i], quads[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        x[i + 4] = __builtin_shufflevector(quads[i], quads[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Transforms one block: lane v of x[u] becomes the coefficient of horizontal frequency u and vertical frequency v,
// times `scale`. The result stays transposed, as store_zigzag can read it in this order.
inline void dct_block(const float* samples, std::ptrdiff_t stride, float scale, Float8 (&x)[kBlockSide]) {
    for (int y = 0; y < kBlockSide; ++y) x[y] = load8(samples + y * stride);
    dct_1d(x);
    transpose(x);
    dct_1d(x);
    const Float8 vertical = load8(kAanScale) * splat8(scale);
    for (int u = 0; u < kBlockSide; ++u) x[u] = x[u] * (vertical * splat8(kAanScale[u]));
}

// index[k]: where the k-th coefficient in zig-zag order lies in the transposed output of dct_block.
struct TransposedOrder {
    std::uint8_t index[kBlockSize];
    constexpr TransposedOrder() : index() {
        for (int k = 0; k < kBlockSize; ++k)
            index[k] = static_cast<std::uint8_t>(kNaturalIndex[k] % 8 * 8 + kNaturalIndex[k] / 8);
    }
};
constexpr TransposedOrder kTransposedOrder;

// Reordering into zig-zag order: each group of eight coefficients is gathered from the eight transposed rows by
// shuffles whose lanes are known at compile time. A row that contributes nothing to a group costs nothing.
template <int... n>
using Numbers = std::integer_sequence<int, n...>;
using UpTo7 = std::make_integer_sequence<int, kBlockSide>;

// Shuffle index for one lane of a group: the lane of `row` that holds its coefficient, or the lane itself (unchanged)
// if the coefficient lies in another row.
constexpr int shuffle_index(int group, int row, int lane) {
    const int index = kTransposedOrder.index[kBlockSide * group + lane];
    return index / kBlockSide == row ? kBlockSide + index % kBlockSide : lane;
}

// Inserts the coefficients of a group that lie in `row`.
template <int group, int row, int... lane>
inline Short8 insert_from_row(Short8 eight, Short8 from, Numbers<lane...>) {
    return __builtin_shufflevector(eight, from, shuffle_index(group, row, lane)...);
}

// Returns coefficients 8 group to 8 group + 7 in zig-zag order.
template <int group, int... row>
inline Short8 zigzag_group(const Short8 (&transposed)[kBlockSide], Numbers<row...>) {
    Short8 eight{};
    ((eight = insert_from_row<group, row>(eight, transposed[row], UpTo7{})), ...);
    return eight;
}

// Stores a transposed block in zig-zag order.
template <int... group>
inline void store_zigzag(const Short8 (&transposed)[kBlockSide], std::int16_t* block, Numbers<group...>) {
    const Short8 eights[] = {zigzag_group<group>(transposed, UpTo7{})...};
    std::memcpy(block, eights, sizeof eights);
}

// Fills `blocks` with the DCT coefficients of `plane`, rounded to units of 1/16. plane: samples centred on 0; blocks:
// (rows / 8, columns / 8, 64) in zig-zag order.
inline void forward_dct(const float* plane, Extent size, std::int16_t* blocks) {
    for (std::ptrdiff_t y = 0; y < size.rows; y += kBlockSide) {
        for (std::ptrdiff_t x = 0; x < size.columns; x += kBlockSide, blocks += kBlockSize) {
            Float8 output[kBlockSide];
            dct_block(plane + y * size.columns + x, size.columns, kCoefficientScale, output);
            Short8 transposed[kBlockSide];
            for (int u = 0; u < kBlockSide; ++u)
                transposed[u] = __builtin_convertvector(round_to_int(output[u]), Short8);
            store_zigzag(transposed, blocks, UpTo7{});
        }
    }
}

// Fills `blocks` with the DCT coefficients of `plane`, not rounded. plane, blocks: as above, in the same units.
inline void forward_dct_unrounded(const float* plane, Extent size, float* blocks) {
    for (std::ptrdiff_t y = 0; y < size.rows; y += kBlockSide) {
        for (std::ptrdiff_t x = 0; x < size.columns; x += kBlockSide, blocks += kBlockSize) {
            Float8 output[kBlockSide];
            dct_block(plane + y * size.columns + x, size.columns, 1, output);
            float transposed[kBlockSize];
            for (int u = 0; u < kBlockSide; ++u) store8(transposed + kBlockSide * u, output[u]);
            for (int k = 0; k < kBlockSize; ++k) blocks[k] = transposed[kTransposedOrder.index[k]];
        }
    }
}

}  // namespace
