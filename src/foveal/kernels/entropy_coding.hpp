// Huffman encoding of one strip (a range of MCU rows) of a scan: sequential (T.81 F.1.2, Baseline Huffman encoding
// procedures) and progressive (G.1.2, Progressive encoding procedures with Huffman coding).
//
// Strips are encoded independently of each other: DC predictions at the start of a strip are read from the blocks above
// it, and EOB runs end with the strip. The symbols go to a sink (bits.hpp).
#pragma once

#include "bits.hpp"
#include "block.hpp"
#include "block_walk.hpp"
#include "nonzero.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using foveal::kMaxComponents;
using foveal::Scan;

constexpr int kEndOfBlock = 0x00;             // EOB: the rest of the block is zero
constexpr int kZeroRun16 = 0xF0;              // ZRL: 16 zeros
constexpr std::uint32_t kMaxEobRun = 0x7FFF;  // longest EOB run: EOB14 with all its additional bits set
// Largest number of correction bits that an EOB run holds back. A run that might need more ends early.
constexpr int kMaxCorrections = 1024;
constexpr int kMaxRawBits = 15;  // raw bits that a recorded word holds (bits.hpp)

// Returns a mask of the coefficients from spectral_start to spectral_end, both included.
inline std::uint64_t band_mask(int spectral_start, int spectral_end) {
    return ~std::uint64_t{0} << spectral_start & ~std::uint64_t{0} >> (63 - spectral_end);
}

// Returns the additional bits of a DC difference or AC level of magnitude category `size` (T.81 F.1.2.1, Huffman
// encoding of DC coefficients): the low bits of the level, or of level - 1 if it is negative.
inline std::uint32_t additional_bits(int level, int size) {
    return static_cast<std::uint32_t>(level - (level < 0)) & ((1u << size) - 1);
}

// Encodes a DC difference (T.81 F.1.2.1, Huffman encoding of DC coefficients).
template <class Sink>
FOVEAL_INLINE void encode_dc(Sink& sink, int slot, int difference) {
    const int size = bit_width(static_cast<std::uint32_t>(difference < 0 ? -difference : difference));
    sink.symbol(kDcCode, slot, size, additional_bits(difference, size), size);
}

// Encodes the nonzero coefficients whose bits are set in `mask`, each as RRRRSSSS and its additional bits (T.81
// F.1.2.2, Huffman encoding of AC coefficients). RRRR is the run of zeros before the coefficient, SSSS its magnitude
// category; the first run begins at position `next`. Returns the position after the last coefficient.
template <class Sink>
FOVEAL_INLINE int encode_runs(Sink& sink, int slot, const std::int16_t* levels, std::uint64_t mask, int next) {
    while (mask != 0) {
        const int k = __builtin_ctzll(mask);
        mask &= mask - 1;
        int run = k - next;
        for (; run >= 16; run -= 16) sink.symbol(kAcCode, slot, kZeroRun16, 0, 0);
        const int level = levels[k];
        const int size = bit_width(static_cast<std::uint32_t>(level < 0 ? -level : level));
        sink.symbol(kAcCode, slot, run << 4 | size, additional_bits(level, size), size);
        next = k + 1;
    }
    return next;
}

// The EOB run of a progressive AC scan (T.81 G.1.2.2, Progressive encoding of AC coefficients with Huffman coding).
//
// A block whose remaining coefficients need no code of their own is only counted. EOBn, written before the next code,
// then ends all counted blocks: its n additional bits hold the count - 2^n, where 2^n <= count < 2^(n + 1). In a
// refinement scan, the correction bits of these blocks follow EOBn, so they are held back until then.
template <class Sink>
struct EobRun {
    Sink& sink;
    int slot;
    std::uint32_t length = 0;
    int correction_count = 0;
    std::uint16_t corrections[kMaxCorrections / kMaxRawBits + 1];  // kMaxRawBits each, the last one perhaps fewer

    EobRun(Sink& target, int table_slot) : sink(target), slot(table_slot) {}

    // Holds back the low `count` bits of `bits`, most significant first.
    FOVEAL_INLINE void hold_back(std::uint64_t bits, int count) {
        while (count > 0) {
            const int used = correction_count % kMaxRawBits;
            const int added = count < kMaxRawBits - used ? count : kMaxRawBits - used;
            const std::uint32_t held = used == 0 ? 0 : corrections[correction_count / kMaxRawBits];
            const auto next = static_cast<std::uint32_t>(bits >> (count - added)) & ((1u << added) - 1);
            corrections[correction_count / kMaxRawBits] = static_cast<std::uint16_t>(held << added | next);
            correction_count += added;
            count -= added;
        }
    }

