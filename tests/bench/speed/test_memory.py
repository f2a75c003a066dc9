"""Peak memory of a call, and measurement in a process of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import foveal
from bench.speed.memory import measure_decoding_memory, measure_in_new_process, measure_peak_bytes

linux = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell peak memory")


@linux
def test_the_peak_is_that_of_the_call() -> None:
    assert measure_peak_bytes(lambda: np.ones(50_000_000, np.uint8).sum()) > 45_000_000


@linux
def test_memory_is_measured_in_a_new_process(coffee: np.ndarray) -> None:
    bytes_per_pixel = float(measure_in_new_process(measure_decoding_memory, foveal.encode(coffee)))
    assert -10 < bytes_per_pixel < 50
