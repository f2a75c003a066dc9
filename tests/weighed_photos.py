"""Photos with block weights, for tests of the encoder's decisions."""

from __future__ import annotations

import numpy as np

from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.subsampling import Subsampling
from foveal.encoding.weighed_photo import WeighedPhoto


def weigh(
    pixels: np.ndarray, weights: np.ndarray | None = None, subsampling: str = "4:2:0", effort: str = "balanced"
) -> WeighedPhoto:
    """Return a photo with weights, by default 1 for every block, and the allocation that foveal ships with."""
    if weights is None:
        weights = np.ones(jpeg.block_grid(*pixels.shape[:2]), np.float32)
    settings = jpeg.EncoderSettings()
    return WeighedPhoto(pixels, weights, RateDistortion(), EFFORTS[effort], settings, Subsampling(subsampling))
