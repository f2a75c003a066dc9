"""Folder of photographs and files beside the project, which not every machine has; tests skip without it."""

from pathlib import Path

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
