// The table of kernels. This file is compiled once for each instruction set; FOVEAL_TABLE names the table that a build
// defines.
#include "kernel_table.hpp"

#include "area_means.hpp"
#include "color.hpp"
#include "color_loss.hpp"
#include "dct.hpp"
#include "deringing.hpp"
#include "entropy_coding.hpp"
#include "entropy_decoding.hpp"
#include "error_slopes.hpp"
#include "ground.hpp"
#include "idct.hpp"
#include "pixels.hpp"
#include "quantize.hpp"
#include "saturated.hpp"
#include "settle_dc.hpp"
#include "ssimulacra2.hpp"
#include "trellis.hpp"
#include "upsample.hpp"
#include "xyb.hpp"
#include "xyb_slopes.hpp"

namespace foveal {
namespace {

// Counts the symbols of MCU rows [first_row, last_row) and returns the bits that are not Huffman codes.
std::uint64_t tally_scan(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                         std::uint32_t* histogram) {
    return encode_scan(CountingSink{histogram, slot_count}, scan, first_row, last_row).raw_bits;
}

// Counts and records the symbols of MCU rows [first_row, last_row).
RecordedScan record_scan(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                         std::uint32_t* histogram, std::uint32_t* words) {
    const RecordingSink sink = encode_scan(RecordingSink{histogram, slot_count, words}, scan, first_row, last_row);
    return {sink.word_count, sink.raw_bits};
}

// Turns recorded words into bits.
WrittenBits write_recorded(const std::uint32_t* words, std::ptrdiff_t count, int slot_count, const Code* codes,
                           std::uint8_t* bytes, std::uint64_t* restarts) {
    BitWriter writer = write_words(BitWriter{bytes, restarts}, words, count, slot_count, codes);
    const std::uint64_t bit_count = writer.bit_count();
    writer.finish();
    return {writer.byte_count, bit_count, writer.restart_count};
}

}  // namespace

extern const KernelTable FOVEAL_TABLE = {
    FOVEAL_TABLE_NAME,
    rgb_to_ycbcr<rgb_row_to_ycbcr<std::uint8_t>, std::uint8_t>,
    rgb_to_ycbcr<rgb_row_to_whole_ycbcr, std::uint8_t>,
    rgb_to_ycbcr<rgb_row_to_ycbcr<std::uint16_t>, std::uint16_t>,
    grey_to_plane<std::uint8_t>,
    grey_to_plane<std::uint16_t>,
    downsample,
    sharpen,
    color_loss<std::uint8_t>,
    color_loss<std::uint16_t>,
    forward_dct,
    forward_dct_unrounded,
    ac_strengths,
    quantize,
    quantize_dead_zones,
    settle_dc,
    ground_parts,
    mark_saturated,
    dering,
    quantize_per_block,
    trellis,
    tally_scan,
    record_scan,
    write_recorded,
    decode_scan,
    inverse_dct,
    upsample_triangle,
    upsample_replicate,
    ycbcr_to_rgb,
    interleave,
    linear_light,
    halve,
    linear_to_xyb,
    error_sums,
    error_slopes,
    xyb_to_linear_slopes,
    add_slopes_of_half,
    linear_to_sample_slopes,
    area_means<std::uint8_t>,
    area_means<std::uint16_t>,
};

}  // namespace foveal
