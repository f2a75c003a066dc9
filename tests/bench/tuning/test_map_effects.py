"""The table of what single changes of a map's numbers do to files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from bench.gaze.bd_rates import SCORES
from bench.gaze.errors_there import Errors
from bench.tuning import map_effects, map_numbers
from bench.tuning.map_effects import measure_effects
from bench.tuning.map_numbers import Measured, TrialPhoto
from foveal.allocate.perception import Perception, perception


class PhotoOfKnownFiles:
    """Photo whose files get larger with the knee of masking, and worse at equal bytes with a larger slope."""

    def __init__(self, *_arguments: object) -> None:
        pass

    def measure_peer(self) -> Measured:
        return self.measure(perception())

    def measure(self, tuned: Perception) -> Measured:
        larger, steeper = (
            getattr(tuned.attention, name) - getattr(perception().attention, name) for name in ("knee", "slope")
        )
        curve = [(round(1000 * (1 + larger) * 2**index), (30.0 + index,) * len(SCORES)) for index in range(6)]
        errors = Errors(np.exp(steeper), np.exp(2 * steeper), 9 - steeper)
        return Measured(curve, [1 + steeper] * 6, [errors] * 2)


def test_each_number_has_the_effect_of_raising_it() -> None:
    effects = dict(measure_effects([cast(TrialPhoto, PhotoOfKnownFiles())], 0.1))
    assert {"attention.slope", "attention.colour_coarser", "foveation.excess.change"} < effects.keys()
    assert "attention.coarser.middle" not in effects
    judges = [*SCORES, "CVVDP there", "Butteraugli there", "JOD", "borders"]
    known = {
        "attention.knee": [10] * len(SCORES) + [0, 0, 0, 0],
        "attention.slope": [0] * len(SCORES) + [10, 20, -100, 10],
    }
    for name, differences in effects.items():
        assert list(differences) == judges  # the columns of the table
        assert list(differences.values()) == pytest.approx(known.get(name, [0] * len(judges)), abs=0.1), name


def test_the_table_has_a_row_for_each_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = [SimpleNamespace(path=Path(f"{index}.jpg")) for index in range(20)]
    monkeypatch.setattr(map_numbers, "gaze_photos", lambda _folder: photos)
    monkeypatch.setattr(map_numbers, "TrialPhoto", PhotoOfKnownFiles)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["map_effects", ".", "--maps", "fixations", "--count", "2", "--step", "0.05"])
    map_effects.main()
    printed = capsys.readouterr().out
    assert "2 photos: effects of +0.05" in printed
    row = next(line for line in printed.splitlines() if "attention.knee" in line)
    assert row.split("│")[2].strip() == "+5.0"
