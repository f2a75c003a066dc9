"""Estimates of the coefficients before quantization, against known distributions."""

from __future__ import annotations

import numpy as np
import pytest
from jpeg_files import random_coefficients
from scipy import integrate

from foveal import jpeg
from foveal.optimization.requantization_originals import (
    Distribution,
    ZeroCells,
    expected_blocks,
    fit_distribution,
    fit_distributions,
    fit_zero_cells,
    plausible_original,
)


def quantized(decay: float, half_width: float, side: int = 80) -> np.ndarray:
    """Levels of coefficients of Laplace's distribution; magnitudes below half_width steps become zero."""
    coefficients = np.random.default_rng(1).laplace(0, 1 / decay, (side, side, 64))
    return np.where(np.abs(coefficients) < half_width, 0, np.rint(coefficients)).astype(np.int16)


@pytest.mark.parametrize("half_width", [0.5, 0.6, 1.2])
@pytest.mark.parametrize("decay", [0.3, 1.0, 2.0])
def test_shifts_are_the_means_of_the_density_in_a_cell(decay: float, half_width: float) -> None:
    zeros = ZeroCells(np.array([], np.intp), np.ones((1, 64), np.float32), half_width)
    shifts = Distribution(np.full(64, decay), zeros).shifts
    for row, start in zip(shifts, (half_width - 1, -0.5), strict=True):
        mass, _ = integrate.quad(lambda t: np.exp(-decay * t), start, 0.5)
        moment, _ = integrate.quad(lambda t: t * np.exp(-decay * t), start, 0.5)
        np.testing.assert_allclose(row[1:], max(0, -moment / mass), rtol=1e-9, atol=1e-12)
        assert row[0] == 0


@pytest.mark.parametrize("half_width", [0.5, 0.8])
@pytest.mark.parametrize("decay", [0.3, 1.0])
def test_decay_and_dead_zone_are_found(decay: float, half_width: float) -> None:
    levels = quantized(decay, half_width)
    cells = fit_zero_cells(levels)
    assert cells.half_width == pytest.approx(half_width, abs=0.11)
    assert np.median(cells.decay[:, 1:]) == pytest.approx(decay, rel=0.15)
    if half_width == 0.5:
        assert np.median(fit_distribution(levels).decay[1:]) == pytest.approx(decay, rel=0.1)


def test_expected_magnitudes_lie_within_the_cell() -> None:
    source = random_coefficients([(2, 2), (1, 1), (1, 1)], (50, 70))
    expected = expected_blocks(source, fit_distributions(source), threads=1)
    for component, levels, table, found in zip(
        source.frame.components, source.blocks, source.tables, expected, strict=True
    ):
        inside = np.s_[: component.block_rows, : component.block_columns]
        in_steps = found[inside] / table.steps_in_sixteenths
        rounding = 0.5 / table.steps_in_sixteenths
        assert (np.abs(in_steps) <= np.abs(levels[inside]) + rounding).all()
        assert (np.abs(in_steps - levels[inside]) <= 0.5 + rounding).all()
        np.testing.assert_array_equal(in_steps[..., 0], levels[inside][..., 0])


def test_plausible_originals_are_drawn_from_the_cells_and_always_the_same() -> None:
    source = random_coefficients([(2, 1), (1, 1), (1, 1)], (50, 70))
    distributions = fit_distributions(source)
    original, again = (plausible_original(source, distributions) for _ in range(2))
    for component, levels, table, drawn, other in zip(
        source.frame.components, source.blocks, source.tables, original.blocks, again.blocks, strict=True
    ):
        np.testing.assert_array_equal(drawn, other)
        half = fit_zero_cells(levels[: component.block_rows, : component.block_columns]).half_width
        steps = np.array(table.values)
        assert (np.abs(drawn - levels * steps) <= half * steps + 0.5).all()
        np.testing.assert_array_equal(drawn[..., 0], levels[..., 0] * steps[0])
    assert original.tables == (jpeg.QuantizationTable((1,) * 64),) * 3


def test_a_picture_of_one_block_is_fitted() -> None:
    source = random_coefficients([(1, 1)], (1, 1))
    assert np.isfinite(fit_distributions(source)[0].decay).all()
    assert fit_zero_cells(source.blocks[0]).decay.shape == (1, 64)
