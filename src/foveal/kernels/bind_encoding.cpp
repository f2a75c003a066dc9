// Bindings of the encoder's kernels; _kernels.pyi documents what they do.
//
// Each function checks that its arrays fit each other, releases the GIL and calls the kernel.
#include "bindings.hpp"
#include "bits.hpp"  // ScanBytes does not depend on the instruction set and is used directly
#include "block.hpp"
#include "kernel_table.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using foveal::Code;
using foveal::Scan;

// Upper bound of the words recorded for a block: a symbol or a correction bit for each coefficient, 3 ZRL, an EOB, the
// end of an EOB run, a restart marker.
constexpr std::size_t kMaxBlockWords = 72;
constexpr std::size_t kMaxWordBytes = 4;  // a code of 16 bits and 15 additional bits
constexpr int kMaxSlots = 4;              // Huffman table destinations (T.81 B.2.4.2); symbol indices of 4 fit a word

// Returns the size of each of the planes.
foveal::Extent plane_extent(const Planes& planes) {
    return {static_cast<std::ptrdiff_t>(planes.shape(1)), static_cast<std::ptrdiff_t>(planes.shape(2))};
}

// Returns the size of the pixels, which the planes must cover.
template <class T>
foveal::Extent checked_pixel_extent(const Pixels<T>& pixels, const Planes& planes) {
    const foveal::Extent pixel_size = extent_of(pixels), plane_size = plane_extent(planes);
    require(pixel_size.rows > 0 && pixel_size.columns > 0, "pixels are empty");
    require(plane_size.rows >= pixel_size.rows && plane_size.columns >= pixel_size.columns,
            "planes are smaller than the pixels");
    return pixel_size;
}

template <class T, auto KernelTable::* Kernel>
void rgb_to_ycbcr(const Pixels<T>& pixels, const Planes& planes) {
    require(pixels.ndim() == 3 && pixels.shape(2) == 3, "pixels must be (height, width, 3)");
    require(planes.shape(0) == 3, "planes must be (3, rows, columns)");
    const foveal::Extent pixel_size = checked_pixel_extent(pixels, planes);
    nb::gil_scoped_release release;
    (kernels()->*Kernel)(pixels.data(), pixel_size, planes.data(), plane_extent(planes));
}

template <class T, auto KernelTable::* Kernel>
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
    kernels()->downsample(plane.data(), extent_of(plane).columns, h, v, out.data(), extent_of(out));
}

void sharpen(const Array<const float, nb::ndim<2>>& plane, int h, int v, float gain, std::ptrdiff_t first_row,
             const Array<float, nb::ndim<2>>& out) {
    require((h == 1 || h == 2) && (v == 1 || v == 2), "factors must be 1 or 2");
    require(plane.shape(1) > 0 && plane.shape(1) == out.shape(1), "out must be as wide as the plane");
    require(first_row >= 0 && static_cast<std::size_t>(first_row) + out.shape(0) <= plane.shape(0),
            "out must be rows of the plane");
    nb::gil_scoped_release release;
    kernels()->sharpen(plane.data(), extent_of(plane), h, v, gain, first_row, out.data(), extent_of(out).rows);
}

template <class T, auto KernelTable::* Kernel>
void color_loss(const Pixels<T>& pixels, std::ptrdiff_t first_row, const Planes& out) {
    require(pixels.ndim() == 3 && pixels.shape(2) == 3 && pixels.size() > 0, "pixels must be (height, width, 3)");
    require(out.shape(0) == 2, "out must be (2, block rows, block columns)");
    const foveal::Extent pixel_size = extent_of(pixels);
    const foveal::Extent out_size = plane_extent(out), grid{(pixel_size.rows + kBlockSide - 1) / kBlockSide,
                                                            (pixel_size.columns + kBlockSide - 1) / kBlockSide};
    require(out_size.columns == grid.columns, "out must be as wide as the pixels");
    require(first_row >= 0 && out_size.rows <= grid.rows && first_row <= grid.rows - out_size.rows,
            "out must be rows of blocks of the pixels");
    nb::gil_scoped_release release;
    const std::ptrdiff_t row_floats = grid.columns * kBlockSide + foveal::kColorLossMargin;
    const std::unique_ptr<float[]> work(new float[static_cast<std::size_t>(foveal::kColorLossRows * row_floats)]);
    (kernels()->*Kernel)(pixels.data(), pixel_size, first_row, work.get(), out.data(), out_size);
}

