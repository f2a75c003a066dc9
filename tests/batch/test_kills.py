"""Whole batches that are killed at random moments and resumed; `tests/batch_kills.py` does it as often as asked."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from batch_kills import kill_and_resume


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")
def test_a_batch_that_is_killed_and_resumed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert kill_and_resume(tmp_path, 3, 12, random.Random()) == []  # noqa: S311
