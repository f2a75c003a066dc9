// Array types and checks that the bindings share.
#pragma once

#include "block.hpp"
#include "kernel_table.hpp"
#include "shapes.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace nb = nanobind;

namespace foveal {

// Returns the kernels of the instruction set in use.
const KernelTable* kernels();

// Each of these adds the bindings of one file to the module.
void bind_encoding(nb::module_& m);
void bind_decoding(nb::module_& m);
void bind_scoring(nb::module_& m);
void bind_resizing(nb::module_& m);

}  // namespace foveal

namespace {

using foveal::kernels;
using foveal::KernelTable;

// C-contiguous arrays; T is const for inputs.
template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;
template <class T>
using Pixels = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
using Planes = Array<float, nb::ndim<3>>;
using Blocks = Array<std::int16_t, nb::shape<-1, kBlockSize>>;
using Steps = Array<const float, nb::shape<kBlockSize>>;
// Blocks in rows that may be part of a wider array; the blocks of a row are contiguous.
template <class T>
using BlockGridOf = nb::ndarray<T, nb::shape<-1, -1, kBlockSize>, nb::device::cpu>;
using BlockGrid = BlockGridOf<const std::int16_t>;
// A plane in rows that may be part of a wider array.
template <class T>
using SampleArray = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;

// Throws ValueError (in Python) unless the condition holds.
inline void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

// Returns a NumPy array that owns `values`.
template <class T>
nb::ndarray<nb::numpy, T> owned_array(std::unique_ptr<T[]> values, std::initializer_list<std::size_t> shape) {
    T* const data = values.release();
    const nb::capsule owner(data, [](void* pointer) noexcept { delete[] static_cast<T*>(pointer); });
    return nb::ndarray<nb::numpy, T>(data, shape, owner);
}

// Returns the size of a two-dimensional array, or of the first two axes.
template <class T>
foveal::Extent extent_of(const T& array) {
    return {static_cast<std::ptrdiff_t>(array.shape(0)), static_cast<std::ptrdiff_t>(array.shape(1))};
}

// Returns the rows and columns of MCUs in a grid of blocks whose component has factors h and v.
template <class T>
foveal::Extent checked_mcus(const BlockGridOf<T>& grid, int h, int v) {
    require(h >= 1 && h <= 4 && v >= 1 && v <= 4, "factors must be 1 to 4");
    require(grid.stride(2) == 1 && grid.stride(1) == kBlockSize, "blocks of a row must follow each other");
    const foveal::Extent size = extent_of(grid), mcus{size.rows / v, size.columns / h};
    require(mcus.rows * v == size.rows && mcus.columns * h == size.columns && mcus.rows > 0 && mcus.columns > 0,
            "a component must be whole MCUs");
    return mcus;
}

// Checks Ss, Se, Ah and Al of a scan header (T.81 B.2.3, Scan header syntax).
inline void require_band(std::tuple<int, int, int, int> band, std::size_t component_count) {
    const auto [first, last, high, low] = band;
    const bool sequential = first == 0 && last == kBlockSize - 1;
    const bool dc = first == 0 && last == 0;
    const bool ac = first > 0 && first <= last && last < kBlockSize && component_count == 1;
    require(sequential || dc || ac, "not a spectral band of a scan");
    require(low >= 0 && low <= 13 && high >= 0, "not a point transform");
    require(!sequential || (low == 0 && high == 0), "a sequential scan has no point transform");
}

// Checks and fills the part of a scan that encoding and decoding share.
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

}  // namespace
