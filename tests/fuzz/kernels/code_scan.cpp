// Coding of a scan and back: any levels that file_writer.py lets through, with Huffman tables that code all symbols.
//
// The levels are coded in strips, sequential or progressive, with restart intervals. What the decoder makes of the
// bytes must be the levels after the point transform (T.81 A.4).
#include "bits.hpp"
#include "scans.hpp"

#include <cstdlib>

namespace {

using foveal::Code;
using foveal::RecordedScan;
using foveal::Scan;
using foveal::WrittenBits;

// Bounds of bind_encoding.cpp on what recording and writing take.
constexpr std::size_t kMaxBlockWords = 72, kMaxWordBytes = 4;
constexpr int kMaxSlots = 4;

// Takes levels of all blocks: for each block the number of levels, then for each how many coefficients to skip, and
// its value.
void take_levels(Input& input, const ScanShape& shape, Levels& levels) {
    for_each_level_block(shape, levels, [&](int, std::int16_t* block) {
        const int count = input.take_from(0, kBlockSize);
        int k = 0;
        for (int i = 0; i < count && k < kBlockSize; ++i, ++k) {
            block[k] = input.take_level(k == 0 ? kLargestDc : kLargestAc);
            if (count < kBlockSize / 2) k += input.take_byte() % kBlockSize;
        }
    });
}

// Returns an AC level without its lowest `bits` bits (division by 2^bits, rounded towards zero), times 2^bits.
std::int16_t truncated_ac(int level, int bits) {
    const int magnitude = std::abs(level) >> bits << bits;
    return static_cast<std::int16_t>(level < 0 ? -magnitude : magnitude);
}

// Returns a DC level without its lowest `bits` bits: an arithmetic shift.
std::int16_t truncated_dc(int level, int bits) { return static_cast<std::int16_t>(level >> bits << bits); }

// Returns the levels of the scan's band without their lowest `bits` bits, and zeros elsewhere.
Levels truncated(const ScanShape& shape, Levels levels, int bits) {
    for_each_level_block(shape, levels, [&](int, std::int16_t* block) {
        for (int k = 0; k < kBlockSize; ++k) {
            const bool is_inside = k >= shape.spectral_start && k <= shape.spectral_end;
            block[k] = !is_inside ? std::int16_t{0}
                       : k == 0   ? truncated_dc(block[k], bits)
                                  : truncated_ac(block[k], bits);
        }
    });
    return levels;
}

// Huffman tables of each slot, DC and AC, and the codes of their symbols as write_recorded wants them.
struct EncodingTables {
    HuffmanTable tables[2][kMaxSlots];
    std::vector<Code> codes;

    EncodingTables(Input& input, int slot_count) : codes(static_cast<std::size_t>(2 * slot_count * kSymbols)) {
        for (int slot = 0; slot < slot_count; ++slot)
            for (int table_class = 0; table_class < 2; ++table_class) {
                const int short_codes = input.take_from(1, 8), first_symbol = input.take_byte();
                HuffmanTable& table = tables[table_class][slot];
                table = complete_table(short_codes, first_symbol, table_class == kDcCode ? kDcSymbols : kSymbols);
                std::uint32_t code = 0;
                std::size_t position = 0;
                for (std::uint32_t length = 1; length <= kMaxCodeBits; ++length, code <<= 1)
                    for (int i = 0; i < table.bits[length - 1]; ++i, ++code, ++position) {
                        const int symbol = table.huffval[position];
                        const auto class_of_code = static_cast<CodeClass>(table_class);
                        codes[static_cast<std::size_t>(symbol_index(class_of_code, slot_count, slot, symbol))] = {
                            code, length};
                    }
            }
    }
};

// The bits of a strip.
struct Strip {
    std::vector<std::uint8_t> bytes;
    std::uint64_t bit_count;
    std::vector<std::uint64_t> restarts;

