"""The published MS-ROI encoder: a JPEG of a picture that is mixed from JPEGs of ten qualities.

A. Prakash, N. Moran, S. Garber, A. DiLillo, J. Storer, "Semantic Perceptual Image Compression using Deep Convolution
Networks", DCC 2017, arXiv 1612.08712: each pixel comes from the JPEG of the quality that its saliency asks for, and the
mix is encoded once more, at the quality that gives the wanted size. It loses twice, and the decoder gets a plain JPEG.
"""

from __future__ import annotations

import numpy as np

import foveal
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels


def encode(pixels: EightBitPixels, quality: float) -> bytes:
    """Mix by tenths of our saliency map, and encode the mix at a quality, as libjpeg-turbo does at its best."""
    qualities = range(10, 101, 10)  # of the least to the most salient tenth of the pixels
    saliency = foveal.saliency_map(pixels)
    bounds = np.quantile(saliency, np.linspace(0, 1, len(qualities) + 1)[1:-1])
    tenth = np.searchsorted(bounds, saliency, side="right")
    mixed = np.empty_like(pixels)
    for index, each in enumerate(qualities):
        chosen = tenth == index
        mixed[chosen] = peers.decode_for_viewing(peers.libjpeg_turbo(pixels, each))[chosen]
    return peers.libjpeg_turbo(mixed, quality)
