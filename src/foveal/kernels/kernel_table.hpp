// The kernels as a table of functions, one table for each instruction set that kernel_table.cpp is compiled for.
// Callers guarantee the bounds; module.cpp is the only caller.
#pragma once

#include <cstddef>
#include <cstdint>

namespace foveal {

struct Extent {
    std::ptrdiff_t rows, columns;
};

struct Component {
    const std::int16_t* blocks;
    std::ptrdiff_t row_stride;
    int h_factor, v_factor, slot;
};

constexpr int kMaxComponents = 4;  // of a scan (T.81 B.2.3)

struct Scan {
    Component components[kMaxComponents];
    int component_count;
    std::ptrdiff_t mcu_columns;
    int spectral_start, spectral_end, approximation_high, approximation_low;
    std::ptrdiff_t restart_interval;
};

struct Code {
    std::uint32_t code, length;
};

struct WrittenBits {
    std::ptrdiff_t byte_count;
    std::uint64_t bit_count;
    std::ptrdiff_t restart_count;
};

struct KernelTable {
    const char* name;
    void (*rgb8_to_ycbcr)(const std::uint8_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
    void (*rgb16_to_ycbcr)(const std::uint16_t* pixels, Extent pixel_size, float* planes, Extent plane_size);
    void (*grey8_to_plane)(const std::uint8_t* pixels, Extent pixel_size, float* plane, Extent plane_size);
    void (*grey16_to_plane)(const std::uint16_t* pixels, Extent pixel_size, float* plane, Extent plane_size);
    void (*downsample)(const float* plane, std::ptrdiff_t columns, int h, int v, float* out, Extent out_size);
    void (*forward_dct)(const float* plane, Extent plane_size, std::int16_t* blocks);
    void (*quantize)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* zero_threshold);
    void (*quantize_per_block)(std::int16_t* blocks, std::ptrdiff_t count, const float* own_steps,
                           const std::uint8_t* table_index, const float* file_steps);
    void (*trellis)(std::int16_t* blocks, std::ptrdiff_t count, const float* steps, const float* distortion_weight,
                    const float* run_size_bits, float end_of_block_bits, int look_back);
    std::uint64_t (*tally_scan)(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                                std::uint32_t* histogram);
    WrittenBits (*write_scan)(const Scan& scan, std::ptrdiff_t first_row, std::ptrdiff_t last_row, int slot_count,
                              const Code* codes, std::uint8_t* bytes, std::uint64_t* restarts);
};

extern const KernelTable kBaselineKernels;
#if defined(FOVEAL_HAVE_AVX2)
extern const KernelTable kAvx2Kernels;
#endif

}  // namespace foveal
