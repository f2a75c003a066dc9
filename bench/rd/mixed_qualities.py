"""The published MS-ROI encoder: a JPEG of a picture composed from JPEGs of ten qualities.

A. Prakash, N. Moran, S. Garber, A. DiLillo, J. Storer, "Semantic Perceptual Image Compression using Deep Convolution
Networks", DCC 2017, arXiv 1612.08712. Each pixel is taken from the JPEG whose quality corresponds to the pixel's
saliency. The composed picture is encoded again, at the quality that gives the desired size. It is quantized twice, and
the result is an ordinary JPEG.
"""

from __future__ import annotations

import numpy as np

import foveal
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels


def encode(pixels: EightBitPixels, quality: float) -> bytes:
    """Compose a picture by deciles of foveal's saliency map, and encode it with libjpeg-turbo's best options."""
    qualities = range(10, 101, 10)  # for the least to the most salient tenth of the pixels
    saliency = foveal.saliency_map(pixels)
    bounds = np.quantile(saliency, np.linspace(0, 1, len(qualities) + 1)[1:-1])
    decile = np.searchsorted(bounds, saliency, side="right")
    mixed = np.empty_like(pixels)
    for index, each in enumerate(qualities):
        chosen = decile == index
        mixed[chosen] = peers.decode_for_viewing(peers.libjpeg_turbo(pixels, each))[chosen]
    return peers.libjpeg_turbo(mixed, quality)