    // Adds a block to the run.
    FOVEAL_INLINE void add_block() {
        if (++length == kMaxEobRun || correction_count > kMaxCorrections - kBlockSize) flush();
    }
    // Encodes the run, if there is one, and its correction bits.
    FOVEAL_INLINE void flush() {
        if (length != 0) {
            const int size = bit_width(length) - 1;
            sink.symbol(kAcCode, slot, size << 4, length & ((1u << size) - 1), size);
            length = 0;
        }
        for (int i = 0; correction_count > 0; ++i, correction_count -= kMaxRawBits)
            sink.raw(corrections[i], correction_count < kMaxRawBits ? correction_count : kMaxRawBits);
        correction_count = 0;
    }
};

// Calls encode_block(component index, block) for each block of MCU rows [first, last), and restart() before each MCU
// that begins a restart interval, except the first of the scan.
template <class EncodeBlock, class Restart>
inline void for_each_block(const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last, EncodeBlock encode_block,
                           Restart restart) {
    for (std::ptrdiff_t row = first; row < last; ++row) {
        for (std::ptrdiff_t column = 0; column < scan.mcu_columns; ++column) {
            const std::ptrdiff_t mcu = row * scan.mcu_columns + column;
            if (scan.restart_interval != 0 && mcu != 0 && mcu % scan.restart_interval == 0) restart();
            for_each_block_of_mcu(scan, row, column, encode_block);
        }
    }
}

// The DC prediction of each component (T.81 A.3.5, Differential DC encoding).
//
// It is zero at the start of the scan and after a restart. At the start of a later strip it is the DC of the last block
// of the component in the MCU row above, which ends the previous strip.
struct DcPredictions {
    int value[kMaxComponents] = {};

    DcPredictions(const Scan& scan, std::ptrdiff_t mcu_row) {
        if (mcu_row == 0) return;
        for (int c = 0; c < scan.component_count; ++c) {
            const auto& component = scan.components[c];
            value[c] = block_at(component, mcu_row - 1, scan.mcu_columns - 1, component.v_factor - 1,
                                component.h_factor - 1)[0] >>
                       scan.approximation_low;
        }
    }
    void reset() {
        for (int& prediction : value) prediction = 0;
    }
};

// Encodes MCU rows [first, last) of a sequential scan (T.81 F.1.2.1 and F.1.2.2, Huffman encoding of DC and AC
// coefficients).
template <class Sink>
Sink encode_sequential(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    DcPredictions predictions(scan, first);
    const auto encode_block = [&](int c, const std::int16_t* block) {
        const int slot = scan.components[c].slot;
        encode_dc(sink, slot, block[0] - predictions.value[c]);
        predictions.value[c] = block[0];
        if (encode_runs(sink, slot, block, nonzero_mask(block) & ~std::uint64_t{1}, 1) < kBlockSize)
            sink.symbol(kAcCode, slot, kEndOfBlock, 0, 0);
    };
    for_each_block(scan, first, last, encode_block, [&] {
        sink.restart();
        predictions.reset();
    });
    return sink;
}

// Encodes the first scan of DC (T.81 G.1.2.1, Progressive encoding of DC coefficients with Huffman coding).
template <class Sink>
Sink encode_dc_first(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    DcPredictions predictions(scan, first);
    const auto encode_block = [&](int c, const std::int16_t* block) {
        const int dc = block[0] >> scan.approximation_low;  // T.81 A.4, Point transform
        encode_dc(sink, scan.components[c].slot, dc - predictions.value[c]);
        predictions.value[c] = dc;
    };
    for_each_block(scan, first, last, encode_block, [&] {
        sink.restart();
        predictions.reset();
    });
    return sink;
}

// Encodes a refinement scan of DC: one bit for each block (T.81 G.1.2.1, Progressive encoding of DC coefficients with
// Huffman coding).
template <class Sink>
Sink encode_dc_refinement(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    for_each_block(
        scan, first, last,
        [&](int, const std::int16_t* block) {
            sink.raw(static_cast<std::uint32_t>(block[0] >> scan.approximation_low & 1), 1);
        },
        [&] { sink.restart(); });
    return sink;
}

// Applies the point transform of AC coefficients (T.81 A.4, Point transform): division by 2^Al, rounded towards zero.
inline void point_transform(const std::int16_t* block, int approximation_low, std::int16_t* out) {
    for (int k = 0; k < kBlockSize; ++k) {
        const int magnitude = (block[k] < 0 ? -block[k] : block[k]) >> approximation_low;
        out[k] = static_cast<std::int16_t>(block[k] < 0 ? -magnitude : magnitude);
    }
}

