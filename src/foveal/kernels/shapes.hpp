// Types and constants that the kernels share with their callers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace foveal {

// Size of a plane, a picture or a grid of blocks.
struct Extent {
    std::ptrdiff_t rows, columns;
};

// A component of a scan. Level is std::int16_t, const when the scan is encoded.
template <class Level>
struct ComponentOf {
    Level* blocks;
    std::ptrdiff_t row_stride;  // levels from one row of blocks to the next
    int h_factor, v_factor;     // blocks of an MCU across and down
    int slot;                   // Huffman table destination, used only by the encoder
};

constexpr int kMaxComponents = 4;  // components of a scan (T.81 B.2.3, Scan header syntax)

// The parameters of a scan header (T.81 B.2.3, Scan header syntax) and its components.
template <class Level>
struct ScanOf {
    ComponentOf<Level> components[kMaxComponents];
    int component_count;
    std::ptrdiff_t mcu_columns;
    int spectral_start, spectral_end, approximation_high, approximation_low;  // Ss, Se, Ah, Al
    std::ptrdiff_t restart_interval;                                          // in MCUs, 0: no restart markers
};
using Scan = ScanOf<const std::int16_t>;

// A Huffman code: `length` bits, in the low bits of `code`.
struct Code {
    std::uint32_t code, length;
};

// The result of recording a strip of a scan; the words are written to an array of the caller.
struct RecordedScan {
    std::ptrdiff_t word_count;
    std::uint64_t raw_bits;  // bits that are not Huffman codes
};

// The result of writing the recorded words of a strip as bits, also into arrays of the caller.
struct WrittenBits {
    std::ptrdiff_t byte_count;
    std::uint64_t bit_count;
    std::ptrdiff_t restart_count;
};

constexpr int kLookaheadBits = 10;  // bits that index the lookup table of a DecodingTable

// A Huffman table for decoding (lookup.hpp).
struct DecodingTable {
    // The lookup table, indexed by the next kLookaheadBits bits of the data:
    //
    //     31         16 15     8 7        0
    //    +-------------+--------+----------+
    //    |    value    | symbol | consumed |
    //    +-------------+--------+----------+
    //
    // consumed: bits to skip, 0 if the code is longer than the lookahead. value: the signed value of the additional
    // bits if they lie within the lookahead (then they are consumed too), else 0.
    std::uint32_t entries[1 << kLookaheadBits];
    std::uint32_t limit[17];  // [length]: end of the codes of up to this length, left-aligned in 16 bits
    int first_symbol[17];     // [length]: index of the symbol of a code of this length, minus the code
    std::uint8_t symbols[256];
};

// Readable bytes after the data of a scan: more than a block can take (63 AC coefficients of 16 + 15 bits, DC, an EOB
// run).
constexpr std::ptrdiff_t kScanPadding = 512;

// A scan to decode: its data without byte stuffing, its Huffman tables and the blocks to fill.
struct DecodingScan : ScanOf<std::int16_t> {
    const std::uint8_t* data;
    std::int64_t data_bytes;        // without the padding
    const std::int64_t* intervals;  // first byte and end of each restart interval; missing if outside the data
    const DecodingTable* dc_tables[kMaxComponents];
    const DecodingTable* ac_tables[kMaxComponents];
    std::uint32_t* block_bits[kMaxComponents];  // counters to which each block adds its bits, or null
};

// The state of the decoding of a scan between two calls.
struct DecodingState {
    std::int64_t mcu = 0;           // index of the next MCU
    std::int64_t bit_position = 0;  // position of the next bit in the data
    std::int64_t eob_run = 0;       // blocks left of the last EOBn
    std::int64_t unused_bytes = 0;  // bytes between the last MCU of a restart interval and its end, summed so far
    std::int64_t predictions[kMaxComponents] = {};  // of DC: the DC of each component's last block
};

// Why the decoding of a scan stopped.
enum class ScanFailure { none, no_code, out_of_range, beyond_block, out_of_data, no_interval };

// A plane of 8-bit samples whose rows may be part of a wider array.
struct SamplePlane {
    std::uint8_t* samples;
    std::ptrdiff_t stride;  // samples from one row to the next
    Extent size;
};

// Number of predecessors that the trellis usually compares for each node; comparing more saves almost no bytes.
constexpr int kUsualLookBack = 4;

// Marks of mark_saturated: blocks with a sample of 0 or 255, and those with a pixel all of whose samples are.
constexpr std::uint8_t kHasSaturatedSample = 1, kHasSaturatedPixel = 2;

// Sums over a channel: for each of three error maps, the sum of the errors and the sum of their fourth powers.
constexpr int kErrorSums = 6;

// Weights of an error of each map and of its cube: the derivatives of a weighted mean and of a weighted 4-norm.
struct ErrorPrices {
    float of_error[3], of_cube[3];
};

// Samples on each side that the blur of the error slopes takes in.
constexpr std::ptrdiff_t kBlurReach = 4;

// State of the recursive blur for every two rows: two outputs in eight lanes, for five quantities and three cosines.
constexpr std::size_t kPairStateFloats = 5 * 3 * 2 * 8;

// The work area of color_loss: its rows, and the columns that each row has in addition to those of the blocks.
constexpr int kColorLossRows = 11;
constexpr std::ptrdiff_t kColorLossMargin = 16;

}  // namespace foveal
