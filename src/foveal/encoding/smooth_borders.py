"""The least quality at which block borders do not show in the smooth areas of a photo."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.block_borders import extra_border_step, smooth_blocks
from foveal.allocate.masking import texture
from foveal.allocate.perception import level_of_quality

# Largest mean step across block borders, in 8-bit levels, see `allocate.block_borders`. Photographs with large skies
# have 0.1 to 0.2 at a predicted score of 80, gradients 0.5.
_LARGEST_BORDER_STEP = 0.18
_LEAST_SMOOTH_SHARE = 0.35  # photos with a smaller share of smooth blocks do not reach that mean
_LEAST_RATIO = 0.5  # of a step to the largest one in a prediction: smaller steps predict other qualities badly
_MAX_GUESSES = 3  # qualities that are predicted before the search goes on by bisection


def raise_until_borders_vanish(
    pixels: jpeg.Pixels, decode_at: Callable[[int], NDArray[np.uint8]], quality: int, most: int, threads: int
) -> int:
    """Return the least quality from `quality` to `most` at which block borders of smooth areas do not show.

    The steps across borders are about proportional to those of the quantizer, so that few files must be decoded.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, C-contiguous: the photo, or a sample of it.
    decode_at
        Function from a quality to the decoded file of these pixels.
    quality, most
        First and last quality to consider; the last one is returned if borders show at all the others.
    threads
        Number of threads to use.
    """
    frame = jpeg.frame_of(pixels, "4:4:4")
    blocks = jpeg.transform(pixels, frame, threads)
    smooth = smooth_blocks(texture(blocks[0], frame.components[0], threads).high)
    if smooth.mean() < _LEAST_SMOOTH_SHARE:
        return quality
    original = _luminance(pixels)

    def extra_step_at(quality: int) -> float:
        return extra_border_step(original, _luminance(decode_at(quality)), smooth)

    tried, step = quality, extra_step_at(quality)
    if step <= _LARGEST_BORDER_STEP:
        return quality
    visible_at, hidden_at, trials = quality, most, 0
    while visible_at + 1 < hidden_at:
        guess = _predict_least_quality(tried, step) if trials < _MAX_GUESSES else (visible_at + hidden_at) // 2
        tried = min(max(guess, visible_at + 1), hidden_at - 1)
        step = extra_step_at(tried)
        visible_at, hidden_at = (tried, hidden_at) if step > _LARGEST_BORDER_STEP else (visible_at, tried)
        trials += 1
    return hidden_at


def _predict_least_quality(quality: int, step: float) -> int:
    """Predict the quality at which steps across borders fall to the largest allowed one, from those at a quality.

    They are about proportional to the steps of the quantizer, whose logarithm is the level.
    """
    ratio = max(step / _LARGEST_BORDER_STEP, _LEAST_RATIO)
    level = level_of_quality(quality) - math.log(ratio)
    return next((each for each in range(101) if level_of_quality(each) <= level), 100)


def _luminance(pixels: jpeg.Pixels) -> NDArray[np.float32]:
    """Return the luminance of pixels, (h, w) in 8-bit units, centred on 0."""
    return np.asarray(jpeg.to_planes(pixels, *pixels.shape[:2])[0])
