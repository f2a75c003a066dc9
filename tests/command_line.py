"""Helpers for tests of the command line: the command, its outcome, and an input picture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pictures import noisy_gradient
from PIL import Image

PIXELS = noisy_gradient(40, 56)
COMMAND = [sys.executable, "-c", "from foveal.cli.main import main; main()"]


@dataclass(frozen=True)
class Outcome:
    """Exit code, standard output and standard error of a run."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


def one_line(outcome: Outcome, code: int, *words: str) -> None:
    """Check that a run failed with an exit code and one line on standard error that contains the words."""
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("foveal: ")
    assert "internal error" not in outcome.err
    for word in words:
        assert word in outcome.err


def write_jpeg(name: str, **options: Any) -> bytes:
    """Write PIXELS as a JPEG with Pillow, and return the file."""
    Image.fromarray(PIXELS).save(name, "JPEG", **options)
    return Path(name).read_bytes()
