// Bindings of the decoder's kernels; _kernels.pyi documents what they do.
//
// Each function checks that its arrays fit each other, releases the GIL and calls the kernel.
#include "bindings.hpp"
#include "block.hpp"
#include "kernel_table.hpp"
#include "lookup.hpp"  // this and unstuff.hpp do not depend on the instruction set and are used directly
#include "shapes.hpp"
#include "unstuff.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

namespace {

constexpr int kMaxSymbols = 256;  // symbols that a Huffman table may hold

// Returns the size of a file, in which the offset must lie.
std::ptrdiff_t checked_size(const nb::bytes& file, std::ptrdiff_t offset) {
    const auto size = static_cast<std::ptrdiff_t>(file.size());
    require(offset >= 0 && offset <= size, "offset outside the file");
    return size;
}

// Removes byte stuffing and markers: measures the scan, then fills arrays of the right size.
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
        restarts.reset(new std::int64_t[3 * recorded + 1]);  // one more, so that the array is never empty
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

// Constructs a DecodingTable in place.
void make_decoding_table(DecodingTable* table, const std::array<int, kMaxCodeBits>& bits, const nb::bytes& huffval) {
    int counts[kMaxCodeBits], sum = 0;
    for (int i = 0; i < kMaxCodeBits; ++i) {
        require(bits[i] >= 0 && bits[i] <= 256, "not a number of codes");
        sum += counts[i] = bits[i];
    }
    require(sum <= kMaxSymbols && static_cast<std::size_t>(sum) == huffval.size(), "not as many symbols as codes");
    new (table) DecodingTable;
    require(build_decoding_table(counts, static_cast<const std::uint8_t*>(huffval.data()), *table), "too many codes");
}

// Factors h and v, DC table and AC table of a component. A table that the scan does not use may be missing.
using DecodedComponent = std::tuple<int, int, const DecodingTable*, const DecodingTable*>;
using BitCounts = SampleArray<std::uint32_t>;

// A scan to decode, checked.
struct CheckedDecoding {
    foveal::DecodingScan scan{};
    std::ptrdiff_t mcu_rows = 0;

    CheckedDecoding(const std::vector<BlockGridOf<std::int16_t>>& grids,
                    const std::vector<DecodedComponent>& components, std::tuple<int, int, int, int> band,
                    std::ptrdiff_t restart_interval) {
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

// Checks that a state belongs to the rows and lies inside the data.
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
    foveal::DecodingState progress = state;  // a copy, as other threads may change the state while the GIL is released
    require_state(progress, data.size(), first_row * columns);
    foveal::ScanFailure failure;
    {
        nb::gil_scoped_release release;
        failure = kernels()->decode_scan(checked.scan, first_row, last_mcu, progress);
    }
    state = progress;
    return failure;
}

// Returns a plane that is not empty and whose rows are contiguous.
template <class T>
foveal::SamplePlane checked_plane(const SampleArray<T>& plane) {
    require(plane.shape(0) > 0 && plane.shape(1) > 0, "a plane is empty");
    require(plane.stride(1) == 1, "samples of a row must follow each other");
    return {const_cast<std::uint8_t*>(plane.data()), static_cast<std::ptrdiff_t>(plane.stride(0)), extent_of(plane)};
}

void inverse_dct(const BlockGrid& blocks, const Array<const std::uint16_t, nb::shape<kBlockSize>>& steps,
                 const SampleArray<std::uint8_t>& plane) {
    require(blocks.stride(2) == 1 && blocks.stride(1) == kBlockSize, "blocks of a row must follow each other");
    const foveal::SamplePlane out = checked_plane(plane);
    const foveal::Extent size = extent_of(blocks);
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

// Planes to convert to pixels, checked: each must cover the pixels.
struct CheckedPixels {
    foveal::SamplePlane planes[foveal::kMaxComponents]{};
    foveal::Extent size;

    CheckedPixels(const std::vector<SampleArray<const std::uint8_t>>& arrays,
                  const Array<std::uint8_t, nb::ndim<3>>& pixels)
        : size(extent_of(pixels)) {
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

}  // namespace

void foveal::bind_decoding(nb::module_& m) {
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
    m.def("inverse_dct", &inverse_dct, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(),
          nb::arg("plane").noconvert());
    m.def("upsample_triangle", &upsample_triangle, nb::arg("plane").noconvert(), nb::arg("h"), nb::arg("v"),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("upsample_replicate", &upsample_replicate, nb::arg("plane").noconvert(), nb::arg("across"), nb::arg("down"),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("ycbcr_to_rgb", &ycbcr_to_rgb, nb::arg("planes").noconvert(), nb::arg("pixels").noconvert());
    m.def("interleave", &interleave, nb::arg("planes").noconvert(), nb::arg("pixels").noconvert());
}
