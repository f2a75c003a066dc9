"""Compare JPEG encoders by the bytes they need for the same quality: BD-rates against one of them, and their curves.

python -m bench.rd [--images DIR ...] [--encoders NAME ...] [--anchor jpegli] [--settings 8] [--jobs 1] [--json]

Encoders that are not installed are named and left out. What was measured is kept in the output folder: the next run
measures only what is new.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import photos
from bench.rd import encoders, figure, scores
from bench.rd.cache import Point
from bench.rd.compare import CACHE_FOLDER, Comparison
from bench.rd.encoders import Encoder, MissingPeerError
from bench.rd.measure import curves_of_all
from bench.rd.ms_ssim import LEAST_SIDE
from foveal.jpeg import EightBitPixels

NOTES = Console(stderr=True)


def installed(names: list[str], settings: int) -> list[Encoder]:
    """Those of the encoders that are here; says which are not."""
    found = []
    for name in names:
        try:
            found.append(encoders.named(name, settings))
        except MissingPeerError as error:
            NOTES.print(f"{name} is left out: {error}")
    return found


def large_enough(folders: list[Path]) -> dict[str, EightBitPixels]:
    """Photos that all metrics can be had of; says which are left out."""
    loaded = photos.load(folders)
    for name, pixels in loaded.items():
        if min(pixels.shape[:2]) < LEAST_SIDE:
            NOTES.print(f"{name} is left out: a side is shorter than {LEAST_SIDE} pixels")
    return {name: pixels for name, pixels in loaded.items() if min(pixels.shape[:2]) >= LEAST_SIDE}


def rates_table(comparison: Comparison, names: list[str], metric: str) -> Table:
    """BD-rates of all encoders by one metric."""
    table = Table(title=f"{metric}: bytes against {comparison.anchor} at the same score, %")
    table.add_column("encoder", no_wrap=True)
    for heading in ("mean", "median", "quartiles", "least..most", "photos"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in names:
        found = comparison.summary(name, metric)
        figures = [
            f"{found.mean:+.1f}",
            f"{found.median:+.1f}",
            f"{found.lower_quartile:+.1f}..{found.upper_quartile:+.1f}",
            f"{found.least:+.1f}..{found.most:+.1f}",
        ]
        shown = figures if found.photos else ["-"] * len(figures)
        table.add_row(name, *shown, f"{found.photos} of {len(comparison.curves)}")
    return table


def as_json(comparison: Comparison, chosen: list[Encoder]) -> str:
    """Everything that was measured; null where curves cannot be compared, or a score is infinite."""

    def number(value: float) -> float | None:
        return value if np.isfinite(value) else None

    def rates(encoder: Encoder, metric: str) -> dict[str, object]:
        summary = {key: number(value) for key, value in asdict(comparison.summary(encoder.name, metric)).items()}
        by_photo = comparison.bd_rates(encoder.name, metric)
        return {"summary": summary, "by_photo": {photo: number(rate) for photo, rate in by_photo.items()}}

    def as_dict(point: Point) -> dict[str, object]:
        return asdict(point) | {"scores": {metric: number(score) for metric, score in point.scores.items()}}

    points = {
        photo: {name: [as_dict(point) for point in curve] for name, curve in curves.items()}
        for photo, curves in comparison.curves.items()
    }
    report = {
        "anchor": comparison.anchor,
        "versions": {encoder.name: encoder.version for encoder in chosen},
        "bd_rates": {metric: {encoder.name: rates(encoder, metric) for encoder in chosen} for metric in scores.METRICS},
        "points": points,
    }
    return json.dumps(report, indent=1)


def main() -> None:
    """Measure, print tables or JSON, draw the curves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS
    )
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="folders of PNG photographs")
    parser.add_argument("--encoders", nargs="+", choices=encoders.NAMES, default=list(encoders.NAMES))
    parser.add_argument("--anchor", choices=encoders.NAMES, default=encoders.ANCHOR)
    parser.add_argument("--settings", type=int, default=encoders.SETTINGS, help="files of each photo, 2 or more")
    parser.add_argument("--jobs", type=int, default=1, help="photos at a time")
    parser.add_argument("--json", action="store_true", help="print everything that was measured, not tables")
    parser.add_argument("--output", type=Path, default=CACHE_FOLDER.parent)
    arguments = parser.parse_args()
    if arguments.settings < 2 or arguments.jobs < 1:
        parser.error("--settings must be 2 or more, --jobs 1 or more")

    chosen = installed(list(dict.fromkeys([arguments.anchor, *arguments.encoders])), arguments.settings)
    names = [encoder.name for encoder in chosen]
    if arguments.anchor not in names:
        parser.error(f"the anchor {arguments.anchor} is not here; choose another with --anchor")
    pictures = large_enough(arguments.images)
    if not pictures:
        parser.error("no photographs to encode")
    measured = curves_of_all(pictures, chosen, arguments.output / CACHE_FOLDER.name, arguments.jobs)
    comparison = Comparison(
        arguments.anchor, dict(track(measured, "photos", total=len(pictures), console=NOTES, transient=True))
    )

    if arguments.json:
        print(as_json(comparison, chosen))
    else:
        for metric in scores.METRICS:
            Console().print(rates_table(comparison, names[1:], metric))
    drawn = [name for name in names if all(name in curves for curves in comparison.curves.values())]
    figure.draw(comparison, drawn, pictures, arguments.output / "curves.png")
    NOTES.print(f"Curves are in {arguments.output / 'curves.png'}")


if __name__ == "__main__":
    main()
