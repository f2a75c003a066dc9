"""Foveation: how the weights of a saliency map are spread over frequencies.

Away from the point of gaze, the eye loses fine detail first. Blocks that matter less therefore lose high frequencies
before low ones: a block of weight w has weight w^(1 - e(f)) for errors of frequency f. The excess e(f) falls from its
value at the lowest frequencies to half of it at the knee, and slowly beyond. If all frequencies had weight w, the low
ones would vanish too and leave flat blocks with visible borders. The excess is larger by a constant for the first row
and column of the block, whose errors are the steps across block borders:

        excess at frequencies (v, u)                        . DC      + constant added
        . + + + + + + +
        + o o o o                                           o above half of its value at the lowest frequencies
        + o o o o
        + o o o
        + o o
        +
        +
        +
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.perception import FREQUENCY, MOVES_BORDERS, Foveation
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.jpeg import FrequencyProfiles

_PROFILES = 16  # different weights in a file, evenly spaced in their logarithm
_STEEPNESS = 2  # exponent of the fall from low to high frequencies, tuned with `Foveation.knee`


def frequency_profiles(weights: NDArray[np.float32], foveation: Foveation, level: float) -> FrequencyProfiles:
    """Return the factors that turn the weights of a saliency map into weights by block and frequency.

    Parameters
    ----------
    weights
        (rows, columns) weight of each 8x8-pixel block by its saliency, in [LEAST_WEIGHT, 1].
    foveation
        Tuned numbers.
    level
        Level of the tables, see `perception`.
    """
    logarithms = np.log(LEAST_WEIGHT) * np.linspace(1, 0, _PROFILES)  # of the weight of each profile
    excess = foveation.excess.at(level) / (1 + (FREQUENCY / foveation.knee) ** _STEEPNESS)
    excess = np.minimum(excess + foveation.borders * MOVES_BORDERS, 1)
    index = np.rint((1 - np.log(weights) / np.log(LEAST_WEIGHT)) * (_PROFILES - 1))
    return FrequencyProfiles(np.exp(-np.outer(logarithms, excess)).astype(np.float32), index.astype(np.uint8))
