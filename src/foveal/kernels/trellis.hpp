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
constexpr int kSizeCount = 11;  // magnitude categories of AC levels (SSSS): 0..10
constexpr int kRunCount = 63;   // possible runs of zeros before a nonzero AC coefficient: 0..62

using Int4 = std::int32_t __attribute__((vector_size(16)));

// Returns a vector whose lanes are all `value`.
inline Float4 splat4(float value) { return Float4{value, value, value, value}; }

// Numbers of bits of AC symbols, estimated by jpeg/trellis.py: ZRL codes, RRRRSSSS code and additional bits.
//
// A node has two candidates: the rounded level, and one less, which has a shorter code if the level is a power of two.
// Their bits stand side by side, so that both are compared with the same instructions.
struct Rates {
    float of_candidates[kSizeCount][kRunCount][2];  // [size of the level][run]: of size, and of size - 1
    float end_of_block;

    // run_size: [size 0..10][run]
    Rates(const float* run_size, float end_of_block_bits) : end_of_block(end_of_block_bits) {
        for (int size = 0; size < kSizeCount; ++size)
            for (int run = 0; run < kRunCount; ++run) {
                of_candidates[size][run][0] = run_size[size * kRunCount + run];
                of_candidates[size][run][1] = run_size[(size > 0 ? size - 1 : 0) * kRunCount + run];
            }
    }
};

// Steps, lift and bit costs, the same for all blocks of a component. steps: 64 quantizer steps in units of 1/16; lift:
// see optimize_block.
struct Prices {
    const float* steps;
    float lift;
    Rates rates;
};

// Index of the node where all paths start, at position 0. Lower indices hold nodes of prohibitive cost, so that every
// node has kUsualLookBack predecessors to compare.
constexpr int kStart = 4;

// The nodes of a block, by index; minus_position: the negated position in zig-zag order.
struct Nodes {
    float cost[kStart + kBlockSize];
    std::ptrdiff_t minus_position[kStart + kBlockSize];
    int back[kStart + kBlockSize];  // nodes back to the previous one of the path; 0: it is the start
    std::int32_t magnitude[kStart + kBlockSize];

    Nodes() {
        for (int i = 0; i <= kStart; ++i) {
            cost[i] = i == kStart ? 0.0f : 1e30f;
            minus_position[i] = 0;
        }
    }
};

// Cost that is added to each candidate, by whether the second one counts. (No branch depends on levels: processors
// cannot predict them.)
constexpr float kPenalty[2][2] = {{0, __builtin_inff()}, {0, 0}};

// The last step of a path to a node, for each candidate of its level (lanes 0 and 1; the others repeat them).
struct Step {
    Float4 cost;
    Int4 back;
};

// Loads a value for each candidate.
inline Float4 load_pair(const float* values) {
    using Double2 = double __attribute__((vector_size(16)));
    double both;  // as one value of eight bytes
    std::memcpy(&both, values, sizeof both);
    return reinterpret_cast<Float4>(Double2{both, both});
}

// Finds the best predecessors of a node among the start and the `look_back` nodes before it. bits_after[-2 p]: bits of
// the candidates after a nonzero level at position p.
template <int kLookBack>
inline Step best_step(const Nodes& nodes, int node, int look_back, const float* bits_after) {
    Step best{load_pair(bits_after), Int4{}};
    for (int back = kLookBack != 0 ? kLookBack : look_back; back > 0; --back) {
        const Float4 cost =
            splat4(nodes.cost[node - back]) + load_pair(bits_after + 2 * nodes.minus_position[node - back]);
        best.back = cost < best.cost ? Int4{} + back : best.back;
        best.cost = cost < best.cost ? cost : best.cost;
    }
    return best;
}

