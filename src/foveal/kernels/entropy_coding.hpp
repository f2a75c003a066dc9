// Entropy coding of one strip (a range of MCU rows) of one scan: sequential (T.81 F.1.2) and progressive (G.1.2).
//
// EOB runs end with the strip and with the restart interval, so that strips can be coded independently of each other.
#pragma once

#include "bits.hpp"
#include "block.hpp"
#include "block_walk.hpp"
#include "nonzero.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using foveal::kMaxComponents;
using foveal::Scan;

constexpr int kEndOfBlock = 0x00;
constexpr int kZeroRun16 = 0xF0;
constexpr std::uint32_t kMaxEobRun = 0x7FFF;
// Correction bits waiting behind an EOB run. A run ends early rather than hold more.
constexpr int kMaxCorrections = 1024;

inline std::uint64_t band_mask(int spectral_start, int spectral_end) {
    return ~std::uint64_t{0} << spectral_start & ~std::uint64_t{0} >> (63 - spectral_end);
}

// The extra bits of a level (F.1.2.1): the level itself, or level - 1 in `size` bits where it is negative.
inline std::uint32_t extra_bits_of(int level, int size) {
    return static_cast<std::uint32_t>(level - (level < 0)) & ((1u << size) - 1);
}

template <class Sink>
FOVEAL_INLINE void code_dc(Sink& sink, int slot, int difference) {
    const int size = bit_width(static_cast<std::uint32_t>(difference < 0 ? -difference : difference));
    sink.symbol(kDcCode, slot, size, extra_bits_of(difference, size), size);
}

// The nonzero coefficients given by `mask` (F.1.2.2); returns the first position after the last of them.
template <class Sink>
FOVEAL_INLINE int code_runs(Sink& sink, int slot, const std::int16_t* levels, std::uint64_t mask, int next) {
    while (mask != 0) {
        const int k = __builtin_ctzll(mask);
        mask &= mask - 1;
        int run = k - next;
        for (; run >= 16; run -= 16) sink.symbol(kAcCode, slot, kZeroRun16, 0, 0);
        const int level = levels[k];
        const int size = bit_width(static_cast<std::uint32_t>(level < 0 ? -level : level));
        sink.symbol(kAcCode, slot, run << 4 | size, extra_bits_of(level, size), size);
        next = k + 1;
    }
    return next;
}

// A run of blocks without further nonzero coefficients (G.1.2.2), with the correction bits that belong behind it.
template <class Sink>
struct EobRun {
    Sink& sink;
    int slot;
    std::uint32_t length = 0;
    int correction_count = 0;
    std::uint8_t corrections[kMaxCorrections];  // the first correction_count of them

    EobRun(Sink& target, int table_slot) : sink(target), slot(table_slot) {}

    FOVEAL_INLINE void add_block() {
        if (++length == kMaxEobRun || correction_count > kMaxCorrections - kBlockSize) flush();
    }
    FOVEAL_INLINE void flush() {
        if (length != 0) {
            const int extra_bits = bit_width(length) - 1;
            sink.symbol(kAcCode, slot, extra_bits << 4, length & ((1u << extra_bits) - 1), extra_bits);
            length = 0;
        }
        for (int i = 0; i < correction_count; ++i) sink.raw(corrections[i], 1);
        correction_count = 0;
    }
};

// Calls code_block(component, block) for the blocks of MCU rows [first, last), and restart() at restart intervals.
template <class CodeBlock, class Restart>
inline void for_each_block(const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last, CodeBlock code_block,
                           Restart restart) {
    for (std::ptrdiff_t row = first; row < last; ++row) {
        for (std::ptrdiff_t column = 0; column < scan.mcu_columns; ++column) {
            const std::ptrdiff_t mcu = row * scan.mcu_columns + column;
            if (scan.restart_interval != 0 && mcu != 0 && mcu % scan.restart_interval == 0) restart();
            for_each_block_of_mcu(scan, row, column, code_block);
        }
    }
}

// DC predictions at the start of an MCU row: the last block coded before it, or zero after a restart.
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

template <class Sink>
Sink code_sequential(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    DcPredictions predictions(scan, first);
    const auto code_block = [&](int c, const std::int16_t* block) {
        const int slot = scan.components[c].slot;
        code_dc(sink, slot, block[0] - predictions.value[c]);
        predictions.value[c] = block[0];
        if (code_runs(sink, slot, block, nonzero_mask(block) & ~std::uint64_t{1}, 1) < kBlockSize)
            sink.symbol(kAcCode, slot, kEndOfBlock, 0, 0);
    };
    for_each_block(scan, first, last, code_block, [&] {
        sink.restart();
        predictions.reset();
    });
    return sink;
}