template <class T, auto KernelTable::* Kernel>
void forward_dct(const Array<const float, nb::ndim<2>>& plane, const Array<T, nb::shape<-1, -1, kBlockSize>>& blocks) {
    require(plane.shape(0) == blocks.shape(0) * kBlockSide && plane.shape(1) == blocks.shape(1) * kBlockSide,
            "blocks must cover the plane");
    nb::gil_scoped_release release;
    (kernels()->*Kernel)(plane.data(), extent_of(plane), blocks.data());
}

void ac_strengths(const Array<const std::int16_t, nb::shape<-1, kBlockSize>>& blocks,
                  const Array<float, nb::ndim<1>>& every, const Array<float, nb::ndim<1>>& coarse,
                  const Array<float, nb::ndim<1>>& fine) {
    for (const auto* out : {&every, &coarse, &fine})
        require(out->shape(0) == blocks.shape(0), "three values for each block");
    nb::gil_scoped_release release;
    kernels()->ac_strengths(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), every.data(), coarse.data(),
                            fine.data());
}

void quantize(const Blocks& blocks, const Steps& steps) {
    nb::gil_scoped_release release;
    kernels()->quantize(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), steps.data());
}

// Checks the profile of each block, a row of the factors of all profiles.
void require_profiles(const Blocks& blocks, const Array<const std::uint8_t, nb::ndim<1>>& profile,
                      const Array<const float, nb::shape<-1, kBlockSize>>& factors) {
    require(profile.shape(0) == blocks.shape(0), "one profile for each block");
    for (std::size_t n = 0; n < profile.shape(0); ++n)
        require(profile.data()[n] < factors.shape(0), "profile out of range");
}

void quantize_dead_zones(const Blocks& blocks, const Steps& steps, const Array<const float, nb::ndim<1>>& widths,
                         const Array<const float, nb::shape<-1, kBlockSize>>& factors,
                         const Array<const std::uint8_t, nb::ndim<1>>& profile) {
    require(widths.shape(0) == blocks.shape(0), "one width for each block");
    require_profiles(blocks, profile, factors);
    nb::gil_scoped_release release;
    kernels()->quantize_dead_zones(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), steps.data(),
                                   widths.data(), factors.data(), profile.data());
}

void settle_dc(const Blocks& levels, const Array<const std::int16_t, nb::ndim<1>>& dc,
               const Array<const std::uint8_t, nb::ndim<1>>& is_marked, float step) {
    require(dc.shape(0) == levels.shape(0), "one DC coefficient for each block");
    require(is_marked.shape(0) == levels.shape(0), "one mark for each block");
    require(step > 0.0f, "the step must be above 0");
    nb::gil_scoped_release release;
    kernels()->settle_dc(levels.data(), static_cast<std::ptrdiff_t>(levels.shape(0)), dc.data(), is_marked.data(),
                         step);
}

// Checks arguments of a kernel that turns pixels into a value for each block; returns the number of channels.
std::ptrdiff_t check_block_values(const Pixels<std::uint8_t>& pixels, const Array<std::uint8_t, nb::ndim<2>>& out) {
    require(pixels.ndim() == 2 || pixels.ndim() == 3, "pixels must be (height, width) or (height, width, channels)");
    require(out.shape(0) == (pixels.shape(0) + kBlockSide - 1) / kBlockSide &&
                out.shape(1) == (pixels.shape(1) + kBlockSide - 1) / kBlockSide,
            "one value for each block");
    const std::ptrdiff_t channels = pixels.ndim() == 3 ? static_cast<std::ptrdiff_t>(pixels.shape(2)) : 1;
    require(channels == 1 || channels == 3, "pixels must be grey or RGB");
    return channels;
}

