"""Our encoder with other numbers than those that are shipped, without saliency: for those who look for numbers."""

from __future__ import annotations

import numpy as np

from foveal import jpeg
from foveal.allocate.perception import Perception
from foveal.allocate.subsampling import HALVED, Subsampling
from foveal.encoding import EncodeOptions
from foveal.encoding.weighed_photo import Trial, WeighedPhoto
from foveal.jpeg import EightBitPixels

SETTINGS = jpeg.EncoderSettings()  # one script, the same for all


def blind_trial(pixels: EightBitPixels, level: float, tuned: Perception, subsampling: str = HALVED) -> Trial:
    """Quantize a photo at a level, effort "balanced"."""
    weights = np.ones(jpeg.block_grid(*pixels.shape[:2]), np.float32)
    return WeighedPhoto(pixels, weights, EncodeOptions(), SETTINGS, Subsampling(subsampling)).trial(level, tuned)


def blind_file(pixels: EightBitPixels, level: float, tuned: Perception) -> bytes:
    """Our 4:2:0 file of a photo at a level."""
    return file_of(blind_trial(pixels, level, tuned))


def file_of(trial: Trial) -> bytes:
    """Write the file of a trial."""
    return jpeg.write(trial.quantized, SETTINGS)
