"""Quality metrics by name, which score a decoded photo against its original."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from functools import cache
from typing import Protocol

import numpy as np

from bench.rd.luma import LumaPsnrReference
from bench.rd.ms_ssim import LEAST_SIDE, MsSsimReference
from bench.rd.psnr_hvs_m import PsnrHvsMReference
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference


class Reference(Protocol):
    """Original picture that a metric has prepared for scoring."""

    def score(self, decoded: EightBitPixels) -> float:
        """Return the score of a decoded version; higher is better."""


METRICS: dict[str, Callable[[EightBitPixels], Reference]] = {
    "SSIMULACRA2": Ssimulacra2Reference,
    "PSNR-HVS-M": PsnrHvsMReference,
    "MS-SSIM": MsSsimReference,
    "PSNR": LumaPsnrReference,
}
UNITS = {"SSIMULACRA2": "", "PSNR-HVS-M": "dB, luma", "MS-SSIM": "dB, luma", "PSNR": "dB, luma"}


class Original:
    """Original photo, (H, W, 3) uint8 with sides of at least 176 pixels, that scores files by several metrics."""

    def __init__(self, pixels: EightBitPixels, metrics: Collection[str] = tuple(METRICS)) -> None:
        self._references = {name: METRICS[name](pixels) for name in metrics}

    def scores(self, data: bytes) -> dict[str, float]:
        """Decode a JPEG file with Pillow and return its scores by metric."""
        decoded = peers.decode_for_viewing(data)
        return {name: reference.score(decoded) for name, reference in self._references.items()}


@cache
def version() -> str:
    """Return a digest of the scores of a fixed picture, which changes if a metric or the decoder does."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:LEAST_SIDE, 0 : LEAST_SIDE + 9]
    waves = 128 + 60 * np.sin(rows / 9) * np.cos(columns / 7) + rng.normal(0, 9, rows.shape)
    picture = np.clip(waves[:, :, None] + np.array([0, 20, -30]), 0, 255).astype(np.uint8)
    scores = Original(picture).scores(peers.libjpeg_turbo(picture, 50))
    rounded = {name: f"{score:.6f}" for name, score in scores.items()}
    return hashlib.sha256(json.dumps(rounded).encode()).hexdigest()[:16]
