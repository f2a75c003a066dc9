// Trellis quantization: finds the AC levels of each block that minimize
//
//     distortion_weight * sum of weighted squared errors (in quantizer steps) + bits
//
// by dynamic programming over the positions that plain rounding leaves nonzero. These are the nodes of the trellis:
//
//     start ---> node 1 ---> node 2 ---> node 3 ---> EOB
//       \                      ^  \                   ^
//        `-- node 1 is zero ---'    `- 3 is zero -----'
//
// A path goes through the nodes whose levels stay nonzero; a node keeps its rounded level, or one less if that shortens
// its code. The bits of a level depend only on the run of zeros since the previous node of the path. The best path to a
// node is therefore found by comparing its predecessors.
//
// Costs are relative to a block of zeros: a node on the path adds its bits and its distortion, minus the distortion of
// a zero in its place. Positions between the nodes of a path then add nothing.
#pragma once

#include "block.hpp"
#include "nonzero.hpp"
#include "quantize.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// Largest distance, in steps, of a magnitude that counts as a tie: less than half of 1/16 over the largest 8-bit step.
constexpr float kTieWidth = 0.5f / 16 / 256;
constexpr int kRunCount = 63;  // possible runs of zeros before a nonzero AC coefficient: 0..62

// Numbers of bits of AC symbols, estimated by jpeg/trellis.py.
struct Rates {
    const float* run_size;  // [size 0..10][run]: ZRL codes, RRRRSSSS code and additional bits
    float end_of_block;
};

// Index of the node where all paths start, at position 0. Lower indices hold nodes of prohibitive cost, so that every
// node has kUsualLookBack predecessors to compare.
constexpr int kStart = 4;

// The nodes of a block, by index; minus_position: the negated position in zig-zag order.
struct Nodes {
    float cost[kStart + kBlockSize];
    std::ptrdiff_t minus_position[kStart + kBlockSize];
    int previous[kStart + kBlockSize];
    std::int16_t level[kStart + kBlockSize];

    Nodes() {
        for (int i = 0; i <= kStart; ++i) {
            cost[i] = i == kStart ? 0.0f : 1e30f;
            minus_position[i] = 0;
        }
    }
};

// The last step of a path to a node.
struct Step {
    float cost;
    int previous;
};

// Finds the best predecessor of a node among the start and the nodes [first, node). bits_after[-p]: bits of the node's
// level after a nonzero level at position p.
inline Step best_step(const Nodes& nodes, int first, int node, const float* bits_after) {
    Step best{nodes.cost[kStart] + bits_after[0], kStart};
    for (int i = first; i < node; ++i) {
        const float cost = nodes.cost[i] + bits_after[nodes.minus_position[i]];
        best.previous = cost < best.cost ? i : best.previous;
        best.cost = cost < best.cost ? cost : best.cost;
    }
    return best;
}

// Fills `levels` with the best AC levels of a block.
//
// The error of a nonzero level is measured from the magnitude plus `lift` steps, because weakened coefficients are more
// visible than strengthened ones with equal errors.
//
// levels: zeros except for DC on entry; rounded: levels of plain rounding; magnitudes: |coefficient| / step; kLookBack:
// predecessors to compare in addition to the start, 0 to use `look_back` instead.
template <int kLookBack>
inline void optimize_block(std::int16_t* levels, const std::int16_t* rounded, const float* magnitudes,
                           float distortion_weight, const float* frequency_weights, float lift, Rates rates,
                           int look_back) {
    static_assert(kLookBack <= kStart);
    Nodes nodes;
    int node = kStart + 1, last = kStart;
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
        const int first = kLookBack != 0 ? node - kLookBack : node - look_back > kStart ? node - look_back : kStart + 1;

        Step best = best_step(nodes, first, node, bits_after);
        best.cost += weight * (error * error) - zero_distortion;
        int best_level = level;
        if (level > 1 && (level & (level - 1)) == 0) {
            Step lower = best_step(nodes, first, node, bits_after - kRunCount);
            lower.cost += weight * ((error + 1.0f) * (error + 1.0f)) - zero_distortion;
            if (lower.cost < best.cost) {
                best = lower;
                best_level = level - 1;
            }
        }
        nodes.cost[node] = best.cost;
        nodes.level[node] = static_cast<std::int16_t>((best_level ^ sign) - sign);
        nodes.minus_position[node] = -k;
        nodes.previous[node] = best.previous;

        const float total = best.cost + (k == kBlockSize - 1 ? 0.0f : rates.end_of_block);
        last = total < least ? node : last;
        least = total < least ? total : least;
    }
    for (; last != kStart; last = nodes.previous[last]) levels[-nodes.minus_position[last]] = nodes.level[last];
}

// Turns coefficients (in units of 1/16) into levels, in place; DC is rounded. frequency_weights: rows of 64; profile:
// the row of each block.
template <int kLookBack>
inline void optimize_blocks(std::int16_t* blocks, std::ptrdiff_t count, const float* steps,
                            const float* distortion_weight, const float* frequency_weights, const std::uint8_t* profile,
                            float lift, Rates rates, int look_back) {
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const std::int16_t dc = quantize_dc(blocks[0], steps[0]);
        float magnitudes[kBlockSize];
        std::int16_t rounded[kBlockSize];
        for (int k = 0; k < kBlockSize; k += 8) {
            const Float8 coefficient = load_shorts(blocks + k);
            const Float8 magnitude = absolute(coefficient) / load8(steps + k);
            // A tie goes to the smaller level, which never takes more bits. (Coefficients are rounded to units of 1/16,
            // so that a tie stands for values on both sides of it.) Any other magnitude is further than kTieWidth from
            // a tie.
            const Float8 lifted =
                magnitude < splat8(0.5f + kTieWidth) ? Float8{} : magnitude + (lift + 0.5f - kTieWidth);
            const Int8 level = clamp_levels(__builtin_convertvector(lifted, Int8));
            store8(magnitudes + k, magnitude);
            store_shorts(rounded + k, coefficient < splat8(0.0f) ? -level : level);
        }
        std::memset(blocks, 0, kBlockSize * sizeof *blocks);
        blocks[0] = dc;
        optimize_block<kLookBack>(blocks, rounded, magnitudes, distortion_weight[n],
                                  frequency_weights + kBlockSize * profile[n], lift, rates, look_back);
    }
}

// Turns coefficients into levels, in place; see optimize_blocks.
inline void trellis(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, const std::uint8_t* profile, float lift, const float* run_size_bits,
                    float end_of_block_bits, int look_back) {
    using foveal::kUsualLookBack;  // compiled as a constant, which is faster
    const auto optimize = look_back == kUsualLookBack ? optimize_blocks<kUsualLookBack> : optimize_blocks<0>;
    optimize(blocks, count, steps, distortion_weight, frequency_weights, profile, lift,
             {run_size_bits, end_of_block_bits}, look_back);
}

}  // namespace
