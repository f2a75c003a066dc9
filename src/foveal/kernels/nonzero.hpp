// Bit masks of the coefficients of a block: those that are nonzero, and those that are larger than a limit.
#pragma once

#include "block.hpp"

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace {

// Returns a mask whose bit k is set if coefficient k is nonzero.
inline std::uint64_t nonzero_mask(const std::int16_t* block) {
    std::uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    for (int k = 0; k < kBlockSize; k += 16) {
        const __m128i low = _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block + k)), zero);
        const __m128i high = _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block + k + 8)), zero);
        const auto zeros = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
        mask |= static_cast<std::uint64_t>(~zeros & 0xFFFFu) << k;
    }
#else
    for (int k = 0; k < kBlockSize; ++k) mask |= static_cast<std::uint64_t>(block[k] != 0) << k;
#endif
    return mask;
}

// Returns a mask whose bit k is set if |coefficient k| is larger than limits[k], a limit of -1 to 32,766.
inline std::uint64_t larger_mask(const std::int16_t* block, const std::int16_t* limits) {
    std::uint64_t mask = 0;
#if defined(__SSE2__)
    const auto is_larger = [=](int k) {
        const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + k));
        const __m128i magnitude = _mm_max_epi16(value, _mm_subs_epi16(_mm_setzero_si128(), value));
        return _mm_cmpgt_epi16(magnitude, _mm_loadu_si128(reinterpret_cast<const __m128i*>(limits + k)));
    };
    for (int k = 0; k < kBlockSize; k += 16) {
        const auto larger =
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(is_larger(k), is_larger(k + 8))));
        mask |= static_cast<std::uint64_t>(larger) << k;
    }
#else
    for (int k = 0; k < kBlockSize; ++k)
        mask |= static_cast<std::uint64_t>((block[k] < 0 ? -block[k] : block[k]) > limits[k]) << k;
#endif
    return mask;
}

}  // namespace
