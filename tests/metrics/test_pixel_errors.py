"""PSNR and SSIM against their formulas, with and without weights, and the arrays that they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import noisy_gradient

from foveal.errors import ParameterError
from foveal.metrics import psnr, ssim


def test_psnr() -> None:
    zeros, ones = np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8)
    assert psnr(zeros, ones) == pytest.approx(20 * np.log10(255))
    assert psnr(zeros, zeros) == float("inf")
    half = ones.copy()
    half[:2] = 0
    weights = np.zeros((4, 4))
    weights[2:] = 0.3
    assert psnr(zeros, half, weights) == pytest.approx(20 * np.log10(255))
    assert psnr(zeros, half) == pytest.approx(10 * np.log10(255**2 / 0.5))
    assert psnr(np.zeros((2, 2, 3), np.uint16), np.full((2, 2, 3), 257, np.uint16)) == pytest.approx(20 * np.log10(255))


@pytest.mark.parametrize(
    ("decoded", "weights"),
    [
        (np.zeros((4, 5), np.uint8), None),
        (np.zeros((4, 4), np.uint16), None),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4))),
        (np.zeros((4, 4), np.uint8), np.ones((4, 5))),
        (np.zeros((4, 4), np.uint8), np.full((4, 4), -1.0)),
    ],
)
def test_psnr_of_what_cannot_be_compared(decoded: np.ndarray, weights: np.ndarray | None) -> None:
    with pytest.raises(ParameterError):
        psnr(np.zeros((4, 4), np.uint8), decoded, weights)


def test_ssim_by_hand_and_at_its_limits() -> None:
    """For two flat pictures, only the luminance term is left: (2 a b + c) / (a^2 + b^2 + c), c = (0.01 x 255)^2."""
    dark, light = (np.full((11, 11), value, np.uint8) for value in (50, 100))
    c = 2.55**2
    assert ssim(dark, light) == pytest.approx((2 * 50 * 100 + c) / (50**2 + 100**2 + c))
    assert ssim(dark, dark) == 1
    rgb = np.stack([dark, light, dark], axis=2)
    assert ssim(rgb, np.stack([dark, dark, dark], axis=2)) == pytest.approx((2 + ssim(dark, light)) / 3)
    with pytest.raises(ParameterError, match="11"):
        ssim(dark[:10], light[:10])
    with pytest.raises(ParameterError, match="compared"):
        ssim(dark, rgb)


def test_weighted_ssim_looks_where_the_weights_are(astronaut: np.ndarray) -> None:
    original = astronaut[:100, :100]
    damaged = original.copy()
    damaged[:, 60:] = 0
    weights = np.zeros((100, 100))
    weights[:, :54] = 1  # six pixels away: the windows do not reach the damage
    assert ssim(original, damaged, weights) == pytest.approx(1)
    assert ssim(original, damaged, 1 - weights) < 0.5
    assert ssim(original, damaged, np.ones((100, 100))) == pytest.approx(ssim(original, damaged))
    grey = ssim(original[:, :, 0], damaged[:, :, 0], np.full((100, 100), 0.3))
    assert grey == pytest.approx(ssim(original[:, :, 0], damaged[:, :, 0]))


@pytest.mark.parametrize(
    "weights", [np.ones((20, 21)), -np.ones((20, 20)), np.zeros((20, 20)), np.eye(1, 400).reshape(20, 20)]
)
def test_weights_that_weigh_nothing(weights: np.ndarray) -> None:
    picture = noisy_gradient(20, 20)
    with pytest.raises(ParameterError, match="weights must"):
        ssim(picture, picture, weights)