// Encodes the first scan of a band of AC coefficients (T.81 G.1.2.2, Progressive encoding of AC coefficients with
// Huffman coding).
template <class Sink>
Sink encode_ac_first(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    const int slot = scan.components[0].slot;
    const std::uint64_t band = band_mask(scan.spectral_start, scan.spectral_end);
    EobRun<Sink> eob_run{sink, slot};
    const auto encode_block = [&](int, const std::int16_t* block) {
        std::int16_t transformed[kBlockSize];
        const std::int16_t* levels = block;
        if (scan.approximation_low != 0) {
            point_transform(block, scan.approximation_low, transformed);
            levels = transformed;
        }
        const std::uint64_t mask = nonzero_mask(levels) & band;
        if (mask != 0) eob_run.flush();
        if (encode_runs(sink, slot, levels, mask, scan.spectral_start) <= scan.spectral_end) eob_run.add_block();
    };
    for_each_block(scan, first, last, encode_block, [&] {
        eob_run.flush();
        sink.restart();
    });
    eob_run.flush();
    return sink;
}

// Encodes one block of an AC refinement scan (T.81 G.1.2.3, Coding model for subsequent scans of successive
// approximation; figure G.7).
//
// A coefficient that becomes nonzero in this scan (magnitude 1 after the point transform) is coded with the run of
// zeros before it. The run does not count coefficients that earlier scans have made nonzero. Each of these adds one
// correction bit, its lowest bit, after the code that covers it:
//
//     levels    0    3    0    -1    0    2    0 ...
//     output    [run 2, negative] 1 (of 3)    [EOB] 0 (of 2)
template <class Sink>
inline void refine_block(Sink& sink, EobRun<Sink>& eob_run, const Scan& scan, const std::int16_t* block) {
    std::int16_t magnitudes[kBlockSize], upper_bits[kBlockSize];
    for (int k = 0; k < kBlockSize; ++k) {
        magnitudes[k] = static_cast<std::int16_t>((block[k] < 0 ? -block[k] : block[k]) >> scan.approximation_low);
        upper_bits[k] = static_cast<std::int16_t>(magnitudes[k] >> 1);
    }
    const std::uint64_t band = band_mask(scan.spectral_start, scan.spectral_end);
    std::uint64_t nonzero = nonzero_mask(magnitudes) & band;
    const std::uint64_t old = nonzero_mask(upper_bits);  // coefficients that earlier scans have made nonzero
    const std::uint64_t added = nonzero & ~old;
    const int last_added = added == 0 ? -1 : 63 - __builtin_clzll(added);

    std::uint64_t corrections = 0;  // the first correction is the most significant of correction_count bits
    int correction_count = 0, run = 0, next = scan.spectral_start;
    const auto send_corrections = [&] {
        for (; correction_count > kMaxRawBits; correction_count -= kMaxRawBits)
            sink.raw(
                static_cast<std::uint32_t>(corrections >> (correction_count - kMaxRawBits)) & ((1u << kMaxRawBits) - 1),
                kMaxRawBits);
        if (correction_count > 0)
            sink.raw(static_cast<std::uint32_t>(corrections) & ((1u << correction_count) - 1), correction_count);
        correction_count = 0;
    };
    while (nonzero != 0) {
        const int k = __builtin_ctzll(nonzero);
        nonzero &= nonzero - 1;
        run += k - next;
        next = k + 1;
        // ZRL is only needed before a coefficient that becomes nonzero: after the last one, EOB covers the zeros.
        for (; run >= 16 && k <= last_added; run -= 16) {
            eob_run.flush();
            sink.symbol(kAcCode, eob_run.slot, kZeroRun16, 0, 0);
            send_corrections();
        }
        if ((old >> k & 1) != 0) {
            corrections = corrections << 1 | (magnitudes[k] & 1);
            ++correction_count;
            continue;
        }
        eob_run.flush();
        sink.symbol(kAcCode, eob_run.slot, run << 4 | 1, block[k] < 0 ? 0 : 1, 1);
        send_corrections();
        run = 0;
    }
    run += scan.spectral_end + 1 - next;
    if (run > 0 || correction_count > 0) {
        eob_run.hold_back(corrections, correction_count);
        eob_run.add_block();
    }
}

// Encodes a refinement scan of a band of AC coefficients (T.81 G.1.2.3, Coding model for subsequent scans of successive
// approximation).
template <class Sink>
Sink encode_ac_refinement(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    EobRun<Sink> eob_run{sink, scan.components[0].slot};
    for_each_block(
        scan, first, last, [&](int, const std::int16_t* block) { refine_block(sink, eob_run, scan, block); },
        [&] {
            eob_run.flush();
            sink.restart();
        });
    eob_run.flush();
    return sink;
}

// Encodes MCU rows [first, last) of a scan and returns the sink.
template <class Sink>
Sink encode_scan(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    if (scan.spectral_start == 0 && scan.spectral_end == kBlockSize - 1)
        return encode_sequential(sink, scan, first, last);
    if (scan.spectral_start == 0 && scan.approximation_high == 0) return encode_dc_first(sink, scan, first, last);
    if (scan.spectral_start == 0) return encode_dc_refinement(sink, scan, first, last);
    if (scan.approximation_high == 0) return encode_ac_first(sink, scan, first, last);
    return encode_ac_refinement(sink, scan, first, last);
}

}  // namespace
