// The blur of SSIMULACRA 2, which is libjxl's (tools/gauss_blur.cc): a Gaussian as a sum of three truncated cosines,
// each computed recursively (D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine
// Functions", IEEE Transactions on Signal Processing 64, 2016, equation 35):
//
//     y[n] = gain (x[n - 6] + x[n + 4]) - feedback y[n - 1] - y[n - 2]
//
// Its poles lie on the unit circle, so rounding errors are never forgotten. They are part of the scores: where a
// picture is flat, they are all the variance there is, and a blur without them scores up to 1.5 points higher. So every
// operation is done as libjxl does it: across four columns at a time where it does, one row at a time down, fused where
// it fuses.
#pragma once

#include "block.hpp"
#include "fused.hpp"

#include <cstddef>

namespace {

constexpr int kCosines = 3;
constexpr std::ptrdiff_t kBehind = 6, kAhead = 4;  // where the two samples lie that enter at each step, at sigma 1.5

// Four lanes for a row, four for the next one.
inline Float8 both_rows(float upper, float lower) {
    return Float8{upper, upper, upper, upper, lower, lower, lower, lower};
}

template <int kLane>
inline Float8 broadcast_in_rows(Float8 value) {
    return __builtin_shufflevector(value, value, kLane, kLane, kLane, kLane, kLane + 4, kLane + 4, kLane + 4,
                                   kLane + 4);
}

inline Float8 in_both_rows(const float (&lanes)[4]) {
    return Float8{lanes[0], lanes[1], lanes[2], lanes[3], lanes[0], lanes[1], lanes[2], lanes[3]};
}

struct Cosine {
    float gain, minus_feedback;
    // Four steps at once: what each output owes to each of the four inputs, to y[n - 1] and to y[n - 2].
    Float8 input[4], last, before_last;

    Cosine() = default;
    Cosine(double exact_gain, double feedback)
        : gain(static_cast<float>(exact_gain)), minus_feedback(static_cast<float>(-feedback)) {
        const double square = feedback * feedback;
        const double response[5] = {0, 1, -feedback, square - 1, -square * feedback + 2 * feedback};
        const double fifth = square * square - 3 * square + 1;
        for (int j = 0; j < 4; ++j) {
            float owed[4];
            for (int k = 0; k < 4; ++k) owed[k] = k < j ? 0 : static_cast<float>(exact_gain * response[k - j + 1]);
            input[j] = in_both_rows(owed);
        }
        float owed_last[4], owed_before[4];
        for (int k = 0; k < 4; ++k) {
            owed_last[k] = static_cast<float>(k < 3 ? response[k + 2] : fifth);
            owed_before[k] = static_cast<float>(-response[k + 1]);
        }
        last = in_both_rows(owed_last);
        before_last = in_both_rows(owed_before);
    }
};

struct Gaussian {
    Cosine cosine[kCosines];
    explicit Gaussian(const double* gains_and_feedbacks) {
        for (int i = 0; i < kCosines; ++i) cosine[i] = {gains_and_feedbacks[2 * i], gains_and_feedbacks[2 * i + 1]};
    }
};

// The last two outputs of each cosine, in all lanes of their row.
struct AcrossState {
    Float8 last[kCosines] = {}, before_last[kCosines] = {};
};

// Two rows of samples, read four columns or one at a time.
struct RowPair {
    const float *upper, *lower;

    Float8 four(std::ptrdiff_t column) const { return joined(load4(upper + column), load4(lower + column)); }
    Float8 one(std::ptrdiff_t column) const { return both_rows(upper[column], lower[column]); }
};

// Their products with two other rows.
struct RowPairProduct {
    RowPair first, second;

