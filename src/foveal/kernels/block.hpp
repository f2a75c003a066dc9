// What every kernel shares: the size of a block, eight-lane vectors, and the scan order of coefficients.
//
// Each kernel header is compiled once per instruction set (see kernel_table.cpp). Everything in them has internal
// linkage, so that the linker can never hand code built for AVX2 to a machine without it.
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using foveal::Extent;

constexpr int kBlockSide = 8;   // N in T.81 A.3.3
constexpr int kBlockSize = 64;  // coefficients of a block

// The transform hands its coefficients on as integers in sixteenths (COEFFICIENT_SCALE of jpeg/dct.py): four fractional
// bits keep the rounding error well below a quantizer step of 1, and +-1024 (the range of an 8-bit DCT) still fits 16
// bits with room to spare.
constexpr float kCoefficientScale = 16.0f;

using Float4 = float __attribute__((vector_size(16)));
using Float8 = float __attribute__((vector_size(32)));
using Int8 = std::int32_t __attribute__((vector_size(32)));
using Short8 = std::int16_t __attribute__((vector_size(16)));

inline Float8 load8(const float* source) {
    Float8 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

inline void store8(float* target, Float8 value) { std::memcpy(target, &value, sizeof value); }

inline Float4 load4(const float* source) {
    Float4 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

inline void store4(float* target, Float4 value) { std::memcpy(target, &value, sizeof value); }

// As many lanes as there are; zeros in the others.
inline Float8 load_up_to_8(const float* source, std::ptrdiff_t count) {
    if (count >= 8) return load8(source);
    Float8 value = {};
    std::memcpy(&value, source, sizeof(float) * static_cast<std::size_t>(count));
    return value;
}

inline void store_up_to_8(float* target, Float8 value, std::ptrdiff_t count) {
    if (count >= 8)
        store8(target, value);
    else
        std::memcpy(target, &value, sizeof(float) * static_cast<std::size_t>(count));
}

inline Float8 load_shorts(const std::int16_t* source) {
    Short8 value;
    std::memcpy(&value, source, sizeof value);
    return __builtin_convertvector(__builtin_convertvector(value, Int8), Float8);
}

inline void store_shorts(std::int16_t* target, Int8 value) {
    const Short8 narrow = __builtin_convertvector(value, Short8);
    std::memcpy(target, &narrow, sizeof narrow);
}

inline Float8 splat8(float value) { return Float8{value, value, value, value, value, value, value, value}; }

inline Float8 joined(Float4 low, Float4 high) {
#if defined(__AVX__)
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#else  // where eight lanes are two registers, GCC 12 would move them one by one
    const Float4 halves[2] = {low, high};
    Float8 value;
    std::memcpy(&value, halves, sizeof value);
    return value;
#endif
}

inline Float4 low_half(Float8 value) {
    Float4 half;
    std::memcpy(&half, &value, sizeof half);
    return half;
}

inline Float4 high_half(Float8 value) {
    Float4 half;
    std::memcpy(&half, reinterpret_cast<const char*>(&value) + sizeof half, sizeof half);
    return half;
}

// Round to nearest, ties to even, for |value| < 2^22: adding 1.5 * 2^23 leaves the integer in the low mantissa bits.
inline Int8 round_to_int(Float8 value) {
    const Float8 shifted = value + splat8(12582912.0f);
    Int8 bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    return bits - 0x4B400000;
}

// T.81 figure A.6: natural (row-major) index of the k-th coefficient in zig-zag order.
// clang-format off
constexpr std::uint8_t kNaturalIndex[kBlockSize] = {
     0,  1,  8, 16,  9,  2,  3, 10,
    17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34,
    27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36,
    29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46,
    53, 60, 61, 54, 47, 55, 62, 63,
};
// clang-format on

inline int bit_width(std::uint32_t value) { return value == 0 ? 0 : 32 - __builtin_clz(value); }

}  // namespace
