"""Tailoring of the tuned numbers to a photo, by statistics of its coefficients and by its saliency map."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.masking import Texture
from foveal.allocate.perception import Perception, Spectrum

_STRENGTH_NOISE, _GRAIN_NOISE = 0.3, 0.1  # added before logarithms, in 8-bit samples: weaker texture is noise
_SMOOTHEST_SHARE = 0.1  # share of the blocks whose high frequencies are taken for grain
_LARGEST_DEVIATION = 1.0  # limit of deviations from the typical photo; nothing was measured beyond it


@dataclass(frozen=True)
class Character:
    """Deviations of a photo from the photographs that the numbers were tuned on, as logarithms within +-1.

    Parameters
    ----------
    blue
        Mean strength of the AC coefficients of Cb.
    blue_share
        Mean strength of the AC coefficients of Cb, over that of Y.
    grain
        Strength of the high frequencies of Y in smooth blocks (the tenth percentile): film grain or sensor noise.
    """

    blue: float = 0.0
    blue_share: float = 0.0
    grain: float = 0.0


def measure_character(luminance: Texture, blue: NDArray[np.float32] | None, tuned: Perception) -> Character:
    """Measure how a photo differs from the photographs that the tables were tuned on.

    Parameters
    ----------
    luminance
        Texture of Y.
    blue
        `Texture.strength` of Cb; None for a grey photo, whose colour counts as typical.
    tuned
        Tuned numbers; only the measures of the typical photo (`usual_blue`, ...) are used.
    """
    smooth = int(luminance.high.size * _SMOOTHEST_SHARE)  # index of the tenth percentile
    grain = np.log(np.partition(luminance.high, smooth, axis=None)[smooth] + _GRAIN_NOISE) - tuned.usual_grain
    deviations = [0.0, 0.0, float(grain)]
    if blue is not None:
        log_blue, log_luminance = (
            float(np.log(strength.mean(dtype=np.float64) + _STRENGTH_NOISE)) for strength in (blue, luminance.strength)
        )
        deviations[:2] = log_blue - tuned.usual_blue, log_blue - log_luminance - tuned.usual_share
    return Character(*np.clip(deviations, -_LARGEST_DEVIATION, _LARGEST_DEVIATION).tolist())


def tailor_to_photo(tuned: Perception, photo: Character) -> Perception:
    """Return the tuned numbers, adjusted to the character of a photo.

    If colour varies little or grain is strong, the high frequencies of luminance get coarser steps relative to the low
    ones. If colour varies much relative to luminance, Cb gets coarser steps.
    """
    steeper = tuned.slope_by_blue * photo.blue + tuned.slope_by_grain * photo.grain
    return replace(
        tuned,
        luminance=replace(tuned.luminance, slope=tuned.luminance.slope + steeper),
        cb=replace(tuned.cb, coarser=tuned.cb.coarser + tuned.cb_by_share * photo.blue_share),
    )


def tailor_to_map(tuned: Perception, weights: NDArray[np.float32], level: float) -> Perception:
    """Return the tuned numbers, adjusted to a saliency map by which some blocks matter less.

    The bits that less salient blocks give up go to high frequencies and to colour where people look. Masking becomes
    weaker, because its weights multiply those of saliency: busy blocks that nobody looks at would keep no bits.

    Parameters
    ----------
    tuned
        Numbers for the file's subsampling, see `Perception.without_down_sampling`.
    weights
        (rows, columns) weight of each 8x8-pixel block by saliency, in (0, 1]. If all are 1, nothing changes.
    level
        Level of the tables, see `perception`.
    """
    taken, change = 1 - float(weights.mean(dtype=np.float64)), tuned.attention
    all_coarser = change.coarser.at(level)

    def tailored(spectrum: Spectrum, slope: float, extra_coarser: float = 0.0) -> Spectrum:
        coarser = spectrum.coarser + taken * (all_coarser + extra_coarser)
        return replace(spectrum, slope=spectrum.slope + taken * slope, coarser=coarser)

    def tailored_colour(spectrum: Spectrum, extra_coarser: float = 0.0) -> Spectrum:
        worth = replace(spectrum.bit_worth, middle=spectrum.bit_worth.middle + taken * change.colour_worth)
        return replace(tailored(spectrum, change.colour_slope, extra_coarser), bit_worth=worth)

    knee = tuned.masking.knee * math.exp(taken * change.knee)
    return replace(
        tuned,
        luminance=tailored(tuned.luminance, change.slope),
        cb=tailored_colour(tuned.cb, change.cb),
        cr=tailored_colour(tuned.cr),
        masking=replace(tuned.masking, knee=knee),
    )
