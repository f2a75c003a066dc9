"""Encoding and decoding speed, as ratios against libjpeg-turbo in the same run, and peak memory.

python -m bench.speed [--images DIR ...] [--megapixels 13] [--quality 80] [--rounds 5]
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from foveal.allocate.effort import EffortName
from foveal.comparison.peers import JPEGLI, MOZJPEG, sequential_jpegli
from foveal.saliency import Saliency
from foveal.threads import available_threads

Encoder = Callable[[NDArray[np.uint8], int], bytes]
Decoder = Callable[[bytes], NDArray[np.uint8]]
REFERENCE = "Pillow optimize"
DECODING_REFERENCE = "simplejpeg"


def pillow(**options: bool) -> Encoder:
    """Return libjpeg-turbo through Pillow, 4:2:0."""

    def encode(pixels: NDArray[np.uint8], quality: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=2, **options)
        return file.getvalue()

    return encode


def ours(effort: EffortName, *, progressive: bool, threads: int = 1, saliency: Saliency = None) -> Encoder:
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
        **{f"{peer.name} progressive": peer.encode for peer in (MOZJPEG, JPEGLI) if peer.is_installed()},
        **({"jpegli sequential": sequential_jpegli} if JPEGLI.is_installed() else {}),
        "foveal fast baseline": ours("fast", progressive=False),
        "foveal fast": ours("fast", progressive=True),
        "foveal balanced baseline": ours("balanced", progressive=False),
        "foveal balanced": ours("balanced", progressive=True),
        "foveal balanced, saliency": ours("balanced", progressive=True, saliency="auto"),
        "foveal best": ours("best", progressive=True),
        f"foveal fast, {threads} threads": ours("fast", progressive=True, threads=threads),
        f"foveal balanced, {threads} threads": ours("balanced", progressive=True, threads=threads),
    }


def decoders() -> dict[str, Decoder]:
    """Everything that is timed at decoding, by name; one thread each."""
    return {
        DECODING_REFERENCE: simplejpeg.decode_jpeg,
        "Pillow": lambda data: np.asarray(Image.open(io.BytesIO(data))),
        "foveal": foveal.decode,
    }


def files_to_decode(pixels: NDArray[np.uint8], quality: int) -> dict[str, bytes]:
    """Files of libjpeg-turbo, 4:2:0, by kind."""
    return {
        "baseline": pillow(optimize=True)(pixels, quality),
        "progressive": pillow(progressive=True)(pixels, quality),
    }


def best_seconds(timed: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Least seconds of several rounds, in each of which everything runs once."""
    results = dict.fromkeys(timed, float("inf"))
    for _ in range(rounds):
        for name, run in timed.items():
            start = time.perf_counter()
            run()
            results[name] = min(results[name], time.perf_counter() - start)
    return results


@dataclass(frozen=True)
class Workload:
    """What is encoded and decoded: photographs of these folders, as a mosaic of so many megapixels, at a quality."""

    folders: list[Path]
    megapixels: float
    quality: int

    def pixels(self) -> NDArray[np.uint8]:
        """Make the mosaic."""
        return photos.mosaic(list(photos.load(self.folders).values()), self.megapixels)


def encoding_memory(workload: Workload, name: str) -> float:
    """Peak bytes per pixel of an encoder of ours, above what the process held before."""
    pixels = workload.pixels()
    encode = encoders(available_threads())[name]
    encode(np.ascontiguousarray(pixels[:64, :64]), workload.quality)  # whatever is loaded on first use
    return peak_bytes(lambda: encode(pixels, workload.quality)) / (pixels.size / 3)


def decoding_memory(data: bytes) -> float:
    """Peak bytes per pixel of our decoder, above what the process held before and above the pixels it returns."""
    foveal.decode(foveal.encode(np.zeros((8, 8, 3), dtype=np.uint8)))  # whatever is loaded on first use
    sizes = []
    peak = peak_bytes(lambda: sizes.append(foveal.decode(data).size))
    return (peak - sizes[0]) / (sizes[0] / 3)


def peak_bytes(run: Callable[[], object]) -> int:
    """Peak of resident memory above what the process holds (Linux)."""
    before = _status_kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    run()
    return (_status_kib("VmHWM") - before) * 1024


def _status_kib(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


def _memory_column(measure: Callable[..., float], *arguments: object) -> str:
    """Measure in a process of its own, where the system can tell."""
    if not Path("/proc/self/clear_refs").exists():
        return "-"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return f"{pool.apply(measure, arguments):.1f}"


def encoding_table(workload: Workload, rounds: int) -> Table:
    """Time all encoders."""
    pixels = workload.pixels()
    sizes: dict[str, int] = {}

    def encode(name: str, encoder: Encoder) -> None:
        sizes[name] = len(encoder(pixels, workload.quality))

    timed = {name: partial(encode, name, encoder) for name, encoder in encoders(available_threads()).items()}
    table = _table("encoding", pixels, workload, rounds, ("MP/s", f"x {REFERENCE}", "bytes", "bytes/pixel"))
    seconds = best_seconds(timed, rounds)
    for name, own in seconds.items():
        memory = _memory_column(encoding_memory, workload, name) if name.startswith("foveal") else "-"
        speed = pixels.size / 3 / own / 1e6
        table.add_row(name, f"{speed:.1f}", f"{seconds[REFERENCE] / own:.2f}", f"{sizes[name]:,}", memory)
    return table


def decoding_table(workload: Workload, rounds: int) -> Table:
    """Time all decoders."""
    pixels = workload.pixels()
    headings = ("MP/s", f"x {DECODING_REFERENCE}", "bytes/pixel above the output")
    table = _table("decoding", pixels, workload, rounds, headings)
    for kind, data in files_to_decode(pixels, workload.quality).items():
        seconds = best_seconds({name: partial(decoder, data) for name, decoder in decoders().items()}, rounds)
        for name, own in seconds.items():
            memory = _memory_column(decoding_memory, data) if name == "foveal" else "-"
            speed = pixels.size / 3 / own / 1e6
            table.add_row(f"{name}, {kind}", f"{speed:.1f}", f"{seconds[DECODING_REFERENCE] / own:.2f}", memory)
    return table


def _table(what: str, pixels: NDArray[np.uint8], workload: Workload, rounds: int, headings: tuple[str, ...]) -> Table:
    size = f"{pixels.shape[1]} x {pixels.shape[0]} mosaic"
    table = Table(title=f"{what}: {size}, quality {workload.quality}, best of {rounds}")
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="folders of PNG photographs")
    parser.add_argument("--megapixels", type=float, default=13)
    parser.add_argument("--quality", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    workload = Workload(arguments.images, arguments.megapixels, arguments.quality)
    for make_table in (encoding_table, decoding_table):
        Console().print(make_table(workload, arguments.rounds))


if __name__ == "__main__":
    main()
