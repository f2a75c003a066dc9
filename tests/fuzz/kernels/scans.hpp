// Scans of small pictures, for the targets that code and decode them: shape, levels, Huffman tables, and a decoder
// that goes on behind faults like ScanDecoder of jpeg/scan_decoder.py.
#pragma once

#include "block.hpp"
#include "fuzzing.hpp"
#include "lookup.hpp"
#include "shapes.hpp"
#include "unstuff.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using foveal::DecodingScan;
using foveal::DecodingState;
using foveal::DecodingTable;
using foveal::kMaxComponents;
using foveal::ScanFailure;

constexpr int kMaxBlocks = 128;    // of all components of a scan, so that an execution is short
constexpr int kLargestDc = 16383;  // what file_writer.py lets through
constexpr int kLargestAc = 32767;
constexpr int kLeastDc = -16384;                // a DC level of -16383 after the point transform
constexpr int kDcSymbols = 16, kSymbols = 256;  // symbols that a DC table and an AC table may hold

enum ScanKind { kSequential, kDcFirst, kDcRefinement, kAcFirst, kAcRefinement };

// The parameters of a scan header, and the size of the scan in MCUs.
struct ScanShape {
    ScanKind kind;
    int component_count;
    int h_factors[kMaxComponents], v_factors[kMaxComponents];
    int mcu_columns, mcu_rows, mcu_blocks;
    int spectral_start, spectral_end, approximation_high, approximation_low;
    int restart_interval;
    int margin;  // blocks between one row of blocks and the next that do not belong to the scan

    bool needs_dc_table() const { return kind == kSequential || kind == kDcFirst; }
    bool needs_ac_table() const { return spectral_end > 0; }
    std::int64_t mcu_count() const { return static_cast<std::int64_t>(mcu_rows) * mcu_columns; }
};

// Takes a shape that the bindings let through (CheckedLayout of bindings.hpp) and a file can ask for (jpeg/script.py):
// 13 bytes, which seeds.py writes too.
inline ScanShape take_shape(Input& input) {
    ScanShape shape{};
    shape.kind = static_cast<ScanKind>(input.take_from(kSequential, kAcRefinement));
    const bool is_ac = shape.kind == kAcFirst || shape.kind == kAcRefinement;
    const int wanted_components = input.take_from(1, kMaxComponents);
    shape.component_count = is_ac ? 1 : wanted_components;
    for (int c = 0; c < kMaxComponents; ++c) {
        const int factors = input.take_byte();
        shape.h_factors[c] = is_ac ? 1 : (factors >> 4 & 3) + 1;  // an MCU of one component is one block (T.81 A.2.2)
        shape.v_factors[c] = is_ac ? 1 : (factors & 3) + 1;
        if (c < shape.component_count) shape.mcu_blocks += shape.h_factors[c] * shape.v_factors[c];
    }
    const int most_mcus = kMaxBlocks / shape.mcu_blocks;
    shape.mcu_columns = std::min(input.take_from(1, 16), most_mcus);
    shape.mcu_rows = std::min(input.take_from(1, 16), most_mcus / shape.mcu_columns);
    const int first = input.take_from(1, kBlockSize - 1), last = input.take_from(1, kBlockSize - 1);
    shape.spectral_start = is_ac ? std::min(first, last) : 0;
    shape.spectral_end = is_ac ? std::max(first, last) : shape.kind == kSequential ? kBlockSize - 1 : 0;
    const int low = input.take_from(0, 13);
    shape.approximation_low = shape.kind == kSequential ? 0 : low;
    const bool refines = shape.kind == kDcRefinement || shape.kind == kAcRefinement;
    shape.approximation_high = refines ? low + 1 : 0;
    shape.restart_interval = input.take_byte();
    shape.margin = input.take_from(0, 1);
    return shape;
}

// The levels of a scan's components, each in an array of exactly its size, which the sanitizer guards.
struct Levels {
    std::vector<std::int16_t> blocks[kMaxComponents];
    std::ptrdiff_t strides[kMaxComponents] = {};

    explicit Levels(const ScanShape& shape) {
        for (int c = 0; c < shape.component_count; ++c) {
            const std::ptrdiff_t columns = shape.mcu_columns * shape.h_factors[c];
            const std::ptrdiff_t rows = shape.mcu_rows * shape.v_factors[c];
            strides[c] = (columns + shape.margin) * kBlockSize;
            blocks[c].resize(static_cast<std::size_t>((rows - 1) * strides[c] + columns * kBlockSize));
        }
    }
};

