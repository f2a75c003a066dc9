"""Files of `foveal.pca` that several tests encode and decode."""

from __future__ import annotations

import io

import numpy as np

import foveal
from foveal import pca
from foveal.pca.codec import EncodedPhoto, encode_photo
from foveal.pca.options import PcaOptions

MODES = ["rows", "blocks"]
# Largest error of 16-bit samples at the finest step: each of 64 scores is off by at most 0.6 x 1/8, in luma and,
# times 1.772, in blue.
BLOCKS_ERROR_LIMIT = 64**0.5 * 0.6 / 8 * (1 + 1.772) * 257


def encoded(
    pixels: np.ndarray, variance: float = 99, mode: str = "rows", components: int | None = None
) -> EncodedPhoto:
    return encode_photo(foveal.Photo(pixels), PcaOptions(variance, mode, components))


def restored(pixels: np.ndarray, variance: float = 99, mode: str = "rows") -> np.ndarray:
    return pca.decode(pca.encode(pixels, variance=variance, mode=mode)).pixels


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)
