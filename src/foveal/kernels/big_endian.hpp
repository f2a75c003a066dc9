// Eight bytes of a file at a time, the most significant first.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace {

inline std::uint64_t big_endian(std::uint64_t word) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

inline void store_big_endian(std::uint8_t* target, std::uint64_t word) {
    word = big_endian(word);
    std::memcpy(target, &word, sizeof word);
}

inline std::uint64_t load_big_endian(const std::uint8_t* source) {
    std::uint64_t word;
    std::memcpy(&word, source, sizeof word);
    return big_endian(word);
}

}  // namespace
