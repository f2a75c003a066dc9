"""Tables tailored to a photo, from the statistics of its own coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.perception import Perception

_LEAST_STRENGTH = 0.3  # in the unit of pixels: weaker is noise
_FURTHEST = 1.0  # from the usual photo, as logarithms: beyond it nothing was measured


@dataclass(frozen=True)
class Colourfulness:
    """How much a photo's colour varies within blocks, against the photos that the numbers were tuned on.

    Parameters
    ----------
    of_blue
        Logarithm of the mean strength of Cb's AC coefficients, less that of the usual photo; within +-1.
    share
        The same of its ratio to that of Y.
    """

    of_blue: float
    share: float


def colourfulness(strengths: Sequence[NDArray[np.float32]], tuned: Perception) -> Colourfulness:
    """Measure it, from `masking.strength` of Y and Cb; a grey photo, which has Y alone, counts as usual."""
    if len(strengths) == 1:
        return Colourfulness(0, 0)
    luminance, blue = (
        float(np.log(of_component.mean(dtype=np.float64) + _LEAST_STRENGTH)) for of_component in strengths
    )
    usual = tuned.usual_blue
    away = np.clip([blue - usual, blue - luminance - tuned.usual_share], -_FURTHEST, _FURTHEST)
    return Colourfulness(*away.tolist())


def tailored(tuned: Perception, photo: Colourfulness) -> Perception:
    """Return the numbers for a photo.

    Where colour varies little, the steps of fine luminance may be coarser against those of its coarse waves, and bits
    are worth more; where it varies much against luminance, Cb may be coarser.
    """
    luminance = replace(tuned.luminance, slope=tuned.luminance.slope + tuned.slope_by_blue * photo.of_blue)
    by_blue = tuned.lambda_by_blue * photo.of_blue
    return replace(
        tuned,
        luminance=luminance,
        cb=tuned.cb + tuned.cb_by_share * photo.share,
        luminance_lambda=replace(tuned.luminance_lambda, middle=tuned.luminance_lambda.middle + by_blue),
    )
