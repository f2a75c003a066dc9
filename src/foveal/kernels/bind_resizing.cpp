// Binding of the kernel that down-scales pictures; _kernels.pyi documents what it does.
//
// It checks that the arrays fit each other, releases the GIL and calls the kernel.
#include "bindings.hpp"
#include "kernel_table.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

template <class T, auto KernelTable::* Kernel>
void area_means(const Pixels<T>& pixels, const nb::ndarray<std::uint8_t, nb::c_contig, nb::device::cpu>& out) {
    const bool grey = pixels.ndim() == 2 && out.ndim() == 2;
    require(grey || (pixels.ndim() == 3 && out.ndim() == 3 && pixels.shape(2) == out.shape(2)),
            "pixels and out must be (height, width), or (height, width, channels)");
    require(out.size() > 0, "out is empty");
    require(out.shape(0) <= pixels.shape(0) && out.shape(1) <= pixels.shape(1),
            "out must not be larger than the pixels");
    const std::size_t channels = grey ? 1 : pixels.shape(2);
    nb::gil_scoped_release release;
    std::vector<std::uint64_t> sums(pixels.shape(1) * channels);
    (kernels()->*Kernel)(pixels.data(), extent_of(pixels), static_cast<std::ptrdiff_t>(channels), sums.data(),
                         out.data(), extent_of(out));
}

}  // namespace

void foveal::bind_resizing(nb::module_& m) {
    m.def("area_means", &area_means<std::uint8_t, &KernelTable::area_means_8>, nb::arg("pixels").noconvert(),
          nb::arg("out").noconvert());
    m.def("area_means", &area_means<std::uint16_t, &KernelTable::area_means_16>, nb::arg("pixels").noconvert(),
          nb::arg("out").noconvert());
}
