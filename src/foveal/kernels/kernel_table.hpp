// The kernels as a table of functions, one table for each instruction set that kernel_table.cpp is compiled for.
// Callers guarantee the bounds; the bindings (bind_*.cpp) are the only callers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace foveal {

struct Extent {
    std::ptrdiff_t rows, columns;
};

// Level: std::int16_t, const where a scan is written.
template <class Level>
struct ComponentOf {
    Level* blocks;
    std::ptrdiff_t row_stride;
    int h_factor, v_factor;
    int slot;  // of its Huffman tables where a scan is written
};

constexpr int kMaxComponents = 4;  // of a scan (T.81 B.2.3)

template <class Level>
struct ScanOf {
    ComponentOf<Level> components[kMaxComponents];
    int component_count;
    std::ptrdiff_t mcu_columns;
    int spectral_start, spectral_end, approximation_high, approximation_low;
    std::ptrdiff_t restart_interval;
};
using Scan = ScanOf<const std::int16_t>;

struct Code {
    std::uint32_t code, length;
};

struct RecordedScan {
    std::ptrdiff_t word_count;
    std::uint64_t raw_bits;
};

struct WrittenBits {
    std::ptrdiff_t byte_count;
    std::uint64_t bit_count;
    std::ptrdiff_t restart_count;
};

constexpr int kLookaheadBits = 10;

// A Huffman table to decode with (lookup.hpp).
struct DecodingTable {
    // By the next kLookaheadBits bits: bits to skip (0 where the code is longer), symbol << 8, and, where the extra
    // bits are among those skipped, the value that they give << 16.
    std::uint32_t entries[1 << kLookaheadBits];
    std::uint32_t limit[17];  // by length: the code after the last one, in the high bits of 16
    int first_symbol[17];     // by length: index of the symbol of code 0, were there one
    std::uint8_t symbols[256];
};

// Readable bytes behind the data of a scan: more than a block can take (63 AC of 16 + 15 bits, DC, an EOB run).
constexpr std::ptrdiff_t kScanPadding = 512;

struct DecodingScan : ScanOf<std::int16_t> {
    const std::uint8_t* data;
    std::int64_t data_bytes;        // without the padding
    const std::int64_t* intervals;  // first byte and end of each restart interval; one outside the data is missing
    const DecodingTable* dc_tables[kMaxComponents];
    const DecodingTable* ac_tables[kMaxComponents];
    std::uint32_t* block_bits[kMaxComponents];  // where to add what each block takes; null where nobody asks
};

// How far the decoding of a scan is.
struct DecodingState {
    std::int64_t mcu = 0;           // the next one
    std::int64_t bit_position = 0;  // in the data
    std::int64_t eob_run = 0;       // blocks that the last EOBn stands for, but for those behind us
    std::int64_t unused_bytes = 0;  // between the last MCU of a restart interval and its end, so far
    std::int64_t predictions[kMaxComponents] = {};
};

enum class ScanFailure { none, no_code, out_of_range, beyond_block, out_of_data, no_interval };

struct SamplePlane {
    std::uint8_t* samples;
    std::ptrdiff_t stride;
    Extent size;
};

// Nodes that the trellis usually looks back over: further ones gain next to nothing.
constexpr int kUsualLookBack = 4;

// Sums over a channel: of three error maps, each of the errors and of their fourth powers.
constexpr int kErrorSums = 6;

// What an error of each map and its cube are worth: the slopes of a weighed mean and of a weighed 4-norm.
struct ErrorPrices {
    float of_error[3], of_cube[3];
};

// Samples to each side that the blur looks at.
constexpr std::ptrdiff_t kBlurReach = 4;

// What the blur keeps for every two rows: of five quantities and three cosines, two outputs in eight lanes.
constexpr std::size_t kPairStateFloats = 5 * 3 * 2 * 8;

// What color_loss works on: rows of so many more columns than the blocks have.
constexpr int kColorLossRows = 11;
constexpr std::ptrdiff_t kColorLossMargin = 16;