void ground_parts(const Pixels<std::uint8_t>& pixels, int width, int contrast,
                  const Array<std::uint8_t, nb::ndim<2>>& out) {
    const std::ptrdiff_t channels = check_block_values(pixels, out);
    require(width >= 0 && width <= 255, "the width of the ground must be 0 to 255 levels");
    require(contrast >= 0 && contrast <= 255, "the contrast of an edge must be 0 to 255 levels");
    const foveal::Extent size = extent_of(pixels);
    nb::gil_scoped_release release;
    kernels()->ground_parts(pixels.data(), size, channels, width, contrast, out.data());
}

void mark_saturated(const Pixels<std::uint8_t>& pixels, const Array<std::uint8_t, nb::ndim<2>>& out) {
    const std::ptrdiff_t channels = check_block_values(pixels, out);
    const foveal::Extent size = extent_of(pixels);
    nb::gil_scoped_release release;
    kernels()->mark_saturated(pixels.data(), size, channels, out.data());
}

void dering(const Blocks& blocks, const Array<const std::uint8_t, nb::ndim<1>>& is_marked, const Steps& steps,
            const Array<const float, nb::ndim<1>>& widths) {
    require(is_marked.shape(0) == blocks.shape(0), "one mark for each block");
    require(widths.shape(0) == blocks.shape(0), "one width for each block");
    for (std::size_t k = 0; k < kBlockSize; ++k) require(steps.data()[k] >= 1.0f, "steps must be 1/16 or more");
    nb::gil_scoped_release release;
    kernels()->dering(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), is_marked.data(), steps.data(),
                      widths.data());
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
             const Array<const float, nb::shape<-1, kBlockSize>>& frequency_weights,
             const Array<const std::uint8_t, nb::ndim<1>>& profile, float lift,
             const Array<const float, nb::shape<11, 63>>& run_size_bits, float end_of_block_bits, int look_back) {
    require(distortion_weight.shape(0) == blocks.shape(0), "one distortion weight for each block");
    require_profiles(blocks, profile, frequency_weights);
    require(look_back >= 1, "look_back must be at least 1");
    require(lift >= 0.0f && lift <= 0.5f, "lift must be 0 to 0.5");
    nb::gil_scoped_release release;
    kernels()->trellis(blocks.data(), static_cast<std::ptrdiff_t>(blocks.shape(0)), steps.data(),
                       distortion_weight.data(), frequency_weights.data(), profile.data(), lift, run_size_bits.data(),
                       end_of_block_bits, look_back);
}

// A scan to encode, checked. factors[c]: h, v and table slot of grids[c]; band: Ss, Se, Ah, Al.
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
                         std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval, std::ptrdiff_t first_row,
                         std::ptrdiff_t last_row,
                         const Array<std::uint32_t, nb::shape<2, -1, kSymbolCount>>& histogram) {
    const int slot_count = static_cast<int>(histogram.shape(1));
    const CheckedScan checked(grids, factors, band, restart_interval, slot_count);
    checked.require_rows(first_row, last_row);
    nb::gil_scoped_release release;
    return kernels()->tally_scan(checked.scan, first_row, last_row, slot_count, histogram.data());
}

