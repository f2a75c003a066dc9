"""What the tests of the command line share: its command, its outcome, and a picture to give it."""

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
    """Exit code, and what went to the standard streams."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


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
