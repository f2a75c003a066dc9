// Compiled once for each instruction set; FOVEAL_TABLE names the table that this build fills.
#include "kernel_table.hpp"

#include "area_means.hpp"
#include "color.hpp"
#include "dct.hpp"
#include "entropy_coding.hpp"
#include "entropy_decoding.hpp"
#include "error_slopes.hpp"
#include "idct.hpp"
#include "pixels.hpp"
#include "quantize.hpp"
#include "ssimulacra2.hpp"
#include "trellis.hpp"
#include "upsample.hpp"
#include "xyb.hpp"
#include "xyb_slopes.hpp"

namespace foveal {
namespace {

std::uint64_t tally_scan(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                         std::uint32_t* histogram) {
    CountingSink sink{histogram, slot_count};
    code_scan(sink, scan, first_row, last_row);
    return sink.raw_bits;
}

WrittenBits write_scan(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                       const Code* codes, std::uint8_t* bytes, std::uint64_t* restarts) {
    WritingSink sink{codes, slot_count, bytes, restarts};
    code_scan(sink, scan, first_row, last_row);
    const std::uint64_t bit_count = sink.bit_count();
    sink.finish();
    return {sink.byte_count, bit_count, sink.restart_count};
}

}  // namespace

extern const KernelTable FOVEAL_TABLE = {
    FOVEAL_TABLE_NAME,           rgb_to_ycbcr<std::uint8_t>,   rgb_to_ycbcr<std::uint16_t>,
    grey_to_plane<std::uint8_t>, grey_to_plane<std::uint16_t>, downsample,
    sharpen,                     forward_dct,                  ac_strength,
    quantize,                    quantize_per_block,
    trellis,                     tally_scan,                   write_scan,
    decode_scan,                 inverse_dct,                  upsample_triangle,
    upsample_replicate,          ycbcr_to_rgb,                 interleave,
    linear_light,                halve,                        linear_to_xyb,
    error_sums,                  error_slopes,                 xyb_to_linear_slopes,
    add_slopes_of_half,          linear_to_sample_slopes,      area_means<std::uint8_t>,
    area_means<std::uint16_t>,
};

}  // namespace foveal
