// Python bindings: checks that the arrays fit each other, releases the GIL, calls the kernels of this machine.
#include "kernel_table.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace nb = nanobind;

// The parts that depend on no instruction set are used directly.
#include "bits.hpp"
#include "lookup.hpp"
#include "unstuff.hpp"

namespace {

using foveal::Code;
using foveal::KernelTable;
using foveal::Scan;

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;
template <class T>
using Pixels = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
using Planes = Array<float, nb::ndim<3>>;
using Blocks = Array<std::int16_t, nb::shape<-1, kBlockSize>>;
using Steps = Array<const float, nb::shape<kBlockSize>>;
// Rows of blocks may be part of a wider array; blocks of a row follow each other.
template <class T>
using BlockGridOf = nb::ndarray<T, nb::shape<-1, -1, kBlockSize>, nb::device::cpu>;
using BlockGrid = BlockGridOf<const std::int16_t>;
// Rows of a plane may be part of a wider array too.
template <class T>
using SampleArray = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;

// Bytes that a block can take at most: DC and 63 AC of 16 + 15 bits, an EOB run of 16 + 14. Levels are within
// +-32767, DC within +-16383 (jpeg/coefficients.py).
constexpr std::size_t kMaxBlockBytes = 256;

const KernelTable* const kAvailable[] = {
#if defined(FOVEAL_HAVE_AVX2)
    &foveal::kAvx2Kernels,
#endif
    &foveal::kBaselineKernels,
};

bool runs_here(const KernelTable* table) {
#if defined(FOVEAL_HAVE_AVX2)
    if (table == &foveal::kAvx2Kernels)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2");
#endif
    return table == &foveal::kBaselineKernels;
}

const KernelTable* fastest() {
    for (const KernelTable* table : kAvailable)
        if (runs_here(table)) return table;
    return &foveal::kBaselineKernels;
}

// Read by threads that do not hold the GIL.
std::atomic<const KernelTable*> chosen_kernels = fastest();

const KernelTable* kernels() { return chosen_kernels.load(std::memory_order_relaxed); }

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const KernelTable* table : kAvailable)
        if (runs_here(table)) names.emplace_back(table->name);
    return names;
}

void use_instruction_set(const std::string& name) {
    for (const KernelTable* table : kAvailable) {
        if (runs_here(table) && name == table->name) {
            chosen_kernels = table;
            return;
        }
    }
    throw std::invalid_argument("instruction set not available here: " + name);
}

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

foveal::Extent plane_extent(const Planes& planes) {
    return {static_cast<std::ptrdiff_t>(planes.shape(1)), static_cast<std::ptrdiff_t>(planes.shape(2))};
}

template <class T>
foveal::Extent checked_pixel_extent(const Pixels<T>& pixels, const Planes& planes) {
    const foveal::Extent pixel_size{static_cast<std::ptrdiff_t>(pixels.shape(0)),
                                    static_cast<std::ptrdiff_t>(pixels.shape(1))};
    const foveal::Extent plane_size = plane_extent(planes);
    require(pixel_size.rows > 0 && pixel_size.columns > 0, "pixels are empty");
    require(plane_size.rows >= pixel_size.rows && plane_size.columns >= pixel_size.columns,
            "planes are smaller than the pixels");
    return pixel_size;
}

template <class T, auto KernelTable::*Kernel>
void rgb_to_ycbcr(const Pixels<T>& pixels, const Planes& planes) {
    require(pixels.ndim() == 3 && pixels.shape(2) == 3, "pixels must be (height, width, 3)");
    require(planes.shape(0) == 3, "planes must be (3, rows, columns)");
    const foveal::Extent pixel_size = checked_pixel_extent(pixels, planes);
    nb::gil_scoped_release release;
    (kernels()->*Kernel)(pixels.data(), pixel_size, planes.data(), plane_extent(planes));
}

template <class T, auto KernelTable::*Kernel>
void grey_to_plane(const Pixels<T>& pixels, const Planes& planes) {
    require(pixels.ndim() == 2, "pixels must be (height, width)");
    require(planes.shape(0) == 1, "planes must be (1, rows, columns)");
    const foveal::Extent pixel_size = checked_pixel_extent(pixels, planes);
    nb::gil_scoped_release release;
    (kernels()->*Kernel)(pixels.data(), pixel_size, planes.data(), plane_extent(planes));
}

