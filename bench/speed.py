"""Encoding speed, as ratios against libjpeg-turbo in the same run, and peak memory.

python -m bench.speed [--images DIR ...] [--megapixels 13] [--quality 80] [--rounds 5]
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from foveal.pipeline import available_threads

Encoder = Callable[[NDArray[np.uint8], int], bytes]
REFERENCE = "Pillow optimize"


def pillow(**options: bool) -> Encoder:
    """Return libjpeg-turbo through Pillow, 4:2:0."""

    def encode(pixels: NDArray[np.uint8], quality: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=2, **options)
        return file.getvalue()

    return encode


def ours(effort: str, *, progressive: bool, threads: int = 1, saliency: str | None = None) -> Encoder:
    """Return our encoder, 4:2:0."""

    def encode(pixels: NDArray[np.uint8], quality: int) -> bytes:
        return foveal.encode(
            pixels,
            quality=quality,
            effort=effort,
            progressive=progressive,
            threads=threads,
            saliency=saliency,
            subsampling="4:2:0",
        )

    return encode


def turbo(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """libjpeg-turbo through simplejpeg, 4:2:0, standard Huffman tables."""
    return bytes(simplejpeg.encode_jpeg(pixels, quality=quality, colorspace="RGB", colorsubsampling="420"))


def encoders(threads: int) -> dict[str, Encoder]:
    """Everything that is timed, by name."""
    return {
        "simplejpeg": turbo,
        REFERENCE: pillow(optimize=True),
        "Pillow progressive": pillow(progressive=True),
        "foveal fast baseline": ours("fast", progressive=False),
        "foveal fast": ours("fast", progressive=True),
        "foveal balanced baseline": ours("balanced", progressive=False),
        "foveal balanced": ours("balanced", progressive=True),
        "foveal balanced, saliency": ours("balanced", progressive=True, saliency="auto"),
        "foveal best": ours("best", progressive=True),
        f"foveal fast, {threads} threads": ours("fast", progressive=True, threads=threads),
        f"foveal balanced, {threads} threads": ours("balanced", progressive=True, threads=threads),
    }


def best_times(
    timed: dict[str, Encoder], pixels: NDArray[np.uint8], quality: int, rounds: int
) -> dict[str, tuple[float, int]]:
    """Least seconds of several rounds, in each of which every encoder runs once, and the size of its file."""
    results = {name: (float("inf"), 0) for name in timed}
    for _ in range(rounds):
        for name, encode in timed.items():
            start = time.perf_counter()
            size_bytes = len(encode(pixels, quality))
            results[name] = min(results[name][0], time.perf_counter() - start), size_bytes
    return results


def peak_memory(name: str, folders: list[Path], megapixels: float, quality: int) -> float:
    """Peak resident bytes per pixel above what the process held before encoding (Linux)."""
    pixels = photos.mosaic(photos.load(folders), megapixels)
    encode = encoders(available_threads())[name]
    encode(np.ascontiguousarray(pixels[:64, :64]), quality)  # whatever is loaded on first use
    before = _status_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    encode(pixels, quality)
    return (_status_kib("VmHWM") - before) * 1024 / (pixels.size / 3)


def _status_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="folders of PNG photographs")
    parser.add_argument("--megapixels", type=float, default=13)
    parser.add_argument("--quality", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    pixels = photos.mosaic(photos.load(arguments.images), arguments.megapixels)
    megapixels = pixels.shape[0] * pixels.shape[1] / 1e6
    timed = encoders(available_threads())
    results = best_times(timed, pixels, arguments.quality, arguments.rounds)
    has_peak = Path("/proc/self/clear_refs").exists()

    title = f"{pixels.shape[1]} x {pixels.shape[0]} mosaic, quality {arguments.quality}, best of {arguments.rounds}"
    table = Table(title=title)
    table.add_column("encoder", no_wrap=True)
    for heading in ("MP/s", f"x {REFERENCE}", "bytes", "bytes/pixel"):
        table.add_column(heading, justify="right")
    for name, (seconds, size_bytes) in results.items():
        ratio = results[REFERENCE][0] / seconds
        peak = "-"
        if has_peak and name.startswith("foveal"):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                chosen = (name, arguments.images, arguments.megapixels, arguments.quality)
                peak = f"{pool.apply(peak_memory, chosen):.1f}"
        table.add_row(name, f"{megapixels / seconds:.1f}", f"{ratio:.2f}", f"{size_bytes:,}", peak)
    Console().print(table)


if __name__ == "__main__":
    main()
