"""Maps as pictures."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import noisy_gradient

import foveal
from foveal.drawing import maps


def test_a_map_as_grey() -> None:
    saliency = np.array([[0, 0.5, 1]], np.float32)
    found = maps.map_to_grey(saliency)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, [[0, 128, 255]])


@pytest.mark.parametrize("channels", [3, None], ids=["colour", "grey"])
def test_a_photo_is_unchanged_where_its_map_is_one_and_dim_where_it_is_zero(channels: int | None) -> None:
    pixels = noisy_gradient(20, 30, channels)
    saliency = np.zeros((20, 30), np.float32)
    saliency[:, :10] = 1
    found = maps.draw_over_photo(foveal.Photo(pixels), saliency)
    rgb = pixels if channels else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(found[:, :10], rgb[:, :10])
    dim = found[:, 10:].astype(int)
    assert dim.mean() < rgb[:, 10:].mean() / 2
    assert (dim[:, :, 2] >= dim[:, :, 0]).all()


def test_the_bits_map_has_the_size_of_the_picture_and_is_brightest_at_the_most_bits() -> None:
    inspection = foveal.inspect(foveal.encode(noisy_gradient(37, 53), saliency=None))
    found, bits = maps.draw_bits_map(inspection), inspection.bits_map()
    assert found.shape == (37, 53)
    order = np.argsort(bits, axis=None)
    assert (np.diff(found[::8, ::8].flatten()[order].astype(int)) >= 0).all()
    assert found.max() == 255