void downsample(const Array<const float, nb::ndim<2>>& plane, int h, int v, const Array<float, nb::ndim<2>>& out) {
    require((h == 1 || h == 2) && (v == 1 || v == 2) && h * v > 1, "factors must be 1 or 2, and not both 1");
    require(plane.shape(0) == out.shape(0) * static_cast<std::size_t>(v) &&
                plane.shape(1) == out.shape(1) * static_cast<std::size_t>(h),
            "out must be the plane's size divided by the factors");
    nb::gil_scoped_release release;
    kernels()->downsample(plane.data(), static_cast<std::ptrdiff_t>(plane.shape(1)), h, v, out.data(),
                        {static_cast<std::ptrdiff_t>(out.shape(0)), static_cast<std::ptrdiff_t>(out.shape(1))});
}

void forward_dct(const Array<const float, nb::ndim<2>>& plane,
                 const Array<std::int16_t, nb::shape<-1, -1, kBlockSize>>& blocks) {
    require(plane.shape(0) == blocks.shape(0) * kBlockSide && plane.shape(1) == blocks.shape(1) * kBlockSide,
            "blocks must cover the plane");
    nb::gil_scoped_release release;
    kernels()->forward_dct(plane.data(),
                         {static_cast<std::ptrdiff_t>(plane.shape(0)), static_cast<std::ptrdiff_t>(plane.shape(1))},
                         blocks.data());
}

void quantize(const Blocks& blocks, const Steps& steps, const Array<const float, nb::ndim<1>>& zero_threshold) {
    require(zero_threshold.shape(0) == blocks.shape(0), "one zero threshold for each block");
    nb::gil_scoped_release release;
    kernels()->quantize(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), steps.data(),
                      zero_threshold.data());
}

void quantize_per_block(const Blocks& blocks, const Array<const float, nb::shape<-1, kBlockSize>>& own_steps,
                    const Array<const std::uint8_t, nb::ndim<1>>& table_index, const Steps& file_steps) {
    require(table_index.shape(0) == blocks.shape(0), "one table index for each block");
    for (std::size_t n = 0; n < table_index.shape(0); ++n)
        require(table_index.data()[n] < own_steps.shape(0), "table index out of range");
    nb::gil_scoped_release release;
    kernels()->quantize_per_block(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), own_steps.data(),
                            table_index.data(), file_steps.data());
}

void trellis(const Blocks& blocks, const Steps& steps, const Array<const float, nb::ndim<1>>& distortion_weight,
             const Array<const float, nb::shape<11, 63>>& run_size_bits, float end_of_block_bits, int look_back) {
    require(distortion_weight.shape(0) == blocks.shape(0), "one distortion weight for each block");
    require(look_back >= 1, "look_back must be at least 1");
    nb::gil_scoped_release release;
    kernels()->trellis(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), steps.data(),
                     distortion_weight.data(), run_size_bits.data(), end_of_block_bits, look_back);
}

// Rows and columns of MCUs in a grid of blocks.
template <class T>
foveal::Extent checked_mcus(const BlockGridOf<T>& grid, int h, int v) {
    require(h >= 1 && h <= 4 && v >= 1 && v <= 4, "factors must be 1 to 4");
    require(grid.stride(2) == 1 && grid.stride(1) == kBlockSize, "blocks of a row must follow each other");
    const auto rows = static_cast<std::ptrdiff_t>(grid.shape(0)) / v;
    const auto columns = static_cast<std::ptrdiff_t>(grid.shape(1)) / h;
    require(rows * v == static_cast<std::ptrdiff_t>(grid.shape(0)) &&
                columns * h == static_cast<std::ptrdiff_t>(grid.shape(1)) && rows > 0 && columns > 0,
            "a component must be whole MCUs");
    return {rows, columns};
}

void require_band(std::tuple<int, int, int, int> band, std::size_t component_count) {
    const auto [first, last, high, low] = band;
    const bool sequential = first == 0 && last == kBlockSize - 1;
    const bool dc = first == 0 && last == 0;
    const bool ac = first > 0 && first <= last && last < kBlockSize && component_count == 1;
    require(sequential || dc || ac, "not a spectral band of a scan");
    require(low >= 0 && low <= 13 && high >= 0, "not a point transform");
    require(!sequential || (low == 0 && high == 0), "a sequential scan has no point transform");
}

