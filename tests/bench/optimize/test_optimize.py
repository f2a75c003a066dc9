"""Benchmarks of `foveal optimize`: broken promises are found, and results of several tools are counted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from jpeg_files import pillow_file
from pictures import noisy_gradient
from PIL import Image

from bench.optimize.lossless import Totals
from bench.optimize.sources import WRITERS, read_sets
from bench.optimize.sweep import find_problems
from foveal.optimization import OptimizeOptions, optimize_file

PICTURE = Image.fromarray(noisy_gradient(96, 128))
DATA = pillow_file(PICTURE, quality=85, comment=b"hello")
OPTIONS = OptimizeOptions(lossless=True, min_saving=0, threads=1)


def test_a_good_result_keeps_all_promises() -> None:
    result = optimize_file(DATA, OPTIONS)
    assert list(find_problems(DATA, result, OPTIONS)) == []
    assert list(find_problems(result.data, optimize_file(result.data, OPTIONS), OPTIONS)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"data": DATA + b"more"}, "larger"),
        ({"data": DATA}, "a second run changes it"),
        ({"rung": "kept"}, "called kept, but changed"),
        ({"data": optimize_file(pillow_file(PICTURE), OPTIONS).data}, "unsaid loss of comment"),
        ({"data": optimize_file(DATA, OPTIONS).data + b"x"}, "unsaid loss of what follows the picture"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_broken_promises_are_found(change: dict[str, object], problem: str) -> None:
    result = replace(optimize_file(DATA, OPTIONS), **change)
    assert any(found.startswith(problem) for found in find_problems(DATA, result, OPTIONS))


def test_tools_are_compared(tmp_path: Path) -> None:
    if shutil.which("jpegtran") is None:
        pytest.skip("jpegtran is not installed (Debian: libjpeg-turbo-progs)")
    (tmp_path / "a.jpg").write_bytes(DATA)
    (tmp_path / "broken.jpg").write_bytes(DATA[:-20])
    (tmp_path / "notes.txt").write_text("no picture")
    totals = Totals()
    for _, name, data in read_sets([tmp_path], [], []):
        totals.add(name, data)
    assert (totals.files, totals.larger_than_jpegtran, totals.problems) == (1, 0, [])
    sizes = totals.bytes_by_tool
    assert sizes["foveal"] == len(optimize_file(DATA, OPTIONS).data) < sizes["jpegtran"] < sizes["source"]
    assert totals.row("files").startswith(f"| files | 1 | {len(DATA):,} | -")


def test_photographs_are_saved_by_every_writer(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "photo.png")
    saved = list(read_sets([], [tmp_path], [60, 90]))
    assert [label for label, _, _ in saved] == [f"{writer}, q {quality}" for writer in WRITERS for quality in (60, 90)]
    assert all(data.startswith(b"\xff\xd8") for _, _, data in saved)