    Float8 four(std::ptrdiff_t column) const { return first.four(column) * second.four(column); }
    Float8 one(std::ptrdiff_t column) const { return first.one(column) * second.one(column); }
};

inline Float8 one_across(const Gaussian& gaussian, Float8 sum, AcrossState& state) {
    for (int i = 0; i < kCosines; ++i) {
        const Cosine& cosine = gaussian.cosine[i];
        const Float8 value = multiply_add(splat8(-1.0f), state.before_last[i], sum * cosine.gain);
        state.before_last[i] = state.last[i];
        state.last[i] = multiply_add(splat8(cosine.minus_feedback), state.before_last[i], value);
    }
    return state.last[0] + (state.last[1] + state.last[2]);
}

inline Float8 four_across(const Gaussian& gaussian, Float8 sums, AcrossState& state) {
    const Float8 sum0 = broadcast_in_rows<0>(sums), sum1 = broadcast_in_rows<1>(sums);
    const Float8 sum2 = broadcast_in_rows<2>(sums), sum3 = broadcast_in_rows<3>(sums);
    Float8 out[kCosines];
    for (int i = 0; i < kCosines; ++i) {
        const Cosine& cosine = gaussian.cosine[i];
        Float8 value = sum0 * cosine.input[0];
        value = multiply_add(cosine.input[1], sum1, value);
        value = multiply_add(cosine.input[2], sum2, value);
        value = multiply_add(cosine.input[3], sum3, value);
        value = multiply_add(cosine.before_last, state.before_last[i], value);
        out[i] = multiply_add(cosine.last, state.last[i], value);
        state.before_last[i] = broadcast_in_rows<2>(out[i]);
        state.last[i] = broadcast_in_rows<3>(out[i]);
    }
    return out[0] + (out[1] + out[2]);
}

// Columns [first, last) of two rows, of `columns` in all; goes on from the state that the columns before them left.
// first and last are multiples of four, or the ends of the row. upper, lower: where column `first` goes.
template <class Samples>
void blur_across(const Gaussian& gaussian, const Samples& samples, std::ptrdiff_t columns, std::ptrdiff_t first,
                 std::ptrdiff_t last, AcrossState& state, float* upper, float* lower) {
    constexpr std::ptrdiff_t four_from = 8;  // as libjxl does: the first and the last few one by one
    const std::ptrdiff_t four_before = columns - kAhead - 3;
    const auto one = [&](std::ptrdiff_t column) {
        const Float8 behind = column >= kBehind ? samples.one(column - kBehind) : Float8{};
        const Float8 ahead = column + kAhead < columns ? samples.one(column + kAhead) : Float8{};
        const Float8 blurred = one_across(gaussian, behind + ahead, state);
        if (column < 0) return;
        upper[column - first] = blurred[0];
        lower[column - first] = blurred[4];
    };
    std::ptrdiff_t column = first == 0 ? -kAhead : first;
    for (; column < four_from && column < last; ++column) one(column);
    for (; column < four_before && column < last; column += 4) {
        const Float8 sums = samples.four(column - kBehind) + samples.four(column + kAhead);
        const Float8 blurred = four_across(gaussian, sums, state);
        store4(upper + (column - first), low_half(blurred));
        store4(lower + (column - first), high_half(blurred));
    }
    for (; column < last; ++column) one(column);
}

// One row down, eight columns: `last` and `before_last` hold the outputs of each cosine `stride` floats apart; the new
// ones go where the second to last were, and the two change places.
inline Float8 one_down(const Gaussian& gaussian, Float8 sum, const float* last, float* before_last,
                       std::ptrdiff_t stride) {
    Float8 out[kCosines];
    for (int i = 0; i < kCosines; ++i) {
        const Cosine& cosine = gaussian.cosine[i];
        const Float8 decayed =
            multiply_add(splat8(cosine.minus_feedback), load8(last + i * stride), -load8(before_last + i * stride));
        out[i] = multiply_add(splat8(cosine.gain), sum, decayed);
        store8(before_last + i * stride, out[i]);
    }
    return out[0] + (out[1] + out[2]);
}

}  // namespace
