// The inverse DCT (T.81 A.3.3, FDCT and IDCT) with the arithmetic of libjpeg's "islow", so that the decoded pixels
// equal those of libjpeg-turbo.
//
// The factorization is that of Loeffler, Ligtenberg and Moschytz (1989) in fixed point: the constants have 13
// fractional bits, the samples between the passes have two; columns come first. For coefficients far outside the range
// of an 8-bit DCT, values wrap and saturate at 16 bits as in libjpeg-turbo's vector code, including its short cut for
// constant columns.
#pragma once

#include "block.hpp"
#include "nonzero.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

using UShort8 = std::uint16_t __attribute__((vector_size(16)));
using UInt32x8 = std::uint32_t __attribute__((vector_size(32)));
using Byte8 = std::uint8_t __attribute__((vector_size(8)));

constexpr int kConstantBits = 13;
constexpr int kPassBits = 2;

// Returns a * kAFactor + b * kBFactor in 32 bits.
template <int kAFactor, int kBFactor>
inline UInt32x8 weighted_sum(Short8 a, Short8 b) {
#if defined(__AVX2__)
    const __m128i first = reinterpret_cast<__m128i>(a), second = reinterpret_cast<__m128i>(b);
    const __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi16(first, second), _mm_unpacklo_epi16(first, second));
    constexpr std::uint32_t factors = static_cast<std::uint32_t>(kBFactor) << 16 | (kAFactor & 0xFFFF);
    return reinterpret_cast<UInt32x8>(_mm256_madd_epi16(pairs, _mm256_set1_epi32(static_cast<int>(factors))));
#else
    const UInt32x8 wide_a = reinterpret_cast<UInt32x8>(__builtin_convertvector(a, Int8));
    const UInt32x8 wide_b = reinterpret_cast<UInt32x8>(__builtin_convertvector(b, Int8));
    return wide_a * static_cast<std::uint32_t>(kAFactor) + wide_b * static_cast<std::uint32_t>(kBFactor);
#endif
}

// Returns value / 2^kShift, rounded half up and saturated to 16 bits.
template <int kShift>
inline Short8 descale(UInt32x8 value) {
    const Int8 shifted = reinterpret_cast<Int8>(value + (1u << (kShift - 1))) >> kShift;
#if defined(__AVX2__)
    const __m256i wide = reinterpret_cast<__m256i>(shifted);
    return reinterpret_cast<Short8>(_mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)));
#else
    const Int8 low = Int8{} - 32768, high = Int8{} + 32767;
    const Int8 raised = shifted < low ? low : shifted;
    return __builtin_convertvector(raised > high ? high : raised, Short8);
#endif
}

// Adds modulo 2^16.
inline Short8 wrapping_add(Short8 a, Short8 b) {
    return reinterpret_cast<Short8>(reinterpret_cast<UShort8>(a) + reinterpret_cast<UShort8>(b));
}

// Subtracts modulo 2^16.
inline Short8 wrapping_subtract(Short8 a, Short8 b) {
    return reinterpret_cast<Short8>(reinterpret_cast<UShort8>(a) - reinterpret_cast<UShort8>(b));
}

// Returns value * 2^kConstantBits in 32 bits.
inline UInt32x8 scaled(Short8 value) {
    return reinterpret_cast<UInt32x8>(__builtin_convertvector(value, Int8)) << kConstantBits;
}

// Transforms eight columns at once: x[i] holds coefficient i, then sample i, of each lane; kShift: bits to drop at the
// end. Constants are round(2^13 x), named after x.
template <int kShift>
inline void idct_1d(Short8 (&x)[kBlockSide]) {
    constexpr int k0_298631336 = 2446, k0_390180644 = 3196, k0_541196100 = 4433, k0_765366865 = 6270;
    constexpr int k0_899976223 = 7373, k1_175875602 = 9633, k1_501321110 = 12299, k1_847759065 = 15137;
    constexpr int k1_961570560 = 16069, k2_053119869 = 16819, k2_562915447 = 20995, k3_072711026 = 25172;

    const UInt32x8 sum04 = scaled(wrapping_add(x[0], x[4])), difference04 = scaled(wrapping_subtract(x[0], x[4]));
    const UInt32x8 even3 = weighted_sum<k0_541196100 + k0_765366865, k0_541196100>(x[2], x[6]);
    const UInt32x8 even2 = weighted_sum<k0_541196100, k0_541196100 - k1_847759065>(x[2], x[6]);
    const UInt32x8 even[4] = {sum04 + even3, difference04 + even2, difference04 - even2, sum04 - even3};

    const Short8 sum73 = wrapping_add(x[7], x[3]), sum51 = wrapping_add(x[5], x[1]);
    const UInt32x8 z3 = weighted_sum<k1_175875602 - k1_961570560, k1_175875602>(sum73, sum51);
    const UInt32x8 z4 = weighted_sum<k1_175875602, k1_175875602 - k0_390180644>(sum73, sum51);
    const UInt32x8 odd[4] = {
        weighted_sum<k1_501321110 - k0_899976223, -k0_899976223>(x[1], x[7]) + z4,
        weighted_sum<k3_072711026 - k2_562915447, -k2_562915447>(x[3], x[5]) + z3,
        weighted_sum<k2_053119869 - k2_562915447, -k2_562915447>(x[5], x[3]) + z4,
        weighted_sum<k0_298631336 - k0_899976223, -k0_899976223>(x[7], x[1]) + z3,
    };
    for (int i = 0; i < 4; ++i) {
        x[i] = descale<kShift>(even[i] + odd[i]);
        x[7 - i] = descale<kShift>(even[i] - odd[i]);
    }
}

