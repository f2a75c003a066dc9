"""The search for what a map changes: what counts, and how coarse tables may be for a promise to be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, cast

import pytest

from bench.tuning.map_numbers import SCORES, WORTH_OF_WHOLE, Points, Subject, kept_promise, objective, with_coarser
from foveal.allocate.perception import Perception, Trend, perception


class Fake:
    """Files whose scores are known."""

    def __init__(self, size: float = 1.0, lead: Callable[[float, float], float] | None = None) -> None:
        self._size, self._lead = size, lead
        self.anchor = self._points(1.0)

    def curve(self, _: Perception) -> Points:
        return self._points(self._size)

    def _points(self, size: float) -> Points:
        return [(round(1000 * size * 2**step), (30.0 + step,) * len(SCORES)) for step in range(6)]

    def lead_there(self, level: float, tuned: Perception) -> float:
        assert self._lead is not None
        return self._lead(level, tuned.attention.coarser.at(level))


def faked(*fakes: Fake) -> list[Subject]:
    return cast(list[Subject], list(fakes))


def test_what_counts_is_the_bytes_there_and_a_share_of_those_of_the_whole() -> None:
    found = objective(faked(Fake(0.9), Fake(0.8)), asdict(perception()))
    assert found == pytest.approx(-15 * (1 + WORTH_OF_WHOLE), abs=0.1)


def test_scores_of_the_whole_count_less(monkeypatch: pytest.MonkeyPatch) -> None:
    by_score = {0: -3.0, 1: -6.0, 2: -9.0, 3: -5.0, 4: -7.0, 5: 10.0}
    monkeypatch.setattr("bench.tuning.map_numbers.rates", lambda *arguments: by_score[arguments[3]])
    assert objective(faked(Fake()), asdict(perception())) == pytest.approx(-6 + 10 * WORTH_OF_WHOLE)


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        (lambda _level, coarser: 3 - 10 * coarser, Trend(0.3, 0)),
        (lambda level, coarser: level - 10 * coarser, Trend(0.22, 0.08)),
        (lambda _level, _coarser: -1.0, Trend(0, 0)),  # never better
    ],
)
def test_tables_get_coarser_until_what_is_looked_at_scores_as_without_a_map(lead: Any, expected: Trend) -> None:
    found = kept_promise(faked(Fake(lead=lead)), perception())
    assert (found.middle, found.change) == pytest.approx((expected.middle, expected.change))


def test_photos_count_alike_for_the_promise() -> None:
    found = kept_promise(
        faked(*(Fake(lead=lambda _, coarser, by=by: by - 10 * coarser) for by in (1, 3))), perception()
    )
    assert found.middle == pytest.approx(0.2)


def test_another_coarser_changes_nothing_else() -> None:
    tuned = with_coarser(perception(), Trend(0.7))
    assert tuned.attention.coarser == Trend(0.7)
    assert with_coarser(tuned, perception().attention.coarser) == perception()
    assert replace(tuned, attention=perception().attention) == perception()
