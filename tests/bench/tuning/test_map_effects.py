"""The table of what single changes of a map's numbers do to files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bench.gaze.bd_rates import SCORES
from bench.gaze.errors_there import Errors
from bench.tuning import map_effects, map_numbers
from bench.tuning.map_effects import JUDGES, SHIPPED, measure_effects
from bench.tuning.map_numbers import Measured, TrialPhoto
from foveal.allocate.perception import Perception, perception


class PhotoOfSizes:
    """Photo whose files get larger with the knee of masking, and with nothing else."""

    def __init__(self, *_arguments: object) -> None:
        pass

    def measure_peer(self) -> Measured:
        return self.measure(perception())

    def measure(self, tuned: Perception) -> Measured:
        size = 1 + tuned.attention.knee - perception().attention.knee
        curve = [(round(1000 * size * 2**index), (30.0 + index,) * len(SCORES)) for index in range(6)]
        return Measured(curve, [1.0] * 6, [Errors(1.0, 1.0, 9.0)] * 2)


def test_each_number_has_the_effect_of_raising_it() -> None:
    effects = dict(measure_effects([cast(TrialPhoto, PhotoOfSizes())], 0.1))
    assert {"attention.slope", "attention.colour_coarser", "foveation.excess.change"} < effects.keys()
    assert "attention.coarser.middle" not in effects
    assert all(effects[SHIPPED][judge] == pytest.approx(0) for judge in JUDGES)
    for name, differences in effects.items():
        expected = 10 if name == "attention.knee" else 0
        assert [differences[score] for score in SCORES] == pytest.approx([expected] * len(SCORES), abs=0.1)


def test_the_table_has_a_row_for_each_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = [SimpleNamespace(path=Path(f"{index}.jpg")) for index in range(20)]
    monkeypatch.setattr(map_numbers, "gaze_photos", lambda _folder: photos)
    monkeypatch.setattr(map_numbers, "TrialPhoto", PhotoOfSizes)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["map_effects", ".", "--maps", "fixations", "--count", "2", "--step", "0.05"])
    map_effects.main()
    printed = capsys.readouterr().out
    assert "2 photos: effects of +0.05" in printed
    row = next(line for line in printed.splitlines() if "attention.knee" in line)
    assert row.split("│")[2].strip() == "+5.0"
