"""Scores that only benchmarks need."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import ssimulacra2
from numpy.typing import NDArray
from PIL import Image


def ssimulacra2_score(original: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float:
    """SSIMULACRA2: 100 is identical, 90 visually lossless, 70 high, 50 medium quality."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("original.png", "decoded.png")]
        for path, pixels in zip(paths, (original, decoded), strict=True):
            Image.fromarray(pixels).save(path)
        return float(ssimulacra2.compute_ssimulacra2(*map(str, paths)))
