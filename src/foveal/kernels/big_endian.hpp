// Big-endian loads and stores of 64 bits.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace {

// Swaps the bytes of a word between native and big-endian order.
inline std::uint64_t big_endian(std::uint64_t word) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

// Stores a word as eight bytes, the most significant first.
inline void store_big_endian(std::uint8_t* target, std::uint64_t word) {
    word = big_endian(word);
    std::memcpy(target, &word, sizeof word);
}

// Loads eight bytes as a word, the first byte as the most significant one.
inline std::uint64_t load_big_endian(const std::uint8_t* source) {
    std::uint64_t word;
    std::memcpy(&word, source, sizeof word);
    return big_endian(word);
}

}  // namespace