// Calls visit(component index, block) for each block of the scan, component by component.
template <class Visit>
void for_each_level_block(const ScanShape& shape, Levels& levels, Visit visit) {
    for (int c = 0; c < shape.component_count; ++c)
        for (int row = 0; row < shape.mcu_rows * shape.v_factors[c]; ++row)
            for (int column = 0; column < shape.mcu_columns * shape.h_factors[c]; ++column)
                visit(c, levels.blocks[c].data() + row * levels.strides[c] + column * kBlockSize);
}

// Fills the fields that ScanOf has for encoding and decoding. MCU rows begin with `first_row`.
template <class Level>
void fill_layout(foveal::ScanOf<Level>& scan, const ScanShape& shape, Levels& levels, int first_row) {
    for (int c = 0; c < shape.component_count; ++c)
        scan.components[c] = {levels.blocks[c].data() + first_row * shape.v_factors[c] * levels.strides[c],
                              levels.strides[c], shape.h_factors[c], shape.v_factors[c], 0};
    scan.component_count = shape.component_count;
    scan.mcu_columns = shape.mcu_columns;
    scan.spectral_start = shape.spectral_start;
    scan.spectral_end = shape.spectral_end;
    scan.approximation_high = shape.approximation_high;
    scan.approximation_low = shape.approximation_low;
    scan.restart_interval = shape.restart_interval;
}

// BITS and HUFFVAL of a Huffman table.
struct HuffmanTable {
    int bits[kMaxCodeBits] = {};
    std::array<std::uint8_t, kSymbols> huffval = {};

    DecodingTable decoding_table() const {
        DecodingTable table;
        check(build_decoding_table(bits, huffval.data(), table), "codes that fit their lengths");
        return table;
    }
};

