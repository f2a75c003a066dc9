"""The command `python -m bench.rd`: its report, its plot, and its tables."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from pictures import noisy_gradient
from PIL import Image

from bench import rd
from bench.rd import encoders
from bench.rd.measure import Point


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich", reason="rich is not installed: it comes with the extra bench")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: it comes with the extra bench")
    from bench.rd.__main__ import main

    (tmp_path / "photos").mkdir()
    for name, width in (("large", 190), ("small", 175)):
        Image.fromarray(noisy_gradient(180, width)).save(tmp_path / "photos" / f"{name}.png")
    monkeypatch.setattr(encoders.shutil, "which", lambda program: None)
    monkeypatch.chdir(tmp_path)
    options = "--images photos --encoders foveal-fast guetzli --anchor pillow --settings 3 --output out --json"
    monkeypatch.setattr(sys, "argv", ["bench.rd", *options.split()])
    main()
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert list(report["points"]) == ["photos/large"]
    assert [point["setting"] for point in report["points"]["photos/large"]["pillow"]] == [20, 75, 95]
    rates = report["bd_rates"]["SSIMULACRA2"]
    assert rates["pillow"]["by_photo"] == {"photos/large": pytest.approx(0)}
    assert rates["foveal-fast"]["summary"]["photos"] == 1
    assert rates["foveal-fast"]["summary"]["mean_interval"] == [rates["foveal-fast"]["summary"]["mean"]] * 2
    for left_out in ("guetzli is left out", "photos/small is left out", "Butteraugli is left out"):
        assert left_out in printed.err
    with Image.open(tmp_path / "out" / "curves.png") as curves:
        assert curves.width > 1000


def test_the_table() -> None:
    """Two photos at 25 and 5 % more, and one on which the curves have no score in common; an encoder without any."""
    console = pytest.importorskip("rich.console", reason="rich is not installed: it comes with the extra bench")
    from bench.rd.__main__ import make_table

    def curve(factor: float, shift: float = 0) -> list[Point]:
        return [Point(q, round(factor * 2000 * q), {"PSNR": q + shift}) for q in (20.0, 50.0, 90.0)]

    curves = {
        "a": {"peer": curve(1), "ours": curve(1.25)},
        "b": {"peer": curve(1), "ours": curve(1.05)},
        "c": {"peer": curve(1), "ours": curve(1, shift=80)},
    }
    curves = {photo: found | {"elsewhere": curve(1, shift=70)} for photo, found in curves.items()}
    printed = console.Console(file=io.StringIO(), width=120)
    pixel_counts = {"a": 16 * 40_000, "b": 16 * 40_000, "c": 16 * 40_000}  # from 0.5 to 2.25 bits per pixel
    printed.print(make_table(rd.Comparison("peer", curves, pixel_counts), ["ours", "elsewhere"], "PSNR"))
    rows = [line for line in printed.file.getvalue().splitlines() if " of " in line]
    assert [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows] == [
        ["ours", "+15.0", "+5.0..+25.0", "+15.0", "+5.0..+25.0", "-", "+15.0", "+15.0", "0 of 2"],
        ["elsewhere", *["-"] * 7, "0 of 0"],
    ]
