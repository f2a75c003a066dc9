// Fused multiply-add on every processor: a * b + c with one rounding, for code whose rounding errors must equal those
// of a reference.
#pragma once

#include "block.hpp"

#include <cstdint>

#if defined(__FMA__)
#include <immintrin.h>
#endif

namespace {

#if defined(__FMA__)

// Returns a * b + c, rounded once.
inline Float8 multiply_add(Float8 a, Float8 b, Float8 c) {
    return reinterpret_cast<Float8>(
        _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}

#elif defined(__FP_FAST_FMAF) || defined(__aarch64__)  // Clang defines the former only for some processors

inline Float8 multiply_add(Float8 a, Float8 b, Float8 c) {
    Float8 out;
    for (int i = 0; i < 8; ++i) out[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return out;
}

#else

using Double2 = double __attribute__((vector_size(16)));
using Double4 = double __attribute__((vector_size(32)));
using ULong2 = std::uint64_t __attribute__((vector_size(16)));

// Returns product + addend, rounded to odd.
//
// The product of two floats is exact in double precision, but its sum with the addend may be inexact, and rounding
// twice (to double, then to float) can differ from rounding once. Rounding an inexact sum to odd (to the neighbour
// whose last bit is 1) keeps the information that it is inexact, so that the rounding to float that follows is correct
// for results that are not subnormal (S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved
// algorithms using rounding to odd", 2008).
inline Double2 rounded_to_odd(Double2 product, Double2 addend) {
    const Double2 sum = product + addend;
    const Double2 part = sum - product;
    const Double2 rest = (product - (sum - part)) + (addend - part);  // rounding error of the sum (D. Knuth's TwoSum)
    const ULong2 bits = reinterpret_cast<ULong2>(sum), inexact = reinterpret_cast<ULong2>(rest != 0.0);
    const ULong2 even = (bits & 1) - 1, towards_rest = 1 - ((bits ^ reinterpret_cast<ULong2>(rest)) >> 63 << 1);
    return reinterpret_cast<Double2>(bits + (towards_rest & even & inexact));
}

inline Float4 multiply_add(Float4 a, Float4 b, Float4 c) {
    const Double4 wide_a = __builtin_convertvector(a, Double4), wide_b = __builtin_convertvector(b, Double4);
    const Double4 product = wide_a * wide_b, addend = __builtin_convertvector(c, Double4);
    const auto half = [&]<int kLane>() {
        return rounded_to_odd(__builtin_shufflevector(product, product, kLane, kLane + 1),
                              __builtin_shufflevector(addend, addend, kLane, kLane + 1));
    };
    const Double2 low = half.template operator()<0>(), high = half.template operator()<2>();
    return __builtin_convertvector(__builtin_shufflevector(low, high, 0, 1, 2, 3), Float4);
}

inline Float8 multiply_add(Float8 a, Float8 b, Float8 c) {
    return joined(multiply_add(low_half(a), low_half(b), low_half(c)),
                  multiply_add(high_half(a), high_half(b), high_half(c)));
}

#endif

}  // namespace