nb::tuple record_scan(const std::vector<BlockGrid>& grids, const std::vector<std::tuple<int, int, int>>& factors,
                      std::tuple<int, int, int, int> band, std::ptrdiff_t restart_interval, std::ptrdiff_t first_row,
                      std::ptrdiff_t last_row, const Array<std::uint32_t, nb::shape<2, -1, kSymbolCount>>& histogram) {
    require(histogram.shape(1) <= kMaxSlots, "too many table slots");
    const int slot_count = static_cast<int>(histogram.shape(1));
    const CheckedScan checked(grids, factors, band, restart_interval, slot_count);
    checked.require_rows(first_row, last_row);
    const auto mcu_count = static_cast<std::size_t>((last_row - first_row) * checked.scan.mcu_columns);
    std::unique_ptr<std::uint32_t[]> words;
    foveal::RecordedScan recorded;
    {
        nb::gil_scoped_release release;
        // Not zeroed, because most of it is never used.
        const std::unique_ptr<std::uint32_t[]> room(
            new std::uint32_t[mcu_count * checked.mcu_blocks * kMaxBlockWords + 1]);
        recorded = kernels()->record_scan(checked.scan, first_row, last_row, slot_count, histogram.data(), room.get());
        words.reset(new std::uint32_t[static_cast<std::size_t>(recorded.word_count)]);
        std::copy_n(room.get(), recorded.word_count, words.get());
    }
    return nb::make_tuple(owned_array(std::move(words), {static_cast<std::size_t>(recorded.word_count)}),
                          recorded.raw_bits);
}

// Turns recorded words into bits. The words are checked first, because they index the codes.
nb::tuple write_recorded(const Array<const std::uint32_t, nb::ndim<1>>& words,
                         const Array<const std::uint32_t, nb::shape<2, -1, kSymbolCount, 2>>& codes) {
    require(codes.shape(1) <= kMaxSlots, "too many table slots");
    const int slot_count = static_cast<int>(codes.shape(1));
    for (std::size_t i = 0; i < codes.size(); i += 2)
        require(codes.data()[i + 1] <= 16 && codes.data()[i] >> codes.data()[i + 1] == 0, "not a Huffman code");
    const std::uint32_t* const first = words.data();
    const std::size_t count = words.size();
    const std::uint32_t last_index = static_cast<std::uint32_t>(restart_index(slot_count));
    std::unique_ptr<std::uint8_t[]> bytes;
    std::vector<std::uint64_t> restarts;
    std::uint32_t largest = 0;
    foveal::WrittenBits written{};
    {
        nb::gil_scoped_release release;
        std::size_t restart_count = 0;
        for (std::size_t i = 0; i < count; ++i) {
            largest = std::max(largest, first[i] >> kIndexShift);
            restart_count += first[i] >> kIndexShift == last_index;
        }
        if (largest <= last_index) {
            restarts.resize(restart_count);
            bytes.reset(new std::uint8_t[count * kMaxWordBytes + 16]);
            written =
                kernels()->write_recorded(first, static_cast<std::ptrdiff_t>(count), slot_count,
                                          reinterpret_cast<const Code*>(codes.data()), bytes.get(), restarts.data());
        }
    }
    require(largest <= last_index, "not recorded for these table slots");
    nb::list positions;
    for (const std::uint64_t position : restarts) positions.append(position);
    return nb::make_tuple(nb::bytes(bytes.get(), static_cast<std::size_t>(written.byte_count)), written.bit_count,
                          positions);
}

// Joins the bits of strips; each restart marker is preceded by padding up to the byte boundary.
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

}  // namespace

