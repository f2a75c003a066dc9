// Bindings of the kernels that score pictures: checks that the arrays fit each other, releases the GIL, calls the kernels.
#include "bindings.hpp"

#include <vector>

namespace {

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

void foveal::bind_scoring(nb::module_& m) {
    m.def("linear_light", &linear_light, nb::arg("pixels").noconvert(), nb::arg("table").noconvert(),
          nb::arg("linear").noconvert());
    m.def("halve", &halve, nb::arg("planes").noconvert(), nb::arg("out").noconvert());
    m.def("linear_to_xyb", &linear_to_xyb, nb::arg("planes").noconvert());
    m.def("error_sums", &error_sums, nb::arg("first").noconvert(), nb::arg("second").noconvert(), nb::arg("channel"),
          nb::arg("gaussian").noconvert(), nb::arg("sums").noconvert());
}
