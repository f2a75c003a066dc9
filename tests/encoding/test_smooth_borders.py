"""The least quality at which block borders do not show in smooth areas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.allocate.perception import level_of_quality
from foveal.encoding import smooth_borders
from foveal.encoding.smooth_borders import raise_until_borders_vanish

SMOOTH = np.tile(np.linspace(90, 160, 256).astype(np.uint8)[:, None], (1, 256))
LIMIT = smooth_borders._LARGEST_BORDER_STEP


def least_quality(steps: list[float], quality: int, most: int) -> tuple[int, list[int]]:
    """Return the quality that is found, and those tried, where the steps at all qualities are given."""
    tried: list[int] = []

    def decode_at(quality: int) -> np.ndarray:
        tried.append(quality)
        return np.full(SMOOTH.shape, quality, np.uint8)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smooth_borders, "extra_border_step", lambda _, decoded, __: steps[round(decoded[0, 0] + 128)])
        found = raise_until_borders_vanish(SMOOTH, decode_at, quality, most, 1)
    return found, tried


@given(
    scale=st.floats(0.001, 0.2),
    power=st.floats(0.3, 2),
    quality=st.integers(60, 95),
    most=st.integers(60, 95),
)
def test_the_quality_is_the_least_one(scale: float, power: float, quality: int, most: int) -> None:
    quality, most = min(quality, most), max(quality, most)
    steps = [scale * math.exp(power * level_of_quality(each)) for each in range(101)]
    found, tried = least_quality(steps, quality, most)
    assert found == next((each for each in range(quality, most) if steps[each] <= LIMIT), most)
    assert len(tried) == len(set(tried)) <= 9


def test_few_files_are_decoded_where_steps_are_proportional_to_those_of_the_quantizer() -> None:
    for hidden in range(62, 95):
        steps = [LIMIT * math.exp(level_of_quality(each) - level_of_quality(hidden) - 1e-6) for each in range(101)]
        found, tried = least_quality(steps, 60, 95)
        assert found == hidden
        assert len(tried) <= 3


def test_steps_may_be_negative_and_need_not_fall() -> None:
    steps = [0.5] * 70 + [-1.0, 0.3, -0.2] + [0.01] * 28
    found, _ = least_quality(steps, 60, 95)
    assert steps[found] <= LIMIT < steps[found - 1]


def test_steps_that_hardly_fall_are_found_by_bisection() -> None:
    """Guesses go up by one each time, because the steps are hardly larger than they may be."""
    steps = [LIMIT * 1.0001] * 94 + [0.0] * 7
    found, tried = least_quality(steps, 60, 95)
    assert found == 94
    assert len(tried) <= 10


@pytest.mark.parametrize("columns", [80, 100])
def test_photos_that_are_smooth_in_a_third_at_most_are_not_decoded(columns: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)
    noise[:, :columns] = SMOOTH[:, :columns]
    decoded: list[int] = []

    def decode_at(quality: int) -> np.ndarray:
        decoded.append(quality)
        return noise

    assert raise_until_borders_vanish(noise, decode_at, 70, 95, 1) == 70
    assert decoded == ([70] if columns == 100 else [])
