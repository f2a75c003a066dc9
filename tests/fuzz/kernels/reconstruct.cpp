// Levels to pixels: any levels and steps through the inverse DCT, up-sampling and color conversion, for pictures of 1
// to 40 pixels a side and all sampling factors.
//
// Simple filters and the color conversion are compared with their definitions, everything with the other kernels.
#include "block.hpp"
#include "fuzzing.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using foveal::kMaxComponents;
using foveal::SamplePlane;
using Samples = std::vector<std::uint8_t>;

constexpr int kMaxSide = 40;

// A plane of samples, whose rows may be longer than it is wide.
struct Plane {
    Samples samples;
    Extent size;
    std::ptrdiff_t stride;

    SamplePlane view() { return {samples.data(), stride, size}; }
    int at(std::ptrdiff_t row, std::ptrdiff_t column) const {
        return samples[static_cast<std::size_t>(std::min(row, size.rows - 1) * stride +
                                                std::min(column, size.columns - 1))];
    }
};

// Takes the levels and the steps of a component and returns its samples, cut to size.
Plane take_component(Input& input, Extent size) {
    const Extent grid{(size.rows + kBlockSide - 1) / kBlockSide, (size.columns + kBlockSide - 1) / kBlockSide};
    std::uint16_t steps[kBlockSize];
    const int common_step = input.take_16_bits(), own_steps = input.take_from(0, kBlockSize);
    for (int k = 0; k < kBlockSize; ++k)
        steps[k] = static_cast<std::uint16_t>(k < own_steps ? input.take_16_bits() : common_step);
    const std::ptrdiff_t row_stride = (grid.columns + input.take_from(0, 1)) * kBlockSize;
    std::vector<std::int16_t> blocks(area(grid.rows - 1, row_stride) + area(grid.columns, kBlockSize));
    for (std::ptrdiff_t block = 0; block < grid.rows * grid.columns; ++block) {
        std::int16_t* levels = blocks.data() + block / grid.columns * row_stride + block % grid.columns * kBlockSize;
        for (int count = input.take_from(0, kBlockSize); count > 0; --count) {
            const int k = input.take_byte() % kBlockSize;
            levels[k] = input.take_level(32767);
        }
    }
    const std::ptrdiff_t stride = grid.columns * kBlockSide;
    Samples samples =
        same_from_all(Samples(area(grid.rows * kBlockSide, stride)), [&](const KernelTable& kernels, auto* out) {
            kernels.inverse_dct(blocks.data(), row_stride, grid, steps, out, stride);
        });
    samples.resize(area(size.rows - 1, stride) + area(size.columns, 1));  // a row more or a sample more is outside
    samples.shrink_to_fit();
    return {samples, size, stride};
}

// Doubles a plane with the triangle filter: in one go, and in two strips.
Plane doubled(Plane& plane, int h, int v, std::ptrdiff_t first_strip_rows) {
    const Extent size{v * plane.size.rows, h * plane.size.columns};
    const Samples samples =
        same_from_all(Samples(area(size.rows, size.columns)), [&](const KernelTable& kernels, auto* out) {
            kernels.upsample_triangle(plane.view(), h, v, 0, {out, size.columns, size});
        });
    const std::ptrdiff_t first_row = first_strip_rows % size.rows;
    const Samples lower =
        same_from_all(Samples(area(size.rows - first_row, size.columns)), [&](const KernelTable& kernels, auto* out) {
            const Extent strip{size.rows - first_row, size.columns};
            kernels.upsample_triangle(plane.view(), h, v, first_row, {out, size.columns, strip});
        });
    check(std::equal(lower.begin(), lower.end(), samples.begin() + first_row * size.columns), "strips like the whole");
    return {samples, size, size.columns};
}

