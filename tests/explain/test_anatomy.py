"""The stages of a block, against SciPy's DCT and Pillow."""

from __future__ import annotations

import numpy as np
from explain_pages import PHOTO, make_page
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from scipy.fft import dctn


def test_pixels_and_coefficients_of_the_block() -> None:
    grey = noisy_gradient(40, 48, None)
    shown = make_page(grey, (3, 2), effort="fast", saliency=None)
    block = np.s_[16:24, 24:32]
    np.testing.assert_array_equal(shown.grid("y-samples"), grey[block])
    expected = dctn(grey[block].astype(float) - 128, norm="ortho")
    np.testing.assert_allclose(shown.grid("y-coefficients"), expected, atol=0.6)
    np.testing.assert_array_equal(shown.grid("y-restored"), pillow_pixels(shown.jpeg())[block])
    np.testing.assert_array_equal(
        shown.grid("y-error"), pillow_pixels(shown.jpeg())[block].astype(int) - grey[block].astype(int)
    )


def test_chrominance_of_the_block_is_that_of_the_pixels_it_covers() -> None:
    shown = make_page(PHOTO, (5, 3), subsampling="4:2:0")
    _, blue, red = (np.asarray(plane, float) for plane in Image.fromarray(PHOTO).convert("YCbCr").split())
    for name, plane in (("cb", blue), ("cr", red)):
        covered = plane[16:32, 32:48].reshape(8, 2, 8, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(shown.grid(f"{name}-samples"), covered, atol=1.5)