// What a scan to be written and one to be read have in common.
template <class Level>
struct CheckedLayout {
    foveal::ScanOf<Level>& scan;
    std::ptrdiff_t mcu_rows = 0;

    CheckedLayout(foveal::ScanOf<Level>& target, std::tuple<int, int, int, int> band, std::size_t component_count,
                  std::ptrdiff_t restart_interval)
        : scan(target) {
        require(component_count >= 1 && component_count <= foveal::kMaxComponents, "a scan has 1 to 4 components");
        require_band(band, component_count);
        require(restart_interval >= 0, "restart_interval must not be negative");
        std::tie(scan.spectral_start, scan.spectral_end, scan.approximation_high, scan.approximation_low) = band;
        scan.restart_interval = restart_interval;
    }

    void add_component(const BlockGridOf<Level>& grid, int h, int v, int slot) {
        const foveal::Extent mcus = checked_mcus(grid, h, v);
        require(scan.component_count == 0 || (mcus.rows == mcu_rows && mcus.columns == scan.mcu_columns),
                "components differ in MCUs");
        mcu_rows = mcus.rows;
        scan.mcu_columns = mcus.columns;
        scan.components[scan.component_count++] = {grid.data(), static_cast<std::ptrdiff_t>(grid.stride(0)), h, v,
                                                   slot};
    }
};

// A scan as Python describes it: grids[c] with its factors (h, v, slot), band (Ss, Se, Ah, Al).
struct CheckedScan {
    Scan scan{};
    std::ptrdiff_t mcu_rows = 0;
    std::size_t mcu_blocks = 0;

    CheckedScan(const std::vector<BlockGrid>& grids, const std::vector<std::tuple<int, int, int>>& factors,
                std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval, int slot_count) {
        require(grids.size() == factors.size(), "factors for each grid are needed");
        CheckedLayout<const std::int16_t> layout(scan, band, grids.size(), restart_interval);
        for (std::size_t c = 0; c < grids.size(); ++c) {
            const auto [h, v, slot] = factors[c];
            require(slot >= 0 && slot < slot_count, "no such table slot");
            layout.add_component(grids[c], h, v, slot);
            mcu_blocks += static_cast<std::size_t>(h * v);
        }
        mcu_rows = layout.mcu_rows;
    }

    void require_rows(std::ptrdiff_t first, std::ptrdiff_t last) const {
        require(0 <= first && first <= last && last <= mcu_rows, "rows outside the scan");
    }
};

std::uint64_t tally_scan(const std::vector<BlockGrid>& grids, const std::vector<std::tuple<int, int, int>>& factors,
                         std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval,
                         std::ptrdiff_t first_row, std::ptrdiff_t last_row,
                         const Array<std::uint32_t, nb::shape<2, -1, kSymbolCount>>& histogram) {
    const int slot_count = static_cast<int>(histogram.shape(1));
    const CheckedScan checked(grids, factors, band, restart_interval, slot_count);
    checked.require_rows(first_row, last_row);
    nb::gil_scoped_release release;
    return kernels()->tally_scan(checked.scan, first_row, last_row, slot_count, histogram.data());
}

nb::tuple write_scan(const std::vector<BlockGrid>& grids, const std::vector<std::tuple<int, int, int>>& factors,
                     std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval, std::ptrdiff_t first_row,
                     std::ptrdiff_t last_row, const Array<const std::uint32_t, nb::shape<2, -1, kSymbolCount, 2>>& codes) {
    const int slot_count = static_cast<int>(codes.shape(1));
    const CheckedScan checked(grids, factors, band, restart_interval, slot_count);
    checked.require_rows(first_row, last_row);
    for (std::size_t i = 0; i < codes.size(); i += 2)
        require(codes.data()[i + 1] <= 16 && codes.data()[i] >> codes.data()[i + 1] == 0, "not a Huffman code");

    const auto mcu_count = static_cast<std::size_t>((last_row - first_row) * checked.scan.mcu_columns);
    const std::size_t capacity = mcu_count * checked.mcu_blocks * kMaxBlockBytes + 16;
    std::unique_ptr<std::uint8_t[]> bytes;
    std::vector<std::uint64_t> restarts;
    foveal::WrittenBits written;
    {
        nb::gil_scoped_release release;
        bytes.reset(new std::uint8_t[capacity]);  // not zeroed: most of it is never touched
        restarts.resize(restart_interval == 0 ? 0 : mcu_count / static_cast<std::size_t>(restart_interval) + 1);
        written = kernels()->write_scan(checked.scan, first_row, last_row, slot_count,
                                      reinterpret_cast<const Code*>(codes.data()), bytes.get(), restarts.data());
    }
    nb::list positions;
    for (std::ptrdiff_t i = 0; i < written.restart_count; ++i) positions.append(restarts[static_cast<std::size_t>(i)]);
    return nb::make_tuple(nb::bytes(bytes.get(), static_cast<std::size_t>(written.byte_count)), written.bit_count,
                          positions);
}

