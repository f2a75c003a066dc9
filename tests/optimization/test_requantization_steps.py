"""Steps that fit coefficients which were quantized before."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.optimization.requantization_steps import LARGEST_STEP, Sample, find_steps

WEIGHT = (
    6.0  # bits that a squared error of one step is worth, at which the wanted step is the best of fresh coefficients
)


def levels_of(step: float, scale: float, count: int = 4000) -> np.ndarray:
    """Levels of coefficients of Laplace's distribution, for all frequencies."""
    coefficients = np.random.default_rng(0).laplace(0, scale, (count, 64))
    return np.rint(coefficients / step).astype(np.int16)


def found_step(old: int, wanted: float, scale: float = 60.0) -> int:
    sample = Sample(levels_of(old, scale), np.full(4000, WEIGHT, np.float32))
    steps = find_steps(sample, np.full(64, old), np.full(64, wanted), np.zeros((2, 64)))
    values, counts = np.unique(steps[1:], return_counts=True)
    return int(values[counts.argmax()])


@pytest.mark.parametrize(("old", "wanted", "fitting"), [(5, 14.2, 15), (5, 16, 15), (7, 20.5, 21), (9, 28, 27)])
def test_steps_are_odd_multiples_where_these_are_near(old: int, wanted: float, fitting: int) -> None:
    assert found_step(old, wanted) == fitting


@pytest.mark.parametrize("wanted", [3.0, 8.0, 9.9, 10.0, 11.5])
def test_the_own_step_is_kept_where_it_is_near_or_coarser(wanted: float) -> None:
    assert found_step(10, wanted) == 10


def test_steps_stay_near_the_wanted_ones_and_within_a_baseline_table() -> None:
    assert 0.8 * 40 - 1 <= found_step(1, 40.0) <= 1.3 * 40
    assert found_step(200, 400.0, scale=900.0) == LARGEST_STEP
    assert found_step(300, 200.0, scale=900.0) == 300  # a table of 16 bits keeps its step


def test_frequencies_without_levels_get_a_step() -> None:
    sample = Sample(np.zeros((10, 64), np.int16), np.full(10, WEIGHT, np.float32))
    steps = find_steps(sample, np.full(64, 3), np.full(64, 12.0), np.zeros((2, 64)))
    assert ((steps >= 3) & (steps <= 16)).all()
