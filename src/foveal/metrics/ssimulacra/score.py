"""From XYB in all sizes to a score: norms of the error maps that kernels/ssimulacra2.hpp sums, weighted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.metrics.ssimulacra.recursive_gaussian import GAUSSIAN
from foveal.metrics.ssimulacra.xyb import Planes
from foveal.threads import run_in_threads

# From ssimulacra2.cc: found by its authors on four sets of opinion scores. For X, Y and B, from full size to 1:32:
# weights of structure, edges gained and edges lost by their means, then by their 4-norms.
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


# From errors to scores, also from ssimulacra2.cc: 100 - 10 of this polynomial to this power.
_ERROR_UNIT = 0.9562382616834844
_STRETCHED = np.polynomial.Polynomial([0.0, 2.326765642916932, -0.020884521182843837, 6.248496625763138e-05])
_SCORE_EXPONENT = 0.6276336467831387


def score(reference: list[Planes], distorted: list[Planes], threads: int) -> float:
    """Score of XYB in all sizes."""
    return 100.0 - 10.0 * float(_stretched(total_error(error_norms(reference, distorted, threads))) ** _SCORE_EXPONENT)


def error_norms(
    reference: list[Planes], distorted: list[Planes], threads: int, least_weight: float = 0.0
) -> NDArray[np.float64]:
    """(channels, sizes, norms, maps): mean and 4-norm of the three error maps of X, Y and B in each size.

    Those whose weights are all less than `least_weight` are left out: zeros.
    """
    sums = np.zeros((len(reference), 3, 6))

    def add_up(item: tuple[int, int]) -> None:
        size, channel = item
        _kernels.error_sums(reference[size], distorted[size], channel, GAUSSIAN, sums[size, channel])

    run_in_threads(add_up, counted(len(reference), least_weight), threads)
    means = sums.reshape(-1, 3, 3, 2) / np.array([planes.size / 3 for planes in reference])[:, None, None, None]
    return np.stack([means[..., 0], means[..., 1] ** 0.25], axis=2).swapaxes(0, 1)


def counted(sizes: int, least_weight: float) -> list[tuple[int, int]]:
    """(size, channel) of those with a weight of at least so much, the large ones first."""
    largest = weights_of(sizes).max(axis=(2, 3))
    return [(size, channel) for size in range(sizes) for channel in range(3) if largest[channel, size] >= least_weight]


def total_error(norms: NDArray[np.float64]) -> float:
    """Weighted sum of norms (channels, sizes, norms, maps)."""
    return float(norms.ravel() @ weights_of(norms.shape[1]).ravel())


def weights_of(sizes: int) -> NDArray[np.float64]:
    """Weight of each of the norms (channels, sizes, norms, maps).

    With fewer than six sizes the reference tool goes through its weights without leaving any out.
    """
    return WEIGHTS.ravel()[: 18 * sizes].reshape(3, sizes, 2, 3)


def score_slope(error: float) -> float:
    """What the score changes by for more of a total error."""
    stretched = _stretched(error)
    if stretched == 0:
        return 0.0
    slope = _ERROR_UNIT * float(_STRETCHED.deriv()(_ERROR_UNIT * error))
    return -10.0 * _SCORE_EXPONENT * float(stretched ** (_SCORE_EXPONENT - 1)) * slope


def _stretched(error: float) -> float:
    return max(float(_STRETCHED(_ERROR_UNIT * error)), 0.0)
