"""Content-aware files against those of MozJPEG and jpegli, where people looked: BD-rates.

python -m bench.gaze.bd_rates FOLDER [--maps gaze=DIR fixations ...] [--strengths 0.5] [--effort best]
    [--count 15]

FOLDER holds photographs with fixations. Everything is 4:2:0; PSNR and SSIM are weighted by the density of the
fixations; SSIMULACRA2, PSNR-HVS-M and MS-SSIM are those of the box around most of them, and SSIMULACRA2 of the whole.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import foveal
from bench.gaze.gains import MapSource, map_and_density
from bench.gaze.map_worth import map_source, spread
from bench.rd.bd_rate import bd_rate, summary
from bench.rd.scores import METRICS
from foveal import metrics
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.comparison.peers import JPEGLI, MOZJPEG, decode_for_viewing
from foveal.jpeg import EightBitPixels
from foveal.photo import to_eight_bits
from foveal.training.gaze_data import GazePhoto, fixation_density, gaze_photos

QUALITIES = (30, 50, 65, 78, 87, 93)
REPORTED = 15  # photographs, spread over the folder
ANCHORS = (MOZJPEG, JPEGLI)
PARTS = ("SSIMULACRA2", "PSNR-HVS-M", "MS-SSIM")  # that cannot be weighted: of the box where most of it was
SCORES = ("PSNR there", "SSIM there", *(f"{name} there" for name in PARTS), "SSIMULACRA2")
SHARE_OUTSIDE = 0.15  # of the fixations, beyond each side of the box
SHORTEST_SIDE = 176  # of the box, for MS-SSIM

Points = list[tuple[int, tuple[float, ...]]]  # size_bytes and SCORES of the files of an encoder


class Watched:
    """A photo of which is known where people looked."""

    def __init__(self, photo: GazePhoto) -> None:
        if photo.fixations is None:
            raise ValueError(f"{photo.path} has no fixations")
        self.pixels: EightBitPixels = np.ascontiguousarray(to_eight_bits(foveal.open(photo.path).pixels))
        self._density = fixation_density(photo.fixations, *self.pixels.shape[:2])
        self._box = tuple(_middle(self._density.sum(axis=other)) for other in (1, 0))
        self._whole = metrics.Ssimulacra2Reference(self.pixels)
        part = np.ascontiguousarray(self.pixels[self._box])
        self._parts = [METRICS[name](part) for name in PARTS]

    def point(self, data: bytes) -> tuple[int, tuple[float, ...]]:
        """Size of a file of it, and its SCORES."""
        shown: EightBitPixels = decode_for_viewing(data)
        ssim = -10 * np.log10(1 - metrics.ssim(self.pixels, shown, self._density))
        there = metrics.psnr(self.pixels, shown, self._density), float(ssim)
        part = np.ascontiguousarray(shown[self._box])
        return len(data), (*there, *(metric.score(part) for metric in self._parts), self._whole.score(shown))


def _middle(along: NDArray[np.floating]) -> slice:
    """Where most of a density lies along an axis; SHORTEST_SIDE at least, where the axis is as long."""
    reached = np.cumsum(along) / along.sum()
    first, last = np.searchsorted(reached, (SHARE_OUTSIDE, 1 - SHARE_OUTSIDE)).tolist()
    length = max(last + 1 - first, SHORTEST_SIDE)
    start = first - (length - (last + 1 - first)) // 2
    start = min(max(start, 0), max(len(along) - length, 0))
    return slice(start, start + length)


def encoders(
    photo: GazePhoto, sources: list[MapSource], strengths: list[float], effort: EffortName
) -> dict[str, Callable[..., bytes]]:
    """Everything that is compared on a photo, by name."""
    opened = foveal.open(photo.path)
    ours = partial(foveal.encode, subsampling="4:2:0", effort=effort)
    found: dict[str, Callable[..., bytes]] = {
        peer.name: lambda pixels, quality, peer=peer: peer.encode(pixels, quality) for peer in ANCHORS
    }
    found["foveal, content-blind"] = partial(ours, saliency=None)
    for source, strength in product(sources, strengths):
        where, _ = map_and_density(source, photo, opened)
        found[f"foveal, {source.name}, strength {strength:g}"] = partial(ours, saliency=where, strength=strength)
    return found


def curves(photo: GazePhoto, sources: list[MapSource], strengths: list[float], effort: EffortName) -> dict[str, Points]:
    """Sizes and scores of all files of a photo."""
    watched = Watched(photo)
    return {
        name: [watched.point(encode(watched.pixels, quality=quality)) for quality in QUALITIES]
        for name, encode in encoders(photo, sources, strengths, effort).items()
    }


def rates(by_photo: list[dict[str, Points]], anchor: str, name: str, score: int) -> float:
    """Mean BD-rate over photos by a score."""

    def curve(points: Points) -> list[tuple[float, float]]:
        return [(size_bytes, scores[score]) for size_bytes, scores in points]

    return summary(bd_rate(curve(each[anchor]), curve(each[name])) for each in by_photo).mean


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", type=map_source, nargs="+", default=[map_source("gaze"), map_source("fixations")])
    parser.add_argument("--strengths", type=float, nargs="+", default=[0.5])
    parser.add_argument("--effort", choices=EFFORTS, default="balanced")
    parser.add_argument("--count", type=int, default=REPORTED, help="photos, spread over the folder")
    arguments = parser.parse_args()
    chosen = spread(gaze_photos(arguments.folder), arguments.count)
    by_photo = [curves(photo, arguments.maps, arguments.strengths, arguments.effort) for photo in chosen]
    for anchor in ANCHORS:
        table = Table("encoder", *SCORES, title=f"{len(chosen)} photos: bytes against {anchor.name}, %")
        for name in by_photo[0]:
            if name != anchor.name:
                table.add_row(
                    name, *(f"{rates(by_photo, anchor.name, name, score):+.1f}" for score in range(len(SCORES)))
                )
        Console().print(table)


if __name__ == "__main__":
    main()