// Transposes an 8 x 8 matrix by interleaving its halves three times.
inline void transpose(Short8 (&x)[kBlockSide]) {
    Short8 pairs[kBlockSide], quads[kBlockSide];
    for (int i = 0; i < 4; ++i) {
        pairs[2 * i] = __builtin_shufflevector(x[i], x[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        pairs[2 * i + 1] = __builtin_shufflevector(x[i], x[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
    for (int i = 0; i < 4; ++i) {
        quads[2 * i] = __builtin_shufflevector(pairs[i], pairs[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        quads[2 * i + 1] = __builtin_shufflevector(pairs[i], pairs[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
    for (int i = 0; i < 4; ++i) {
        x[2 * i] = __builtin_shufflevector(quads[i], quads[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        x[2 * i + 1] = __builtin_shufflevector(quads[i], quads[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
}

// Stores eight samples, shifted by 128 (T.81 A.3.1, Level shift) and clamped to 8 bits.
inline void store_samples(std::uint8_t* samples, Short8 value) {
#if defined(__SSE2__)
    const __m128i packed = _mm_packs_epi16(reinterpret_cast<__m128i>(value), _mm_setzero_si128());
    _mm_storel_epi64(reinterpret_cast<__m128i*>(samples), _mm_xor_si128(packed, _mm_set1_epi8(-128)));
#else
    const Short8 low = Short8{} - 128, high = Short8{} + 127;
    const Short8 raised = value < low ? low : value;
    const Byte8 bytes = __builtin_convertvector((raised > high ? high : raised) + 128, Byte8);
    std::memcpy(samples, &bytes, sizeof bytes);
#endif
}

// Returns the output of the first pass for columns in which only the first coefficient is nonzero.
inline Short8 first_pass_of_constant(Short8 x) {
    return reinterpret_cast<Short8>(reinterpret_cast<UShort8>(x) << kPassBits);
}

// Fills a block with the output of both passes for a DC coefficient without AC coefficients.
inline void fill_block(std::uint8_t* samples, std::ptrdiff_t stride, int dc) {
    const auto first_pass = static_cast<std::int16_t>(static_cast<std::uint32_t>(dc) << kPassBits);
    const int level = (first_pass + 16) >> 5;
    const int sample = level < -128 ? 0 : level > 127 ? 255 : level + 128;
    for (int y = 0; y < kBlockSide; ++y) std::memset(samples + y * stride, sample, kBlockSide);
}

// Returns a mask of the coefficients of vertical frequency 0, in zig-zag order: a block without others has constant
// columns.
constexpr std::uint64_t first_row_mask() {
    std::uint64_t mask = 0;
    for (int k = 0; k < kBlockSize; ++k) mask |= static_cast<std::uint64_t>(kNaturalIndex[k] < kBlockSide) << k;
    return mask;
}
constexpr std::uint64_t kFirstRow = first_row_mask();

// Dequantizes (T.81 A.3.4, DCT coefficient quantization and dequantization) and transforms one block. levels, steps: 64
// in zig-zag order.
inline void idct_block(const std::int16_t* levels, const std::uint16_t* steps, std::uint8_t* samples,
                       std::ptrdiff_t stride) {
    std::uint64_t mask = nonzero_mask(levels);
    if (mask <= 1) return fill_block(samples, stride, levels[0] * steps[0]);
    const bool only_first_row = (mask & ~kFirstRow) == 0;
    alignas(16) std::int16_t coefficients[kBlockSize] = {};
    for (; mask != 0; mask &= mask - 1) {
        const int k = __builtin_ctzll(mask);
        coefficients[kNaturalIndex[k]] = static_cast<std::int16_t>(levels[k] * steps[k]);
    }
    Short8 x[kBlockSide];
    std::memcpy(x, coefficients, sizeof x);
    if (only_first_row) {
        x[0] = first_pass_of_constant(x[0]);
        for (int y = 1; y < kBlockSide; ++y) x[y] = x[0];
    } else {
        idct_1d<kConstantBits - kPassBits>(x);
    }
    transpose(x);
    idct_1d<kConstantBits + kPassBits + 3>(x);
    transpose(x);
    for (int y = 0; y < kBlockSide; ++y) store_samples(samples + y * stride, x[y]);
}

// Fills a plane from the levels of its blocks. blocks: (size.rows, size.columns, 64), rows row_stride levels apart;
// plane: (8 size.rows, 8 size.columns), rows plane_stride samples apart.
inline void inverse_dct(const std::int16_t* blocks, std::ptrdiff_t row_stride, Extent size, const std::uint16_t* steps,
                        std::uint8_t* plane, std::ptrdiff_t plane_stride) {
    for (std::ptrdiff_t row = 0; row < size.rows; ++row)
        for (std::ptrdiff_t column = 0; column < size.columns; ++column)
            idct_block(blocks + row * row_stride + column * kBlockSize, steps,
                       plane + row * kBlockSide * plane_stride + column * kBlockSide, plane_stride);
}

}  // namespace
