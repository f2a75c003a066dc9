"""Measure speed and peak memory of encoders and decoders, with speed as a ratio to libjpeg-turbo in the same run.

python -m bench.speed [--images DIR ...] [--detailed-images DIR ...] [--megapixels 13] [--quality 80] [--rounds 5]
                      [--only TABLE]

Start-up is measured in CPU seconds of whole processes, see `bench.speed.start_up`. Encoders work on two mosaics of
photographs, decoders on the first one:

- the smooth mosaic has tiles of all parts of the photographs of `--images` (scikit-image's if that is left out);
- the detailed mosaic has the most detailed quarter of the tiles of `--detailed-images` (those of `--images` if that is
  left out).

The tables show megapixels per second (the best of all rounds), the ratio to the reference (higher is faster), the size
of the file, and the peak memory of foveal in bytes per pixel. The last table shows what it costs to let foveal choose
the quality of a photograph.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.arguments import add_image_folders, new_parser
from bench.speed.coders import (
    DECODING_REFERENCE,
    REFERENCE,
    Encoder,
    Workload,
    list_decoders,
    list_encoders,
    make_files_to_decode,
)
from bench.speed.default_quality import measure_default_quality
from bench.speed.memory import measure_decoding_memory, measure_encoding_memory, measure_in_new_process
from bench.speed.start_up import measure_start_up
from foveal.jpeg import EightBitPixels
from foveal.threads import available_threads


def measure_seconds(timed: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the shortest time of each call in seconds, over rounds that run every call once."""
    seconds = dict.fromkeys(timed, float("inf"))
    for _ in range(rounds):
        for name, run in timed.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def measure_encoders(workload: Workload, rounds: int) -> Table:
    """Measure speed, file size and memory of all encoders."""
    pixels = workload.pixels()
    sizes: dict[str, int] = {}

    def encode(name: str, encoder: Encoder) -> None:
        sizes[name] = len(encoder(pixels, workload.quality))

    timed = {name: partial(encode, name, encoder) for name, encoder in list_encoders(available_threads()).items()}
    table = _new_table("encoding", pixels, workload, rounds, ("MP/s", f"x {REFERENCE}", "bytes", "bytes/pixel"))
    seconds = measure_seconds(timed, rounds)
    for name, own in seconds.items():
        is_ours = name.startswith("foveal")
        memory = measure_in_new_process(measure_encoding_memory, workload, name) if is_ours else "-"
        speed = pixels.size / 3 / own / 1e6
        table.add_row(name, f"{speed:.1f}", f"{seconds[REFERENCE] / own:.2f}", f"{sizes[name]:,}", memory)
    return table


def measure_decoders(workload: Workload, rounds: int) -> Table:
    """Measure speed and memory of all decoders."""
    pixels = workload.pixels()
    headings = ("MP/s", f"x {DECODING_REFERENCE}", "bytes/pixel above the output")
    table = _new_table("decoding", pixels, workload, rounds, headings)
    for kind, data in make_files_to_decode(pixels, workload.quality).items():
        seconds = measure_seconds({name: partial(decoder, data) for name, decoder in list_decoders().items()}, rounds)
        for name, own in seconds.items():
            memory = measure_in_new_process(measure_decoding_memory, data) if name == "foveal" else "-"
            speed = pixels.size / 3 / own / 1e6
            table.add_row(f"{name}, {kind}", f"{speed:.1f}", f"{seconds[DECODING_REFERENCE] / own:.2f}", memory)
    return table


def _new_table(what: str, pixels: EightBitPixels, workload: Workload, rounds: int, headings: tuple[str, ...]) -> Table:
    size = f"{pixels.shape[1]} x {pixels.shape[0]}"
    table = Table(title=f"{what}: {workload.name}, {size}, quality {workload.quality}, best of {rounds}")
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def main() -> None:
    """Measure, and print the tables."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument(
        "--detailed-images", type=Path, nargs="+", default=[], help="folders of PNG photographs of the detailed mosaic"
    )
    parser.add_argument("--megapixels", type=float, default=13)
    parser.add_argument("--quality", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", choices=["start-up", "encoding", "decoding", "default-quality"], help="print this table alone"
    )
    arguments = parser.parse_args()
    smooth = Workload(arguments.images, arguments.megapixels, arguments.quality)
    folders = arguments.detailed_images or arguments.images
    detailed = replace(smooth, folders=folders, is_detailed=True)
    if arguments.only in (None, "start-up"):
        Console().print(measure_start_up(Workload(arguments.images, 0.4, 75).pixels(), arguments.rounds))
    if arguments.only in (None, "encoding"):
        for workload in (smooth, detailed):
            Console().print(measure_encoders(workload, arguments.rounds))
    if arguments.only in (None, "decoding"):
        Console().print(measure_decoders(smooth, arguments.rounds))
    if arguments.only in (None, "default-quality"):
        Console().print(measure_default_quality(arguments.images, arguments.quality, arguments.rounds))


if __name__ == "__main__":
    main()
