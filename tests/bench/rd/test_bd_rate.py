"""BD-rates of curves whose answer can be worked out by hand; PCHIP interpolates straight lines exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.rd.bd_rate import bd_rate, summary

SCORES = np.linspace(30, 90, 8)


def line(scores: np.ndarray, slope: float, start: float = 8.0) -> list[tuple[float, float]]:
    """Return a curve along which the logarithm of bytes is `start` + `slope` * score."""
    return list(zip(np.exp(start + slope * scores), scores, strict=True))


CURVE = [(1000, 31.0), (1700, 45.5), (2900, 58.0), (5200, 69.0), (9900, 78.0), (21000, 86.0)]


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.25, 3.0])
def test_bytes_multiplied(factor: float) -> None:
    assert bd_rate(CURVE, [(factor * size, score) for size, score in CURVE]) == pytest.approx(100 * (factor - 1))


def test_scores_shifted() -> None:
    """With a slope of 0.04, a curve that is 2 points better needs e^-0.08 of the bytes."""
    better = [(size, score + 2) for size, score in line(SCORES, 0.04)]
    assert bd_rate(line(SCORES, 0.04), better) == pytest.approx(100 * (math.exp(-0.08) - 1))


def test_curves_that_cross_in_the_middle_are_equal() -> None:
    middle = SCORES.mean()
    assert bd_rate(line(SCORES, 0.02, 8 - 0.02 * middle), line(SCORES, 0.05, 8 - 0.05 * middle)) == pytest.approx(0)


def test_only_scores_that_both_reach_count() -> None:
    """The tested curve goes on to 120, beyond the anchor's 30 to 90, with very large files."""
    tested = [*line(SCORES[2:], 0.04, math.log(0.8) + 8), (1e9, 95.0), (1e12, 120.0)]
    assert bd_rate(line(SCORES, 0.04), tested[:-2]) == pytest.approx(-20)
    assert bd_rate(line(SCORES, 0.04), tested) == pytest.approx(-20, abs=3)  # its slope at 90 bends


@pytest.mark.parametrize(
    ("low", "high", "compared"),
    [(35, 95, True), (60, 120, True), (60.1, 120.1, False), (90, 150, False), (95, 150, False), (-0.1, 59.9, False)],
)
def test_half_of_the_shorter_range_must_be_common(low: float, high: float, compared: bool) -> None:
    rate = bd_rate(line(SCORES, 0.04), line(np.linspace(low, high, 8), 0.04))
    assert rate == pytest.approx(0) if compared else math.isnan(rate)


def test_a_short_range_inside_a_long_one_is_compared() -> None:
    """An encoder that has only high qualities is compared at these."""
    assert bd_rate(line(SCORES, 0.04), line(np.array([80.0, 83.0]), 0.04, 8 + math.log(1.1))) == pytest.approx(10)


def test_points_in_any_order() -> None:
    shuffled = [CURVE[index] for index in (3, 0, 5, 1, 4, 2)]
    assert bd_rate(CURVE, shuffled) == pytest.approx(0)


@pytest.mark.parametrize("useless", [(3000, 57.0), (2900, 57.0), (4000, 58.0), (5000, math.inf), (5000, math.nan)])
def test_files_that_a_smaller_one_beats_and_endless_scores_are_left_out(useless: tuple[float, float]) -> None:
    assert bd_rate(CURVE, [*CURVE, useless]) == pytest.approx(0)


@pytest.mark.parametrize("curve", [[], CURVE[:1], [(1000, 50.0), (2000, 40.0)]])
def test_one_point_is_no_curve(curve: list[tuple[float, float]]) -> None:
    assert math.isnan(bd_rate(CURVE, curve))
    assert math.isnan(bd_rate(curve, CURVE))


curves = st.lists(
    st.tuples(st.floats(0.02, 1.0), st.floats(0.5, 20)), min_size=3, max_size=9
).map(lambda steps: list(zip(*np.cumsum([(math.log(1000), 20.0), *steps], axis=0).T, strict=True)))  # fmt: skip


@settings(deadline=None)
@given(curves, curves)
def test_the_other_way_round_is_the_inverse(first: list, second: list) -> None:
    first, second = ([(math.exp(log_size), score) for log_size, score in curve] for curve in (first, second))
    there, back = bd_rate(first, second), bd_rate(second, first)
    if math.isnan(there):
        assert math.isnan(back)
    else:
        assert (1 + there / 100) * (1 + back / 100) == pytest.approx(1)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((0, math.exp(10)), -20),
        ((math.exp(10), math.inf), 25),
        ((math.exp(9.4), math.exp(10)), -20),
        ((math.exp(10), math.exp(10.2)), 25),
        ((0, math.inf), 100 * (math.sqrt(0.8 * 1.25) - 1)),
        ((0, math.exp(8)), math.nan),
        ((math.exp(12.1), math.inf), math.nan),
        ((math.exp(10), math.exp(10)), math.nan),
    ],
)
def test_only_scores_of_the_anchors_sizes_count(sizes: tuple[float, float], expected: float) -> None:
    """The anchor has exp(10) bytes at 30, where the tested one jumps from 20 % fewer to 25 % more."""
    low, high = np.linspace(10, 29.999, 400), np.linspace(30.001, 50, 400)
    anchor = line(np.linspace(10, 50, 9), 0.05, 8.5)
    tested = line(low, 0.05, 8.5 + math.log(0.8)) + line(high, 0.05, 8.5 + math.log(1.25))
    assert bd_rate(anchor, tested, sizes) == pytest.approx(expected, abs=0.1, nan_ok=True)


def test_half_of_the_anchors_range_within_bounds_must_be_common() -> None:
    anchor = line(SCORES, 0.04)
    bounds = math.exp(8 + 0.04 * 30), math.exp(8 + 0.04 * 50)
    assert bd_rate(anchor, line(np.linspace(39.9, 90, 9), 0.04), bounds) == pytest.approx(0)
    assert math.isnan(bd_rate(anchor, line(np.linspace(40.1, 90, 9), 0.04), bounds))


def test_interval_of_the_mean() -> None:
    """That of twenty-five normal rates is about two standard errors on both sides."""
    rates = np.random.default_rng(1).normal(-5, 3, 25)
    found = summary(rates)
    error = rates.std() / 5
    assert found.mean_interval == pytest.approx((rates.mean() - 1.96 * error, rates.mean() + 1.96 * error), abs=0.15)
    assert found == summary(rates)
    assert summary([4.0]).mean_interval == (4.0, 4.0)


def test_summary() -> None:
    found = summary([4.0, -10.0, math.nan, 0.0, 1.0, 30.0])
    assert (found.mean, found.median, found.photos, found.wins) == (5.0, 1.0, 5, 1)
    assert (found.least, found.lower_quartile, found.upper_quartile, found.most) == (-10.0, 0.0, 4.0, 30.0)


def test_summary_of_nothing() -> None:
    found = summary([math.nan])
    assert found.photos == 0
    assert math.isnan(found.mean)
    assert math.isnan(found.most)
