"""The objective of the search for attention parameters, and the measurement of how coarse tables may be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bench.gaze.bd_rates import SCORES
from bench.gaze.errors_there import Errors
from bench.tuning import map_numbers
from bench.tuning.map_numbers import (
    WEIGHTS,
    Measured,
    TrialPhoto,
    compare,
    measure_offsets,
    objective,
    replace_coarser,
)
from bench.tuning.trial_files import read_parameters, write_parameters
from foveal.allocate.perception import Perception, Trend, perception


class FakePhoto:
    """Photo whose files have a known gain of PSNR by their level and by how much coarser the tables are."""

    def __init__(self, gain: Callable[[float, float], float]) -> None:
        self._gain = gain

    def measure_psnr_gain(self, level: float, tuned: Perception) -> float:
        return self._gain(level, tuned.attention.coarser.at(level))


def as_trial_photos(*fakes: FakePhoto) -> list[TrialPhoto]:
    return cast(list[TrialPhoto], list(fakes))


def measured(size: float, step: float = 1.0, error: float = 1.0, jod: float = 9.0) -> Measured:
    """Files of `size` times the bytes for the same scores, with steps that halve where the size doubles."""
    sizes = [1000 * size * 2**index for index in range(6)]
    curve = [(round(each), (30.0 + index,) * len(SCORES)) for index, each in enumerate(sizes)]
    return Measured(curve, [step / each for each in sizes], [Errors(error, error**2, jod)] * 2)


def test_files_are_compared_at_equal_scores_and_at_equal_bytes() -> None:
    shipped = [measured(1), measured(1)]
    found = compare([measured(0.9, error=0.9, jod=9.02), measured(0.8)], shipped, shipped)
    assert [found[name] for name in SCORES] == pytest.approx([-15] * len(SCORES), abs=0.1)
    assert (found["CVVDP there"], found["Butteraugli there"]) == pytest.approx((50 * np.log(0.9), 100 * np.log(0.9)))
    assert found["JOD"] == pytest.approx(10)


def test_borders_count_where_they_are_more_than_those_of_the_peer() -> None:
    peer = [measured(1)]
    assert compare([measured(1, step=1.1)], peer, peer)["borders"] == pytest.approx(10)
    assert compare([measured(1, step=0.5)], peer, peer)["borders"] == 0


def test_borders_of_files_beyond_the_sizes_of_the_peer_do_not_count() -> None:
    """Of one photo, the smallest file is smaller than all of the peer's, and has 50 times the steps of the others."""
    ours, peer = measured(1, step=2.2), [measured(2, step=2)]
    ours.steps[0] *= 50
    assert compare([ours], [ours], peer)["borders"] == pytest.approx(10)
    both = [ours, *peer]  # of both photos, (2.2 + 1) / (2 + 1) of the peer's steps at all sizes but the smallest
    assert compare(both, both, peer * 2)["borders"] == pytest.approx(np.mean([0, *[100 * 0.2 / 3] * 5]))
    with pytest.raises(ValueError, match="all files are smaller or larger"):
        compare([ours], [ours], [measured(1e-3)])


def test_the_objective_falls_with_errors_and_rises_with_the_quality_of_the_whole() -> None:
    none = dict.fromkeys([*SCORES, *WEIGHTS], 0.0)
    assert objective(none) == 0
    assert objective({**none, "PSNR there": -2.0, "CVVDP there": -4.0, "JOD": 10.0}) == pytest.approx(-3.2)


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        (lambda _level, coarser: 3 - 10 * coarser, Trend(0.3, 0)),
        (lambda level, coarser: level - 10 * coarser, Trend(0.22, 0.08)),
        (lambda _level, _coarser: -1.0, Trend(0, 0)),  # never better
    ],
)
def test_tables_get_coarser_until_psnr_there_is_that_without_a_map(gain: Any, expected: Trend) -> None:
    found = measure_offsets(as_trial_photos(FakePhoto(gain)), perception())
    assert (found.middle, found.change) == pytest.approx((expected.middle, expected.change))


def test_all_photos_have_equal_weight_in_the_offset() -> None:
    found = measure_offsets(
        as_trial_photos(*(FakePhoto(lambda _, coarser, by=by: by - 10 * coarser) for by in (1, 3))), perception()
    )
    assert found.middle == pytest.approx(0.2)


def test_another_coarser_changes_nothing_else() -> None:
    tuned = replace_coarser(perception(), Trend(0.7))
    assert tuned.attention.coarser == Trend(0.7)
    assert replace_coarser(tuned, perception().attention.coarser) == perception()
    assert replace(tuned, attention=perception().attention) == perception()


class PhotoOfKnownSizes(FakePhoto):
    """Photo whose files are smallest at a knee of 0.15 above the shipped one, and larger with a larger `borders`."""

    def __init__(self, *_arguments: object) -> None:
        super().__init__(lambda _level, coarser: 2 - 10 * coarser)

    def measure_peer(self) -> Measured:
        return measured(1)

    def measure(self, tuned: Perception) -> Measured:
        shipped = perception()
        by_knee = abs(tuned.attention.knee - shipped.attention.knee - 0.15)
        return measured(1 + by_knee + abs(tuned.foveation.borders - shipped.foveation.borders))


@pytest.mark.parametrize("sweeps", [0, 1])
def test_the_numbers_that_are_found_are_written_for_other_scripts(
    sweeps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [SimpleNamespace(path=Path(f"{index}.jpg")) for index in range(20)]
    monkeypatch.setattr(map_numbers, "gaze_photos", lambda _folder: photos)
    monkeypatch.setattr(map_numbers, "TrialPhoto", PhotoOfKnownSizes)
    output = tmp_path / "numbers.json"
    arguments = ["map_numbers", ".", "--maps", "fixations", "--sweeps", str(sweeps), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", arguments)
    map_numbers.main()
    found, expected = read_parameters(output), replace_coarser(perception(), Trend(0.2))
    assert found.attention.knee == pytest.approx(expected.attention.knee + 0.15 * sweeps)
    knee = expected.attention.knee
    assert replace(found, attention=replace(found.attention, knee=knee)) == expected


@pytest.mark.parametrize("further", [{}, {"levels": {"qualities": [1, 95], "levels": [5.0, -1.0]}}])
def test_parameters_are_read_as_they_were_written(further: dict[str, Any], tmp_path: Path) -> None:
    tuned = replace_coarser(perception(), Trend(0.7, -0.1))
    write_parameters(tmp_path / "tuned.json", tuned, **further)
    assert read_parameters(tmp_path / "tuned.json") == tuned
    assert json.loads((tmp_path / "tuned.json").read_text()).keys() == {"perception", *further}
