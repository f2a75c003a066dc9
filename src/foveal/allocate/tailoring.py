"""Numbers tailored to a photo: to the statistics of its coefficients, and to how much of it is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.masking import Texture
from foveal.allocate.perception import Perception, Spectrum

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


def measure_character(luminance: Texture, blue: NDArray[np.float32] | None, tuned: Perception) -> Character:
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


def tailor_to_photo(tuned: Perception, photo: Character) -> Perception:
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


def tailor_to_map(tuned: Perception, weights: NDArray[np.float32], level: float) -> Perception:
    """Return the numbers for a file of a level in which some blocks matter less.

    Bits that blocks give up go to finer waves and finer colour where people look: what is left there to mend. And
    texture hides less: weights multiply, and blocks that are both busy and not looked at would be left with nothing.

    Parameters
    ----------
    tuned
        Numbers for the file's subsampling, see `Perception.without_down_sampling`.
    weights
        (rows, columns) of each 8x8-pixel block by saliency, in (0, 1]; where all are 1, nothing changes.
    level
        Of the tables, see `Spectrum.table`.
    """
    taken, change = 1 - float(weights.mean(dtype=np.float64)), tuned.attention
    everywhere = change.coarser.at(level)

    def moved(spectrum: Spectrum, slope: float, by: float = 0.0) -> Spectrum:
        coarser = spectrum.coarser + taken * (everywhere + by)
        return replace(spectrum, slope=spectrum.slope + taken * slope, coarser=coarser)

    def moved_colour(spectrum: Spectrum, by: float = 0.0) -> Spectrum:
        worth = replace(spectrum.bit_worth, middle=spectrum.bit_worth.middle + taken * change.colour_worth)
        return replace(moved(spectrum, change.colour_slope, by), bit_worth=worth)

    knee = tuned.masking.knee * math.exp(taken * change.knee)
    return replace(
        tuned,
        luminance=moved(tuned.luminance, change.slope),
        cb=moved_colour(tuned.cb, change.cb),
        cr=moved_colour(tuned.cr),
        masking=replace(tuned.masking, knee=knee),
    )
