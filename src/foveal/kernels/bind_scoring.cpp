// Bindings of the kernels of SSIMULACRA 2; _kernels.pyi documents what they do.
//
// Each function checks that its arrays fit each other, releases the GIL and calls the kernel.
#include "bindings.hpp"
#include "kernel_table.hpp"
#include "shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

// Planes of the metric: (rows, 3, columns).
template <class T>
using RowPlanes = Array<T, nb::shape<-1, 3, -1>>;

// Returns the size of planes, which must not be empty.
template <class T>
foveal::Extent checked_row_planes(const RowPlanes<T>& planes) {
    const foveal::Extent size{static_cast<std::ptrdiff_t>(planes.shape(0)),
                              static_cast<std::ptrdiff_t>(planes.shape(2))};
    require(size.rows > 0 && size.columns > 0, "planes are empty");
    return size;
}

// Checks that planes have the same size.
template <class T, class U>
void require_same_size(const RowPlanes<T>& planes, const RowPlanes<U>& others) {
    require(planes.shape(0) == others.shape(0) && planes.shape(2) == others.shape(2), "planes differ in size");
}

void linear_light(const Array<const std::uint8_t, nb::shape<-1, -1, 3>>& pixels,
                  const Array<const float, nb::shape<256>>& table, const RowPlanes<float>& linear) {
    const foveal::Extent size = checked_row_planes(linear);
    require(pixels.shape(0) == linear.shape(0) && pixels.shape(1) == linear.shape(2),
            "planes must be as large as the pixels");
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
    const foveal::Extent size = checked_row_planes(first);
    require_same_size(first, second);
    require(0 <= channel && channel < 3, "channel must be 0 to 2");
    nb::gil_scoped_release release;
    std::vector<float> states(foveal::kPairStateFloats * (first.shape(0) + 1) / 2);
    kernels()->error_sums(first.data(), second.data(), size, channel, gaussian.data(), states.data(), sums.data());
}

void error_slopes(const RowPlanes<const float>& first, const RowPlanes<const float>& second, int channel,
                  const Array<const float, nb::shape<foveal::kBlurReach + 1>>& blur_taps,
                  const Array<const float, nb::shape<2, 3>>& prices, const RowPlanes<float>& out) {
    const foveal::Extent size = checked_row_planes(first);
    require_same_size(first, second);
    require_same_size(first, out);
    require(0 <= channel && channel < 3, "channel must be 0 to 2");
    foveal::ErrorPrices checked;
    std::memcpy(checked.of_error, prices.data(), sizeof checked.of_error);
    std::memcpy(checked.of_cube, prices.data() + 3, sizeof checked.of_cube);
    nb::gil_scoped_release release;
    kernels()->error_slopes(first.data(), second.data(), size, channel, blur_taps.data(), checked, out.data());
}

void xyb_to_linear_slopes(const RowPlanes<const float>& xyb, const RowPlanes<float>& slopes) {
    const foveal::Extent size = checked_row_planes(xyb);
    require_same_size(xyb, slopes);
    nb::gil_scoped_release release;
    kernels()->xyb_to_linear_slopes(xyb.data(), size, slopes.data());
}

void add_slopes_of_half(const RowPlanes<const float>& half, const RowPlanes<float>& slopes) {
    const foveal::Extent size = checked_row_planes(slopes), smaller = checked_row_planes(half);
    require(smaller.rows == (size.rows + 1) / 2 && smaller.columns == (size.columns + 1) / 2,
            "half must be half as large, rounded up");
    nb::gil_scoped_release release;
    kernels()->add_slopes_of_half(half.data(), size, slopes.data());
}

void linear_to_sample_slopes(const Array<const std::uint8_t, nb::shape<-1, -1, 3>>& pixels,
                             const Array<const float, nb::shape<256>>& light_slopes, const RowPlanes<float>& slopes) {
    const foveal::Extent size = checked_row_planes(slopes);
    require(pixels.shape(0) == slopes.shape(0) && pixels.shape(1) == slopes.shape(2),
            "planes must be as large as the pixels");
    nb::gil_scoped_release release;
    kernels()->linear_to_sample_slopes(pixels.data(), size, light_slopes.data(), slopes.data());
}

}  // namespace

void foveal::bind_scoring(nb::module_& m) {
    m.def("linear_light", &linear_light, nb::arg("pixels").noconvert(), nb::arg("table").noconvert(),
          nb::arg("linear").noconvert());
    m.def("halve", &halve, nb::arg("planes").noconvert(), nb::arg("out").noconvert());
    m.def("linear_to_xyb", &linear_to_xyb, nb::arg("planes").noconvert());
    m.def("error_sums", &error_sums, nb::arg("first").noconvert(), nb::arg("second").noconvert(), nb::arg("channel"),
          nb::arg("gaussian").noconvert(), nb::arg("sums").noconvert());
    m.def("error_slopes", &error_slopes, nb::arg("first").noconvert(), nb::arg("second").noconvert(),
          nb::arg("channel"), nb::arg("blur_taps").noconvert(), nb::arg("prices").noconvert(),
          nb::arg("out").noconvert());
    m.def("xyb_to_linear_slopes", &xyb_to_linear_slopes, nb::arg("xyb").noconvert(), nb::arg("slopes").noconvert());
    m.def("add_slopes_of_half", &add_slopes_of_half, nb::arg("half").noconvert(), nb::arg("slopes").noconvert());
    m.def("linear_to_sample_slopes", &linear_to_sample_slopes, nb::arg("pixels").noconvert(),
          nb::arg("light_slopes").noconvert(), nb::arg("slopes").noconvert());
}