nb::bytes join_strips(const std::vector<std::tuple<nb::bytes, std::uint64_t, std::vector<std::uint64_t>>>& strips) {
    std::size_t capacity = 8;
    std::vector<const std::uint8_t*> data;
    for (const auto& [bytes, bit_count, restarts] : strips) {
        data.push_back(static_cast<const std::uint8_t*>(bytes.data()));
        require(bit_count <= 8 * bytes.size(), "more bits than bytes");
        std::uint64_t previous = 0;
        for (const std::uint64_t position : restarts) {
            require(previous <= position && position <= bit_count, "restart outside its strip");
            previous = position;
        }
        capacity += 2 * bytes.size() + 4 * (restarts.size() + 1);
    }
    std::unique_ptr<std::uint8_t[]> out;
    ScanBytes scan_bytes{};
    {
        nb::gil_scoped_release release;
        out.reset(new std::uint8_t[capacity]);
        scan_bytes.bytes = out.get();
        for (std::size_t i = 0; i < strips.size(); ++i) {
            std::uint64_t first = 0;
            for (const std::uint64_t position : std::get<2>(strips[i])) {
                append_bits(scan_bytes, data[i], first, position);
                scan_bytes.restart_marker();
                first = position;
            }
            append_bits(scan_bytes, data[i], first, std::get<1>(strips[i]));
        }
        scan_bytes.align();
    }
    return nb::bytes(out.get(), static_cast<std::size_t>(scan_bytes.byte_count));
}

template <class T>
nb::ndarray<nb::numpy, T> owned_array(std::unique_ptr<T[]> values, std::initializer_list<std::size_t> shape) {
    T* const data = values.release();
    const nb::capsule owner(data, [](void* pointer) noexcept { delete[] static_cast<T*>(pointer); });
    return nb::ndarray<nb::numpy, T>(data, shape, owner);
}

std::ptrdiff_t checked_size(const nb::bytes& file, std::ptrdiff_t offset) {
    const auto size = static_cast<std::ptrdiff_t>(file.size());
    require(offset >= 0 && offset <= size, "offset outside the file");
    return size;
}

nb::tuple unstuff_scan(const nb::bytes& file, std::ptrdiff_t offset, std::size_t max_restarts) {
    const auto* bytes = static_cast<const std::uint8_t*>(file.data());
    const std::ptrdiff_t size = checked_size(file, offset);
    ScanExtent extent;
    std::size_t recorded;
    std::unique_ptr<std::uint8_t[]> data;
    std::unique_ptr<std::int64_t[]> restarts;
    {
        nb::gil_scoped_release release;
        extent = measure_scan(bytes, size, offset);
        recorded = std::min(extent.restart_count, max_restarts);
        data.reset(new std::uint8_t[extent.data_bytes + foveal::kScanPadding]);
        restarts.reset(new std::int64_t[3 * recorded + 1]);  // never empty: what it points to must be ours
        unstuff(bytes, size, offset, data.get(), restarts.get(), recorded);
    }
    return nb::make_tuple(owned_array(std::move(data), {extent.data_bytes + foveal::kScanPadding}),
                          owned_array(std::move(restarts), {recorded, 3}), extent.restart_count, extent.end);
}

std::ptrdiff_t find_stuffed_offset(const nb::bytes& file, std::ptrdiff_t offset, std::ptrdiff_t position) {
    const std::ptrdiff_t size = checked_size(file, offset);
    nb::gil_scoped_release release;
    return stuffed_offset(static_cast<const std::uint8_t*>(file.data()), size, offset, position);
}