// Fills `levels` with the best AC levels of a block.
//
// The error of a nonzero level is measured from the magnitude plus `lift` steps, because weakened coefficients are more
// visible than strengthened ones with equal errors.
//
// levels: zeros except for DC on entry; coefficients: those of the block, for their signs; rounded: magnitudes of the
// levels of plain rounding; magnitudes: |coefficient| / step; kLookBack: predecessors to compare in addition to the
// start, 0 to use `look_back` instead.
template <int kLookBack>
inline void optimize_block(std::int16_t* levels, const std::int16_t* coefficients, const std::int16_t* rounded,
                           const float* magnitudes, float distortion_weight, const float* frequency_weights,
                           const Prices& prices, int look_back) {
    static_assert(kLookBack <= kStart);
    Nodes nodes;
    int node = kStart + 1, last = kStart;
    float least = prices.rates.end_of_block;
    for (std::uint64_t left = nonzero_mask(rounded) & ~std::uint64_t{1}; left != 0; left &= left - 1, ++node) {
        const int k = __builtin_ctzll(left);
        const int level = rounded[k];
        const int size = 32 - __builtin_clz(static_cast<std::uint32_t>(level));
        const float weight = distortion_weight * frequency_weights[k];
        const float zero_distortion = weight * (magnitudes[k] * magnitudes[k]);
        const Float4 error = splat4(magnitudes[k] + prices.lift - static_cast<float>(level)) + Float4{0, 1, 0, 1};
        const float* bits_after = prices.rates.of_candidates[size][k - 1];

        Step best =
            best_step<kLookBack>(nodes, node, look_back < node - kStart ? look_back : node - kStart - 1, bits_after);
        const bool has_shorter = (level & (level - 1)) == 0 && level > 1;
        best.cost += (splat4(weight) * (error * error) - splat4(zero_distortion)) + load_pair(kPenalty[has_shorter]);
        const Float4 other_cost = __builtin_shufflevector(best.cost, best.cost, 1, 0, 3, 2);
        const Int4 is_other_better = other_cost < best.cost;  // lane 0: -1 if one less is better, else 0
        const Float4 cost = is_other_better ? other_cost : best.cost;
        const Int4 back = is_other_better ? __builtin_shufflevector(best.back, best.back, 1, 0, 3, 2) : best.back;
        nodes.cost[node] = cost[0];
        nodes.magnitude[node] = level + is_other_better[0];
        nodes.minus_position[node] = -k;
        nodes.back[node] = back[0];

        const float total = cost[0] + (k == kBlockSize - 1 ? 0.0f : prices.rates.end_of_block);
        last = total < least ? node : last;
        least = total < least ? total : least;
    }
    while (last != kStart) {
        const std::ptrdiff_t k = -nodes.minus_position[last];
        const int sign = coefficients[k] < 0 ? -1 : 0;
        levels[k] = static_cast<std::int16_t>((nodes.magnitude[last] ^ sign) - sign);
        last = nodes.back[last] == 0 ? kStart : last - nodes.back[last];
    }
}

// Turns coefficients (in units of 1/16) into levels, in place; DC is rounded. frequency_weights: rows of 64; profile:
// the row of each block.
template <int kLookBack>
inline void optimize_blocks(std::int16_t* blocks, std::ptrdiff_t count, const float* distortion_weight,
                            const float* frequency_weights, const std::uint8_t* profile, const Prices& prices,
                            int look_back) {
    const float* steps = prices.steps;
    const float lift = prices.lift;
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const std::int16_t dc = quantize_dc(blocks[0], steps[0]);
        float magnitudes[kBlockSize];
        std::int16_t coefficients[kBlockSize], rounded[kBlockSize];
        std::memcpy(coefficients, blocks, sizeof coefficients);
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
            store_shorts(rounded + k, level);
        }
        std::memset(blocks, 0, kBlockSize * sizeof *blocks);
        blocks[0] = dc;
        optimize_block<kLookBack>(blocks, coefficients, rounded, magnitudes, distortion_weight[n],
                                  frequency_weights + kBlockSize * profile[n], prices, look_back);
    }
}

// Turns coefficients into levels, in place; see optimize_blocks.
inline void trellis(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, const std::uint8_t* profile, float lift, const float* run_size_bits,
                    float end_of_block_bits, int look_back) {
    using foveal::kUsualLookBack;  // compiled as a constant, which is faster
    const auto optimize = look_back == kUsualLookBack ? optimize_blocks<kUsualLookBack> : optimize_blocks<0>;
    const Prices prices{steps, lift, Rates(run_size_bits, end_of_block_bits)};
    optimize(blocks, count, distortion_weight, frequency_weights, profile, prices, look_back);
}

}  // namespace
