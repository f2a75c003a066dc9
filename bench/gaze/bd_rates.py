"""Measure BD-rates of content-aware files against MozJPEG and jpegli, with scores of the parts where people looked.

python -m bench.gaze.bd_rates FOLDER [--maps gaze=DIR fixations ...] [--strengths S ...] [--effort best]
    [--count 15]

FOLDER holds photographs with fixations. All files are 4:2:0. Each table is for one of the two encoders and shows the
mean difference in bytes from it at the same score, in percent; negative is smaller. Scores named "there" count where
people looked: PSNR and SSIM are weighted by fixation density; SSIMULACRA2, PSNR-HVS-M and MS-SSIM are computed on the
box that holds most of the fixations. SSIMULACRA2 without "there" is that of the whole photo.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import foveal
from bench.arguments import new_parser
from bench.gaze.maps import MapSource, choose_evenly, load_map_and_density, parse_map_source
from bench.rd.bd_rate import bd_rate, summary
from bench.rd.scores import METRICS
from foveal import metrics
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.comparison.peers import JPEGLI, MOZJPEG, decode_for_viewing
from foveal.encoding.options import EncodeOptions
from foveal.jpeg import EightBitPixels
from foveal.photo import to_eight_bits
from foveal.training.gaze_data import GazePhoto, fixation_density, gaze_photos

QUALITIES = (30, 50, 65, 78, 87, 93)
REPORTED = 15  # number of photographs by default, spread evenly over the folder
ANCHORS = (MOZJPEG, JPEGLI)  # encoders that foveal is compared with, one table for each
BOX_METRICS = ("SSIMULACRA2", "PSNR-HVS-M", "MS-SSIM")  # metrics that cannot be weighted, so they are computed on a box
SCORES = ("PSNR there", "SSIM there", *(f"{name} there" for name in BOX_METRICS), "SSIMULACRA2")
SHARE_OUTSIDE = 0.15  # share of the fixation density beyond each side of the box
SHORTEST_SIDE = 176  # shortest side of the box in pixels, which MS-SSIM needs

Points = list[tuple[int, tuple[float, ...]]]  # size in bytes and SCORES of each file of one encoder


class GazeScorer:
    """Scorer of the files of one photo with recorded fixations."""

    def __init__(self, photo: GazePhoto) -> None:
        if photo.fixations is None:
            raise ValueError(f"{photo.path} has no fixations")
        self.pixels: EightBitPixels = np.ascontiguousarray(to_eight_bits(foveal.open(photo.path).pixels))
        self._density = fixation_density(photo.fixations, *self.pixels.shape[:2])
        self.box = tuple(_find_central_range(self._density.sum(axis=other)) for other in (1, 0))
        self._whole = metrics.Ssimulacra2Reference(self.pixels)
        part = np.ascontiguousarray(self.pixels[self.box])
        self._parts = [METRICS[name](part) for name in BOX_METRICS]

    def measure(self, data: bytes) -> tuple[int, tuple[float, ...]]:
        """Return the size of a file in bytes and its SCORES."""
        shown: EightBitPixels = decode_for_viewing(data)
        ssim = -10 * np.log10(1 - metrics.ssim(self.pixels, shown, self._density))
        weighted = metrics.psnr(self.pixels, shown, self._density), float(ssim)
        part = np.ascontiguousarray(shown[self.box])
        return len(data), (*weighted, *(metric.score(part) for metric in self._parts), self._whole.score(shown))


def _find_central_range(marginal: NDArray[np.floating]) -> slice:
    """Find the range that holds most of a density along an axis: SHORTEST_SIDE or longer, or else the whole axis."""
    cumulative = np.cumsum(marginal) / marginal.sum()
    first, last = np.searchsorted(cumulative, (SHARE_OUTSIDE, 1 - SHARE_OUTSIDE)).tolist()
    length = max(last + 1 - first, SHORTEST_SIDE)
    start = first - (length - (last + 1 - first)) // 2
    start = min(max(start, 0), max(len(marginal) - length, 0))
    return slice(start, start + length)


def list_encoders(
    photo: GazePhoto, sources: list[MapSource], strengths: list[float], effort: EffortName
) -> dict[str, Callable[..., bytes]]:
    """Return the encoders that are compared on a photo, by name."""
    opened = foveal.open(photo.path)
    encode_by_foveal = partial(foveal.encode, subsampling="4:2:0", effort=effort)
    encoders: dict[str, Callable[..., bytes]] = {
        peer.name: lambda pixels, quality, peer=peer: peer.encode(pixels, quality) for peer in ANCHORS
    }
    encoders["foveal, content-blind"] = partial(encode_by_foveal, saliency=None)
    for source, strength in product(sources, strengths):
        saliency, _ = load_map_and_density(source, photo, opened)
        encoders[f"foveal, {source.name}, strength {strength:g}"] = partial(
            encode_by_foveal, saliency=saliency, strength=strength
        )
    return encoders


def measure_curves(
    photo: GazePhoto, sources: list[MapSource], strengths: list[float], effort: EffortName
) -> dict[str, Points]:
    """Measure sizes and scores of all encoders on a photo."""
    scorer = GazeScorer(photo)
    return {
        name: [scorer.measure(encode(scorer.pixels, quality=quality)) for quality in QUALITIES]
        for name, encode in list_encoders(photo, sources, strengths, effort).items()
    }


def mean_bd_rate(by_photo: list[dict[str, Points]], anchor: str, name: str, score: int) -> float:
    """Return the mean BD-rate of an encoder over photos in percent, by the score with index `score` in SCORES."""

    def curve(points: Points) -> list[tuple[float, float]]:
        return [(size_bytes, scores[score]) for size_bytes, scores in points]

    return summary(bd_rate(curve(each[anchor]), curve(each[name])) for each in by_photo).mean


def main() -> None:
    """Measure the curves and print a table for each anchor."""
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    default_maps = [parse_map_source("gaze"), parse_map_source("fixations")]
    parser.add_argument("--maps", type=parse_map_source, nargs="+", default=default_maps)
    parser.add_argument("--strengths", type=float, nargs="+", default=[EncodeOptions.strength])
    parser.add_argument("--effort", choices=EFFORTS, default="balanced")
    parser.add_argument("--count", type=int, default=REPORTED, help="number of photos, spread evenly over the folder")
    arguments = parser.parse_args()
    chosen = choose_evenly(gaze_photos(arguments.folder), arguments.count)
    by_photo = [measure_curves(photo, arguments.maps, arguments.strengths, arguments.effort) for photo in chosen]
    for anchor in ANCHORS:
        table = Table("encoder", *SCORES, title=f"{len(chosen)} photos: bytes against {anchor.name}, %")
        for name in by_photo[0]:
            if name != anchor.name:
                rates = [mean_bd_rate(by_photo, anchor.name, name, score) for score in range(len(SCORES))]
                table.add_row(name, *(f"{rate:+.1f}" for rate in rates))
        Console().print(table)


if __name__ == "__main__":
    main()
