"""Measure what a map gains at each strength, for photos of low to high expected NSS.

python -m bench.gaze.payoff FOLDER --maps DIR --models FOLD-0.onnx ... FOLD-4.onnx [--strengths 0.25 0.5 0.75 1]

FOLDER holds photographs with fixations, DIR their maps by the networks that had not seen them, as `python -m
foveal.training maps` writes them. Files have the bytes of the content-blind file of quality 75. The table has a row for
each fifth of the photos, by the NSS that is expected of their maps. Its columns are the mean change of PSNR where
people looked, in dB, and of SSIMULACRA2 of the whole photo: how strength should depend on the expected NSS
(`foveal.saliency.readings`).
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.arguments import new_parser
from bench.gaze.maps import MapSource, choose_evenly
from bench.gaze.measure import measure_gains
from foveal.saliency import SaliencyModel
from foveal.training.evaluation import look_by_folds
from foveal.training.gaze_data import gaze_photos

QUALITY = 75
BINS = 5


def main() -> None:
    """Measure the photos, and print the table."""
    arguments = parse_arguments()
    look = look_by_folds([SaliencyModel(path) for path in arguments.models], ["gaze"])
    source = MapSource("gaze", arguments.maps)
    rows = []
    for photo in track(choose_evenly(gaze_photos(arguments.folder), arguments.count), "photos"):
        gains = measure_gains(photo, [source], [QUALITY], arguments.strengths, "rdo")
        rows.append([look(photo)["gaze"].expected_nss, *(value for gain in gains for value in gain.change[[0, 2]])])
    table = Table("expected NSS", *(f"strength {strength:g}" for strength in arguments.strengths))
    for part in np.array_split(np.array(sorted(rows), np.float64), BINS):
        expected, *changes = part.mean(axis=0)
        pairs = zip(changes[::2], changes[1::2], strict=True)
        table.add_row(f"{expected:.2f}", *(f"{there:+.2f} dB, {whole:+.2f}" for there, whole in pairs))
    Console().print(table)


def parse_arguments() -> Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=Path, required=True, metavar="DIR")
    parser.add_argument("--models", type=Path, nargs="+", required=True, metavar="MODEL")
    parser.add_argument("--strengths", type=float, nargs="+", metavar="S", default=[0.25, 0.5, 0.75, 1])
    parser.add_argument("--count", type=int, default=60, help="number of photos, spread evenly over the folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
