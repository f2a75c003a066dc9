"""Sizes of files with a map and without one, against files that are encoded here."""

from __future__ import annotations

import numpy as np
import pytest

import foveal
from bench.gaze.file_sizes import measure_changes


def test_changes_are_those_of_the_files(coffee: np.ndarray) -> None:
    pictures = [coffee[:160, :240].copy(), coffee[160:400, 240:].copy()]
    found = measure_changes(pictures, 60, 0.9)
    for pixels, change in zip(pictures, found, strict=True):
        blind, aware = (len(foveal.encode(pixels, quality=60, saliency=each, strength=0.9)) for each in (None, "gaze"))
        assert blind * (1 + change / 100) == pytest.approx(aware)
    np.testing.assert_array_equal(measure_changes(pictures, 60, 0), 0)
