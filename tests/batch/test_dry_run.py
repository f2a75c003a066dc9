"""Predictions from samples: exact for all files, and intervals that hold the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from foveal.batch import Outcome
from foveal.batch.dry_run import CONFIDENCE, _student_quantile, predict, saved_by_source


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 29, 1000])
def test_quantiles_of_student(degrees: int) -> None:
    assert _student_quantile(degrees) == pytest.approx(stats.t.ppf((1 + CONFIDENCE) / 2, degrees), rel=0.01)


def test_a_sample_of_all_files_is_exact() -> None:
    prediction = predict([(100, 20), (50, 0), (10, -1)], 3, 160)
    assert prediction.saved_bytes == prediction.low_bytes == prediction.high_bytes == 19


def test_files_that_save_the_same_share_leave_no_doubt() -> None:
    prediction = predict([(100, 20), (50, 10), (10, 2)], 1000, 70_000)
    assert (prediction.low_bytes, prediction.high_bytes) == pytest.approx((14_000, 14_000))


@pytest.mark.parametrize("sample", [[], [(100, 20)]])
def test_too_small_a_sample_says_nothing(sample: list[tuple[int, int]]) -> None:
    prediction = predict(sample, 10, 1000)
    assert prediction.low_bytes == -np.inf
    assert prediction.high_bytes == 1000


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 2,000 samples with a fixed seed; sizes and savings are spread as those of photographs."""
    chance = np.random.default_rng(0)
    sizes = chance.lognormal(13, 0.7, 2000)
    saved = sizes * chance.beta(2, 5, 2000)
    held = 0
    for _ in range(2000):
        chosen = chance.choice(2000, 50, replace=False)
        prediction = predict(list(zip(sizes[chosen], saved[chosen], strict=True)), 2000, int(sizes.sum()))
        held += prediction.low_bytes <= saved.sum() <= prediction.high_bytes
    assert 0.92 < held / 2000 < 0.97


def test_files_without_a_result_save_nothing() -> None:
    def outcome(source: str, status: str, before: int, after: int = 0) -> Outcome:
        return Outcome("", source, source + "-", status, size_bytes_before=before, size_bytes_after=after)

    outcomes = [outcome("a", "written", 9, 4), outcome("b", "failed", 8), outcome("c", "skipped", 7)]
    outcomes += [outcome("d", "written", 20, 3), outcome("d", "written", 20, 5), outcome("d", "skipped", 20)]
    assert saved_by_source(outcomes) == [(9, 5), (8, 0), (7, 0), (20, 12)]