template <class Sink>
Sink code_dc_first(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    DcPredictions predictions(scan, first);
    const auto code_block = [&](int c, const std::int16_t* block) {
        const int dc = block[0] >> scan.approximation_low;  // A.4: an arithmetic shift
        code_dc(sink, scan.components[c].slot, dc - predictions.value[c]);
        predictions.value[c] = dc;
    };
    for_each_block(scan, first, last, code_block, [&] {
        sink.restart();
        predictions.reset();
    });
    return sink;
}

template <class Sink>
Sink code_dc_refinement(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    for_each_block(
        scan, first, last,
        [&](int, const std::int16_t* block) {
            sink.raw(static_cast<std::uint32_t>(block[0] >> scan.approximation_low & 1), 1);
        },
        [&] { sink.restart(); });
    return sink;
}

// The point transform of AC coefficients (A.4): divided by 2^Al, towards zero.
inline void point_transform(const std::int16_t* block, int approximation_low, std::int16_t* out) {
    for (int k = 0; k < kBlockSize; ++k) {
        const int magnitude = (block[k] < 0 ? -block[k] : block[k]) >> approximation_low;
        out[k] = static_cast<std::int16_t>(block[k] < 0 ? -magnitude : magnitude);
    }
}

template <class Sink>
Sink code_ac_first(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    const int slot = scan.components[0].slot;
    const std::uint64_t band = band_mask(scan.spectral_start, scan.spectral_end);
    EobRun<Sink> eob_run{sink, slot};
    const auto code_block = [&](int, const std::int16_t* block) {
        std::int16_t transformed[kBlockSize];
        const std::int16_t* levels = block;
        if (scan.approximation_low != 0) {
            point_transform(block, scan.approximation_low, transformed);
            levels = transformed;
        }
        const std::uint64_t mask = nonzero_mask(levels) & band;
        if (mask != 0) eob_run.flush();
        if (code_runs(sink, slot, levels, mask, scan.spectral_start) <= scan.spectral_end) eob_run.add_block();
    };
    for_each_block(scan, first, last, code_block, [&] {
        eob_run.flush();
        sink.restart();
    });
    eob_run.flush();
    return sink;
}

// One block of an AC refinement scan (G.1.2.3, figure G.7): coefficients that become nonzero in this scan are coded
// with their run of still-zero coefficients; those that were nonzero before send one correction bit each, behind the
// next code.
template <class Sink>
inline void refine_block(Sink& sink, EobRun<Sink>& eob_run, const Scan& scan, const std::int16_t* block) {
    std::int16_t levels[kBlockSize];
    point_transform(block, scan.approximation_low, levels);
    int last_new = -1;
    for (int k = scan.spectral_start; k <= scan.spectral_end; ++k)
        if (levels[k] == 1 || levels[k] == -1) last_new = k;

    std::uint8_t corrections[kBlockSize];
    int correction_count = 0, run = 0;
    const auto send_corrections = [&] {
        for (int i = 0; i < correction_count; ++i) sink.raw(corrections[i], 1);
        correction_count = 0;
    };
    for (int k = scan.spectral_start; k <= scan.spectral_end; ++k) {
        const int magnitude = levels[k] < 0 ? -levels[k] : levels[k];
        if (magnitude == 0) {
            ++run;
            continue;
        }
        // A zero run of 16 ends before the next coefficient that needs a code; after the last one EOB covers the zeros.
        for (; run >= 16 && k <= last_new; run -= 16) {
            eob_run.flush();
            sink.symbol(kAcCode, eob_run.slot, kZeroRun16, 0, 0);
            send_corrections();
        }
        if (magnitude > 1) {
            corrections[correction_count++] = static_cast<std::uint8_t>(magnitude & 1);
            continue;
        }
        eob_run.flush();
        sink.symbol(kAcCode, eob_run.slot, run << 4 | 1, levels[k] < 0 ? 0 : 1, 1);
        send_corrections();
        run = 0;
    }
    if (run > 0 || correction_count > 0) {
        std::memcpy(eob_run.corrections + eob_run.correction_count, corrections,
                    static_cast<std::size_t>(correction_count));
        eob_run.correction_count += correction_count;
        eob_run.add_block();
    }
}

template <class Sink>
Sink code_ac_refinement(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
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

// Codes the scan and returns what has become of the sink.
template <class Sink>
Sink code_scan(Sink sink, const Scan& scan, std::ptrdiff_t first, std::ptrdiff_t last) {
    if (scan.spectral_start == 0 && scan.spectral_end == kBlockSize - 1)
        return code_sequential(sink, scan, first, last);
    if (scan.spectral_start == 0 && scan.approximation_high == 0) return code_dc_first(sink, scan, first, last);
    if (scan.spectral_start == 0) return code_dc_refinement(sink, scan, first, last);
    if (scan.approximation_high == 0) return code_ac_first(sink, scan, first, last);
    return code_ac_refinement(sink, scan, first, last);
}

}  // namespace
