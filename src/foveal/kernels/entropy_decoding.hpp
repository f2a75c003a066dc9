// Entropy decoding of MCUs of one scan: sequential (T.81 F.2.2) and progressive (G.2). The other way round:
// entropy_coding.hpp.
//
// The data comes without byte stuffing and markers (unstuff.hpp), with kScanPadding readable bytes behind it. A block
// takes less than that at most, so it is enough to look after each block whether the data was long enough.
#pragma once

#include "big_endian.hpp"
#include "block.hpp"
#include "block_walk.hpp"
#include "lookup.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using foveal::DecodingScan;
using foveal::DecodingState;
using foveal::ScanFailure;

constexpr int kMaxLevel = 32767;
// DC stays where the difference to any other fits the 15 bits that a Huffman symbol can announce.
constexpr int kMaxDc = 16383;

// At least 56 bits are there after refill(): enough for a code of 16 and 15 extra bits.
struct BitReader {
    const std::uint8_t* data;
    const std::uint8_t* next;
    std::uint64_t bits = 0;  // the next `count` bits, most significant first
    int count = 0;

    BitReader(const std::uint8_t* bytes, std::int64_t bit_position) : data(bytes), next(bytes + (bit_position >> 3)) {
        refill();
        skip(static_cast<int>(bit_position & 7));
    }
    std::int64_t position() const { return 8 * (next - data) - count; }
    void refill() {
        // As many whole bytes as there is room for; `count | 56` is the count with them, as 8 of them would be 64 more.
        bits |= load_big_endian(next) >> count;
        next += (63 - count) >> 3;
        count |= 56;
    }
    std::uint32_t peek(int length) const { return static_cast<std::uint32_t>(bits >> (64 - length)); }  // 1 or more
    void skip(int length) {
        bits <<= length;
        count -= length;
    }
    std::uint32_t take(int length) {  // 1 or more
        const std::uint32_t value = peek(length);
        skip(length);
        return value;
    }
};

// The symbol of a code longer than the look-ahead, or -1 where there is none.
inline int long_symbol(BitReader& reader, const DecodingTable& table) {
    const std::uint32_t ahead = reader.peek(kMaxCodeBits);
    for (int length = kLookaheadBits + 1; length <= kMaxCodeBits; ++length) {
        if (ahead >= table.limit[length]) continue;
        reader.skip(length);
        const int index = table.first_symbol[length] + static_cast<int>(ahead >> (kMaxCodeBits - length));
        return table.symbols[index & 255];  // a mask costs nothing, and no table can make us read elsewhere
    }
    return -1;
}

// The next symbol, of which `entry` is what the look-ahead gave; its extra bits are not taken. -1 where there is none.
inline int symbol_of(BitReader& reader, const DecodingTable& table, std::uint32_t entry) {
    const int length = static_cast<int>(entry & 255);
    if (length == 0) return long_symbol(reader, table);
    reader.skip(length);
    return static_cast<int>(entry >> 8 & 255);
}

inline int value_of(std::uint32_t entry) { return static_cast<std::int16_t>(entry >> 16); }

// Takes a DC difference (F.2.2.1); false where the bits are no code.
inline bool take_dc_difference(BitReader& reader, const DecodingTable& table, int& difference) {
    reader.refill();
    const std::uint32_t entry = table.entries[reader.peek(kLookaheadBits)];
    difference = value_of(entry);
    if (difference != 0) {
        reader.skip(static_cast<int>(entry & 255));
        return true;
    }
    const int size = symbol_of(reader, table, entry);
    if (size > 0 && size <= 15) difference = extend(reader.take(size), size);
    return size >= 0 && size <= 15;
}

// Takes RRRRSSSS and the extra bits of a coefficient (F.2.2.2). The value is 0 where SSSS is: then the run is 15 for
// ZRL, else it says which EOB. False where the bits are no code.
inline bool take_ac_symbol(BitReader& reader, const DecodingTable& table, int& run, int& value) {
    reader.refill();
    const std::uint32_t entry = table.entries[reader.peek(kLookaheadBits)];
    value = value_of(entry);
    if (value != 0) {
        reader.skip(static_cast<int>(entry & 255));
        run = static_cast<int>(entry >> 12 & 15);
        return true;
    }
    const int symbol = symbol_of(reader, table, entry);
    if (symbol < 0) return false;
    run = symbol >> 4;
    const int size = symbol & 15;
    if (size > 0) value = extend(reader.take(size), size);
    return true;
}

// The blocks that EOBn stands for (G.1.2.2), this one included.
inline std::int64_t take_eob_run(BitReader& reader, int run) {
    return (1 << run) + (run > 0 ? static_cast<std::int64_t>(reader.take(run)) : 0);
}

