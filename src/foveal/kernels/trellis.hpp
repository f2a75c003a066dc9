// Rate-distortion optimised quantization of the AC coefficients of a block: the levels that minimise
// distortion_weight * squared errors (in quantizer steps, weighed by frequency) + bits, by dynamic programming over the nonzero positions.
//
// A node is a position that plain rounding leaves nonzero. It keeps its rounded level, or one less where that shortens
// the level's code, or it becomes zero, in which case no path goes through it. `reach` of a node is the least cost of a
// path that ends there, less the cost of zeroing every position up to it: then a predecessor can be compared with any
// other without summing the zeros between them.
#pragma once

#include "quantize.hpp"

namespace {

// Less than half a sixteenth over the largest step of 8 bits.
constexpr float kTieWidth = 0.5f / 16 / 256;
constexpr int kRunCount = 63;  // zeros before a nonzero AC coefficient: 0..62

struct Rates {
    const float* run_size;  // [size 0..10][run]: bits of ZRLs, the RRRRSSSS code and the level's own bits
    float end_of_block;
};

struct Node {
    float reach;
    std::int16_t level;
    std::int8_t position, previous;
};

struct Arrival {
    float reach;
    int previous;
};

// The cheapest way to arrive at `position` with a level of `size` bits from the origin (nodes[0]) or one of the last
// `look_back` nodes before `node`.
inline Arrival cheapest_arrival(const Node* nodes, int node, int look_back, int position, const float* bits_by_run) {
    Arrival best{nodes[0].reach + bits_by_run[position - 1], 0};
    const int first = node - look_back > 1 ? node - look_back : 1;
    for (int i = first; i < node; ++i) {
        const float reach = nodes[i].reach + bits_by_run[position - nodes[i].position - 1];
        if (reach < best.reach) best = {reach, i};
    }
    return best;
}

// In place, levels with signs; magnitudes: |coefficient| / step of the same block.
inline void optimise_block(std::int16_t* levels, const float* magnitudes, float distortion_weight,
                           const float* frequency_weights, Rates rates, int look_back) {
    Node nodes[kBlockSize];
    nodes[0] = {0.0f, 0, 0, 0};
    int node_count = 1;
    for (int k = 1; k < kBlockSize; ++k) {
        if (levels[k] == 0) continue;
        const int level = levels[k] < 0 ? -levels[k] : levels[k];
        const int size = bit_width(static_cast<std::uint32_t>(level));
        const float weight = distortion_weight * frequency_weights[k];
        const float zero_distortion = weight * (magnitudes[k] * magnitudes[k]);
        const float error = magnitudes[k] - static_cast<float>(level);

        Arrival best = cheapest_arrival(nodes, node_count, look_back, k, rates.run_size + size * kRunCount);
        best.reach += weight * (error * error) - zero_distortion;
        int best_level = level;
        if (level > 1 && (level & (level - 1)) == 0) {
            Arrival lower = cheapest_arrival(nodes, node_count, look_back, k, rates.run_size + (size - 1) * kRunCount);
            lower.reach += weight * ((error + 1.0f) * (error + 1.0f)) - zero_distortion;
            if (lower.reach < best.reach) {
                best = lower;
                best_level = level - 1;
            }
        }
        nodes[node_count++] = {best.reach, static_cast<std::int16_t>(best_level), static_cast<std::int8_t>(k),
                               static_cast<std::int8_t>(best.previous)};
    }

    int last = 0;
    float least = rates.end_of_block;
    for (int i = 1; i < node_count; ++i) {
        const float total = nodes[i].reach + (nodes[i].position == kBlockSize - 1 ? 0.0f : rates.end_of_block);
        if (total < least) {
            least = total;
            last = i;
        }
    }
    for (int i = node_count - 1; i > 0; --i) {
        std::int16_t& level = levels[nodes[i].position];
        if (i == last) {
            level = level < 0 ? static_cast<std::int16_t>(-nodes[i].level) : nodes[i].level;
            last = nodes[i].previous;
        } else {
            level = 0;
        }
    }
}

// In place: sixteenths become levels; DC is rounded.
inline void trellis(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, const float* run_size_bits, float end_of_block_bits,
                    int look_back) {
    const Rates rates{run_size_bits, end_of_block_bits};
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        const std::int16_t dc = quantize_dc(blocks[0], steps[0]);
        float magnitudes[kBlockSize];
        for (int k = 0; k < kBlockSize; k += 8) {
            const Float8 coefficient = load_shorts(blocks + k);
            const Float8 magnitude = absolute(coefficient) / load8(steps + k);
            // A tie goes to the smaller level, which is never dearer. (Coefficients come rounded to sixteenths, so that a
            // tie stands for values on both sides of it.) Other magnitudes are further than this from a tie.
            const Int8 level = clamp_levels(__builtin_convertvector(magnitude + (0.5f - kTieWidth), Int8));
            store8(magnitudes + k, magnitude);
            store_shorts(blocks + k, coefficient < splat8(0.0f) ? -level : level);
        }
        blocks[0] = dc;
        optimise_block(blocks, magnitudes, distortion_weight[n], frequency_weights, rates, look_back);
    }
}

}  // namespace
