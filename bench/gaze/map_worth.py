"""What content-aware encoding gains where people looked, at the bytes of the content-blind encode.

python -m bench.gaze.map_worth FOLDER [--maps spectral half fixations] [--qualities 75] [--save build/map-worth]

FOLDER holds images/ and fixations.npz: image number -> rows of x, y (fractions of the sides) and observer. A map is the
name of a method, `fixations` (the recorded ones, smoothed: an upper bound), `half` (every second observer's, judged on
the others': what a perfect prediction could reach) or NAME=MAPS, a folder of precomputed maps. The table gives the mean
change of PSNR and SSIM weighted by the density of fixations, and of SSIMULACRA2 over the whole photo.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.gaze import report
from bench.gaze.gains import FIXATIONS, HALF, MapSource, gains
from foveal.allocate.allocation import AllocationName
from foveal.errors import ParameterError
from foveal.saliency import resolve_method
from foveal.training.gaze_data import GazePhoto, gaze_photos


def main() -> None:
    """Print the table, and save it."""
    arguments = parsed_arguments()
    photos = spread(gaze_photos(arguments.folder), arguments.count)
    measure = partial(
        gains,
        sources=arguments.maps,
        qualities=arguments.qualities,
        strengths=arguments.strengths,
        allocation=arguments.allocation,
    )
    with ProcessPoolExecutor(arguments.jobs) as pool:
        measured = list(track(pool.map(measure, photos), "photos", len(photos)))
    rows = report.rows_of(measured)
    largest_excess = max(abs(gain.excess) for photo in measured for gain in photo)

    console = Console()
    table = Table(title=f"{len(photos)} photos, bytes of the content-blind encode, {arguments.allocation}")
    for heading in report.HEADINGS:
        table.add_column(heading, justify="left" if heading == "map" else "right")
    for row in rows:
        table.add_row(*row.cells)
    console.print(table)
    console.print(f"Bytes differ by {largest_excess:.2%} at most.")
    if arguments.save:
        about = {
            "allocation": arguments.allocation,
            "photos": [photo.path.name for photo in photos],
            "largest_difference_of_bytes": largest_excess,
        }
        report.save(arguments.save, rows, about)


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    default_maps = [MapSource(name) for name in ("spectral", HALF, FIXATIONS)]
    parser.add_argument("--maps", type=map_source, nargs="+", metavar="MAP", default=default_maps)
    parser.add_argument("--qualities", type=float, nargs="+", metavar="Q", default=[75])
    parser.add_argument("--strengths", type=float, nargs="+", metavar="S", default=[0.25, 0.5, 0.75, 1])
    parser.add_argument("--allocation", choices=get_args(AllocationName), default="rdo")
    parser.add_argument("--count", type=int, default=30, help="photos, spread over the folder")
    parser.add_argument("--jobs", type=int, default=1, help="photos at a time")
    parser.add_argument("--save", type=Path, metavar="STEM", help="write STEM.md, STEM.json and STEM.png")
    return parser.parse_args()


def map_source(argument: str) -> MapSource:
    """The meaning of one of `--maps`; ArgumentTypeError where there is no such method."""
    name, _, folder = argument.partition("=")
    if folder:
        return MapSource(name, Path(folder))
    if name in (FIXATIONS, HALF):
        return MapSource(name)
    try:
        return MapSource(resolve_method(name))
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def spread(photos: list[GazePhoto], count: int) -> list[GazePhoto]:
    """At most `count` photos at even distances."""
    count = min(count, len(photos))
    return [photos[index * len(photos) // count] for index in range(count)]


if __name__ == "__main__":
    main()
