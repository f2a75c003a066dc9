// Common parts of the kernels: the size of a block, vectors of eight lanes, and the zig-zag order of coefficients.
//
// Each kernel header is compiled once for each instruction set (see kernel_table.cpp). Everything in these headers has
// internal linkage; otherwise the linker could keep a copy that was built for AVX2 and use it on a machine without
// AVX2.
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

using foveal::Extent;

constexpr int kBlockSide = 8;   // samples along a side of a block
constexpr int kBlockSize = 64;  // coefficients of a block

// The forward DCT returns coefficients as integers in units of 1/16 (COEFFICIENT_SCALE of jpeg/dct.py): four fractional
// bits keep the rounding error well below a quantizer step of 1, and +-1024 (the range of an 8-bit DCT) fits 16 bits.
constexpr float kCoefficientScale = 16.0f;

// Whether an instruction shuffles the bytes of a vector in any order. SSE2 has none, and GCC would move them one by
// one.
#if defined(__SSE2__) && !defined(__SSSE3__)
constexpr bool kShufflesBytes = false;
#else
constexpr bool kShufflesBytes = true;
#endif

using Float4 = float __attribute__((vector_size(16)));
using Float8 = float __attribute__((vector_size(32)));
using Int8 = std::int32_t __attribute__((vector_size(32)));
using Short8 = std::int16_t __attribute__((vector_size(16)));
using Byte16 = std::uint8_t __attribute__((vector_size(16)));
using Byte32 = std::uint8_t __attribute__((vector_size(32)));
using ULong4 = std::uint64_t __attribute__((vector_size(32)));  // of Byte32: eight lanes each

// Loads eight floats; no alignment is needed.
inline Float8 load8(const float* source) {
    Float8 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

// Loads 16 bytes; no alignment is needed.
inline Byte16 load_16_bytes(const std::uint8_t* source) {
    Byte16 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

// Loads 32 bytes; no alignment is needed.
inline Byte32 load_32_bytes(const std::uint8_t* source) {
    Byte32 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

// Returns the smaller bytes, lane by lane.
inline Byte32 smaller_of(Byte32 a, Byte32 b) { return a < b ? a : b; }

// Returns the larger bytes, lane by lane.
inline Byte32 larger_of(Byte32 a, Byte32 b) { return a > b ? a : b; }

// Stores eight floats; no alignment is needed.
inline void store8(float* target, Float8 value) { std::memcpy(target, &value, sizeof value); }

// Loads four floats; no alignment is needed.
inline Float4 load4(const float* source) {
    Float4 value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

// Stores four floats; no alignment is needed.
inline void store4(float* target, Float4 value) { std::memcpy(target, &value, sizeof value); }

// Loads the first min(count, 8) lanes and sets the others to zero.
inline Float8 load_up_to_8(const float* source, std::ptrdiff_t count) {
    if (count >= 8) return load8(source);
    Float8 value = {};
    std::memcpy(&value, source, sizeof(float) * static_cast<std::size_t>(count));
    return value;
}

// Stores the first min(count, 8) lanes.
inline void store_up_to_8(float* target, Float8 value, std::ptrdiff_t count) {
    if (count >= 8)
        store8(target, value);
    else
        std::memcpy(target, &value, sizeof(float) * static_cast<std::size_t>(count));
}

// Loads eight 16-bit integers as floats.
inline Float8 load_shorts(const std::int16_t* source) {
    Short8 value;
    std::memcpy(&value, source, sizeof value);
#if defined(__AVX2__)  // GCC 12 would widen each half on its own
    const auto wide = reinterpret_cast<Int8>(_mm256_cvtepi16_epi32(reinterpret_cast<__m128i>(value)));
#else
    const Int8 wide = __builtin_convertvector(value, Int8);
#endif
    return __builtin_convertvector(wide, Float8);
}

// Stores eight integers from -32,768 to 32,767 as 16-bit integers.
inline void store_shorts(std::int16_t* target, Int8 value) {
#if defined(__AVX2__)
    const auto wide = reinterpret_cast<__m256i>(value);
    const __m128i narrow = _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
#else
    const Short8 narrow = __builtin_convertvector(value, Short8);
#endif
    std::memcpy(target, &narrow, sizeof narrow);
}

// Returns a vector whose lanes are all `value`.
inline Float8 splat8(float value) { return Float8{value, value, value, value, value, value, value, value}; }

// Returns eight lanes from two halves.
inline Float8 joined(Float4 low, Float4 high) {
#if defined(__AVX__)
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#else  // eight lanes are two registers here, and GCC 12 would move the lanes of a shuffle one by one
    const Float4 halves[2] = {low, high};
    Float8 value;
    std::memcpy(&value, halves, sizeof value);
    return value;
#endif
}

// Returns 32 bytes from two halves.
inline Byte32 joined(Byte16 low, Byte16 high) {
    return reinterpret_cast<Byte32>(joined(reinterpret_cast<Float4>(low), reinterpret_cast<Float4>(high)));
}

// Returns lanes 0 to 3.
inline Float4 low_half(Float8 value) {
    Float4 half;
    std::memcpy(&half, &value, sizeof half);
    return half;
}

// Returns lanes 4 to 7.
inline Float4 high_half(Float8 value) {
    Float4 half;
    std::memcpy(&half, reinterpret_cast<const char*>(&value) + sizeof half, sizeof half);
    return half;
}

// Rounds to nearest, ties to even, for |value| < 2^22: adding 1.5 * 2^23 leaves the integer in the low mantissa bits.
inline Int8 round_to_int(Float8 value) {
    const Float8 shifted = value + splat8(12582912.0f);
    Int8 bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    return bits - 0x4B400000;
}

// Row-major index of the k-th coefficient in zig-zag order (T.81 A.3.6, Zig-zag sequence; figure A.6).
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

// Returns the number of bits of `value`, without leading zeros.
inline int bit_width(std::uint32_t value) { return value == 0 ? 0 : 32 - __builtin_clz(value); }

}  // namespace
