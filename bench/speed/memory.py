"""Peak memory of foveal's encoder and decoder, measured in a separate process (Linux).

The measuring functions are in a module apart from `bench.speed.__main__`, because a spawned process does not import the
`__main__` module of a package and so could not find them there.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np

import foveal
from bench.speed.coders import Workload, list_encoders
from foveal.threads import available_threads


def measure_encoding_memory(workload: Workload, name: str) -> float:
    """Return the peak memory of an encoder in bytes per pixel, above what the process held before."""
    pixels = workload.pixels()
    encode = list_encoders(available_threads())[name]
    encode(np.ascontiguousarray(pixels[:64, :64]), workload.quality)  # loads what is loaded on first use
    return measure_peak_bytes(lambda: encode(pixels, workload.quality)) / (pixels.size / 3)


def measure_decoding_memory(data: bytes) -> float:
    """Return the peak memory of foveal's decoder in bytes per pixel.

    What the process held before and the pixels that the decoder returns are not counted.
    """
    foveal.decode(foveal.encode(np.zeros((8, 8, 3), dtype=np.uint8)))  # loads what is loaded on first use
    sizes = []
    peak = measure_peak_bytes(lambda: sizes.append(foveal.decode(data).size))
    return (peak - sizes[0]) / (sizes[0] / 3)


def measure_peak_bytes(run: Callable[[], object]) -> int:
    """Return the peak of resident memory during a call, less what the process held before it."""
    before = _read_status_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    run()
    return (_read_status_kib("VmHWM") - before) * 1024


def _read_status_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def measure_in_new_process(measure: Callable[..., float], *arguments: object) -> str:
    """Measure memory in a new process, and format it; "-" where the system cannot tell."""
    if not Path("/proc/self/clear_refs").exists():
        return "-"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return f"{pool.apply(measure, arguments):.1f}"
