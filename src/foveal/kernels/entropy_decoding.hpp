// Huffman decoding of the MCUs of a scan: sequential (T.81 F.2.2, Baseline Huffman decoding procedures) and progressive
// (G.2, Progressive decoding of the DCT). The inverse of entropy_coding.hpp.
//
// The data comes without byte stuffing and markers (unstuff.hpp), followed by kScanPadding readable bytes. No block
// takes more than these, so it is enough to check after each block that the data was long enough.
#pragma once

#include "big_endian.hpp"
#include "block.hpp"
#include "block_walk.hpp"
#include "lookup.hpp"
#include "nonzero.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

#if defined(__BMI2__)
#include <immintrin.h>
#endif

namespace {

using foveal::DecodingScan;
using foveal::DecodingState;
using foveal::ScanFailure;

constexpr int kMaxLevel = 32767;  // largest magnitude of an AC level
// Range of DC levels: the difference of any two fits the 15 additional bits that a symbol can announce, and what the
// point transform rounds down stays inside (T.81 A.4, Point transform).
constexpr int kMinDc = -16384, kMaxDc = 16383;

// Reads bits of the data, most significant first. After refill() at least 56 bits are available: enough for a code of
// 16 bits and 15 additional bits.
struct BitReader {
    const std::uint8_t* data;
    const std::uint8_t* next;
    std::uint64_t bits = 0;  // the next `count` bits, left-aligned
    int count = 0;

