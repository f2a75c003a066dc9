"""SSIMULACRA 2: how good people would find a distorted picture beside the original (J. Sneyers, Cloudinary).

Written from the algorithm of version 2.1 (https://github.com/cloudinary/ssimulacra2; colours and blur are those of
https://github.com/libjxl/libjxl). Both pictures are looked at in six sizes, each half as large as the one before, in
XYB, a colour space in which equal steps look alike. Three kinds of errors are mapped: structure that differs (SSIM),
edges that the original does not have (ringing, blocks), and edges that it lost (blur). The mean and the 4-norm of each
map, weighted, make the score.

What is done in floating point is done in the order of the reference tool and rounded as there, because its scores
depend on that: see kernels/recursive_gaussian.hpp.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal import _kernels
from foveal.errors import ParameterError
from foveal.jpeg.strips import in_threads, row_ranges
from foveal.srgb import light_slope

Planes = NDArray[np.float32]  # (rows, 3, columns): the channels of a row lie next to each other

_SIZES = 6
MIN_SIDE = 8
_PIXELS_PER_STRIP = 1 << 18
_BLUR_REACH = 4  # samples to each side
_LEAST_WEIGHT = 0.002  # of a channel at a size in the gradient: those below count for nothing, the largest is 225
_LEAST_NORM = 1e-9  # where errors are so small, single precision has no cubes of them

# From ssimulacra2.cc: found by its authors on four sets of opinion scores. For X, Y and B, from full size to 1:32:
# weights of structure, edges gained and edges lost by their means, then by their 4-norms.
_WEIGHTS = np.array(
    [
        [
            [0.0, 0.0007376606707406586, 0.0, 0.0, 0.0007793481682867309, 0.0],
            [0.0, 0.0004371155730107379, 0.0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752],
            [0.0, 0.0016406437456599754, 0.0, 1.8422455520539298, 11.441172603757666, 0.0],
            [0.0007989109436015163, 0.000176816438078653, 0.0, 1.8787594979546387, 10.94906990605142, 0.0],
            [
                0.0007289346991508072,
                0.9677937080626833,
                0.0,
                0.00014003424285435884,
                0.9981766977854967,
                0.00031949755934435053,
            ],
            [0.0004550992113792063, 0.0, 0.0, 0.0013648766163243398, 0.0, 0.0],
        ],
        [
            [0.0, 0.0, 0.0, 7.466890328078848, 0.0, 17.445833984131262],
            [0.0006235601634041466, 0.0, 0.0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264],
            [225.20515300849274, 0.0, 0.0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985],
            [176.39317598450694, 0.0, 0.0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408],
            [0.0, 0.0, 0.0, 34.77906344483772, 44.835625328877896, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ],
        [
            [0.0, 0.0008680556573291698, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0005313191874358747, 0.0, 0.00016533814161379112, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0004179171803251336, 0.0017290828234722833, 0.0],
            [0.0020827005846636437, 0.0, 0.0, 8.826982764996862, 23.19243343998926, 0.0],
            [
                95.1080498811086,
                0.9863978034400682,
                0.9834382792465353,
                0.0012286405048278493,
                171.2667255897307,
                0.9807858872435379,
            ],
            [0.0, 0.0, 0.0, 0.0005130064588990679, 0.0, 0.00010854057858411537],
        ],
    ]
)


# From errors to scores, also from ssimulacra2.cc: 100 - 10 of this polynomial to this power.
_ERROR_UNIT = 0.9562382616834844
_STRETCHED = np.polynomial.Polynomial([0.0, 2.326765642916932, -0.020884521182843837, 6.248496625763138e-05])
_SCORE_EXPONENT = 0.6276336467831387


class Ssimulacra2Reference:
    """An original, prepared to be compared with many distorted versions of it: saves a tenth to a fifth of the time.

    It keeps 16 bytes for each pixel, and a comparison takes as much again while it runs.

    Parameters
    ----------
    reference
        (H, W, 3) RGB or (H, W) grey, uint8, sRGB, at least 8 pixels on each side.
    threads
        At most so many; scores do not depend on it.

    Raises
    ------
    ParameterError
        Not such an array.
    """

    def __init__(self, reference: NDArray[np.uint8], *, threads: int = 1) -> None:
        _require_picture(reference)
        self._shape = reference.shape
        self._sizes = list(xyb_sizes(reference, threads))

    def score(self, distorted: NDArray[np.uint8], *, threads: int = 1) -> float:
        """Compare with a distorted version: see `ssimulacra2`.

        Parameters
        ----------
        distorted
            uint8, of the reference's shape.
        threads
            At most so many; the score does not depend on it.

        Returns
        -------
        float
            100 at most, which is equal; there is no least score.

        Raises
        ------
        ParameterError
            Not such an array.
        """
        self._require_version(distorted)
        return _score(_total_error(_error_norms(self._sizes, list(xyb_sizes(distorted, threads)), threads)))

    def gradient(self, distorted: NDArray[np.uint8], *, threads: int = 1) -> NDArray[np.float32]:
        """What the score changes by for a step of each sample value of a distorted version.

        It takes 32 bytes for each pixel beside the reference while it runs, and 12 of them for what it returns.

        Parameters
        ----------
        distorted
            uint8, of the reference's shape.
        threads
            At most so many; the gradient does not depend on it.

        Returns
        -------
        ndarray
            float32, of the same shape. Zeros where the pictures are equal: the score has a peak there, no slope.

        Raises
        ------
        ParameterError
            Not such an array.

        Notes
        -----
        The derivative of the score but for the rounding errors that are part of it (see `ssimulacra2`), and but for
        channels whose weights are all below 0.002: at full size only Y is left.
        """
        self._require_version(distorted)
        sizes = list(xyb_sizes(distorted, threads))
        norms = _error_norms(self._sizes, sizes, threads, _LEAST_WEIGHT)
        prices = _score_slope(_total_error(norms)) * _norm_slopes(norms, sizes)
        slopes = _slopes_by_sample(distorted, sizes, _slopes_by_xyb(self._sizes, sizes, prices, threads), threads)
        return slopes.sum(axis=1) if distorted.ndim == 2 else slopes.swapaxes(1, 2)

    def _require_version(self, distorted: NDArray[Any]) -> None:
        _require_picture(distorted)
        if distorted.shape != self._shape:
            raise ParameterError(f"a picture of {distorted.shape} cannot be compared with one of {self._shape}")


def ssimulacra2(reference: NDArray[np.uint8], distorted: NDArray[np.uint8], *, threads: int = 1) -> float:
    """Score a distorted picture against its original as people would.

    30 is low quality, 50 medium, 70 high, 80 hard to tell from the original side by side, 90 hard to tell even when the
    two are shown in turn, 100 equal. The scale has no lower end. The order matters: edges gained and edges lost do not
    weigh alike.

    Parameters
    ----------
    reference, distorted
        (H, W, 3) RGB or (H, W) grey, uint8, sRGB, of the same shape, at least 8 pixels on each side: the reference tool
        takes no smaller ones. Of pictures with a side below 113 it looks at fewer sizes, and weighs those of Y and B
        with weights that are meant for others; so does this.
    threads
        At most so many; the score does not depend on it.

    Returns
    -------
    float
        100 at most, which is equal.

    Raises
    ------
    ParameterError
        Not such arrays.

    Notes
    -----
    After J. Sneyers, SSIMULACRA 2.1, https://github.com/cloudinary/ssimulacra2. A colour profile, if any, is for the
    caller to apply. As in the reference tool, rounding errors of the blur count where a picture is flat and bright:
    they took 1.5 points of a nearly perfect copy of 0.4 megapixels, 5 of one of 6.
    """
    return Ssimulacra2Reference(reference, threads=threads).score(distorted, threads=threads)


def recursive_gaussian(sigma: float) -> tuple[int, NDArray[np.float64]]:
    """Radius, and (3, 2) gain and feedback of the cosines, of a Gaussian as a sum of three truncated cosines.

    D. Charalampidis, "Recursive Implementation of the Gaussian Filter Using Truncated Cosine Functions", IEEE
    Transactions on Signal Processing 64, 2016, as libjxl sets it up; numbers of equations below.
    """
    radius = round(3.2795 * sigma + 0.2546)  # (57)
    frequencies = np.array([1, 3, 5]) * np.pi / (2 * radius)  # table I
    signs = np.array([1, -1, 1])
    totals = signs / np.tan(frequencies / 2)  # (37)
    spreads = signs * totals**2 / np.sin(frequencies)  # (44)
    spectrum = np.exp(-((sigma * frequencies) ** 2) / 2) / radius  # (50): the Gaussian's own
    free = np.cross(totals, spreads)
    free /= free[2]  # (52)
    # (55): the total is 1, the variance sigma^2, and the rest as close to the spectrum as can be
    moments = np.array([1.0, radius**2 - sigma**2, float(free @ spectrum)])
    amplitudes = np.linalg.solve(np.stack([totals, spreads, free]), moments)  # (53)
    gains = -amplitudes * np.cos(frequencies * (radius + 1))  # (33)
    return radius, np.stack([gains, -2 * np.cos(frequencies)], axis=1)


def response(gaussian: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the blur of some gains and feedbacks makes of a single sample: (5,) there and to either side."""
    waves = [np.zeros(len(gaussian)), gaussian[:, 0]]
    for _ in range(_BLUR_REACH):
        waves.append(-gaussian[:, 1] * waves[-1] - waves[-2])
    return np.asarray(np.array(waves[:0:-1]).sum(axis=1))