// F.2.2.1 and F.2.2.2.
inline ScanFailure decode_sequential_block(BitReader& reader, const DecodingTable& dc, const DecodingTable& ac,
                                           std::int64_t& prediction, std::int16_t* block) {
    int difference;
    if (!take_dc_difference(reader, dc, difference)) return ScanFailure::no_code;
    const std::int64_t dc_level = prediction + difference;
    if (dc_level < -kMaxDc || dc_level > kMaxDc) return ScanFailure::out_of_range;
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

// G.1.2.1: the first scan of DC.
inline ScanFailure decode_dc_first(BitReader& reader, const DecodingTable& dc, int approximation_low,
                                   std::int64_t& prediction, std::int16_t* block) {
    int difference;
    if (!take_dc_difference(reader, dc, difference)) return ScanFailure::no_code;
    const std::int64_t level = (prediction + difference) * (1 << approximation_low);
    if (level < -kMaxDc || level > kMaxDc) return ScanFailure::out_of_range;
    prediction += difference;
    block[0] = static_cast<std::int16_t>(level);
    return ScanFailure::none;
}

// G.1.2.2: the first scan of a band of AC coefficients.
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

// A correction bit for a coefficient that is not zero (G.1.2.3): away from zero by one unit, once. Scans out of order,
// which a lenient reading goes on with, must not lead out of range.
inline void correct(BitReader& reader, std::int16_t& coefficient, int unit) {
    reader.refill();
    if (reader.take(1) == 0 || (coefficient & unit) != 0) return;
    const int corrected = coefficient + (coefficient > 0 ? unit : -unit);
    if (corrected >= -kMaxLevel && corrected <= kMaxLevel) coefficient = static_cast<std::int16_t>(corrected);
}

// Corrects the nonzero coefficients from k on while passing `zeros` that are zero; returns where the next zero stands.
inline int correct_along(BitReader& reader, const DecodingScan& scan, int k, int zeros, std::int16_t* block) {
    const int unit = 1 << scan.approximation_low;
    for (; k <= scan.spectral_end; ++k) {
        if (block[k] != 0)
            correct(reader, block[k], unit);
        else if (--zeros < 0)
            break;
    }
    return k;
}

// G.1.2.3, figure G.7: a further bit of a band of AC coefficients.
inline ScanFailure refine_ac(BitReader& reader, const DecodingTable& ac, const DecodingScan& scan,
                             std::int64_t& eob_run, std::int16_t* block) {
    const int unit = 1 << scan.approximation_low;
    int k = scan.spectral_start;
    for (; eob_run == 0 && k <= scan.spectral_end; ++k) {
        int run, value;
        if (!take_ac_symbol(reader, ac, run, value)) return ScanFailure::no_code;
        if (value > 1 || value < -1) return ScanFailure::no_code;  // what is new in this scan has one bit
        if (value == 0 && run < 15) {
            eob_run = take_eob_run(reader, run);
            break;
        }
        k = correct_along(reader, scan, k, run, block);
        if (value == 0) continue;
        if (k > scan.spectral_end) return ScanFailure::beyond_block;
        block[k] = static_cast<std::int16_t>(value * unit);
    }
    if (eob_run > 0) {
        correct_along(reader, scan, k, kBlockSize, block);
        --eob_run;
    }
    return ScanFailure::none;
}

// One MCU, of which the data ends at bit `end`.
template <class DecodeBlock>
inline ScanFailure decode_mcu(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t mcu, BitReader& reader,
                              std::int64_t end, DecodeBlock decode_block) {
    ScanFailure failure = ScanFailure::none;
    for_each_block_of_mcu(scan, mcu / scan.mcu_columns - first_row, mcu % scan.mcu_columns,
                          [&](int c, std::int16_t* block) {
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

// Whether a restart interval is there, and inside the data.
inline bool has_interval(const DecodingScan& scan, std::int64_t interval) {
    const std::int64_t first = scan.intervals[2 * interval], end = scan.intervals[2 * interval + 1];
    return first >= 0 && first <= end && end <= scan.data_bytes;
}

inline void begin_interval(DecodingState& state, std::int64_t first_byte) {
    state.bit_position = 8 * first_byte;
    state.eob_run = 0;
    for (std::int64_t& prediction : state.predictions) prediction = 0;
}

// The MCUs from state.mcu up to (not including) last_mcu, in blocks that begin with MCU row first_row of the scan.
// Stops at the first failure, with the state where it happened.
template <class DecodeBlock>
inline ScanFailure decode_mcus(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t last_mcu,
                               DecodingState& state, DecodeBlock decode_block) {
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
        for (; state.mcu < stop; ++state.mcu) {
            const ScanFailure failure = decode_mcu(scan, first_row, state.mcu, reader, end, decode_block);
            state.bit_position = reader.position() < end ? reader.position() : end;
            if (failure != ScanFailure::none) return failure;
        }
        if (scan.restart_interval != 0 && stop == end_of_interval) state.unused_bytes += (end - state.bit_position) / 8;
    }
    return ScanFailure::none;
}

inline ScanFailure decode_scan(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t last_mcu,
                               DecodingState& state) {
    const DecodingTable* const* dc = scan.dc_tables;
    const DecodingTable* const* ac = scan.ac_tables;
    const bool first_pass = scan.approximation_high == 0;
    if (scan.spectral_start == 0 && scan.spectral_end == kBlockSize - 1)
        return decode_mcus(scan, first_row, last_mcu, state, [&](BitReader& reader, int c, std::int16_t* block) {
            return decode_sequential_block(reader, *dc[c], *ac[c], state.predictions[c], block);
        });
    if (scan.spectral_start == 0 && first_pass)
        return decode_mcus(scan, first_row, last_mcu, state, [&](BitReader& reader, int c, std::int16_t* block) {
            return decode_dc_first(reader, *dc[c], scan.approximation_low, state.predictions[c], block);
        });
    if (scan.spectral_start == 0)
        return decode_mcus(scan, first_row, last_mcu, state, [&](BitReader& reader, int, std::int16_t* block) {
            reader.refill();
            if (reader.take(1) != 0) block[0] = static_cast<std::int16_t>(block[0] | 1 << scan.approximation_low);
            return ScanFailure::none;
        });
    if (first_pass)
        return decode_mcus(scan, first_row, last_mcu, state, [&](BitReader& reader, int, std::int16_t* block) {
            if (state.eob_run == 0) return decode_ac_first(reader, *ac[0], scan, state.eob_run, block);
            --state.eob_run;
            return ScanFailure::none;
        });
    return decode_mcus(scan, first_row, last_mcu, state, [&](BitReader& reader, int, std::int16_t* block) {
        return refine_ac(reader, *ac[0], scan, state.eob_run, block);
    });
}

}  // namespace