void make_decoding_table(DecodingTable* table, const std::array<int, kMaxCodeBits>& bits, const nb::bytes& huffval) {
    int counts[kMaxCodeBits], sum = 0;
    for (int i = 0; i < kMaxCodeBits; ++i) {
        require(bits[i] >= 0 && bits[i] <= 256, "not a number of codes");
        sum += counts[i] = bits[i];
    }
    require(sum <= kSymbolCount && static_cast<std::size_t>(sum) == huffval.size(), "not as many symbols as codes");
    new (table) DecodingTable;
    require(build_decoding_table(counts, static_cast<const std::uint8_t*>(huffval.data()), *table), "too many codes");
}

// h and v factor, DC table, AC table; a scan of one kind of coefficients has no use for the other table.
using DecodedComponent = std::tuple<int, int, const DecodingTable*, const DecodingTable*>;
using BitCounts = SampleArray<std::uint32_t>;

struct CheckedDecoding {
    foveal::DecodingScan scan{};
    std::ptrdiff_t mcu_rows = 0;

    CheckedDecoding(const std::vector<BlockGridOf<std::int16_t>>& grids, const std::vector<DecodedComponent>& components,
                    std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval) {
        require(grids.size() == components.size(), "a component for each grid is needed");
        CheckedLayout<std::int16_t> layout(scan, band, grids.size(), restart_interval);
        const bool needs_dc = scan.spectral_start == 0 && scan.approximation_high == 0;
        for (std::size_t c = 0; c < grids.size(); ++c) {
            const auto [h, v, dc_table, ac_table] = components[c];
            require((dc_table || !needs_dc) && (ac_table || scan.spectral_end == 0), "a Huffman table is missing");
            layout.add_component(grids[c], h, v, 0);
            scan.dc_tables[c] = dc_table;
            scan.ac_tables[c] = ac_table;
        }
        mcu_rows = layout.mcu_rows;
    }

    void set_block_bits(const std::vector<BlockGridOf<std::int16_t>>& grids, const std::vector<BitCounts>& block_bits) {
        require(block_bits.empty() || block_bits.size() == grids.size(), "bits of all components or none");
        for (std::size_t c = 0; c < block_bits.size(); ++c) {
            const BitCounts& bits = block_bits[c];
            require(bits.shape(0) == grids[c].shape(0) && bits.shape(1) == grids[c].shape(1) && bits.stride(1) == 1 &&
                        bits.stride(0) * kBlockSize == grids[c].stride(0),
                    "bits must be laid out like the blocks");
            scan.block_bits[c] = bits.data();
        }
    }

    void set_data(const Array<const std::uint8_t, nb::ndim<1>>& data,
                  const Array<const std::int64_t, nb::shape<-1, 2>>& intervals, std::int64_t last_mcu) {
        const auto size = static_cast<std::int64_t>(data.size()) - foveal::kScanPadding;
        const std::int64_t needed = scan.restart_interval == 0 ? 1 : (last_mcu - 1) / scan.restart_interval + 1;
        require(static_cast<std::int64_t>(intervals.shape(0)) >= needed, "an interval for each restart is needed");
        scan.data = data.data();
        scan.data_bytes = size;
        scan.intervals = intervals.data();
    }
};

void require_state(const foveal::DecodingState& state, std::size_t data_bytes, std::int64_t first_mcu) {
    require(state.mcu >= first_mcu && state.eob_run >= 0 && state.unused_bytes >= 0, "not a state of these rows");
    require(data_bytes >= foveal::kScanPadding && state.bit_position >= 0 &&
                state.bit_position <= 8 * (static_cast<std::int64_t>(data_bytes) - foveal::kScanPadding),
            "bit position outside the data");
}

