"""Sharpening of down-sampled chroma, against a plain down-sampling and up-sampling and by the decoded colour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image

from foveal import jpeg
from foveal.jpeg.encoder import samples_of_strip
from foveal.jpeg.frame import Frame
from foveal.jpeg.sampling import sharpen


def doubled(plane: np.ndarray, axis: int) -> np.ndarray:
    """Double a plane along an axis by libjpeg's fancy up-sampling: 3/4 of the nearer sample, 1/4 of the farther."""
    plane = np.moveaxis(plane, axis, 0)
    before, after = np.concatenate([plane[:1], plane[:-1]]), np.concatenate([plane[1:], plane[-1:]])
    both = np.stack([0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * after], axis=1)
    return np.moveaxis(both.reshape(-1, *plane.shape[1:]), 0, axis)


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 20),
    columns=st.integers(1, 40),
    factors=st.sampled_from([(2, 2), (2, 1), (1, 2)]),
    gain=st.sampled_from([0.25, 1.0]),
)
@settings(deadline=None, max_examples=60)
def test_sharpening_is_a_step_of_back_projection(
    seed: int, rows: int, columns: int, factors: tuple[int, int], gain: float
) -> None:
    frame = Frame.of_picture(8 * factors[1], 8 * factors[0], factors)
    plane = np.random.default_rng(seed).uniform(-128, 127, (rows, columns)).astype(np.float32)
    shown = plane
    for axis, factor in ((1, factors[0]), (0, factors[1])):
        if factor == 2:
            twice = np.moveaxis(doubled(shown, axis), axis, 0)
            shown = np.moveaxis((twice[0::2] + twice[1::2]) / 2, 0, axis)
    found = sharpen(plane, frame, frame.components[1], gain, slice(0, rows))
    np.testing.assert_allclose(found, plane + gain * (plane - shown), atol=1e-3)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_strips_do_not_show_in_sharpened_colour(subsampling: str) -> None:
    pixels = noisy_gradient(70, 50)
    frame = jpeg.frame_of(pixels, subsampling)
    whole = [*samples_of_strip(pixels, frame, (0, frame.mcu_rows), 1.0)]
    strips = [[*samples_of_strip(pixels, frame, (row, row + 1), 1.0)] for row in range(frame.mcu_rows)]
    for component, samples in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([strip[component] for strip in strips]), samples)


def test_colour_comes_back_nearer_when_it_was_sharpened(coffee: np.ndarray) -> None:
    original = np.asarray(Image.fromarray(coffee).convert("YCbCr"), float)[..., 1:]

    def error(sharpening: float) -> float:
        settings = jpeg.EncoderSettings(sharpening=sharpening, tables=jpeg.annex_k_tables(96))
        decoded = Image.fromarray(pillow_pixels(jpeg.encode(coffee, settings))).convert("YCbCr")
        return float(((np.asarray(decoded, float)[..., 1:] - original) ** 2).mean())

    assert error(1.0) < 0.9 * error(0.0)
