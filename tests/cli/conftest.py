"""Fixtures that run the command line within this process."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from command_line import PIXELS, Outcome, Run
from PIL import Image

from foveal.cli import main


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `foveal` in an empty folder that holds photo.png."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PIXELS).save("photo.png")

    def run_command(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["foveal", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main.main()
        captured = capsys.readouterr()
        return Outcome(int(stopped.value.code or 0), captured.out, captured.err)

    return run_command


@pytest.fixture
def photo_png() -> bytes:
    """The file photo.png of `run`, for standard input."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG")
    return file.getvalue()