// Up-samples a plane by repeating samples, and compares with the definition.
Plane repeated(Plane& plane, int h, int h_max, int v, int v_max, std::ptrdiff_t first_row, Extent size) {
    const Samples samples =
        same_from_all(Samples(area(size.rows, size.columns)), [&](const KernelTable& kernels, auto* out) {
            kernels.upsample_replicate(plane.view(), h, h_max, v, v_max, first_row, {out, size.columns, size});
        });
    const Plane result{samples, size, size.columns};
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        for (std::ptrdiff_t x = 0; x < size.columns; ++x)
            check(result.at(y, x) == plane.at((first_row + y) * v / v_max, x * h / h_max), "repeated samples");
    return result;
}

// Returns a conversion factor times a chroma sample, with 16 fractional bits, rounded half up.
int weighted(double factor, int chroma, double half) {
    const auto fixed_point = static_cast<int>(factor * 65536 + half);
    return fixed_point * (chroma - 128);
}

void check_rgb(const Plane* planes, Extent size, const Samples& pixels) {
    for (std::ptrdiff_t y = 0; y < size.rows; ++y)
        for (std::ptrdiff_t x = 0; x < size.columns; ++x) {
            const int luma = planes[0].at(y, x), cb = planes[1].at(y, x), cr = planes[2].at(y, x);
            const int expected[3] = {
                luma + ((weighted(1.402, cr, 0.5) + 32768) >> 16),
                luma + ((-weighted(0.34414, cb, 0.5) - weighted(0.71414, cr, 0.5) + 32768) >> 16),
                luma + ((weighted(1.772, cb, 0.5) + 32768) >> 16),
            };
            for (int c = 0; c < 3; ++c)
                check(pixels[area(y * size.columns + x, 3) + static_cast<std::size_t>(c)] ==
                          std::clamp(expected[c], 0, 255),
                      "the colors of T.871");
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t byte_count) {
    Input input(bytes, byte_count);
    const Extent size{input.take_from(1, kMaxSide), input.take_from(1, kMaxSide)};
    const int component_count = input.take_from(1, kMaxComponents);
    const int maxima = input.take_byte(), h_max = (maxima >> 4 & 3) + 1, v_max = (maxima & 3) + 1;
    const std::ptrdiff_t first_row = input.take_byte();
    Plane planes[kMaxComponents];
    for (int c = 0; c < component_count; ++c) {
        const int factors = input.take_byte();
        const int h = std::min((factors >> 4 & 3) + 1, h_max), v = std::min((factors & 3) + 1, v_max);
        // T.81 A.1.1: the size of a component
        const Extent own_size{(size.rows * v + v_max - 1) / v_max, (size.columns * h + h_max - 1) / h_max};
        Plane plane = take_component(input, own_size);
        const bool halves = (h_max == h || h_max == 2 * h) && (v_max == v || v_max == 2 * v);
        if (h == h_max && v == v_max) {
            planes[c] = plane;
            continue;
        }
        if (halves) planes[c] = doubled(plane, h_max / h, v_max / v, first_row);
        Plane others = repeated(plane, h, h_max, v, v_max, first_row, size);
        if (!halves) planes[c] = others;
    }
    SamplePlane views[kMaxComponents]{};
    for (int c = 0; c < component_count; ++c) views[c] = planes[c].view();
    if (component_count >= 3) {
        const Samples rgb =
            same_from_all(Samples(area(size.rows, 3 * size.columns)),
                          [&](const KernelTable& kernels, auto* out) { kernels.ycbcr_to_rgb(views, size, out); });
        check_rgb(planes, size, rgb);
    }
    const Samples pixels = same_from_all(
        Samples(area(size.rows, size.columns * component_count)),
        [&](const KernelTable& kernels, auto* out) { kernels.interleave(views, component_count, size, out); });
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const auto pixel = static_cast<std::ptrdiff_t>(i) / component_count;
        const std::size_t c = i % static_cast<std::size_t>(component_count);
        check(pixels[i] == planes[c].at(pixel / size.columns, pixel % size.columns), "interleaved samples");
    }
    return 0;
}