foveal::ScanFailure decode_scan(const Array<const std::uint8_t, nb::ndim<1>>& data,
                                const Array<const std::int64_t, nb::shape<-1, 2>>& intervals,
                                std::ptrdiff_t restart_interval, std::tuple<int, int, int, int> band,
                                const std::vector<DecodedComponent>& components,
                                const std::vector<BlockGridOf<std::int16_t>>& grids, std::ptrdiff_t first_row,
                                foveal::DecodingState& state, const std::vector<BitCounts>& block_bits) {
    CheckedDecoding checked(grids, components, band, restart_interval);
    checked.set_block_bits(grids, block_bits);
    require(first_row >= 0 && first_row <= 1 << 16, "first_row outside a picture");
    const std::int64_t columns = checked.scan.mcu_columns, last_mcu = (first_row + checked.mcu_rows) * columns;
    checked.set_data(data, intervals, last_mcu);
    foveal::DecodingState progress = state;  // nobody else can change this one
    require_state(progress, data.size(), first_row * columns);
    foveal::ScanFailure failure;
    {
        nb::gil_scoped_release release;
        failure = kernels()->decode_scan(checked.scan, first_row, last_mcu, progress);
    }
    state = progress;
    return failure;
}

template <class T>
foveal::SamplePlane checked_plane(const SampleArray<T>& plane) {
    require(plane.shape(0) > 0 && plane.shape(1) > 0, "a plane is empty");
    require(plane.stride(1) == 1, "samples of a row must follow each other");
    return {const_cast<std::uint8_t*>(plane.data()), static_cast<std::ptrdiff_t>(plane.stride(0)),
            {static_cast<std::ptrdiff_t>(plane.shape(0)), static_cast<std::ptrdiff_t>(plane.shape(1))}};
}

void inverse_dct(const BlockGrid& blocks, const Array<const std::uint16_t, nb::shape<kBlockSize>>& steps,
                 const SampleArray<std::uint8_t>& plane) {
    require(blocks.stride(2) == 1 && blocks.stride(1) == kBlockSize, "blocks of a row must follow each other");
    const foveal::SamplePlane out = checked_plane(plane);
    const foveal::Extent size{static_cast<std::ptrdiff_t>(blocks.shape(0)), static_cast<std::ptrdiff_t>(blocks.shape(1))};
    require(out.size.rows == size.rows * kBlockSide && out.size.columns == size.columns * kBlockSide,
            "the plane must cover the blocks");
    nb::gil_scoped_release release;
    kernels()->inverse_dct(blocks.data(), static_cast<std::ptrdiff_t>(blocks.stride(0)), size, steps.data(),
                           out.samples, out.stride);
}

void upsample_triangle(const SampleArray<const std::uint8_t>& plane, int h, int v, std::ptrdiff_t first_row,
                       const SampleArray<std::uint8_t>& out) {
    require((h == 1 || h == 2) && (v == 1 || v == 2) && h * v > 1, "factors must be 1 or 2, and not both 1");
    const foveal::SamplePlane source = checked_plane(plane), target = checked_plane(out);
    require(first_row >= 0 && first_row <= v * source.size.rows - target.size.rows, "rows outside the plane");
    require(target.size.columns == h * source.size.columns, "out must be h times as wide as the plane");
    nb::gil_scoped_release release;
    kernels()->upsample_triangle(source, h, v, first_row, target);
}

void upsample_replicate(const SampleArray<const std::uint8_t>& plane, std::tuple<int, int> across,
                        std::tuple<int, int> down, std::ptrdiff_t first_row, const SampleArray<std::uint8_t>& out) {
    const auto [h, h_max] = across;
    const auto [v, v_max] = down;
    require(1 <= h && h <= h_max && h_max <= 4 && 1 <= v && v <= v_max && v_max <= 4, "factors must be 1 to 4");
    require(first_row >= 0 && first_row <= 1 << 16, "first_row outside a picture");
    const foveal::SamplePlane source = checked_plane(plane), target = checked_plane(out);
    nb::gil_scoped_release release;
    kernels()->upsample_replicate(source, h, h_max, v, v_max, first_row, target);
}

struct CheckedPixels {
    foveal::SamplePlane planes[foveal::kMaxComponents]{};
    foveal::Extent size;

    CheckedPixels(const std::vector<SampleArray<const std::uint8_t>>& arrays,
                  const Array<std::uint8_t, nb::ndim<3>>& pixels)
        : size{static_cast<std::ptrdiff_t>(pixels.shape(0)), static_cast<std::ptrdiff_t>(pixels.shape(1))} {
        require(!arrays.empty() && arrays.size() <= foveal::kMaxComponents && arrays.size() == pixels.shape(2),
                "a plane for each channel is needed");
        for (std::size_t c = 0; c < arrays.size(); ++c) {
            planes[c] = checked_plane(arrays[c]);
            require(planes[c].size.rows >= size.rows && planes[c].size.columns >= size.columns,
                    "planes are smaller than the pixels");
        }
    }
};

