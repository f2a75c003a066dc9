// A bit mask of the nonzero coefficients of a block.
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

}  // namespace
