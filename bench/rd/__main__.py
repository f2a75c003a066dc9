"""Measure rate-distortion curves of JPEG encoders, and compare them by BD-rate with one of them, the anchor.

python -m bench.rd [--images DIR ...] [--encoders NAME ...] [--anchor jpegli] [--settings 8] [--jobs 1] [--json]

A BD-rate is the mean difference in bytes at the same score, in percent; negative is smaller. There is a table for each
metric, and a plot of the curves. Encoders and metrics that are not installed are named and left out. Measurements are
cached in the output folder, so that the next run measures only what is new.
"""

from __future__ import annotations

import json
from argparse import SUPPRESS
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.rd import encoders, figure, scores
from bench.rd.bd_rate import CONFIDENCE
from bench.rd.compare import BANDS, CACHE_FOLDER, Comparison, count_pixels
from bench.rd.encoders import Encoder, MissingPeerError
from bench.rd.measure import Point, measure_all_curves
from bench.rd.ms_ssim import LEAST_SIDE
from foveal.jpeg import EightBitPixels

NOTES = Console(stderr=True)
TABLE_WIDTH = 120  # columns, whatever the terminal's


def find_installed(names: list[str], settings: int) -> list[Encoder]:
    """Return the encoders that are installed, and print which are not."""
    found = []
    for name in names:
        try:
            found.append(encoders.find_encoder(name, settings))
        except MissingPeerError as error:
            NOTES.print(f"{name} is left out: {error}")
    return found


def load_large_photos(folders: list[Path]) -> dict[str, EightBitPixels]:
    """Return the photos that are large enough for all metrics, and print which are not."""
    loaded = photos.load(folders)
    for name, pixels in loaded.items():
        if min(pixels.shape[:2]) < LEAST_SIDE:
            NOTES.print(f"{name} is left out: a side is shorter than {LEAST_SIDE} pixels")
    return {name: pixels for name, pixels in loaded.items() if min(pixels.shape[:2]) >= LEAST_SIDE}


def make_table(comparison: Comparison, names: list[str], metric: str) -> Table:
    """Make a table of the BD-rates of encoders by one metric."""
    table = Table(title=f"{metric}: bytes against {comparison.anchor} at the same score, %")
    table.add_column("encoder", no_wrap=True)
    for heading in ("mean", f"{CONFIDENCE} %", "median", "least..most", *BANDS, "wins"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in names:
        found = comparison.summary(name, metric)
        low, high = found.mean_interval
        figures = [
            f"{found.mean:+.1f}",
            f"{low:+.1f}..{high:+.1f}",
            f"{found.median:+.1f}",
            f"{found.least:+.1f}..{found.most:+.1f}",
            *(f"{comparison.summary(name, metric, band).mean:+.1f}" for band in BANDS),
        ]
        shown = [figure.replace("+nan", "-") for figure in figures] if found.photos else ["-"] * len(figures)
        table.add_row(name, *shown, f"{found.wins} of {found.photos}")
    return table


def to_json(comparison: Comparison, chosen: list[Encoder], metrics: tuple[str, ...]) -> str:
    """Return all measurements as JSON; null where curves cannot be compared, or a score is infinite."""

    def number(value: float) -> float | None:
        return value if np.isfinite(value) else None

    def rates(encoder: Encoder, metric: str) -> dict[str, object]:
        summary = asdict(comparison.summary(encoder.name, metric))
        interval = [number(bound) for bound in summary.pop("mean_interval")]
        summary = {key: number(value) for key, value in summary.items()} | {"mean_interval": interval}
        bands = {band: number(comparison.summary(encoder.name, metric, band).mean) for band in BANDS}
        by_photo = {photo: number(rate) for photo, rate in comparison.bd_rates(encoder.name, metric).items()}
        return {"summary": summary, "mean_by_bits_per_pixel": bands, "by_photo": by_photo}

    def as_dict(point: Point) -> dict[str, object]:
        return asdict(point) | {"scores": {metric: number(score) for metric, score in point.scores.items()}}

    points = {
        photo: {name: [as_dict(point) for point in curve] for name, curve in curves.items()}
        for photo, curves in comparison.curves.items()
    }
    report = {
        "anchor": comparison.anchor,
        "versions": {encoder.name: encoder.version for encoder in chosen},
        "bd_rates": {metric: {encoder.name: rates(encoder, metric) for encoder in chosen} for metric in metrics},
        "points": points,
    }
    return json.dumps(report, indent=1)


def main() -> None:
    """Measure the curves, print tables or JSON, and draw the curves."""
    parser = new_parser(__doc__, usage=SUPPRESS)
    add_image_folders(parser)
    parser.add_argument("--encoders", nargs="+", choices=encoders.NAMES, default=list(encoders.NAMES))
    parser.add_argument("--anchor", choices=encoders.NAMES, default=encoders.ANCHOR)
    parser.add_argument(
        "--settings", type=int, default=encoders.SETTINGS, help="files per photo and encoder, 2 or more"
    )
    parser.add_argument("--jobs", type=int, default=1, help="photos measured in parallel")
    parser.add_argument("--json", action="store_true", help="print all measurements as JSON instead of tables")
    parser.add_argument("--output", type=Path, default=CACHE_FOLDER.parent)
    arguments = parser.parse_args()
    if arguments.settings < 2 or arguments.jobs < 1:
        parser.error("--settings must be 2 or more, --jobs 1 or more")

    chosen = find_installed(list(dict.fromkeys([arguments.anchor, *arguments.encoders])), arguments.settings)
    names = [encoder.name for encoder in chosen]
    if arguments.anchor not in names:
        parser.error(f"the anchor {arguments.anchor} is not installed; choose another with --anchor")
    metrics = scores.find_installed()
    for metric, missing in scores.find_missing().items():
        NOTES.print(f"{metric} is left out: {missing} is not installed")
    pictures = load_large_photos(arguments.images)
    if not pictures:
        parser.error("no photographs to encode")
    measured = measure_all_curves(pictures, chosen, arguments.output / CACHE_FOLDER.name, arguments.jobs)
    comparison = Comparison(
        arguments.anchor,
        dict(track(measured, "photos", total=len(pictures), console=NOTES, transient=True)),
        count_pixels(pictures),
    )

    if arguments.json:
        print(to_json(comparison, chosen, metrics))
    else:
        for metric in metrics:
            Console(width=TABLE_WIDTH).print(make_table(comparison, names[1:], metric))
    drawn = [name for name in names if all(name in curves for curves in comparison.curves.values())]
    figure.draw(comparison, drawn, pictures, arguments.output / "curves.png")
    NOTES.print(f"Curves are in {arguments.output / 'curves.png'}")


if __name__ == "__main__":
    main()
