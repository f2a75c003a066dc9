"""What the tests of the command line share: a run within this process, and the command for one of its own."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import noisy_gradient
from PIL import Image

from foveal.cli import main

PIXELS = noisy_gradient(40, 56)
COMMAND = [sys.executable, "-c", "from foveal.cli.main import main; main()"]


@dataclass(frozen=True)
class Outcome:
    """Exit code, and what went to the standard streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


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


def one_line(outcome: Outcome, code: int, *words: str) -> None:
    """Check that a run failed with this code and one line on standard error, which holds the words."""
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("foveal: ")
    for word in words:
        assert word in outcome.err


def write_jpeg(name: str, **options: Any) -> bytes:
    """Write PIXELS as Pillow does, and return the bytes."""
    Image.fromarray(PIXELS).save(name, "JPEG", **options)
    return Path(name).read_bytes()
