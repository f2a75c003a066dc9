"""What content-aware encoding gains where people looked, at the bytes of the content-blind encode.

python -m bench.fixations FOLDER [--count 13] [--quality 75] [--jobs 2]

FOLDER holds images/ and fixations.npz: image number -> rows of x, y (fractions of the sides) and observer. The table
gives the mean change against content-blind encoding: PSNR weighted by the density of fixations, and SSIMULACRA2.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.ndimage import gaussian_filter

import foveal
from bench import peers
from foveal import metrics
from foveal.image import eight_bits
from foveal.options import ALLOCATIONS, Saliency

DENSITY_SIGMA = 0.03  # of the width: about a degree of visual angle
STRENGTHS = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Setting:
    """A way to encode: `source` "spectral" or "fixations" is where the map comes from."""

    source: str
    allocation: str
    strength: float


SETTINGS = [
    Setting(source, allocation, strength)
    for source in ("spectral", "fixations")
    for allocation in ALLOCATIONS
    for strength in STRENGTHS
]


def fixation_density(fixations: NDArray[np.float32], height: int, width: int) -> NDArray[np.float64]:
    """Density of fixations, smoothed: (height, width), sum 1."""
    columns, rows = ((fixations[:, i] * size).astype(int).clip(0, size - 1) for i, size in ((0, width), (1, height)))
    counts = np.zeros((height, width))
    np.add.at(counts, (rows, columns), 1)
    density = gaussian_filter(counts, DENSITY_SIGMA * width)
    return np.asarray(density / density.sum())


def gains(path: Path, fixations: NDArray[np.float32], quality: float) -> NDArray[np.float64]:
    """(settings, 2): change of fixation-weighted PSNR in dB and of SSIMULACRA2 at the bytes of the blind encode."""
    pixels = eight_bits(foveal.open(path).pixels)
    density = fixation_density(fixations, *pixels.shape[:2])

    maps: dict[str, Saliency] = {"spectral": "spectral", "fixations": density / density.max()}

    def aware(setting: Setting) -> Callable[[float], bytes]:
        return lambda each: foveal.encode(
            pixels,
            quality=each,
            saliency=maps[setting.source],
            allocation=setting.allocation,
            strength=setting.strength,
            subsampling="4:2:0",
            threads=1,
        )

    ssimulacra2 = metrics.Ssimulacra2Reference(pixels)

    def scores(data: bytes) -> NDArray[np.float64]:
        decoded = peers.decoded(data)
        return np.array([metrics.psnr(pixels, decoded, density), ssimulacra2.score(decoded)])

    blind = foveal.encode(pixels, quality=quality, saliency=None, subsampling="4:2:0", threads=1)
    blind_scores = scores(blind)
    return np.stack([scores(peers.largest_below(aware(setting), len(blind))) - blind_scores for setting in SETTINGS])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=13, help="photos, spread over the folder")
    parser.add_argument("--quality", type=float, default=75)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()

    fixations = np.load(arguments.folder / "fixations.npz")
    paths = [path for path in sorted((arguments.folder / "images").iterdir()) if path.stem in fixations]
    chosen = paths[:: max(1, len(paths) // arguments.count)][: arguments.count]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        measure = partial(gains, quality=arguments.quality)
        mean_gains = np.mean(list(pool.map(measure, chosen, [fixations[path.stem] for path in chosen])), axis=0)

    table = Table(title=f"{len(chosen)} photos, bytes of the content-blind encode at quality {arguments.quality:g}")
    for heading in ("map", "allocation", "strength", "fixation-weighted PSNR", "SSIMULACRA2"):
        table.add_column(heading)
    for setting, (decibels, score) in zip(SETTINGS, mean_gains, strict=True):
        table.add_row(
            setting.source, setting.allocation, f"{setting.strength:g}", f"{decibels:+.2f} dB", f"{score:+.2f}"
        )
    Console().print(table)


if __name__ == "__main__":
    main()
