// Deringing by overshoot in blocks with white or black samples: what a decoder clamps costs nothing.
//
// An edge beside white ground needs high frequencies, mostly to keep the ground at 255. But a decoder clamps samples to
// 8 bits, so that the ground may as well ring beyond 255, and only undershoot is an error:
//
//     255 --------.                 --------.   .-.   .- -   what the decoder clamps
//                 |                          \_/   \_/
//                 |        ->                |
//       0         '-------                   '-------
//
// Let d be the samples of a decoded block before clamping, and the target the original, except that samples of the
// ground beyond white or black in d are as in d. On the ground, the squared error of d against this target is the error
// after clamping, and for any other decoded block it is no smaller than the error after clamping. So quantizing the
// target instead of the original lowers the error that is seen, or keeps it (majorization and minimization; D. Hunter
// and K. Lange, "A tutorial on MM algorithms", 2004). Here, rounding with a dead zone stands for the quantizer, whose
// search takes longer.
//
// MozJPEG derings by the same observation (preprocess_deringing in jcdctmgr.c): before the DCT, it continues the slopes
// at the ends of runs of white samples above white, whatever the quantizer makes of them.
#pragma once

#include "block.hpp"
#include "dct.hpp"
#include "quantize.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr int kTargetRounds = 2;
// The target goes further beyond white or black than the decoded block, by 1 plus this number times the ground's share
// of the block: two rounds then come about as far as four without it. Texture with a few black samples gets almost no
// gain, as it would spend bits on their overshoot. The promise above holds for a gain of 1 only; this one was chosen by
// measurement, and makes the error of up to 1 % of blocks a little larger (of 5 % at the finest steps).
constexpr float kGainOfGround = 0.75f;
constexpr float kMostOvershoot = 64.0f;  // in levels, so that coefficients fit 16 bits
// Samples of 8-bit pixels, centred on 0. Coefficients rounded to units of 1/16 give samples to within half a level.
constexpr float kWhite = 127.0f, kBlack = -128.0f, kHalfLevel = 0.5f;

// kHalfBasis[k][i]: sample i of the basis function of frequency k, for the first half of a block (T.81 A.3.3).
constexpr float kHalfBasis[kBlockSide][kBlockSide / 2] = {
    {0.353553391f, 0.353553391f, 0.353553391f, 0.353553391f},
    {0.490392640f, 0.415734806f, 0.277785117f, 0.097545161f},
    {0.461939766f, 0.191341716f, -0.191341716f, -0.461939766f},
    {0.415734806f, -0.097545161f, -0.490392640f, -0.277785117f},
    {0.353553391f, -0.353553391f, -0.353553391f, 0.353553391f},
    {0.277785117f, -0.490392640f, 0.097545161f, 0.415734806f},
    {0.191341716f, -0.461939766f, 0.461939766f, -0.191341716f},
    {0.097545161f, -0.277785117f, 0.415734806f, -0.490392640f},
};

// Transforms eight columns at once, back to samples: x[k] holds coefficient k, then sample k, of each lane. The second
// half of a basis function mirrors the first, with the sign changed for odd frequencies.
inline void inverse_dct_1d(Float8 (&x)[kBlockSide]) {
    Float8 out[kBlockSide];
    for (int i = 0; i < kBlockSide / 2; ++i) {
        Float8 even = x[0] * kHalfBasis[0][i], odd = x[1] * kHalfBasis[1][i];
        for (int k = 2; k < kBlockSide; k += 2) {
            even = even + x[k] * kHalfBasis[k][i];
            odd = odd + x[k + 1] * kHalfBasis[k + 1][i];
        }
        out[i] = even + odd;
        out[kBlockSide - 1 - i] = even - odd;
    }
    std::memcpy(x, out, sizeof out);
}

// Turns coefficients, transposed as dct_block returns them, into rows of samples.
inline void inverse_dct_block(Float8 (&x)[kBlockSide]) {
    inverse_dct_1d(x);
    transpose(x);
    inverse_dct_1d(x);
}

// The samples of a block, and where it is white or black.
struct SaturatedGround {
    Float8 samples[kBlockSide];
    Int8 is_white[kBlockSide], is_black[kBlockSide];  // -1 where it is, else 0

    explicit SaturatedGround(const Float8 (&transposed_coefficients)[kBlockSide]) {
        for (int u = 0; u < kBlockSide; ++u) samples[u] = transposed_coefficients[u] / kCoefficientScale;
        inverse_dct_block(samples);
        for (int y = 0; y < kBlockSide; ++y) {
            is_white[y] = samples[y] > splat8(kWhite - kHalfLevel);
            is_black[y] = samples[y] < splat8(kBlack + kHalfLevel);
        }
    }

