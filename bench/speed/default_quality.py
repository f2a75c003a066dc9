"""Time and scores of encodes that choose their quality; the time is a ratio to encodes whose quality is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from rich.table import Table

import foveal
from bench import photos
from foveal.encoding.targets import DEFAULT_SCORE
from foveal.jpeg import EightBitPixels
from foveal.metrics import ssimulacra2
from foveal.saliency import Saliency

PHOTOS = 12
_MAPS: Mapping[str, Saliency] = {"no map": None, 'map "auto"': "auto"}


def measure_default_quality(folders: list[Path], quality: int, rounds: int) -> Table:
    """Measure the processor time of encodes with one thread, and SSIMULACRA2 of the files.

    Times are of up to PHOTOS photographs, evenly chosen, scores of all photographs without a map: the default quality
    aims at `targets.DEFAULT_SCORE`.
    """
    loaded = list(photos.load(folders).values())
    chosen = loaded[:: max(1, len(loaded) // PHOTOS)][:PHOTOS]
    table = Table(title=f"default quality: {len(chosen)} photographs, quality {quality}, best of {rounds}")
    for column in ("", "time without -q / with", "least", "most"):
        table.add_column(column, justify="right" if column else "left")
    for name, saliency in _MAPS.items():
        ratios = [_ratio(pixels, quality, saliency, rounds) for pixels in chosen]
        table.add_row(name, *(f"{each:.2f}" for each in (np.median(ratios), min(ratios), max(ratios))))
    scores = [ssimulacra2(pixels, foveal.decode(foveal.encode(pixels, saliency=None))) for pixels in loaded]
    furthest = max(scores, key=lambda score: abs(score - DEFAULT_SCORE))
    table.caption = (
        f"scores of {len(loaded)} files without a map: {np.mean(scores):.1f} in the mean, "
        f"standard deviation {np.std(scores):.1f}, furthest from {DEFAULT_SCORE:g}: {furthest:.1f}"
    )
    return table


def _ratio(pixels: EightBitPixels, quality: int, saliency: Saliency, rounds: int) -> float:
    chosen = _least_seconds(lambda: foveal.encode(pixels, saliency=saliency, threads=1), rounds)
    given = _least_seconds(lambda: foveal.encode(pixels, saliency=saliency, threads=1, quality=quality), rounds)
    return chosen / given


def _least_seconds(encode: Callable[[], bytes], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        encode()
        seconds.append(time.process_time() - start)
    return min(seconds)