void ycbcr_to_rgb(const std::vector<SampleArray<const std::uint8_t>>& planes,
                  const Array<std::uint8_t, nb::ndim<3>>& pixels) {
    require(planes.size() == 3, "planes must be Y, Cb, Cr");
    const CheckedPixels checked(planes, pixels);
    nb::gil_scoped_release release;
    kernels()->ycbcr_to_rgb(checked.planes, checked.size, pixels.data());
}

void interleave(const std::vector<SampleArray<const std::uint8_t>>& planes,
                const Array<std::uint8_t, nb::ndim<3>>& pixels) {
    const CheckedPixels checked(planes, pixels);
    nb::gil_scoped_release release;
    kernels()->interleave(checked.planes, static_cast<int>(planes.size()), checked.size, pixels.data());
}

// Planes of the metrics: (rows, 3, columns).
template <class T>
using RowPlanes = Array<T, nb::shape<-1, 3, -1>>;

template <class T>
foveal::Extent checked_row_planes(const RowPlanes<T>& planes) {
    const foveal::Extent size{static_cast<std::ptrdiff_t>(planes.shape(0)), static_cast<std::ptrdiff_t>(planes.shape(2))};
    require(size.rows > 0 && size.columns > 0, "planes are empty");
    return size;
}

void linear_light(const Array<const std::uint8_t, nb::shape<-1, -1, 3>>& pixels,
                  const Array<const float, nb::shape<256>>& table, const RowPlanes<float>& linear) {
    const foveal::Extent size = checked_row_planes(linear);
    require(pixels.shape(0) == linear.shape(0) && pixels.shape(1) == linear.shape(2), "planes must be as large as the pixels");
    nb::gil_scoped_release release;
    kernels()->linear_light(pixels.data(), size, table.data(), linear.data());
}

void halve(const RowPlanes<const float>& planes, const RowPlanes<float>& out) {
    const foveal::Extent size = checked_row_planes(planes), half = checked_row_planes(out);
    require(half.rows == (size.rows + 1) / 2 && half.columns == (size.columns + 1) / 2,
            "out must be half as large, rounded up");
    nb::gil_scoped_release release;
    kernels()->halve(planes.data(), size, out.data());
}

void linear_to_xyb(const RowPlanes<float>& planes) {
    const foveal::Extent size = checked_row_planes(planes);
    nb::gil_scoped_release release;
    kernels()->linear_to_xyb(planes.data(), size);
}

void error_sums(const RowPlanes<const float>& first, const RowPlanes<const float>& second, int channel,
                const Array<const double, nb::shape<3, 2>>& gaussian,
                const Array<double, nb::shape<foveal::kErrorSums>>& sums) {
    const foveal::Extent size = checked_row_planes(first), other = checked_row_planes(second);
    require(size.rows == other.rows && size.columns == other.columns, "planes differ in size");
    require(0 <= channel && channel < 3, "channel must be 0 to 2");
    nb::gil_scoped_release release;
    std::vector<float> states(foveal::kPairStateFloats * (first.shape(0) + 1) / 2);
    kernels()->error_sums(first.data(), second.data(), size, channel, gaussian.data(), states.data(), sums.data());
}

}  // namespace

