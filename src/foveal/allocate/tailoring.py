"""Tailoring of the tuned numbers to a photo, by statistics of its coefficients and by its saliency map."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.masking import Texture
from foveal.allocate.perception import Perception, Spectrum

_STRENGTH_NOISE = 0.3  # added before logarithms, in 8-bit samples: weaker texture is noise
_LARGEST_DEVIATION = 1.0  # limit of deviations from the typical photo; nothing was measured beyond it


def measure_blue_share(luminance: Texture, blue: Texture | None, tuned: Perception) -> float:
    """Measure how far a photo's share of blue texture is from that of a typical photo, as a logarithm within +-1.

    The share is the mean strength of the AC coefficients of Cb over that of Y.

    Parameters
    ----------
    luminance
        Texture of Y.
    blue
        Texture of Cb; None for a grey photo, which counts as typical.
    tuned
        Tuned numbers; only `usual_share` is used.
    """
    if blue is None:
        return 0.0
    log_blue, log_luminance = (
        float(np.log(each.strength.mean(dtype=np.float64) + _STRENGTH_NOISE)) for each in (blue, luminance)
    )
    deviation = log_blue - log_luminance - tuned.usual_share
    return min(max(deviation, -_LARGEST_DEVIATION), _LARGEST_DEVIATION)


def tailor_to_photo(tuned: Perception, blue_share: float) -> Perception:
    """Return the tuned numbers, adjusted to a photo: Cb gets coarser steps where its share of the texture is large.

    Parameters
    ----------
    tuned
        Tuned numbers of a typical photo.
    blue_share
        Result of `measure_blue_share`.
    """
    return replace(tuned, cb=replace(tuned.cb, coarser=tuned.cb.coarser + tuned.cb_by_share * blue_share))


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

    def tailored(spectrum: Spectrum, more_slope: float, more_coarser: float) -> Spectrum:
        slope, coarser = spectrum.slope + taken * more_slope, spectrum.coarser + taken * more_coarser
        return replace(spectrum, slope=slope, coarser=coarser)

    coarser = change.coarser.at(level)
    colour_coarser = coarser + change.colour_coarser
    knee = tuned.masking.knee * math.exp(taken * change.knee)
    return replace(
        tuned,
        luminance=tailored(tuned.luminance, change.slope, coarser),
        cb=tailored(tuned.cb, change.colour_slope, colour_coarser),
        cr=tailored(tuned.cr, change.colour_slope, colour_coarser),
        masking=replace(tuned.masking, knee=knee),
    )
