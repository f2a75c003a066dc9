// Rate-distortion optimised quantization of the AC coefficients of a block: the levels that minimise
// distortion_weight * squared errors (in quantizer steps, weighed by frequency) + bits, by dynamic programming over the
// nonzero positions.
//
// A node is a position that plain rounding leaves nonzero. It keeps its rounded level, or one less where that shortens
// the level's code, or it becomes zero, in which case no path goes through it. `reach` of a node is the least cost of a
// path that ends there, less the cost of zeroing every position up to it: then a predecessor can be compared with any
// other without summing the zeros between them.
#pragma once

#include "block.hpp"
#include "nonzero.hpp"
#include "quantize.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// Less than half a sixteenth over the largest step of 8 bits.
constexpr float kTieWidth = 0.5f / 16 / 256;
constexpr int kRunCount = 63;  // zeros before a nonzero AC coefficient: 0..62

struct Rates {
    const float* run_size;  // [size 0..10][run]: bits of ZRLs, the RRRRSSSS code and the level's own bits
    float end_of_block;
};

// Nodes [0, kOrigin) are out of reach, so that there is always the same number of them to look back at.
constexpr int kOrigin = 4;

struct Nodes {
    float reach[kOrigin + kBlockSize];
    std::ptrdiff_t minus_position[kOrigin + kBlockSize];
    int previous[kOrigin + kBlockSize];
    std::int16_t level[kOrigin + kBlockSize];

    Nodes() {
        for (int i = 0; i <= kOrigin; ++i) {
            reach[i] = i == kOrigin ? 0.0f : 1e30f;
            minus_position[i] = 0;
        }
    }
};

struct Arrival {
    float reach;
    int previous;
};

// The cheapest way to arrive at a position from the origin or one of the nodes [first, node); bits_after[-p]: those of
// the level there after a level at position p.
inline Arrival cheapest_arrival(const Nodes& nodes, int first, int node, const float* bits_after) {
    Arrival best{nodes.reach[kOrigin] + bits_after[0], kOrigin};
    for (int i = first; i < node; ++i) {
        const float reach = nodes.reach[i] + bits_after[nodes.minus_position[i]];
        best.previous = reach < best.reach ? i : best.previous;
        best.reach = reach < best.reach ? reach : best.reach;
    }
    return best;
}

// An error of a level that is not 0 counts from the magnitude and `lift` steps: for equal errors, what was weakened
// shows more than what was strengthened.
//
// levels: 0 but for DC, filled with the best AC; rounded: the nearest levels, magnitudes: |coefficient| / step;
// kLookBack: nodes before a node that are its possible predecessors, or 0 for as many as `look_back` says.
template <int kLookBack>
inline void optimise_block(std::int16_t* levels, const std::int16_t* rounded, const float* magnitudes,
                           float distortion_weight, const float* frequency_weights, float lift, Rates rates,
                           int look_back) {
    static_assert(kLookBack <= kOrigin);
    Nodes nodes;
    int node = kOrigin + 1, last = kOrigin;
    float least = rates.end_of_block;
    for (std::uint64_t left = nonzero_mask(rounded) & ~std::uint64_t{1}; left != 0; left &= left - 1, ++node) {
        const int k = __builtin_ctzll(left);
        const int sign = rounded[k] < 0 ? -1 : 0;
        const int level = (rounded[k] ^ sign) - sign;
        const int size = 32 - __builtin_clz(static_cast<std::uint32_t>(level));
        const float weight = distortion_weight * frequency_weights[k];
        const float zero_distortion = weight * (magnitudes[k] * magnitudes[k]);
        const float error = magnitudes[k] + lift - static_cast<float>(level);
        const float* bits_after = rates.run_size + size * kRunCount + k - 1;
        const int first = kLookBack != 0               ? node - kLookBack
                          : node - look_back > kOrigin ? node - look_back
                                                       : kOrigin + 1;

        Arrival best = cheapest_arrival(nodes, first, node, bits_after);
        best.reach += weight * (error * error) - zero_distortion;
        int best_level = level;
        if (level > 1 && (level & (level - 1)) == 0) {
            Arrival lower = cheapest_arrival(nodes, first, node, bits_after - kRunCount);
            lower.reach += weight * ((error + 1.0f) * (error + 1.0f)) - zero_distortion;
            if (lower.reach < best.reach) {
                best = lower;
                best_level = level - 1;
            }
        }
        nodes.reach[node] = best.reach;
        nodes.level[node] = static_cast<std::int16_t>((best_level ^ sign) - sign);
        nodes.minus_position[node] = -k;
        nodes.previous[node] = best.previous;

        const float total = best.reach + (k == kBlockSize - 1 ? 0.0f : rates.end_of_block);
        last = total < least ? node : last;
        least = total < least ? total : least;
    }
    for (; last != kOrigin; last = nodes.previous[last]) levels[-nodes.minus_position[last]] = nodes.level[last];
}

// In place: sixteenths become levels; DC is rounded.
template <int kLookBack>
inline void optimise_blocks(std::int16_t* blocks, std::ptrdiff_t count, const float* steps,
                            const float* distortion_weight, const float* frequency_weights, float lift, Rates rates,
                            int look_back) {
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const std::int16_t dc = quantize_dc(blocks[0], steps[0]);
        float magnitudes[kBlockSize];
        std::int16_t rounded[kBlockSize];
        for (int k = 0; k < kBlockSize; k += 8) {
            const Float8 coefficient = load_shorts(blocks + k);
            const Float8 magnitude = absolute(coefficient) / load8(steps + k);
            // A tie goes to the smaller level, which is never dearer. (Coefficients come rounded to sixteenths, so that
            // a tie stands for values on both sides of it.) Other magnitudes are further than this from a tie.
            const Float8 lifted =
                magnitude < splat8(0.5f + kTieWidth) ? Float8{} : magnitude + (lift + 0.5f - kTieWidth);
            const Int8 level = clamp_levels(__builtin_convertvector(lifted, Int8));
            store8(magnitudes + k, magnitude);
            store_shorts(rounded + k, coefficient < splat8(0.0f) ? -level : level);
        }
        std::memset(blocks, 0, kBlockSize * sizeof *blocks);
        blocks[0] = dc;
        optimise_block<kLookBack>(blocks, rounded, magnitudes, distortion_weight[n], frequency_weights, lift, rates,
                                  look_back);
    }
}

inline void trellis(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, float lift, const float* run_size_bits, float end_of_block_bits,
                    int look_back) {
    using foveal::kUsualLookBack;  // has a build of its own, which is quicker
    const auto optimise = look_back == kUsualLookBack ? optimise_blocks<kUsualLookBack> : optimise_blocks<0>;
    optimise(blocks, count, steps, distortion_weight, frequency_weights, lift, {run_size_bits, end_of_block_bits},
             look_back);
}

}  // namespace
