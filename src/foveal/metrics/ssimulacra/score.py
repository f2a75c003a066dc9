"""The SSIMULACRA 2 score of XYB planes at all scales: a function of the weighted sum of norms of the error maps.

kernels/ssimulacra2.hpp computes and sums the maps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.metrics.ssimulacra.recursive_gaussian import GAUSSIAN
from foveal.metrics.ssimulacra.xyb import Planes
from foveal.threads import run_in_threads

# The 108 weights of ssimulacra2.cc, which its authors fitted to four sets of opinion scores:
# 3 channels (X, Y, B) x 6 scales (full resolution to 1:32) x 2 norms (mean, 4-norm) x 3 maps (structure, edges gained,
# edges lost). Each row below has the six weights of a scale: the means of the three maps, then their 4-norms.
WEIGHTS = np.array(
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

# Also from ssimulacra2.cc: score = 100 - 10 polynomial(factor x total error)^exponent.
_ERROR_FACTOR = 0.9562382616834844
_ERROR_POLYNOMIAL = (0.0, 2.326765642916932, -0.020884521182843837, 6.248496625763138e-05)  # lowest power first
_SCORE_EXPONENT = 0.6276336467831387

NEGLIGIBLE_WEIGHT = 0.002  # channels whose weights at a scale are all smaller hardly count; the largest is 225


def score(reference: list[Planes], distorted: list[Planes], threads: int, least_weight: float = 0.0) -> float:
    """Return the score of a distorted picture, given the XYB planes of both pictures at all scales.

    Channels whose weights at a scale are all below `least_weight` are left out.
    """
    weights = weights_of(len(reference))
    norms = error_norms(reference, distorted, weighted_channels(weights, least_weight), threads)
    error = _map_error(total_error(norms, weights))
    return 100.0 - 10.0 * float(error**_SCORE_EXPONENT)


def error_norms(
    reference: list[Planes], distorted: list[Planes], channels: list[tuple[int, int]], threads: int
) -> NDArray[np.float64]:
    """Return the mean and the 4-norm of the three error maps of each channel at each scale.

    Parameters
    ----------
    reference, distorted
        XYB planes of the two pictures, (rows, 3, columns) float32 at each scale.
    channels
        (scale, channel) pairs to measure, see `weighted_channels`; the norms of the others are 0.
    threads
        Largest number of threads; the norms do not depend on it.

    Returns
    -------
    ndarray
        Norms, (channels, scales, norms, maps) in the order of `WEIGHTS`.
    """
    sums = np.zeros((len(reference), 3, 6))

    def add_up(item: tuple[int, int]) -> None:
        scale, channel = item
        _kernels.error_sums(reference[scale], distorted[scale], channel, GAUSSIAN, sums[scale, channel])

    run_in_threads(add_up, channels, threads)
    # The kernel returns, for each map, the sum of the errors and the sum of their fourth powers.
    means = sums.reshape(-1, 3, 3, 2) / np.array([planes.size / 3 for planes in reference])[:, None, None, None]
    return np.stack([means[..., 0], means[..., 1] ** 0.25], axis=2).swapaxes(0, 1)


def weighted_channels(weights: NDArray[np.float64], least_weight: float) -> list[tuple[int, int]]:
    """Return the (scale, channel) pairs with a weight of at least `least_weight`, full resolution first."""
    largest = weights.max(axis=(2, 3))
    return [
        (scale, channel)
        for scale in range(weights.shape[1])
        for channel in range(3)
        if largest[channel, scale] >= least_weight
    ]


def total_error(norms: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted sum of the norms that `error_norms` returns."""
    return float(norms.ravel() @ weights.ravel())


def weights_of(scales: int) -> NDArray[np.float64]:
    """Return the weights of the norms of a picture with `scales` scales: (channels, scales, norms, maps).

    With fewer than six scales, the reference tool reads the first weights in order and skips none, and so does this
    function. Y and B then get weights that were fitted for other channels and scales.
    """
    return WEIGHTS.ravel()[: 18 * scales].reshape(3, scales, 2, 3)


def score_derivative(error: float) -> float:
    """Return the derivative of the score with respect to the total error."""
    mapped = _map_error(error)
    if mapped == 0:
        return 0.0
    derived = tuple(power * factor for power, factor in enumerate(_ERROR_POLYNOMIAL))[1:]
    derivative = _ERROR_FACTOR * _evaluate(derived, _ERROR_FACTOR * error)
    return -10.0 * _SCORE_EXPONENT * float(mapped ** (_SCORE_EXPONENT - 1)) * derivative


def _map_error(error: float) -> float:
    """Apply the polynomial of the score to a total error; the result is never negative."""
    return max(_evaluate(_ERROR_POLYNOMIAL, _ERROR_FACTOR * error), 0.0)


def _evaluate(polynomial: tuple[float, ...], x: float) -> float:
    """Return the value of a polynomial, given its factors from the lowest power on, by Horner's method."""
    value = 0.0
    for factor in reversed(polynomial):
        value = factor + value * x
    return value