void foveal::bind_encoding(nb::module_& m) {
    m.def("rgb_to_ycbcr", &rgb_to_ycbcr<std::uint8_t, &KernelTable::rgb8_to_ycbcr>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("rgb_to_ycbcr", &rgb_to_ycbcr<std::uint16_t, &KernelTable::rgb16_to_ycbcr>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("rgb_to_whole_ycbcr", &rgb_to_ycbcr<std::uint8_t, &KernelTable::rgb8_to_whole_ycbcr>,
          nb::arg("pixels").noconvert(), nb::arg("planes").noconvert());
    m.def("grey_to_plane", &grey_to_plane<std::uint8_t, &KernelTable::grey8_to_plane>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("grey_to_plane", &grey_to_plane<std::uint16_t, &KernelTable::grey16_to_plane>, nb::arg("pixels").noconvert(),
          nb::arg("planes").noconvert());
    m.def("downsample", &downsample, nb::arg("plane").noconvert(), nb::arg("h"), nb::arg("v"),
          nb::arg("out").noconvert());
    m.def("sharpen", &sharpen, nb::arg("plane").noconvert(), nb::arg("h"), nb::arg("v"), nb::arg("gain"),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("color_loss", &color_loss<std::uint8_t, &KernelTable::color_loss_8>, nb::arg("pixels").noconvert(),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("color_loss", &color_loss<std::uint16_t, &KernelTable::color_loss_16>, nb::arg("pixels").noconvert(),
          nb::arg("first_row"), nb::arg("out").noconvert());
    m.def("forward_dct", &forward_dct<std::int16_t, &KernelTable::forward_dct>, nb::arg("plane").noconvert(),
          nb::arg("blocks").noconvert());
    m.def("forward_dct_unrounded", &forward_dct<float, &KernelTable::forward_dct_unrounded>,
          nb::arg("plane").noconvert(), nb::arg("blocks").noconvert());
    m.def("ac_strengths", &ac_strengths, nb::arg("blocks").noconvert(), nb::arg("every").noconvert(),
          nb::arg("coarse").noconvert(), nb::arg("fine").noconvert());
    m.def("quantize", &quantize, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert());
    m.def("quantize_dead_zones", &quantize_dead_zones, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(),
          nb::arg("widths").noconvert(), nb::arg("factors").noconvert(), nb::arg("profile").noconvert());
    m.def("settle_dc", &settle_dc, nb::arg("levels").noconvert(), nb::arg("dc").noconvert(),
          nb::arg("is_marked").noconvert(), nb::arg("step"));
    m.def("ground_parts", &ground_parts, nb::arg("pixels").noconvert(), nb::arg("width"), nb::arg("contrast"),
          nb::arg("out").noconvert());
    m.def("mark_saturated", &mark_saturated, nb::arg("pixels").noconvert(), nb::arg("out").noconvert());
    m.def("dering", &dering, nb::arg("blocks").noconvert(), nb::arg("is_marked").noconvert(),
          nb::arg("steps").noconvert(), nb::arg("widths").noconvert());
    m.attr("HAS_SATURATED_SAMPLE") = foveal::kHasSaturatedSample;
    m.attr("HAS_SATURATED_PIXEL") = foveal::kHasSaturatedPixel;
    m.def("quantize_per_block", &quantize_per_block, nb::arg("blocks").noconvert(), nb::arg("own_steps").noconvert(),
          nb::arg("table_index").noconvert(), nb::arg("file_steps").noconvert());
    m.attr("USUAL_LOOK_BACK") = foveal::kUsualLookBack;
    m.def("trellis", &trellis, nb::arg("blocks").noconvert(), nb::arg("steps").noconvert(),
          nb::arg("distortion_weight").noconvert(), nb::arg("frequency_weights").noconvert(),
          nb::arg("profile").noconvert(), nb::arg("lift"), nb::arg("run_size_bits").noconvert(),
          nb::arg("end_of_block_bits"), nb::arg("look_back"));
    m.def("tally_scan", &tally_scan, nb::arg("grids").noconvert(), nb::arg("factors"), nb::arg("band"),
          nb::arg("restart_interval"), nb::arg("first_row"), nb::arg("last_row"), nb::arg("histogram").noconvert());
    m.def("record_scan", &record_scan, nb::arg("grids").noconvert(), nb::arg("factors"), nb::arg("band"),
          nb::arg("restart_interval"), nb::arg("first_row"), nb::arg("last_row"), nb::arg("histogram").noconvert());
    m.def("write_recorded", &write_recorded, nb::arg("words").noconvert(), nb::arg("codes").noconvert());
    m.def("join_strips", &join_strips, nb::arg("strips"));
}
