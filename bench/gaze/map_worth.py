"""Measure what saliency maps gain where people looked, at the size of the content-blind file.

python -m bench.gaze.map_worth FOLDER [--maps spectral half fixations] [--qualities 75] [--save build/map-worth]

FOLDER holds images/ and fixations.npz, which maps an image's number to rows of x, y (fractions of the sides) and
observer. A map is one of
  a saliency method by its name,
  fixations: the recorded fixations, smoothed (an upper bound),
  half: the fixations of every second observer, scored on those of the others (what a perfect prediction can reach),
  NAME=MAPS: a folder of precomputed maps.
The table shows the mean change of PSNR and SSIM, weighted by fixation density ("there"), and of SSIMULACRA2 over the
whole photo. --save STEM writes it as STEM.md and STEM.json, and draws it as STEM.png.
"""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.arguments import new_parser
from bench.gaze import report
from bench.gaze.maps import FIXATIONS, HALF, MapSource, choose_evenly, parse_map_source
from bench.gaze.measure import measure_gains
from foveal.allocate.allocation import AllocationName
from foveal.training.gaze_data import gaze_photos


def main() -> None:
    """Measure the maps, print the table, and save it."""
    arguments = parse_arguments()
    photos = choose_evenly(gaze_photos(arguments.folder), arguments.count)
    measure = partial(
        measure_gains,
        sources=arguments.maps,
        qualities=arguments.qualities,
        strengths=arguments.strengths,
        allocation=arguments.allocation,
    )
    with ProcessPoolExecutor(arguments.jobs) as pool:
        measured = list(track(pool.map(measure, photos), "photos", len(photos)))
    rows = report.average_gains(measured)
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


def parse_arguments() -> Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    default_maps = [MapSource(name) for name in ("spectral", HALF, FIXATIONS)]
    parser.add_argument("--maps", type=parse_map_source, nargs="+", metavar="MAP", default=default_maps)
    parser.add_argument("--qualities", type=float, nargs="+", metavar="Q", default=[75])
    parser.add_argument("--strengths", type=float, nargs="+", metavar="S", default=[0.25, 0.5, 0.75, 1])
    parser.add_argument("--allocation", choices=get_args(AllocationName), default="rdo")
    parser.add_argument("--count", type=int, default=30, help="number of photos, spread evenly over the folder")
    parser.add_argument("--jobs", type=int, default=1, help="photos measured in parallel")
    parser.add_argument("--save", type=Path, metavar="STEM", help="write STEM.md, STEM.json and STEM.png")
    return parser.parse_args()


if __name__ == "__main__":
    main()
