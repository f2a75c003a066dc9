"""Measure the speed of SSIMULACRA 2 against the `ssimulacra2` package of PyPI in the same run.

python -m bench.speed.scoring [--images DIR ...] [--megapixels 4] [--quality 75] [--rounds 5]

The table shows megapixels per second (the best of all rounds) and the score. Each implementation uses one thread.
Seconds are processor time, so that other work on the machine counts less.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import ssimulacra2
from PIL import Image
from rich.console import Console
from rich.table import Table

import foveal._kernels as _kernels
from bench import photos
from bench.arguments import add_image_folders, new_parser
from foveal import metrics
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels


def score_by_package(original: EightBitPixels, decoded: EightBitPixels) -> float:
    """Score with the PyPI package, which reads files."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("original.ppm", "decoded.ppm")]
        for path, pixels in zip(paths, (original, decoded), strict=True):
            Image.fromarray(pixels).save(path)
        return float(ssimulacra2.compute_ssimulacra2(*map(str, paths)))


def scorer_with_instruction_set(name: str) -> Callable[[EightBitPixels, EightBitPixels], float]:
    """Return a function that scores with foveal's kernels for one instruction set."""

    def score(original: EightBitPixels, decoded: EightBitPixels) -> float:
        _kernels.use_instruction_set(name)
        try:
            return metrics.ssimulacra2(original, decoded)
        finally:
            _kernels.use_instruction_set(_kernels.instruction_sets()[0])

    return score


def main() -> None:
    """Measure all implementations, and print the table."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--megapixels", type=float, default=4)
    parser.add_argument("--quality", type=float, default=75)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    pixels = photos.make_mosaic(list(photos.load(arguments.images).values()), arguments.megapixels)
    decoded = peers.decode_for_viewing(peers.libjpeg_turbo(pixels, arguments.quality))
    reference = metrics.Ssimulacra2Reference(pixels)
    scorers: dict[str, Callable[[EightBitPixels, EightBitPixels], float]] = {
        "foveal, reference kept": lambda _, decoded: reference.score(decoded),
        **{f"foveal, {name}": scorer_with_instruction_set(name) for name in _kernels.instruction_sets()},
        "ssimulacra2 package": score_by_package,
    }

    table = Table(title=f"{pixels.shape[1]} x {pixels.shape[0]} mosaic, quality {arguments.quality:g}")
    for heading in ("scored by", "MP/s", "score"):
        table.add_column(heading, justify="left" if heading == "scored by" else "right", no_wrap=True)
    for name, score in scorers.items():
        best_seconds = float("inf")
        for _ in range(arguments.rounds):
            start = time.process_time()
            value = score(pixels, decoded)
            best_seconds = min(best_seconds, time.process_time() - start)
        megapixels = pixels.shape[0] * pixels.shape[1] / 1e6
        table.add_row(name, f"{megapixels / best_seconds:.2f}", f"{value:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