    BitReader(const std::uint8_t* bytes, std::int64_t bit_position) : data(bytes), next(bytes + (bit_position >> 3)) {
        refill();
        skip(static_cast<int>(bit_position & 7));
    }
    // Position of the next bit in the data.
    std::int64_t position() const { return 8 * (next - data) - count; }
    // Adds as many whole bytes as fit, without a branch. Bits of a byte that fits only in part are loaded too; the next
    // refill loads the same bits again. With n = (63 - count) / 8 bytes, count + 8 n is 56 to 63, which is count | 56.
    void refill() {
        bits |= load_big_endian(next) >> count;
        next += (63 - count) >> 3;
        count |= 56;
    }
    // Returns the next `length` >= 1 bits.
    std::uint32_t peek(int length) const { return static_cast<std::uint32_t>(bits >> (64 - length)); }
    void skip(int length) {
        bits <<= length;
        count -= length;
    }
    // Returns the next `length` >= 1 bits and skips them.
    std::uint32_t take(int length) {
        const std::uint32_t value = peek(length);
        skip(length);
        return value;
    }
};

// Takes a code longer than the lookahead and returns its symbol, or -1 if the bits are not a code.
inline int take_long_symbol(BitReader& reader, const DecodingTable& table) {
    const std::uint32_t ahead = reader.peek(kMaxCodeBits);
    for (int length = kLookaheadBits + 1; length <= kMaxCodeBits; ++length) {
        if (ahead >= table.limit[length]) continue;
        reader.skip(length);
        const int index = table.first_symbol[length] + static_cast<int>(ahead >> (kMaxCodeBits - length));
        return table.symbols[index & 255];  // the mask keeps the index inside for any table
    }
    return -1;
}

// Takes a code and returns its symbol, or -1 if the bits are not a code. entry: the entry of the lookup table for the
// next bits. It must hold no value, because additional bits are not taken.
inline int take_symbol(BitReader& reader, const DecodingTable& table, std::uint32_t entry) {
    const int length = static_cast<int>(entry & 255);
    if (length == 0) return take_long_symbol(reader, table);
    reader.skip(length);
    return static_cast<int>(entry >> 8 & 255);
}

// Returns the value of the additional bits in an entry of the lookup table, 0 if it holds none.
inline int entry_value(std::uint32_t entry) { return static_cast<std::int16_t>(entry >> 16); }

// Takes a DC difference (T.81 F.2.2.1, Huffman decoding of DC coefficients). Returns false if the bits are not a
// code.
inline bool take_dc_difference(BitReader& reader, const DecodingTable& table, int& difference) {
    reader.refill();
    const std::uint32_t entry = table.entries[reader.peek(kLookaheadBits)];
    difference = entry_value(entry);
    if (difference != 0) {
        reader.skip(static_cast<int>(entry & 255));
        return true;
    }
    const int size = take_symbol(reader, table, entry);
    if (size > 0 && size <= 15) difference = extend(reader.take(size), size);
    return size >= 0 && size <= 15;
}

// Takes RRRRSSSS and the additional bits of a coefficient (T.81 F.2.2.2, Huffman decoding of AC coefficients). If SSSS
// is 0, the value is 0 and the run is 15 for ZRL or n for EOBn. Returns false if the bits are not a code.
inline bool take_ac_symbol(BitReader& reader, const DecodingTable& table, int& run, int& value) {
    reader.refill();
    const std::uint32_t entry = table.entries[reader.peek(kLookaheadBits)];
    value = entry_value(entry);
    if (value != 0) {
        reader.skip(static_cast<int>(entry & 255));
        run = static_cast<int>(entry >> 12 & 15);
        return true;
    }
    const int symbol = take_symbol(reader, table, entry);
    if (symbol < 0) return false;
    run = symbol >> 4;
    const int size = symbol & 15;
    if (size > 0) value = extend(reader.take(size), size);
    return true;
}

// Takes the additional bits of EOBn and returns the length of the EOB run, this block included (T.81 G.1.2.2,
// Progressive encoding of AC coefficients with Huffman coding).
inline std::int64_t take_eob_run(BitReader& reader, int run) {
    return (1 << run) + (run > 0 ? static_cast<std::int64_t>(reader.take(run)) : 0);
}

// Decodes a block of a sequential scan (T.81 F.2.2.1 and F.2.2.2, Huffman decoding of DC and AC coefficients).
inline ScanFailure decode_sequential_block(BitReader& reader, const DecodingTable& dc, const DecodingTable& ac,
                                           std::int64_t& prediction, std::int16_t* block) {
    int difference;
    if (!take_dc_difference(reader, dc, difference)) return ScanFailure::no_code;
    const std::int64_t dc_level = prediction + difference;
    if (dc_level < kMinDc || dc_level > kMaxDc) return ScanFailure::out_of_range;
    prediction = dc_level;
    block[0] = static_cast<std::int16_t>(dc_level);
    for (int k = 1; k < kBlockSize; ++k) {
        int run, value;
        if (!take_ac_symbol(reader, ac, run, value)) return ScanFailure::no_code;
        if (value == 0 && run < 15) break;  // EOB
        k += run;
        if (value == 0) continue;
        if (k >= kBlockSize) return ScanFailure::beyond_block;
        block[k] = static_cast<std::int16_t>(value);
    }
    return ScanFailure::none;
}

// Decodes a block of the first scan of DC (T.81 G.1.2.1, Progressive encoding of DC coefficients with Huffman coding).
inline ScanFailure decode_dc_first(BitReader& reader, const DecodingTable& dc, int approximation_low,
                                   std::int64_t& prediction, std::int16_t* block) {
    int difference;
    if (!take_dc_difference(reader, dc, difference)) return ScanFailure::no_code;
    const std::int64_t level = (prediction + difference) * (1 << approximation_low);
    if (level < kMinDc || level > kMaxDc) return ScanFailure::out_of_range;
    prediction += difference;
    block[0] = static_cast<std::int16_t>(level);
    return ScanFailure::none;
}

// Decodes a block of the first scan of a band of AC coefficients (T.81 G.1.2.2, Progressive encoding of AC coefficients
// with Huffman coding). Sets eob_run to the number of blocks after this one that an EOBn ends.
inline ScanFailure decode_ac_first(BitReader& reader, const DecodingTable& ac, const DecodingScan& scan,
                                   std::int64_t& eob_run, std::int16_t* block) {
    for (int k = scan.spectral_start; k <= scan.spectral_end; ++k) {
        int run, value;
        if (!take_ac_symbol(reader, ac, run, value)) return ScanFailure::no_code;
        if (value == 0 && run < 15) {
            eob_run = take_eob_run(reader, run) - 1;
            break;
        }
        k += run;
        if (value == 0) continue;
        if (k > scan.spectral_end) return ScanFailure::beyond_block;
        const int level = value * (1 << scan.approximation_low);
        if (level < -kMaxLevel || level > kMaxLevel) return ScanFailure::out_of_range;
        block[k] = static_cast<std::int16_t>(level);
    }
    return ScanFailure::none;
}

// Applies a correction bit to a nonzero coefficient: a 1 moves it away from zero by `unit` = 2^Al. A bit that is set
// already stays, and a result out of range is dropped; both happen only in files whose scans are out of order, which
// the lenient decoder accepts. There is no branch, because correction bits cannot be predicted.
inline void correct(std::int16_t& coefficient, int bit, int unit) {
    const int old = coefficient, sign = old >> 15;  // -1 or 0
    const int step = ((unit ^ sign) - sign) & -(bit & static_cast<int>((old & unit) == 0));
    const int corrected = old + step;
    coefficient = static_cast<std::int16_t>(corrected >= -kMaxLevel && corrected <= kMaxLevel ? corrected : old);
}

// Takes a correction bit for each coefficient whose bit is set in `mask`.
inline void take_corrections(BitReader& reader, std::uint64_t mask, int unit, std::int16_t* block) {
    constexpr int kChunk = 32;  // bits that one refill provides for
    int left = __builtin_popcountll(mask);
    while (left > 0) {
        reader.refill();
        int count = left < kChunk ? left : kChunk;
        left -= count;
        const std::uint32_t bits = reader.take(count);
        while (count-- > 0) {
            correct(block[__builtin_ctzll(mask)], static_cast<int>(bits >> count & 1), unit);
            mask &= mask - 1;
        }
    }
}

// Returns a mask without its `count` lowest set bits, 0 to 64; the bits after the first that is left are undefined.
inline std::uint64_t without_lowest(std::uint64_t mask, int count) {
#if defined(__BMI2__)
    return count < 64 ? _pdep_u64(std::uint64_t{1} << count, mask) : 0;
#else
    for (; count > 0 && mask != 0; --count) mask &= mask - 1;
    return mask;
#endif
}

// Corrects the nonzero coefficients from position k <= spectral_end on while skipping `zeros` coefficients that are
// zero. Returns the position of the zero coefficient that follows, or the one after the band.
//
// band: mask of the band. nonzero: mask of the coefficients that are nonzero before the scan.
inline int correct_and_skip_zeros(BitReader& reader, const DecodingScan& scan, int k, int zeros, std::uint64_t band,
                                  std::uint64_t nonzero, std::int16_t* block) {
    const std::uint64_t rest = band & ~std::uint64_t{0} << k;
    const std::uint64_t zero = without_lowest(rest & ~nonzero, zeros);
    const int stop = zero == 0 ? scan.spectral_end + 1 : __builtin_ctzll(zero);
    const std::uint64_t before = stop == kBlockSize ? ~std::uint64_t{0} : (std::uint64_t{1} << stop) - 1;
    take_corrections(reader, rest & nonzero & before, 1 << scan.approximation_low, block);
    return stop;
}

// Decodes a block of a refinement scan of a band of AC coefficients (T.81 G.1.2.3, Coding model for subsequent scans of
// successive approximation).
//
// A run counts only coefficients that are still zero. Nonzero coefficients on the way, and after EOBn up to the end of
// the band, take a correction bit each, which follows the code.
inline ScanFailure refine_ac(BitReader& reader, const DecodingTable& ac, const DecodingScan& scan,
                             std::int64_t& eob_run, std::int16_t* block) {
    const int unit = 1 << scan.approximation_low;
    const std::uint64_t band =
        ~std::uint64_t{0} << scan.spectral_start & ~std::uint64_t{0} >> (kBlockSize - 1 - scan.spectral_end);
    const std::uint64_t nonzero = nonzero_mask(block);
    int k = scan.spectral_start;
    for (; eob_run == 0 && k <= scan.spectral_end; ++k) {
        int run, value;
        if (!take_ac_symbol(reader, ac, run, value)) return ScanFailure::no_code;
        if (value > 1 || value < -1) return ScanFailure::no_code;  // a new coefficient has magnitude 1
        if (value == 0 && run < 15) {
            eob_run = take_eob_run(reader, run);
            break;
        }
        k = correct_and_skip_zeros(reader, scan, k, run, band, nonzero, block);
        if (value == 0) continue;
        if (k > scan.spectral_end) return ScanFailure::beyond_block;
        block[k] = static_cast<std::int16_t>(value * unit);
    }
    if (eob_run > 0) {
        correct_and_skip_zeros(reader, scan, k, kBlockSize, band, nonzero, block);
        --eob_run;
    }
    return ScanFailure::none;
}

// Decodes one MCU with decode_block(reader, component index, block); the data of its restart interval ends at bit
// `end`. Stops at the first failure, and adds the bits of each block to its counter if there are counters.
template <class DecodeBlock>
inline ScanFailure decode_mcu(const DecodingScan& scan, std::ptrdiff_t row, std::ptrdiff_t column, BitReader& reader,
                              std::int64_t end, DecodeBlock decode_block) {
    ScanFailure failure = ScanFailure::none;
    for_each_block_of_mcu(scan, row, column, [&](int c, std::int16_t* block) {
        if (failure != ScanFailure::none) return;
        const std::int64_t before = reader.position();
        failure = decode_block(reader, c, block);
        const std::int64_t after = reader.position();
        if (failure == ScanFailure::none && after > end) failure = ScanFailure::out_of_data;
        if (scan.block_bits[c] != nullptr)
            scan.block_bits[c][(block - scan.components[c].blocks) / kBlockSize] +=
                static_cast<std::uint32_t>(after - before);
    });
    return failure;
}

// Returns whether a restart interval is present and lies inside the data.
inline bool has_interval(const DecodingScan& scan, std::int64_t interval) {
    const std::int64_t first = scan.intervals[2 * interval], end = scan.intervals[2 * interval + 1];
    return first >= 0 && first <= end && end <= scan.data_bytes;
}

// Starts a restart interval: moves to its first byte, resets the EOB run and the DC predictions (T.81 E.2.4, Control
// procedure for decoding a restart interval).
inline void begin_interval(DecodingState& state, std::int64_t first_byte) {
    state.bit_position = 8 * first_byte;
    state.eob_run = 0;
    for (std::int64_t& prediction : state.predictions) prediction = 0;
}

// Decodes MCUs from state.mcu up to (not including) last_mcu, into blocks that begin with MCU row first_row of the
// scan. Stops at the first failure and leaves the state where it happened.
//
// skip_mcus(n) returns how many of the next n MCUs need no decoding.
template <class DecodeBlock, class SkipMcus>
inline ScanFailure decode_mcus(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t last_mcu,
                               DecodingState& state, DecodeBlock decode_block, SkipMcus skip_mcus) {
    const std::int64_t interval_mcus = scan.restart_interval == 0 ? last_mcu : scan.restart_interval;
    while (state.mcu < last_mcu) {
        const std::int64_t interval = state.mcu / interval_mcus;
        if (!has_interval(scan, interval)) return ScanFailure::no_interval;
        if (state.mcu == interval * interval_mcus) begin_interval(state, scan.intervals[2 * interval]);
        const std::int64_t end = 8 * scan.intervals[2 * interval + 1];
        const std::int64_t end_of_interval = (interval + 1) * interval_mcus;
        const std::int64_t stop = end_of_interval < last_mcu ? end_of_interval : last_mcu;
        if (state.bit_position > end) return ScanFailure::out_of_data;
        BitReader reader(scan.data, state.bit_position);
        std::ptrdiff_t row = state.mcu / scan.mcu_columns - first_row, column = state.mcu % scan.mcu_columns;
        while (state.mcu < stop) {
            const std::int64_t skipped = skip_mcus(stop - state.mcu);
            if (skipped > 0) {
                state.mcu += skipped;
                row = state.mcu / scan.mcu_columns - first_row;
                column = state.mcu % scan.mcu_columns;
                continue;
            }
            const ScanFailure failure = decode_mcu(scan, row, column, reader, end, decode_block);
            state.bit_position = reader.position() < end ? reader.position() : end;
            if (failure != ScanFailure::none) return failure;
            ++state.mcu;
            if (++column == scan.mcu_columns) {
                column = 0;
                ++row;
            }
        }
        if (scan.restart_interval != 0 && stop == end_of_interval) state.unused_bytes += (end - state.bit_position) / 8;
    }
    return ScanFailure::none;
}

// Decodes MCUs as decode_mcus does, with the decoder of blocks for the kind of scan.
inline ScanFailure decode_scan(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t last_mcu,
                               DecodingState& state) {
    const DecodingTable* const* dc = scan.dc_tables;
    const DecodingTable* const* ac = scan.ac_tables;
    const auto skip_none = [](std::int64_t) { return std::int64_t{0}; };
    const bool first_pass = scan.approximation_high == 0;
    if (scan.spectral_start == 0 && scan.spectral_end == kBlockSize - 1)
        return decode_mcus(
            scan, first_row, last_mcu, state,
            [&](BitReader& reader, int c, std::int16_t* block) {
                return decode_sequential_block(reader, *dc[c], *ac[c], state.predictions[c], block);
            },
            skip_none);
    if (scan.spectral_start == 0 && first_pass)
        return decode_mcus(
            scan, first_row, last_mcu, state,
            [&](BitReader& reader, int c, std::int16_t* block) {
                return decode_dc_first(reader, *dc[c], scan.approximation_low, state.predictions[c], block);
            },
            skip_none);
    if (scan.spectral_start == 0)
        return decode_mcus(
            scan, first_row, last_mcu, state,
            [&](BitReader& reader, int, std::int16_t* block) {
                reader.refill();
                if (reader.take(1) != 0) block[0] = static_cast<std::int16_t>(block[0] | 1 << scan.approximation_low);
                return ScanFailure::none;
            },
            skip_none);
    if (first_pass)
        return decode_mcus(
            scan, first_row, last_mcu, state,
            [&](BitReader& reader, int, std::int16_t* block) {
                return decode_ac_first(reader, *ac[0], scan, state.eob_run, block);
            },
            [&](std::int64_t count) {  // an MCU of these scans is one block
                const std::int64_t skipped = state.eob_run < count ? state.eob_run : count;
                state.eob_run -= skipped;
                return skipped;
            });
    return decode_mcus(
        scan, first_row, last_mcu, state,
        [&](BitReader& reader, int, std::int16_t* block) {
            return refine_ac(reader, *ac[0], scan, state.eob_run, block);
        },
        skip_none);
}

}  // namespace
