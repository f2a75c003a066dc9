// The kernels as a table of function pointers, one table for each instruction set that kernel_table.cpp is compiled
// for.
//
// The kernels check nothing: their callers, the bindings (bind_*.cpp), guarantee the bounds. The headers that define
// the kernels say what each argument is.
#pragma once

#include "shapes.hpp"

#include <cstddef>
#include <cstdint>

namespace foveal {

// The kernels of one instruction set.
struct KernelTable {
    const char* name;
    void (*rgb8_to_ycbcr)(const std::uint8_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
    void (*rgb8_to_whole_ycbcr)(const std::uint8_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
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
    void (*forward_dct_unrounded)(const float* plane, Extent plane_size, float* blocks);
    void (*ac_strengths)(const std::int16_t* blocks, std::ptrdiff_t count, float* every, float* coarse, float* fine);
    void (*quantize)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps);
    void (*quantize_dead_zones)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* widths,
                                const float* factors, const std::uint8_t* profile);
    void (*settle_dc)(std::int16_t* levels, std::ptrdiff_t count, const std::int16_t* dc, const std::uint8_t* is_marked,
                      float step);
    void (*ground_parts)(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, int width, int contrast,
                         std::uint8_t* out);
    void (*mark_saturated)(const std::uint8_t* pixels, Extent size, std::ptrdiff_t channels, std::uint8_t* out);
    void (*dering)(std::int16_t* blocks, std::ptrdiff_t count, const std::uint8_t* is_marked, const float* steps,
                   const float* widths);
    void (*quantize_per_block)(std::int16_t* blocks, std::ptrdiff_t count, const float* own_steps,
                               const std::uint8_t* table_index, const float* file_steps);
    void (*trellis)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* frequency_weights, const std::uint8_t* profile, float lift, const float* run_size_bits,
                    float end_of_block_bits, int look_back);
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
