"""Tables tailored to a photo, from the statistics of its own coefficients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.masking import Texture
from foveal.allocate.perception import Perception

_LEAST_STRENGTH, _LEAST_GRAIN = 0.3, 0.1  # in the unit of pixels: weaker is noise
_CALM_SHARE = 0.1  # of the blocks: what is fine in them is grain
_FURTHEST = 1.0  # from the usual photo, as logarithms: beyond it nothing was measured


@dataclass(frozen=True)
class Character:
    """What a photo is like, against those that the numbers were tuned on: logarithms, within +-1.

    Parameters
    ----------
    blue
        Mean strength of Cb's AC coefficients.
    blue_share
        Its ratio to that of Y.
    grain
        Strength of fine waves in the calmest tenth of the blocks of Y: film grain, sensor noise.
    """

    blue: float = 0.0
    blue_share: float = 0.0
    grain: float = 0.0


def character(luminance: Texture, blue: NDArray[np.float32] | None, tuned: Perception) -> Character:
    """Measure it.

    Parameters
    ----------
    luminance
        Texture of Y.
    blue
        `Texture.strength` of Cb; a grey photo, which has none, counts as usual.
    tuned
        What is usual.
    """
    calm = int(luminance.fine.size * _CALM_SHARE)
    grain = np.log(np.partition(luminance.fine, calm, axis=None)[calm] + _LEAST_GRAIN) - tuned.usual_grain
    away = [0.0, 0.0, float(grain)]
    if blue is not None:
        of_blue, of_luminance = (
            float(np.log(strength.mean(dtype=np.float64) + _LEAST_STRENGTH)) for strength in (blue, luminance.strength)
        )
        away[:2] = of_blue - tuned.usual_blue, of_blue - of_luminance - tuned.usual_share
    return Character(*np.clip(away, -_FURTHEST, _FURTHEST).tolist())


def tailored(tuned: Perception, photo: Character) -> Perception:
    """Return the numbers for a photo.

    Where colour varies little, or grain is strong, the steps of fine luminance may be coarser against those of its
    coarse waves; where colour varies much against luminance, Cb may be coarser.
    """
    steeper = tuned.slope_by_blue * photo.blue + tuned.slope_by_grain * photo.grain
    return replace(
        tuned,
        luminance=replace(tuned.luminance, slope=tuned.luminance.slope + steeper),
        cb=replace(tuned.cb, coarser=tuned.cb.coarser + tuned.cb_by_share * photo.blue_share),
    )
