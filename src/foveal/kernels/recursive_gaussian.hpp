// The blur of SSIMULACRA 2, a recursive Gaussian, with the arithmetic of libjxl (tools/gauss_blur.cc).
//
// The Gaussian is a sum of three truncated cosines. Each of them needs only two inputs and its own last two outputs for
// the next output, whatever its length (D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using
// Truncated Cosine Functions", IEEE Transactions on Signal Processing 64, 2016, equation 35):
//
//     y[n] = gain (x[n - 6] + x[n + 4]) - feedback y[n - 1] - y[n - 2]
//
// The poles lie on the unit circle, so that rounding errors never decay. They are part of the scores: where a picture
// is flat, they are the only variance, and a blur without them scores up to 1.5 points higher. Every operation is
// therefore the one of libjxl: four columns at a time across where libjxl does so, one row at a time down, fused where
// libjxl fuses.
#pragma once

#include "block.hpp"
#include "fused.hpp"

#include <cstddef>

namespace {

constexpr int kCosines = 3;
constexpr std::ptrdiff_t kBehind = 6, kAhead = 4;  // distances to the two inputs of an output, for sigma 1.5

// Returns four lanes of a sample of one row and four of a sample of the next.
inline Float8 row_lanes(float upper, float lower) {
    return Float8{upper, upper, upper, upper, lower, lower, lower, lower};
}

// Copies lane kLane of each row to the four lanes of the row.
template <int kLane>
inline Float8 broadcast_in_rows(Float8 value) {
    return __builtin_shufflevector(value, value, kLane, kLane, kLane, kLane, kLane + 4, kLane + 4, kLane + 4,
                                   kLane + 4);
}

// Repeats four lanes for both rows.
inline Float8 repeated_in_rows(const float (&lanes)[4]) {
    return Float8{lanes[0], lanes[1], lanes[2], lanes[3], lanes[0], lanes[1], lanes[2], lanes[3]};
}

// One of the cosines: its coefficients, and those for four steps at once.
//
// Substituting the recursion into itself gives y[n] to y[n + 3] as sums of the inputs of these four steps, y[n - 1] and
// y[n - 2], so that four outputs are computed in four lanes.
struct Cosine {
    float gain, minus_feedback;
    // Weights in each of the four outputs of input j, of y[n - 1] and of y[n - 2].
    Float8 input[4], last, before_last;

    Cosine() = default;
    Cosine(double exact_gain, double feedback)
        : gain(static_cast<float>(exact_gain)), minus_feedback(static_cast<float>(-feedback)) {
        const double square = feedback * feedback;
        const double response[5] = {0, 1, -feedback, square - 1, -square * feedback + 2 * feedback};
        const double fifth = square * square - 3 * square + 1;
        for (int j = 0; j < 4; ++j) {
            float weight[4];
            for (int k = 0; k < 4; ++k) weight[k] = k < j ? 0 : static_cast<float>(exact_gain * response[k - j + 1]);
            input[j] = repeated_in_rows(weight);
        }
        float last_weight[4], before_weight[4];
        for (int k = 0; k < 4; ++k) {
            last_weight[k] = static_cast<float>(k < 3 ? response[k + 2] : fifth);
            before_weight[k] = static_cast<float>(-response[k + 1]);
        }
        last = repeated_in_rows(last_weight);
        before_last = repeated_in_rows(before_weight);
    }
};

// The three cosines of the blur.
struct Gaussian {
    Cosine cosine[kCosines];
    explicit Gaussian(const double* gains_and_feedbacks) {
        for (int i = 0; i < kCosines; ++i) cosine[i] = {gains_and_feedbacks[2 * i], gains_and_feedbacks[2 * i + 1]};
    }
};

// State of the blur across: the last two outputs of each cosine, in all four lanes of their row.
struct AcrossState {
    Float8 last[kCosines] = {}, before_last[kCosines] = {};
};

// Two rows of samples, read four columns or one column at a time.
struct RowPair {
    const float *upper, *lower;

    Float8 four(std::ptrdiff_t column) const { return joined(load4(upper + column), load4(lower + column)); }
    Float8 one(std::ptrdiff_t column) const { return row_lanes(upper[column], lower[column]); }
};

// The products of two pairs of rows.
struct RowPairProduct {
    RowPair first, second;

    Float8 four(std::ptrdiff_t column) const { return first.four(column) * second.four(column); }
    Float8 one(std::ptrdiff_t column) const { return first.one(column) * second.one(column); }
};

// Computes one column of two rows; sum: of its two inputs.
inline Float8 one_across(const Gaussian& gaussian, Float8 sum, AcrossState& state) {
    for (int i = 0; i < kCosines; ++i) {
        const Cosine& cosine = gaussian.cosine[i];
        const Float8 value = multiply_add(splat8(-1.0f), state.before_last[i], sum * cosine.gain);
        state.before_last[i] = state.last[i];
        state.last[i] = multiply_add(splat8(cosine.minus_feedback), state.before_last[i], value);
    }
    return state.last[0] + (state.last[1] + state.last[2]);
}

// Computes four columns of two rows; sums: of the two inputs of each.
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

// Blurs columns [first, last) of two rows of `columns`, continuing from the state that the columns before them left.
// first and last are multiples of four or the ends of the row; upper, lower: outputs of the two rows, from column
// `first` on.
template <class Samples>
void blur_across(const Gaussian& gaussian, const Samples& samples, std::ptrdiff_t columns, std::ptrdiff_t first,
                 std::ptrdiff_t last, AcrossState& state, float* upper, float* lower) {
    constexpr std::ptrdiff_t first_vector_column = 8;  // as libjxl does: the first and last few columns one by one
    const std::ptrdiff_t vector_columns_end = columns - kAhead - 3;
    const auto one = [&](std::ptrdiff_t column) {
        const Float8 behind = column >= kBehind ? samples.one(column - kBehind) : Float8{};
        const Float8 ahead = column + kAhead < columns ? samples.one(column + kAhead) : Float8{};
        const Float8 blurred = one_across(gaussian, behind + ahead, state);
        if (column < 0) return;
        upper[column - first] = blurred[0];
        lower[column - first] = blurred[4];
    };
    std::ptrdiff_t column = first == 0 ? -kAhead : first;
    for (; column < first_vector_column && column < last; ++column) one(column);
    for (; column < vector_columns_end && column < last; column += 4) {
        const Float8 sums = samples.four(column - kBehind) + samples.four(column + kAhead);
        const Float8 blurred = four_across(gaussian, sums, state);
        store4(upper + (column - first), low_half(blurred));
        store4(lower + (column - first), high_half(blurred));
    }
    for (; column < last; ++column) one(column);
}

// Computes one row of the blur down, eight columns; sum: of the two inputs. `last` and `before_last` hold the last two
// outputs of each cosine, `stride` floats apart. The new outputs replace `before_last`; the caller then swaps the two.
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