NB_MODULE(_kernels, m) {
    m.def("instruction_sets", &instruction_sets);
    m.def("use_instruction_set", &use_instruction_set, nb::arg("name"));
    m.def("rgb_to_ycbcr", &rgb_to_ycbcr<std::uint8_t, &KernelTable::rgb8_to_ycbcr>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("rgb_to_ycbcr", &rgb_to_ycbcr<std::uint16_t, &KernelTable::rgb16_to_ycbcr>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("grey_to_plane", &grey_to_plane<std::uint8_t, &KernelTable::grey8_to_plane>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("grey_to_plane", &grey_to_plane<std::uint16_t, &KernelTable::grey16_to_plane>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("downsample", &downsample, nb::arg("plane").noconvert(), nb::arg("h"), nb::arg("v"), nb::arg("out").noconvert());
    m.def("forward_dct", &forward_dct, nb::arg("plane").noconvert(), nb::arg("blocks").noconvert());
    m.def("quantize", &quantize, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(), nb::arg("zero_threshold").noconvert());
    m.def("quantize_per_block", &quantize_per_block, nb::arg("blocks").noconvert(), nb::arg("own_steps").noconvert(),
          nb::arg("table_index").noconvert(), nb::arg("file_steps").noconvert());
    m.def("trellis", &trellis, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(), nb::arg("distortion_weight").noconvert(),
          nb::arg("run_size_bits").noconvert(), nb::arg("end_of_block_bits"), nb::arg("look_back"));
    m.def("tally_scan", &tally_scan, nb::arg("grids").noconvert(), nb::arg("factors"), nb::arg("band"),
          nb::arg("restart_interval"), nb::arg("first_row"), nb::arg("last_row"), nb::arg("histogram").noconvert());
    m.def("write_scan", &write_scan, nb::arg("grids").noconvert(), nb::arg("factors"), nb::arg("band"),
          nb::arg("restart_interval"), nb::arg("first_row"), nb::arg("last_row"), nb::arg("codes").noconvert());
    m.def("join_strips", &join_strips, nb::arg("strips"));
    nb::class_<DecodingTable>(m, "DecodingTable")
        .def("__init__", &make_decoding_table, nb::arg("bits"), nb::arg("huffval"));
    nb::class_<foveal::DecodingState>(m, "DecodingState")
        .def(nb::init<>())
        .def_rw("mcu", &foveal::DecodingState::mcu)
        .def_rw("bit_position", &foveal::DecodingState::bit_position)
        .def_rw("eob_run", &foveal::DecodingState::eob_run)
        .def_rw("unused_bytes", &foveal::DecodingState::unused_bytes);
    nb::enum_<foveal::ScanFailure>(m, "ScanFailure")
        .value("NONE", foveal::ScanFailure::none)
        .value("NO_CODE", foveal::ScanFailure::no_code)
        .value("OUT_OF_RANGE", foveal::ScanFailure::out_of_range)
        .value("BEYOND_BLOCK", foveal::ScanFailure::beyond_block)
        .value("OUT_OF_DATA", foveal::ScanFailure::out_of_data)
        .value("NO_INTERVAL", foveal::ScanFailure::no_interval);
    m.def("unstuff_scan", &unstuff_scan, nb::arg("file"), nb::arg("offset"), nb::arg("max_restarts"));
    m.def("stuffed_offset", &find_stuffed_offset, nb::arg("file"), nb::arg("offset"), nb::arg("position"));
    m.def("decode_scan", &decode_scan, nb::arg("data").noconvert(), nb::arg("intervals").noconvert(),
          nb::arg("restart_interval"), nb::arg("band"), nb::arg("components"), nb::arg("grids").noconvert(),
          nb::arg("first_row"), nb::arg("state"), nb::arg("block_bits").noconvert());
    m.def("inverse_dct", &inverse_dct, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(), nb::arg("plane").noconvert());
    m.def("upsample_triangle", &upsample_triangle, nb::arg("plane").noconvert(), nb::arg("h"), nb::arg("v"),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("upsample_replicate", &upsample_replicate, nb::arg("plane").noconvert(), nb::arg("across"), nb::arg("down"),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("ycbcr_to_rgb", &ycbcr_to_rgb, nb::arg("planes").noconvert(), nb::arg("pixels").noconvert());
    m.def("interleave", &interleave, nb::arg("planes").noconvert(), nb::arg("pixels").noconvert());
    m.def("linear_light", &linear_light, nb::arg("pixels").noconvert(), nb::arg("table").noconvert(),
          nb::arg("linear").noconvert());
    m.def("halve", &halve, nb::arg("planes").noconvert(), nb::arg("out").noconvert());
    m.def("linear_to_xyb", &linear_to_xyb, nb::arg("planes").noconvert());
    m.def("error_sums", &error_sums, nb::arg("first").noconvert(), nb::arg("second").noconvert(), nb::arg("channel"),
          nb::arg("gaussian").noconvert(), nb::arg("sums").noconvert());
}