def srgb_light() -> NDArray[np.float32]:
    """Light of each sample value, 0 to 1: IEC 61966-2-1 as libjxl approximates it, good to 1e-6 and rounded as there.

    From lib/jxl/cms/transfer_functions-inl.h. With the last digit of the exact light, flat parts gather other rounding
    errors when they are blurred, and scores move by up to 0.2.
    """
    value = np.arange(256, dtype=np.float32) * np.float32(1 / 255)
    numerator = _polynomial(
        [8.210152774e-01, 7.961564959e-01, 1.624820318e-01, 1.043637593e-02, 2.200248328e-04], value
    )
    denominator = _polynomial([6.521209011e-03, -5.512498495e-02, 4.987528350e-01, 1.076976492, 2.631846970e-01], value)
    return np.where(value > np.float32(0.04045), numerator / denominator, value * np.float32(1 / 12.92))


def _polynomial(coefficients: list[float], value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Horner's scheme in single precision, each step rounded once, as fused multiplication and addition does."""
    total = np.full_like(value, coefficients[0])
    for coefficient in np.array(coefficients[1:], dtype=np.float32):
        total = (total.astype(np.float64) * value + coefficient).astype(np.float32)
    return total


def srgb_light_slopes() -> NDArray[np.float32]:
    """Light that a step of each sample value adds."""
    return (light_slope(np.arange(256) / 255) / 255).astype(np.float32)


_LIGHT, _LIGHT_SLOPES = srgb_light(), srgb_light_slopes()
_GAUSSIAN = recursive_gaussian(1.5)[1]
_RESPONSE = response(_GAUSSIAN).astype(np.float32)


def _require_picture(pixels: NDArray[Any]) -> None:
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        raise ParameterError(f"SSIMULACRA 2 takes uint8 (H, W, 3) or (H, W), not {pixels.dtype} {pixels.shape}")
    if min(pixels.shape[:2]) < MIN_SIDE:
        raise ParameterError(
            f"SSIMULACRA 2 needs {MIN_SIDE} pixels on each side, not {pixels.shape[1]} x {pixels.shape[0]}"
        )


def xyb_sizes(pixels: NDArray[np.uint8], threads: int) -> Iterator[Planes]:
    """XYB of a picture in up to six sizes, each half the one before, which needs 8 pixels on each side for that."""
    linear = _linear_light(pixels, threads)
    for size in range(_SIZES):
        last = size == _SIZES - 1 or min(linear.shape[0], linear.shape[2]) < MIN_SIDE
        half = linear if last else _half(linear, threads)
        _to_xyb(linear, threads)
        yield linear
        if last:
            return
        linear = half


def _linear_light(pixels: NDArray[np.uint8], threads: int) -> Planes:
    height, width = pixels.shape[:2]
    linear = np.empty((height, 3, width), dtype=np.float32)

    def convert(rows: tuple[int, int]) -> None:
        _kernels.linear_light(_as_rgb(pixels[slice(*rows)]), _LIGHT, linear[slice(*rows)])

    in_threads(convert, _strips(linear), threads)
    return linear


def _as_rgb(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(strip if strip.ndim == 3 else strip[:, :, None].repeat(3, axis=2))


def _to_xyb(linear: Planes, threads: int) -> None:
    in_threads(lambda rows: _kernels.linear_to_xyb(linear[slice(*rows)]), _strips(linear), threads)


def _half(planes: Planes, threads: int) -> Planes:
    height, _, width = planes.shape
    smaller = np.empty((-(-height // 2), 3, -(-width // 2)), dtype=np.float32)

    def halve(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.halve(planes[2 * first : 2 * last], smaller[first:last])

    in_threads(halve, _strips(smaller), threads)
    return smaller


def _error_norms(
    reference: list[Planes], distorted: list[Planes], threads: int, least_weight: float = 0.0
) -> NDArray[np.float64]:
    """(channels, sizes, norms, maps): mean and 4-norm of the three error maps of X, Y and B in each size.

    Those whose weights are all less than `least_weight` are left out: zeros.
    """
    sums = np.zeros((len(reference), 3, 6))

    def add_up(item: tuple[int, int]) -> None:
        size, channel = item
        _kernels.error_sums(reference[size], distorted[size], channel, _GAUSSIAN, sums[size, channel])

    in_threads(add_up, _counted(len(reference), least_weight), threads)
    means = sums.reshape(-1, 3, 3, 2) / np.array([planes.size / 3 for planes in reference])[:, None, None, None]
    return np.stack([means[..., 0], means[..., 1] ** 0.25], axis=2).swapaxes(0, 1)


def _counted(sizes: int, least_weight: float) -> list[tuple[int, int]]:
    """(size, channel) of those with a weight of at least so much, the large ones first."""
    largest = _weights(sizes).max(axis=(2, 3))
    return [(size, channel) for size in range(sizes) for channel in range(3) if largest[channel, size] >= least_weight]


def _total_error(norms: NDArray[np.float64]) -> float:
    """Weighted sum of norms (channels, sizes, norms, maps)."""
    return float(norms.ravel() @ _weights(norms.shape[1]).ravel())


def _weights(sizes: int) -> NDArray[np.float64]:
    """Weight of each of the norms (channels, sizes, norms, maps).

    With fewer than six sizes the reference tool goes through its weights without leaving any out.
    """
    return _WEIGHTS.ravel()[: 18 * sizes].reshape(3, sizes, 2, 3)


def _score(total_error: float) -> float:
    return 100.0 - 10.0 * float(_stretched(total_error) ** _SCORE_EXPONENT)


def _stretched(total_error: float) -> float:
    return max(float(_STRETCHED(_ERROR_UNIT * total_error)), 0.0)


def _score_slope(total_error: float) -> float:
    stretched = _stretched(total_error)
    if stretched == 0:
        return 0.0
    slope = _ERROR_UNIT * float(_STRETCHED.deriv()(_ERROR_UNIT * total_error))
    return -10.0 * _SCORE_EXPONENT * float(stretched ** (_SCORE_EXPONENT - 1)) * slope


def _norm_slopes(norms: NDArray[np.float64], sizes: list[Planes]) -> NDArray[np.float64]:
    """(channels, sizes, 2, maps): what the total error changes by for an error of each map, and for its cube.

    The 4-norm's slope by an error is its cube over the number of pixels and over the cube of the norm.
    """
    pixels = np.array([planes.size / 3 for planes in sizes])[:, None]
    slopes = _weights(len(sizes)) / pixels[:, None]
    fourth = norms[:, :, 1]
    slopes[:, :, 1] *= (fourth > _LEAST_NORM) / np.maximum(fourth, _LEAST_NORM) ** 3
    return np.asarray(slopes)


def _slopes_by_xyb(
    reference: list[Planes], distorted: list[Planes], prices: NDArray[np.float64], threads: int
) -> list[Planes]:
    """What errors of some prices (channels, sizes, 2, maps) change by for each sample of each size."""
    slopes = [np.zeros_like(planes) for planes in distorted]

    def fill(item: tuple[int, int]) -> None:
        size, channel = item
        arguments = reference[size], distorted[size], channel, _RESPONSE, prices[channel, size].astype(np.float32)
        _kernels.error_slopes(*arguments, slopes[size])

    in_threads(fill, _counted(len(reference), _LEAST_WEIGHT), threads)
    return slopes


def _slopes_by_sample(pixels: NDArray[np.uint8], xyb: list[Planes], slopes: list[Planes], threads: int) -> Planes:
    """Slopes by the sample values of pixels, from those by the XYB of each size; in place."""
    half: Planes | None = None
    while slopes:
        of_size, planes = slopes.pop(), xyb[len(slopes)]

        def to_linear(rows: tuple[int, int], planes: Planes = planes, of_size: Planes = of_size) -> None:
            _kernels.xyb_to_linear_slopes(planes[slice(*rows)], of_size[slice(*rows)])

        in_threads(to_linear, _strips(of_size), threads)
        if half is not None:
            _add_slopes_of_half(half, of_size, threads)
        half = of_size

    def to_samples(rows: tuple[int, int]) -> None:
        _kernels.linear_to_sample_slopes(_as_rgb(pixels[slice(*rows)]), _LIGHT_SLOPES, of_size[slice(*rows)])

    in_threads(to_samples, _strips(of_size), threads)
    return of_size


def _add_slopes_of_half(half: Planes, slopes: Planes, threads: int) -> None:
    def add(rows: tuple[int, int]) -> None:
        first, last = rows
        _kernels.add_slopes_of_half(half[first:last], slopes[2 * first : 2 * last])

    in_threads(add, _strips(half), threads)


def _strips(planes: Planes) -> list[tuple[int, int]]:
    return row_ranges(planes.shape[0], planes.shape[2], _PIXELS_PER_STRIP)
