"""What is usual in photographs: for numbers that take a photo for usual, it is; against plain means elsewhere."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.tuning import usual_photos
from foveal.allocate.perception import ColourSensitivity, perception


def test_numbers_that_take_a_photo_for_usual_are_found_again(coffee: np.ndarray) -> None:
    """Wherever they begin, as long as the photo is not cut off as extreme."""
    measured = usual_photos.found(coffee, perception())
    colours = {
        name: replace(getattr(perception(), name), usual=measured[f"{name}.usual"])
        for name in ("luminance_colour", "cb_colour", "cr_colour")
    }
    blue, share, grain = (measured[f"usual_{name}"] for name in ("blue", "share", "grain"))
    tuned = replace(perception(), usual_blue=blue, usual_share=share, usual_grain=grain, **colours)
    assert usual_photos.shipped(tuned) | {"masking.USUAL_DETAIL": 0} == measured | {"masking.USUAL_DETAIL": 0}
    assert usual_photos.found(coffee, tuned) == pytest.approx(measured, rel=1e-5)


def test_extremes_are_cut() -> None:
    flat = np.full((64, 64, 3), 100, np.uint8)
    measured = usual_photos.found(flat, perception())
    assert measured["usual_blue"] == pytest.approx(perception().usual_blue - 1)


def test_what_errors_show_is_in_proportion(chelsea: np.ndarray) -> None:
    """Whatever the power with which it is shipped, here it is the plain mean."""
    steep, even = (
        replace(perception(), cb_colour=ColourSensitivity(red_green=0, blue=0.1, usual=0.1, power=power))
        for power in (3, 0)
    )
    assert usual_photos.found(chelsea, steep) == usual_photos.found(chelsea, even)


def test_each_number_is_printed_beside_what_is_shipped(
    coffee: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(coffee[:96, :96]).save(tmp_path / "photo.png")
    monkeypatch.setattr(sys, "argv", ["bench.tuning.usual_photos", "--images", str(tmp_path)])
    usual_photos.main()
    lines = capsys.readouterr().out.splitlines()[1:]
    measured = usual_photos.found(coffee[:96, :96].copy(), perception())
    for line, (name, value) in zip(lines, usual_photos.shipped(perception()).items(), strict=True):
        assert line.split() == [name, f"{value:.4f}", f"{measured[name]:.4f}", "0.0000"]
