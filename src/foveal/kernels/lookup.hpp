// Lookup tables for Huffman decoding, built from BITS and HUFFVAL (T.81 C.2, Conversion of Huffman table specifications
// to tables of codes and code lengths; F.2.2.3, The DECODE procedure).
//
// The next kLookaheadBits bits of the data index a table that gives the symbol of any code that is no longer, and
// usually the value of its additional bits too. Longer codes are found by comparing with the last code of each length.
#pragma once

#include "shapes.hpp"

#include <cstdint>

namespace {

using foveal::DecodingTable;
using foveal::kLookaheadBits;
constexpr int kMaxCodeBits = 16;  // length of the longest Huffman code

// Returns the value of `size` >= 1 additional bits (T.81 F.2.2.1, figure F.12, the EXTEND procedure).
inline int extend(std::uint32_t extra, int size) {
    const int value = static_cast<int>(extra);
    return (extra >> (size - 1)) != 0 ? value : value - (1 << size) + 1;
}

// Fills all entries whose index begins with a code of `length` <= kLookaheadBits bits.
inline void fill_entries(DecodingTable& table, std::uint32_t code, int length, std::uint8_t symbol) {
    const int free_bits = kLookaheadBits - length;
    const int size = symbol & 15;
    for (std::uint32_t rest = 0; rest < 1u << free_bits; ++rest) {
        std::uint32_t consumed = static_cast<std::uint32_t>(length), value = 0;
        if (size > 0 && size <= free_bits) {
            consumed += static_cast<std::uint32_t>(size);
            value = static_cast<std::uint16_t>(extend(rest >> (free_bits - size), size));
        }
        table.entries[code << free_bits | rest] = value << 16 | static_cast<std::uint32_t>(symbol) << 8 | consumed;
    }
}

// Builds a table from BITS (the number of codes of each length from 1 to 16) and HUFFVAL (their symbols). Returns false
// if there are more codes of a length than fit.
inline bool build_decoding_table(const int (&bits)[kMaxCodeBits], const std::uint8_t* huffval, DecodingTable& table) {
    table = {};
    std::uint32_t code = 0;
    int position = 0;
    for (int length = 1; length <= kMaxCodeBits; ++length) {
        table.first_symbol[length] = position - static_cast<int>(code);
        for (int i = 0; i < bits[length - 1]; ++i, ++code, ++position) {
            if (code >> length != 0) return false;
            table.symbols[position] = huffval[position];
            if (length <= kLookaheadBits) fill_entries(table, code, length, huffval[position]);
        }
        table.limit[length] = code << (kMaxCodeBits - length);
        code <<= 1;
    }
    return true;
}

}  // namespace
