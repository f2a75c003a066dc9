"""Files by other numbers than those that are shipped: what the searches of `bench.tuning` try and measure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.effort import EFFORTS
from foveal.allocate.perception import Perception
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.subsampling import HALVED
from foveal.jpeg import EightBitPixels

SETTINGS = jpeg.EncoderSettings()  # one script, the same for all


class Trial(NamedTuple):
    """Coefficients of a photo in sixteenths, how they are quantized, and the levels that they became."""

    blocks: tuple[NDArray[np.int16], ...]
    quantization: Quantization
    quantized: jpeg.Coefficients


def quantize_trial(
    pixels: EightBitPixels,
    level: float,
    tuned: Perception,
    subsampling: str = HALVED,
    weights: NDArray[np.float32] | None = None,
) -> Trial:
    """Quantize a photo at a level by other numbers, effort "balanced"; without weights, all blocks matter alike."""
    if weights is None:
        weights = np.ones(jpeg.block_grid(*pixels.shape[:2]), np.float32)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, SETTINGS.threads, tuned.sharpening.at(level))
    photo = WeighedCoefficients(pixels, weights, frame, blocks, SETTINGS)
    quantization = RateDistortion(tuned).decide_at_level(photo, level, EFFORTS["balanced"])
    return Trial(blocks, quantization, photo.quantize(quantization))


def write_trial(trial: Trial) -> bytes:
    """Write the file of a trial."""
    return jpeg.write(trial.quantized, SETTINGS)


def encode_trial(pixels: EightBitPixels, level: float, tuned: Perception) -> bytes:
    """Encode a photo without saliency as a 4:2:0 file of a level by other numbers."""
    return write_trial(quantize_trial(pixels, level, tuned))
