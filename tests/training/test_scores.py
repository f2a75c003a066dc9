"""Scores of saliency maps: cases that can be computed by hand, and SciPy's rank statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, pearsonr

from foveal.errors import ParameterError
from foveal.training import scores

RAMP = np.array([[0.0, 1.0], [2.0, 3.0]])  # mean 1.5, variance 1.25


def test_nss_is_the_mean_z_score_at_the_fixations() -> None:
    assert scores.nss(RAMP, np.array([[1, 1]])) == pytest.approx(1.5 / 1.25**0.5)
    assert scores.nss(RAMP, np.array([[1, 1], [0, 0]])) == pytest.approx(0)
    assert scores.nss(RAMP, np.array([[1, 1], [1, 1], [0, 0]])) == pytest.approx(0.5 / 1.25**0.5)  # twice is twice
    assert scores.nss(7 * RAMP + 3, np.array([[1, 0]])) == pytest.approx(scores.nss(RAMP, np.array([[1, 0]])))
    assert scores.nss(np.ones((2, 2)), np.array([[0, 1]])) == 0


def test_auc_judd_by_hand() -> None:
    """Fixations at 3 and 1; without one: 0 and 2. The curve: (0, 0), (0, 1/2), (1/2, 1), (1, 1)."""
    assert scores.auc_judd(RAMP, np.array([[1, 1], [0, 1]])) == pytest.approx(0.875)
    assert scores.auc_judd(RAMP, np.array([[1, 1]])) == 1
    assert scores.auc_judd(np.ones((2, 2)), np.array([[0, 1]])) == 0.5


def test_auc_judd_is_near_the_area_over_all_thresholds() -> None:
    rng = np.random.default_rng(0)
    saliency = rng.normal(size=(60, 80))
    fixations = np.argwhere(saliency + rng.normal(size=saliency.shape) > 2)
    fixated = np.zeros(saliency.shape, bool)
    fixated[tuple(fixations.T)] = True
    assert scores.auc_judd(saliency, fixations) == pytest.approx(scores.auc_mask(saliency, fixated), abs=2e-3)


def test_cc_is_pearson() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 9, 7))
    assert scores.cc(first, second) == pytest.approx(pearsonr(first.ravel(), second.ravel()).statistic)
    assert scores.cc(first, -2 * first) == pytest.approx(-1)
    assert scores.cc(first, np.ones((9, 7))) == 0


def test_sim_is_what_two_distributions_share() -> None:
    assert scores.sim(RAMP, RAMP) == pytest.approx(1)
    assert scores.sim([[0, 1]], [[1, 0]]) == 0
    assert scores.sim([[0, 1, 1]], [[0, 1, 3]]) == pytest.approx(0.75)  # (1/2, 1/2) and (1/4, 3/4)
    assert scores.sim([[5, 6, 6]], [[0, 10, 30]]) == pytest.approx(0.75)  # from the minimum, whatever the scale


@pytest.mark.parametrize("levels", [1000, 4])
def test_auc_of_a_mask_is_the_rank_statistic(levels: int) -> None:
    rng = np.random.default_rng(2)
    mask = rng.random((30, 20)) < 0.3
    saliency = rng.integers(0, levels, mask.shape) + levels // 4 * mask
    expected = mannwhitneyu(saliency[mask], saliency[~mask]).statistic / (mask.sum() * (~mask).sum())
    assert scores.auc_mask(saliency, mask) == pytest.approx(expected)


def test_f_beta_cuts_at_twice_the_mean() -> None:
    saliency = np.array([[8.0, 4.0, 2.0, 2.0]])  # twice the mean: 8
    assert scores.f_beta(saliency, np.array([[True, False, False, False]])) == 1
    half = scores.f_beta(saliency, np.array([[True, True, False, False]]))  # precision 1, recall 1/2
    assert half == pytest.approx(1.3 * 0.5 / (0.3 + 0.5))
    assert scores.f_beta(saliency, np.array([[False, True, False, False]])) == 0
    assert scores.f_beta(np.ones((1, 4)), np.array([[True, True, False, False]])) == pytest.approx(1.3 * 0.5 / 1.15)


def test_mae_is_the_mean_difference() -> None:
    assert scores.mae(np.array([[0.0, 1.0], [0.5, 0.25]]), np.array([[False, True], [True, False]])) == 0.1875


@pytest.mark.parametrize(
    "call",
    [
        lambda: scores.nss(RAMP, np.zeros((0, 2), int)),
        lambda: scores.auc_judd(RAMP, np.zeros((0, 2), int)),
        lambda: scores.auc_mask(RAMP, np.ones((2, 2), bool)),
        lambda: scores.f_beta(RAMP, np.zeros((2, 2), bool)),
    ],
)
def test_what_cannot_be_scored_is_refused(call: object) -> None:
    with pytest.raises(ParameterError):
        call()  # type: ignore[operator]
