"""Hashes of files: equal code makes equal lines, and a line that differs is listed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import file_hashes


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command on the smallest photograph, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["bench.file_hashes", *arguments, "--photographs", "1 x 1"])
    try:
        file_hashes.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_files_of_the_api_and_of_the_commands_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_hashes, "option_sets", lambda: iter([{"quality": 50}]))
    assert run(monkeypatch, str(tmp_path / "hashes.txt")) == 0
    lines = dict(reversed(line.split("  ", 1)) for line in (tmp_path / "hashes.txt").read_text().splitlines())
    assert all(len(digest) == 64 for digest in lines.values())
    expected = ("encode {'quality': 50}", "map gaze", "pca blocks 99.9", "foveal decode out.jpg -o out.png, out.png")
    assert {f"1 x 1: {description}" for description in expected} <= lines.keys()


def test_files_that_differ_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"1 x 1: encode": b"a file", "1 x 1: decode": b"its pixels"}
    monkeypatch.setattr(file_hashes, "make_files_by_api", lambda *_: iter(files.items()))
    monkeypatch.setattr(file_hashes, "make_files_by_commands", lambda *_: iter([("1 x 1: foveal", b"printed")]))
    before, after = tmp_path / "before.txt", tmp_path / "after.txt"
    assert run(monkeypatch, str(before)) == 0
    assert capsys.readouterr().out == "3 hashes\n"
    assert run(monkeypatch, str(after), "--against", str(before)) == 0
    assert capsys.readouterr().out.splitlines() == ["3 hashes", f"0 differ from {before}"]
    files["1 x 1: decode"] = b"other pixels"
    assert run(monkeypatch, str(after), "--against", str(before)) == 1
    assert capsys.readouterr().out.splitlines() == ["3 hashes", f"1 differ from {before}", "1 x 1: decode"]