    int white_count() const { return count(is_white); }
    int black_count() const { return count(is_black); }

    // Fills `target` from the samples of a decoded block, whose overshoot is multiplied by a gain.
    void set_target(const Float8 (&decoded)[kBlockSide], float gain, Float8 (&target)[kBlockSide]) const {
        for (int y = 0; y < kBlockSide; ++y) {
            const Float8 over = limited((decoded[y] - splat8(kWhite)) * splat8(gain));
            const Float8 under = limited((splat8(kBlack) - decoded[y]) * splat8(gain));
            target[y] = is_white[y] ? splat8(kWhite) + over : is_black[y] ? splat8(kBlack) - under : samples[y];
        }
    }

private:
    static int count(const Int8 (&is_ground)[kBlockSide]) {
        Int8 sum{};
        for (const Int8 row : is_ground) sum += row;
        int count = 0;
        for (int lane = 0; lane < kBlockSide; ++lane) count -= sum[lane];
        return count;
    }

    static Float8 limited(Float8 overshoot) {
        const Float8 raised = overshoot < splat8(0.0f) ? Float8{} : overshoot;
        return raised > splat8(kMostOvershoot) ? splat8(kMostOvershoot) : raised;
    }
};

// Rounds coefficients to multiples of the steps, or to 0 if they are smaller than a number of steps.
inline Float8 round_to_steps(Float8 coefficient, Float8 step, Float8 zero_threshold) {
    const Float8 steps = absolute(coefficient) / step;
    const Int8 level = clamp_levels(__builtin_convertvector(steps + 0.5f, Int8));
    const Float8 magnitude = steps < zero_threshold ? Float8{} : __builtin_convertvector(level, Float8) * step;
    return coefficient < splat8(0.0f) ? -magnitude : magnitude;
}

// Moves the coefficients of a block, transposed and in units of 1/16, to those of the target.
inline void approach_target(const SaturatedGround& ground, float gain, const Float8 (&steps)[kBlockSide], float width,
                            Float8 (&coefficients)[kBlockSide]) {
    for (int round = 0; round < kTargetRounds; ++round) {
        for (int u = 0; u < kBlockSide; ++u) {
            Float8 threshold = zero_thresholds(splat8(width));
            if (u == 0) threshold[0] = 0.0f;  // DC is rounded
            coefficients[u] = round_to_steps(coefficients[u], steps[u], threshold) / kCoefficientScale;
        }
        inverse_dct_block(coefficients);
        Float8 target[kBlockSide];
        ground.set_target(coefficients, gain, target);
        dct_block(reinterpret_cast<const float*>(target), kBlockSide, kCoefficientScale, coefficients);
    }
}

// Replaces coefficients, in units of 1/16, by those of the target in blocks that are marked and have white or black
// samples. Blocks that are all white or all black stay as they are: no frequency is needed there. steps: 64 quantizer
// steps in units of 1/16; widths: those of the dead zone of each block, see zero_thresholds.
inline void dering(std::int16_t* blocks, std::ptrdiff_t count, const std::uint8_t* is_marked, const float* steps,
                   const float* widths) {
    Float8 transposed_steps[kBlockSide];
    for (int k = 0; k < kBlockSize; ++k)
        transposed_steps[kTransposedOrder.index[k] / kBlockSide][kTransposedOrder.index[k] % kBlockSide] = steps[k];
    for (std::ptrdiff_t n = 0; n < count; ++n, blocks += kBlockSize) {
        if (is_marked[n] == 0) continue;
        Float8 coefficients[kBlockSide];
        for (int k = 0; k < kBlockSize; ++k)
            coefficients[kTransposedOrder.index[k] / kBlockSide][kTransposedOrder.index[k] % kBlockSide] = blocks[k];
        const SaturatedGround ground(coefficients);
        const int white = ground.white_count(), black = ground.black_count();
        if (white + black == 0 || white == kBlockSize || black == kBlockSize) continue;
        const float gain = 1.0f + kGainOfGround * static_cast<float>(white + black) / kBlockSize;
        approach_target(ground, gain, transposed_steps, widths[n], coefficients);
        Short8 rounded[kBlockSide];
        for (int u = 0; u < kBlockSide; ++u)
            rounded[u] = __builtin_convertvector(round_to_int(coefficients[u]), Short8);
        store_zigzag(rounded, blocks, UpTo7{});
    }
}

}  // namespace
