"""Luminance against Pillow, and its PSNR against scikit-image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from rd_pictures import as_jpeg, flat
from skimage.metrics import peak_signal_noise_ratio

from bench.rd.luma import LumaPsnrReference, luma


def test_luma_is_pillows_before_rounding(chelsea: np.ndarray) -> None:
    rounded = np.asarray(Image.fromarray(chelsea).convert("L"), dtype=float)
    assert np.abs(luma(chelsea) - rounded).max() < 0.51


def test_luma_psnr(chelsea: np.ndarray) -> None:
    decoded = as_jpeg(chelsea, 40)
    expected = peak_signal_noise_ratio(luma(chelsea), luma(decoded), data_range=255)
    assert LumaPsnrReference(chelsea).score(decoded) == pytest.approx(expected)
    assert LumaPsnrReference(flat(100)).score(flat(105)) == pytest.approx(20 * math.log10(255 / 5))
    assert LumaPsnrReference(chelsea).score(chelsea) == math.inf