// Takes a table as DHT holds it: 16 counts, then symbols. Counts that jpeg/headers.py would refuse are cut down to
// what it accepts: codes that fit their length, none of all ones, at most `symbol_count` of them.
inline HuffmanTable take_huffman_table(Input& input, int symbol_count) {
    HuffmanTable table;
    int code = 0, total = 0;
    for (int length = 1; length <= kMaxCodeBits; ++length, code <<= 1) {
        const int room = std::max(0, (1 << length) - 1 - code);
        table.bits[length - 1] = std::min({input.take_byte(), room, kSymbols - total});
        code += table.bits[length - 1];
        total += table.bits[length - 1];
    }
    for (int i = 0; i < total; ++i)
        table.huffval[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(input.take_byte() % symbol_count);
    return table;
}

// Returns a table that codes all symbols: `short_codes` symbols have codes of 1, 2, 3, ... bits, the others codes of
// equal length. Symbols are in ascending order from `first_symbol` on. short_codes: 1 to 8.
inline HuffmanTable complete_table(int short_codes, int first_symbol, int symbol_count) {
    HuffmanTable table;
    for (int length = 1; length <= short_codes; ++length) table.bits[length - 1] = 1;
    const int length_of_others = short_codes + (symbol_count == kDcSymbols ? 4 : 8);  // 16 bits at most
    table.bits[length_of_others - 1] = symbol_count - short_codes;
    for (int i = 0; i < symbol_count; ++i)
        table.huffval[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>((first_symbol + i) % symbol_count);
    return table;
}

// The entropy-coded data of a scan, as jpeg/entropy_data.py holds it.
struct EntropyData {
    std::vector<std::uint8_t> data;  // with the padding that the kernels want
    std::vector<std::int64_t> restarts;

    EntropyData(const std::uint8_t* bytes, std::size_t size, std::size_t max_restarts) {
        const auto file_size = static_cast<std::ptrdiff_t>(size);
        const ScanExtent extent = measure_scan(bytes, file_size, 0);
        const std::size_t recorded = std::min(extent.restart_count, max_restarts);
        data.resize(extent.data_bytes + foveal::kScanPadding);
        restarts.resize(3 * recorded);
        unstuff(bytes, file_size, 0, data.data(), restarts.data(), recorded);
    }
    std::int64_t size() const { return static_cast<std::int64_t>(data.size()) - foveal::kScanPadding; }
    std::size_t restart_count() const { return restarts.size() / 3; }
};

// Returns the first byte and the end of each restart interval, like _intervals_of of jpeg/scan_decoder.py: intervals
// between markers whose numbers say that others are missing go where they belong.
inline std::vector<std::int64_t> restart_intervals(const EntropyData& data, const ScanShape& shape) {
    const std::int64_t interval = shape.restart_interval;
    const auto expected = static_cast<std::size_t>(interval == 0 ? 1 : (shape.mcu_count() + interval - 1) / interval);
    const std::size_t pieces = data.restart_count() + 1;
    std::vector<std::int64_t> intervals(2 * expected, -1);
    std::size_t position = 0;
    for (std::size_t piece = 0; piece < pieces && position < expected; ++piece) {
        intervals[2 * position] = piece == 0 ? 0 : data.restarts[3 * (piece - 1)];
        intervals[2 * position + 1] = piece == pieces - 1 ? data.size() : data.restarts[3 * piece];
        std::size_t missing = 0;
        if (pieces != expected && piece < data.restart_count())
            missing = (static_cast<std::size_t>(data.restarts[3 * piece + 2]) - position) % 8;
        position += 1 + (position + 1 + missing < expected ? missing : 0);
    }
    return intervals;
}

// The tables of each component, null where the scan needs none.
struct ScanTables {
    const DecodingTable* dc[kMaxComponents] = {};
    const DecodingTable* ac[kMaxComponents] = {};
};

// What decoding a scan leaves.
struct DecodedScan {
    Levels levels;
    std::vector<std::uint32_t> block_bits[kMaxComponents];
    DecodingState state;
    std::vector<ScanFailure> failures;
};

// Sets the state behind a fault, like _go_on of jpeg/scan_decoder.py.
inline void go_on(ScanFailure failure, const ScanShape& shape, const std::vector<std::int64_t>& intervals,
                  DecodingState& state) {
    const std::int64_t interval_mcus = shape.restart_interval == 0 ? shape.mcu_count() : shape.restart_interval;
    auto interval = static_cast<std::size_t>(state.mcu / interval_mcus);
    const std::int64_t position = state.bit_position + (failure == ScanFailure::no_code ? 1 : 0);
    const bool lacks_data = failure == ScanFailure::out_of_data || failure == ScanFailure::no_interval;
    if (!lacks_data && position <= 8 * intervals[2 * interval + 1]) {
        state.mcu += 1;
        state.bit_position = position;
        return;
    }
    do ++interval;
    while (2 * interval < intervals.size() && intervals[2 * interval] < 0);
    state.mcu = std::min(shape.mcu_count(), static_cast<std::int64_t>(interval) * interval_mcus);
}

// Decodes a scan into `levels`, `strip_rows` MCU rows at a time, and goes on behind faults.
inline DecodedScan decode(const KernelTable& kernels, const ScanShape& shape, const Levels& levels,
                          const ScanTables& tables, const EntropyData& data, const std::vector<std::int64_t>& intervals,
                          int strip_rows) {
    DecodedScan result{levels, {}, {}, {}};
    for (int c = 0; c < shape.component_count; ++c) result.block_bits[c].resize(levels.blocks[c].size() / kBlockSize);
    for (int first_row = 0; first_row < shape.mcu_rows; first_row += strip_rows) {
        DecodingScan scan{};
        fill_layout(scan, shape, result.levels, first_row);
        scan.data = data.data.data();
        scan.data_bytes = data.size();
        scan.intervals = intervals.data();
        for (int c = 0; c < shape.component_count; ++c) {
            scan.dc_tables[c] = tables.dc[c];
            scan.ac_tables[c] = tables.ac[c];
            scan.block_bits[c] =
                result.block_bits[c].data() + first_row * shape.v_factors[c] * levels.strides[c] / kBlockSize;
        }
        const std::int64_t last_row = std::min(first_row + strip_rows, shape.mcu_rows);
        const std::int64_t last_mcu = last_row * shape.mcu_columns;
        while (result.state.mcu < last_mcu) {
            const ScanFailure failure = kernels.decode_scan(scan, first_row, last_mcu, result.state);
            check(result.state.bit_position >= 0 && result.state.bit_position <= 8 * data.size() &&
                      result.state.eob_run >= 0 && result.state.unused_bytes >= 0,
                  "a state inside the data");
            if (failure == ScanFailure::none) {
                check(result.state.mcu == last_mcu, "all MCUs decoded where there is no failure");
            } else {
                result.failures.push_back(failure);
                go_on(failure, shape, intervals, result.state);
            }
        }
    }
    return result;
}

}  // namespace
