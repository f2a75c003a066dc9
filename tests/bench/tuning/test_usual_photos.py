"""Average statistics of photographs: constants measured on a photo make this photo average."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.tuning import usual_photos
from foveal.allocate.perception import ColourSensitivity, perception


def test_constants_measured_on_a_photo_make_it_average(coffee: np.ndarray) -> None:
    """Measured again with these constants, the photo gives the same; it must not be clamped as extreme."""
    measured = usual_photos.measure_photo(coffee, perception())
    colours = {
        name: replace(getattr(perception(), name), usual=measured[f"{name}.usual"])
        for name in ("luminance_colour", "cb_colour", "cr_colour")
    }
    tuned = replace(perception(), usual_share=measured["usual_share"], **colours)
    assert usual_photos.list_constants(tuned) | {"masking.USUAL_DETAIL": 0} == measured | {"masking.USUAL_DETAIL": 0}
    assert usual_photos.measure_photo(coffee, tuned) == pytest.approx(measured, rel=1e-5)


def test_extremes_are_clamped() -> None:
    flat = np.full((64, 64, 3), 100, np.uint8)
    typical = replace(perception(), usual_share=-9.0)
    assert usual_photos.measure_photo(flat, typical)["usual_share"] == pytest.approx(-8)


def test_visibility_of_errors_is_averaged_without_the_power(chelsea: np.ndarray) -> None:
    """Whatever the power of the colour sensitivity, the plain mean is measured."""
    steep, even = (
        replace(perception(), cb_colour=ColourSensitivity(red_green=0, blue=0.1, usual=0.1, power=power))
        for power in (3, 0)
    )
    assert usual_photos.measure_photo(chelsea, steep) == usual_photos.measure_photo(chelsea, even)


def test_each_constant_is_printed_beside_its_measured_mean(
    coffee: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(coffee[:96, :96]).save(tmp_path / "photo.png")
    monkeypatch.setattr(sys, "argv", ["bench.tuning.usual_photos", "--images", str(tmp_path)])
    usual_photos.main()
    lines = capsys.readouterr().out.splitlines()[1:]
    measured = usual_photos.measure_photo(coffee[:96, :96].copy(), perception())
    for line, (name, value) in zip(lines, usual_photos.list_constants(perception()).items(), strict=True):
        assert line.split() == [name, f"{value:.4f}", f"{measured[name]:.4f}", "0.0000"]
