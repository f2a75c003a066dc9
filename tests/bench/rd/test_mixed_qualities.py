"""The published MS-ROI encoder."""

from __future__ import annotations

import numpy as np
import pytest

import foveal
from bench.rd import mixed_qualities
from foveal.comparison import peers


def test_the_published_method_mixes_ten_qualities_by_tenths_of_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a map that rises from left to right, "files" that are their quality, and "decoded" ones full of it."""
    ramp = np.tile(np.arange(40, dtype=np.float32) / 40, (8, 1))
    encoded = []

    def encode(pixels: np.ndarray, quality: float) -> bytes:
        encoded.append((pixels, quality))
        return bytes([int(quality)])

    monkeypatch.setattr(foveal, "saliency_map", lambda pixels: ramp)
    monkeypatch.setattr(peers, "libjpeg_turbo", encode)
    monkeypatch.setattr(peers, "decode_for_viewing", lambda data: np.full((8, 40, 3), data[0], dtype=np.uint8))
    assert mixed_qualities.encode(np.zeros((8, 40, 3), dtype=np.uint8), 77) == bytes([77])
    mixed, quality = encoded[-1]
    assert quality == 77
    np.testing.assert_array_equal(mixed[3, :, 1], np.repeat(np.arange(10, 101, 10), 4))
