"""Files of the mode `blocks`: the variance that they keep, their step, and their basis."""

from __future__ import annotations

import numpy as np
import pytest
from pca_files import BLOCKS_ERROR_LIMIT, encoded, restored
from pictures import noisy_gradient

from foveal import pca
from foveal.errors import LimitError, ParameterError
from foveal.jpeg.color import to_planes
from foveal.metrics import psnr
from foveal.pca import blocks


@pytest.mark.parametrize("variance", [80, 95, 99, 99.9])
def test_blocks_keep_the_variance_with_all_errors_counted(chelsea: np.ndarray, variance: float) -> None:
    """Measured on planes computed here; rounding of R, G and B (1/12 each) adds to the error of Y, Cb and Cr."""
    file = encoded(chelsea, variance, "blocks")
    assert variance <= file.variance < variance + 0.03 * (100 - variance)
    planes, decoded = (to_planes(pixels, 304, 456)[:, :300, :451] for pixels in (chelsea, pca.decode(file.data).pixels))
    spread = sum(((plane - plane.mean()) ** 2).sum() for plane in planes.astype(float))
    shares = [0.299**2 + 0.587**2 + 0.114**2, 0.169**2 + 0.331**2 + 0.5**2, 0.5**2 + 0.419**2 + 0.081**2]
    error = ((planes - decoded).astype(float) ** 2).sum() - planes[0].size * sum(shares) / 12
    assert 100 * (1 - error / spread) == pytest.approx(file.variance, abs=0.06 * (100 - variance))


def test_more_variance_gives_larger_and_better_files(coffee: np.ndarray) -> None:
    files = [encoded(coffee, variance, "blocks") for variance in (90, 97, 99.5, 99.99)]
    sizes = [len(file.data) for file in files]
    qualities = [psnr(coffee, pca.decode(file.data).pixels) for file in files]
    assert sizes == sorted(sizes)
    assert qualities == sorted(qualities)
    assert qualities[0] + 20 < qualities[-1]


def test_blocks_with_few_components(chelsea: np.ndarray) -> None:
    few, more = (encoded(chelsea, 99, "blocks", components) for components in (2, 6))
    assert few.component_counts == (2, 2, 2)
    assert few.variance < more.variance < 99
    assert len(few.data) < len(more.data)
    with pytest.raises(ParameterError, match="components"):
        pca.encode(chelsea, mode="blocks", components=65)


def test_the_finest_step_restores_eight_bits() -> None:
    pixels = noisy_gradient(37, 53)
    assert np.abs(restored(pixels, 100, "blocks").astype(int) - pixels).max() <= 1
    deep = pixels.astype(np.uint16) * 257
    deep[:, :, 0] += 100
    error = restored(deep, 100, "blocks").astype(int) - deep
    assert np.square(error).mean() ** 0.5 < 0.1 * 257
    assert np.abs(error).max() < BLOCKS_ERROR_LIMIT


def test_rounded_directions_are_orthonormal_and_near() -> None:
    exact = np.linalg.qr(np.random.default_rng(1).normal(size=(64, 64)))[0]
    sent = np.rint(exact * 127 / np.abs(exact).max(axis=1, keepdims=True)).astype(np.int8)
    used = blocks.orthonormalise(sent)
    np.testing.assert_allclose(used @ used.T, np.eye(64), atol=1e-5)
    assert np.abs(used - exact).max() < 0.02


def test_blocks_that_cover_too_much() -> None:
    wide = np.broadcast_to(np.uint8(0), (1, 178_956_970 // 8))
    with pytest.raises(LimitError, match="blocks"):
        blocks.encode_blocks(wide, 99, None)
