// Decoding of a scan: any data with any Huffman tables, sequential and progressive, with restart intervals.
//
// The input: the shape of the scan (scans.hpp), four bytes of options, Huffman tables as in DHT, and the bytes of the
// scan as they stand in a file. seeds.py writes such inputs.
#include "scans.hpp"

namespace {

constexpr std::size_t kMaxRestarts = 64;

// Levels that earlier scans may have left, which a refinement scan corrects.
void fill_with_earlier_levels(const ScanShape& shape, int seed, Levels& levels) {
    if (seed == 0) return;
    std::uint32_t random = static_cast<std::uint32_t>(seed);
    for_each_level_block(shape, levels, [&](int, std::int16_t* block) {
        for (int k = 0; k < kBlockSize; ++k) {
            random = random * 1664525u + 1013904223u;
            const int bits = static_cast<int>(random >> 28), sign = random >> 27 & 1 ? -1 : 1;
            const int magnitude = static_cast<int>(random >> 8 & 0x7FFF) >> bits;
            block[k] = static_cast<std::int16_t>(sign * std::min(magnitude, k == 0 ? kLargestDc : kLargestAc));
        }
    });
}

// Compares each byte of the data with the byte of the file that stuffed_offset says it is.
void check_stuffed_offset(const std::uint8_t* bytes, std::size_t size, const EntropyData& data, int wanted) {
    const std::int64_t position = data.size() == 0 ? 0 : wanted % data.size();
    const std::ptrdiff_t offset = stuffed_offset(bytes, static_cast<std::ptrdiff_t>(size), 0, position);
    check(offset >= 0 && offset <= static_cast<std::ptrdiff_t>(size), "an offset inside the file");
    if (position < data.size())
        check(bytes[offset] == data.data[static_cast<std::size_t>(position)], "the byte that the data holds");
}

void check_range(const ScanShape& shape, Levels& levels) {
    for_each_level_block(shape, levels, [](int, const std::int16_t* block) {
        check(block[0] >= kLeastDc && block[0] <= kLargestDc, "a DC level in range");
        check(*std::min_element(block + 1, block + kBlockSize) >= -kLargestAc, "AC levels in range");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t byte_count) {
    Input input(bytes, byte_count);
    const ScanShape shape = take_shape(input);
    const int earlier_levels = input.take_byte();
    const int strip_rows = input.take_from(1, shape.mcu_rows);
    const int own_tables = input.take_byte();  // a bit for each table: DC 0 and 1, AC 0 and 1
    const int damage = input.take_byte();
    DecodingTable tables[2][2];
    for (int index = 0; index < 4; ++index) {
        const int symbol_count = index < 2 ? kDcSymbols : kSymbols;
        const bool is_own = (own_tables >> index & 1) != 0;
        const HuffmanTable table =
            is_own ? take_huffman_table(input, symbol_count) : complete_table(4, 0, symbol_count);
        tables[index / 2][index % 2] = table.decoding_table();
    }
    ScanTables scan_tables;
    for (int c = 0; c < shape.component_count; ++c) {
        if (shape.needs_dc_table()) scan_tables.dc[c] = &tables[0][c == 0 ? 0 : 1];
        if (shape.needs_ac_table()) scan_tables.ac[c] = &tables[1][c == 0 ? 0 : 1];
    }
    const std::uint8_t* const file = input.rest();
    const std::size_t file_size = input.left();
    const EntropyData data(file, file_size, kMaxRestarts);
    check_stuffed_offset(file, file_size, data, damage);
    std::vector<std::int64_t> intervals = restart_intervals(data, shape);
    if (damage >= 128) {  // the kernel believes no interval
        const auto index = static_cast<std::size_t>(damage) % intervals.size();
        intervals[index] += damage % 2 == 0 ? damage - 192 : std::int64_t{1} << (damage - 128) / 3;
    }

    Levels levels(shape);
    fill_with_earlier_levels(shape, earlier_levels, levels);
    DecodedScan first = decode(baseline_kernels(), shape, levels, scan_tables, data, intervals, strip_rows);
    check_range(shape, first.levels);
    const DecodedScan second = decode(fastest_kernels(), shape, levels, scan_tables, data, intervals, shape.mcu_rows);
    for (int c = 0; c < shape.component_count; ++c) {
        check(first.levels.blocks[c] == second.levels.blocks[c], "the same levels from all kernels and strips");
        check(first.block_bits[c] == second.block_bits[c], "the same bits of each block from all kernels and strips");
    }
    check(first.failures == second.failures, "the same failures from all kernels and strips");
    check(first.state.bit_position == second.state.bit_position && first.state.mcu == second.state.mcu &&
              first.state.unused_bytes == second.state.unused_bytes,
          "the same state from all kernels and strips");
    return 0;
}