struct KernelTable {
    const char* name;
    void (*rgb8_to_ycbcr)(const std::uint8_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
    void (*rgb16_to_ycbcr)(const std::uint16_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
    void (*grey8_to_plane)(const std::uint8_t* pixels, Extent pixel_size, float* plane, Extent plane_size);
    void (*grey16_to_plane)(const std::uint16_t* pixels, Extent pixel_size, float* plane, Extent plane_size);
    void (*downsample)(const float* plane, std::ptrdiff_t columns, int h, int v, float* out, Extent out_size);
    void (*sharpen)(const float* plane, Extent size, int h, int v, float gain, std::ptrdiff_t first_row, float* out,
                    std::ptrdiff_t out_rows);
    void (*color_loss_8)(const std::uint8_t* pixels, Extent pixel_size, std::ptrdiff_t first_row, float* work,
                         float* out, Extent out_size);
    void (*color_loss_16)(const std::uint16_t* pixels, Extent pixel_size, std::ptrdiff_t first_row, float* work,
                          float* out, Extent out_size);
    void (*forward_dct)(const float* plane, Extent plane_size, std::int16_t* blocks);
    void (*ac_strengths)(const std::int16_t* blocks, std::ptrdiff_t count, float* every, float* coarse, float* fine);
    void (*quantize)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* zero_threshold);
    void (*quantize_per_block)(std::int16_t* blocks, std::ptrdiff_t count, const float* own_steps,
                               const std::uint8_t* table_index, const float* file_steps);
    void (*trellis)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, float lift, const float* run_size_bits, float end_of_block_bits,
                    int look_back);
    std::uint64_t (*tally_scan)(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                                std::uint32_t* histogram);
    RecordedScan (*record_scan)(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                                std::uint32_t* histogram, std::uint32_t* words);
    WrittenBits (*write_recorded)(const std::uint32_t* words, std::ptrdiff_t count, int slot_count, const Code* codes,
                                  std::uint8_t* bytes, std::uint64_t* restarts);
    ScanFailure (*decode_scan)(const DecodingScan& scan, std::ptrdiff_t first_row, std::int64_t last_mcu,
                               DecodingState& state);
    void (*inverse_dct)(const std::int16_t* blocks, std::ptrdiff_t row_stride, Extent size, const std::uint16_t* steps,
                        std::uint8_t* plane, std::ptrdiff_t plane_stride);
    void (*upsample_triangle)(SamplePlane plane, int h, int v, std::ptrdiff_t first_row, SamplePlane out);
    void (*upsample_replicate)(SamplePlane plane, int h, int h_max, int v, int v_max, std::ptrdiff_t first_row,
                               SamplePlane out);
    void (*ycbcr_to_rgb)(const SamplePlane (&planes)[kMaxComponents], Extent size, std::uint8_t* pixels);
    void (*interleave)(const SamplePlane (&planes)[kMaxComponents], int count, Extent size, std::uint8_t* pixels);
    void (*linear_light)(const std::uint8_t* pixels, Extent size, const float* table, float* linear);
    void (*halve)(const float* planes, Extent size, float* out);
    void (*linear_to_xyb)(float* planes, Extent size);
    void (*error_sums)(const float* first, const float* second, Extent size, int channel, const double* gaussian,
                       float* states, double* sums);
    void (*error_slopes)(const float* first, const float* second, Extent size, int channel, const float* blur_taps,
                         const ErrorPrices& prices, float* out);
    void (*xyb_to_linear_slopes)(const float* xyb, Extent size, float* slopes);
    void (*add_slopes_of_half)(const float* half, Extent size, float* slopes);
    void (*linear_to_sample_slopes)(const std::uint8_t* pixels, Extent size, const float* light_slopes, float* slopes);
    void (*area_means_8)(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, std::uint64_t* sums,
                         std::uint8_t* out, Extent out_size);
    void (*area_means_16)(const std::uint16_t* pixels, Extent size, std::ptrdiff_t channels, std::uint64_t* sums,
                          std::uint8_t* out, Extent out_size);
};

extern const KernelTable kBaselineKernels;
#if defined(FOVEAL_HAVE_AVX2)
extern const KernelTable kAvx2Kernels;
#endif

}  // namespace foveal
