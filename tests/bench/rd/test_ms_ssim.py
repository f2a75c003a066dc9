"""MS-SSIM against scikit-image's SSIM, and cases that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rd_pictures import as_jpeg, flat
from skimage.metrics import structural_similarity
from skimage.transform import downscale_local_mean

from bench.rd import ms_ssim
from bench.rd.luma import luma
from bench.rd.ms_ssim import MsSsimReference
from foveal.errors import ParameterError


@pytest.mark.parametrize("quality", [5, 30, 75, 95])
def test_ms_ssim_is_that_of_scikit_images_ssim(quality: int, coffee: np.ndarray) -> None:
    """With K1 beyond all bounds the luminance term is 1, and what is left is contrast and structure."""
    pixels = coffee[:303, :401]
    planes = luma(pixels), luma(as_jpeg(pixels, quality))

    def similarity(k1: float) -> float:
        return structural_similarity(
            *planes, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, K1=k1
        )

    expected = 1.0
    for weight in ms_ssim.WEIGHTS[:-1]:
        expected *= similarity(1e9) ** weight
        planes = tuple(
            downscale_local_mean(plane[: len(plane) // 2 * 2, : plane.shape[1] // 2 * 2], (2, 2)) for plane in planes
        )
    expected *= similarity(0.01) ** ms_ssim.WEIGHTS[-1]
    found = MsSsimReference(pixels).similarity(as_jpeg(pixels, quality))
    assert found == pytest.approx(expected, rel=1e-6)


def test_ms_ssim_of_flat_pictures() -> None:
    """Nothing but the luminance of the smallest size differs."""
    expected = ((2 * 100 * 140 + 2.55**2) / (100**2 + 140**2 + 2.55**2)) ** 0.1333
    reference = MsSsimReference(flat(100))
    assert reference.similarity(flat(140)) == pytest.approx(expected)
    assert reference.score(flat(140)) == pytest.approx(-10 * math.log10(1 - expected))


def test_ms_ssim_of_equal_and_of_inverted_pictures(coffee: np.ndarray) -> None:
    assert MsSsimReference(coffee).similarity(coffee) == pytest.approx(1, abs=1e-12)
    assert MsSsimReference(coffee).score(coffee) > 100
    assert MsSsimReference(coffee).similarity(255 - coffee) == 0
    assert MsSsimReference(coffee).score(255 - coffee) == 0


def test_ms_ssim_needs_176_pixels() -> None:
    MsSsimReference(flat(1, 176, 177)).similarity(flat(1, 176, 177))
    for shape in ((175, 300), (300, 175)):
        with pytest.raises(ParameterError, match="176 pixels"):
            MsSsimReference(flat(1, *shape))
