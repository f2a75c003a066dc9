"""Texture, activity and masking weights, against plain NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from foveal import jpeg
from foveal.allocate.masking import Texture, activity, masking_weights, texture
from foveal.allocate.perception import LEVEL_SPAN, MIDDLE_LEVEL, Masking, Trend


def textures_of(pixels: np.ndarray, threads: int = 1) -> list[Texture]:
    frame = jpeg.frame_of(pixels, "4:2:0")
    blocks = jpeg.transform(pixels, frame, 1)
    return [texture(grid, each, threads) for grid, each in zip(blocks[:2], frame.components[:2], strict=True)]


def test_texture_is_the_strength_of_three_bands(coffee: np.ndarray) -> None:
    frame = jpeg.frame_of(coffee, "4:2:0")
    for index, component in enumerate(frame.components[:2]):
        blocks = jpeg.transform(coffee, frame, 1)[index][: component.block_rows, : component.block_columns]
        for found, band in zip(textures_of(coffee)[index], (slice(1, 64), slice(1, 6), slice(15, 64)), strict=True):
            np.testing.assert_allclose(found, np.sqrt(((blocks[..., band] / 16.0) ** 2).mean(axis=2)), rtol=1e-4)
    for one, three in zip(textures_of(coffee), textures_of(coffee, threads=3), strict=True):
        np.testing.assert_array_equal(one, three)


def test_activity_is_that_of_the_quieter_of_block_and_neighbourhood(coffee: np.ndarray) -> None:
    own = textures_of(coffee)[0].strength
    quieter = np.minimum(own, uniform_filter(own, 3, mode="nearest"))
    np.testing.assert_allclose(activity(own), quieter, rtol=1e-3, atol=1e-3)


def even_texture(strength: float, low: float = 1, high: float = 1) -> Texture:
    return Texture(*(np.full((3, 3), value, np.float32) for value in (strength, low, high)))


def test_weights_fall_to_the_floor_as_blocks_get_busy() -> None:
    masking = Masking(knee=10, power=Trend(2), floor=Trend(0.1), detail=0)
    found = [masking_weights(even_texture(strength), masking, 2.0)[1, 1] for strength in (0, 10, 1e6)]
    assert found == pytest.approx([1, 0.55, 0.1])


def test_weights_rise_with_the_ratio_of_high_to_low_frequencies() -> None:
    masking = Masking(knee=10, power=Trend(2), floor=Trend(0.1), detail=0.5)
    strengths = [(0, 1e4), (1, 10), (10, 10), (1e4, 0)]  # of high and of low frequencies
    found = [masking_weights(even_texture(0, low, high), masking, 2.0)[1, 1] for high, low in strengths]
    assert found == sorted(found)
    assert found[0] == pytest.approx((0.035 / 0.16) ** 0.5)  # clamped, as the ratio means nothing in empty blocks
    assert found[1] == pytest.approx((1.34 / 11.07 / 0.16) ** 0.5)
    assert found[3] == pytest.approx((0.48 / 0.16) ** 0.5)


@pytest.mark.parametrize(("spans", "floor", "power"), [(-1, 0.0, 3), (0, 0.1, 2), (1, 0.3, 1), (9, 0.3, 1)])
def test_floor_and_power_depend_on_the_level(spans: float, floor: float, power: float) -> None:
    """The floor would be below 0 at the finest level."""
    masking = Masking(knee=10, power=Trend(2, -1), floor=Trend(0.1, 0.2), detail=0)
    level = MIDDLE_LEVEL + spans * LEVEL_SPAN
    found = [masking_weights(even_texture(strength), masking, level)[1, 1] for strength in (20, 1e8)]
    assert found == pytest.approx([floor + (1 - floor) / (1 + 2**power), floor], abs=1e-6)
