"""The objective of the search for attention parameters, and the measurement of how coarse tables may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, cast

import pytest

from bench.tuning.map_numbers import (
    SCORES,
    WHOLE_WEIGHT,
    Points,
    TrialPhoto,
    measure_offsets,
    objective,
    replace_coarser,
)
from foveal.allocate.perception import Perception, Trend, perception


class FakePhoto:
    """Photo whose files have known sizes and scores."""

    def __init__(self, size: float = 1.0, gain: Callable[[float, float], float] | None = None) -> None:
        self._size, self._gain = size, gain
        self.anchor = self._points(1.0)

    def measure_curve(self, _: Perception) -> Points:
        return self._points(self._size)

    def _points(self, size: float) -> Points:
        return [(round(1000 * size * 2**step), (30.0 + step,) * len(SCORES)) for step in range(6)]

    def measure_psnr_gain(self, level: float, tuned: Perception) -> float:
        assert self._gain is not None
        return self._gain(level, tuned.attention.coarser.at(level))


def as_trial_photos(*fakes: FakePhoto) -> list[TrialPhoto]:
    return cast(list[TrialPhoto], list(fakes))


def test_the_objective_is_the_bd_rate_there_and_a_share_of_that_of_the_whole() -> None:
    found = objective(as_trial_photos(FakePhoto(0.9), FakePhoto(0.8)), asdict(perception()))
    assert found == pytest.approx(-15 * (1 + WHOLE_WEIGHT), abs=0.1)


def test_the_score_of_the_whole_has_less_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    by_score = {0: -3.0, 1: -6.0, 2: -9.0, 3: -5.0, 4: -7.0, 5: 10.0}
    monkeypatch.setattr("bench.tuning.map_numbers.mean_bd_rate", lambda *arguments: by_score[arguments[3]])
    assert objective(as_trial_photos(FakePhoto()), asdict(perception())) == pytest.approx(-6 + 10 * WHOLE_WEIGHT)


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        (lambda _level, coarser: 3 - 10 * coarser, Trend(0.3, 0)),
        (lambda level, coarser: level - 10 * coarser, Trend(0.22, 0.08)),
        (lambda _level, _coarser: -1.0, Trend(0, 0)),  # never better
    ],
)
def test_tables_get_coarser_until_psnr_there_is_that_without_a_map(gain: Any, expected: Trend) -> None:
    found = measure_offsets(as_trial_photos(FakePhoto(gain=gain)), perception())
    assert (found.middle, found.change) == pytest.approx((expected.middle, expected.change))


def test_all_photos_have_equal_weight_in_the_offset() -> None:
    found = measure_offsets(
        as_trial_photos(*(FakePhoto(gain=lambda _, coarser, by=by: by - 10 * coarser) for by in (1, 3))), perception()
    )
    assert found.middle == pytest.approx(0.2)


def test_another_coarser_changes_nothing_else() -> None:
    tuned = replace_coarser(perception(), Trend(0.7))
    assert tuned.attention.coarser == Trend(0.7)
    assert replace_coarser(tuned, perception().attention.coarser) == perception()
    assert replace(tuned, attention=perception().attention) == perception()