    bool operator==(const Strip&) const = default;
};

// Records MCU rows [first, last), counts them anew, and codes them.
Strip code_strip(const KernelTable& kernels, const Scan& scan, int mcu_blocks, int first, int last, int slot_count,
                 const std::vector<Code>& codes) {
    std::vector<std::uint32_t> histogram(codes.size()), counted(codes.size());
    const auto blocks = static_cast<std::size_t>((last - first) * scan.mcu_columns * mcu_blocks);
    std::vector<std::uint32_t> words(blocks * kMaxBlockWords + 1);
    const RecordedScan recorded = kernels.record_scan(scan, first, last, slot_count, histogram.data(), words.data());
    const std::uint64_t raw_bits = kernels.tally_scan(scan, first, last, slot_count, counted.data());
    check(histogram == counted && recorded.raw_bits == raw_bits, "what recording counts and counting counts equal");

    words.resize(static_cast<std::size_t>(recorded.word_count));
    words.shrink_to_fit();
    Strip strip{};
    const auto restart = static_cast<std::uint32_t>(restart_index(slot_count));
    strip.restarts.resize(static_cast<std::size_t>(
        std::count_if(words.begin(), words.end(), [&](std::uint32_t word) { return word >> kIndexShift == restart; })));
    strip.bytes.resize(words.size() * kMaxWordBytes + 16);
    const WrittenBits written = kernels.write_recorded(words.data(), recorded.word_count, slot_count, codes.data(),
                                                       strip.bytes.data(), strip.restarts.data());
    check(static_cast<std::size_t>(written.restart_count) == strip.restarts.size(), "as many restarts as recorded");
    std::uint64_t bit_count = raw_bits;
    for (std::size_t i = 0; i < codes.size(); ++i) bit_count += std::uint64_t{histogram[i]} * codes[i].length;
    check(written.bit_count == bit_count, "as many bits as the histogram says");
    strip.bit_count = written.bit_count;
    strip.bytes.resize(static_cast<std::size_t>(written.byte_count));
    return strip;
}

// Joins strips as join_strips of bind_encoding.cpp does: stuffs bytes and puts restart markers in.
std::vector<std::uint8_t> join(const std::vector<Strip>& strips) {
    std::size_t capacity = 8;
    for (const Strip& strip : strips) capacity += 2 * strip.bytes.size() + 4 * (strip.restarts.size() + 1);
    std::vector<std::uint8_t> file(capacity);
    ScanBytes out{file.data()};
    for (const Strip& strip : strips) {
        std::uint64_t first = 0;
        for (const std::uint64_t position : strip.restarts) {
            append_bits(out, strip.bytes.data(), first, position);
            out.restart_marker();
            first = position;
        }
        append_bits(out, strip.bytes.data(), first, strip.bit_count);
    }
    out.align();
    file.resize(static_cast<std::size_t>(out.byte_count));
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t byte_count) {
    Input input(bytes, byte_count);
    const ScanShape shape = take_shape(input);
    const int slot_count = input.take_from(1, kMaxSlots);
    const int strip_rows = input.take_from(1, shape.mcu_rows);
    const EncodingTables tables(input, slot_count);
    Levels levels(shape);
    take_levels(input, shape, levels);

    Scan scan{};
    fill_layout(scan, shape, levels, 0);
    for (int c = 0; c < shape.component_count; ++c) scan.components[c].slot = c % slot_count;
    std::vector<Strip> strips;
    for (int first = 0; first < shape.mcu_rows; first += strip_rows) {
        const int last = std::min(first + strip_rows, shape.mcu_rows);
        strips.push_back(code_strip(baseline_kernels(), scan, shape.mcu_blocks, first, last, slot_count, tables.codes));
        check(strips.back() ==
                  code_strip(fastest_kernels(), scan, shape.mcu_blocks, first, last, slot_count, tables.codes),
              "the same bits from all kernels");
    }

    const std::vector<std::uint8_t> file = join(strips);
    DecodingTable decoding_tables[2][kMaxSlots];
    ScanTables scan_tables;
    for (int slot = 0; slot < slot_count; ++slot)
        for (int table_class = 0; table_class < 2; ++table_class)
            decoding_tables[table_class][slot] = tables.tables[table_class][slot].decoding_table();
    for (int c = 0; c < shape.component_count; ++c) {
        if (shape.needs_dc_table()) scan_tables.dc[c] = &decoding_tables[kDcCode][c % slot_count];
        if (shape.needs_ac_table()) scan_tables.ac[c] = &decoding_tables[kAcCode][c % slot_count];
    }
    const EntropyData data(file.data(), file.size(), kMaxBlocks);
    const std::vector<std::int64_t> intervals = restart_intervals(data, shape);
    const Levels start =
        shape.approximation_high == 0 ? Levels(shape) : truncated(shape, levels, shape.approximation_high);
    const DecodedScan decoded = decode(fastest_kernels(), shape, start, scan_tables, data, intervals, shape.mcu_rows);
    check(decoded.failures.empty(), "no failure in what the encoder wrote");
    const Levels expected = truncated(shape, levels, shape.approximation_low);
    for (int c = 0; c < shape.component_count; ++c)
        check(decoded.levels.blocks[c] == expected.blocks[c], "the levels that were coded");
    return 0;
}
