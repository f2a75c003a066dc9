"""What is left of a photo that is encoded and decoded many times, by foveal and by other encoders.

python -m bench.rd.generations [--images DIR ...] [--saves 50] [--qualities 60 80 92]

For each quality, photo and encoder (4:2:0): SSIMULACRA 2 of the first and of the last save, and how far the mean
luminance of 8x8-pixel blocks is from that of the photo after the last save, as root mean square and where it is
largest, in levels of 0 to 255; then the means over the photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from foveal.comparison.peers import decode_for_viewing, jpegli, libjpeg_turbo, mozjpeg
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference

Encoder = Callable[[EightBitPixels, float], bytes]


def encode_blind(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with foveal, without saliency, at 4:2:0."""
    return foveal.encode(pixels, quality=quality, saliency=None, subsampling="4:2:0")


def encode_with_map(pixels: EightBitPixels, quality: float) -> bytes:
    """Encode with foveal at 4:2:0, with the saliency map that the picture of each save has."""
    return foveal.encode(pixels, quality=quality, subsampling="4:2:0")


ENCODERS: dict[str, Encoder] = {
    "foveal, content-blind": encode_blind,
    "foveal": encode_with_map,
    "libjpeg-turbo": libjpeg_turbo,
    "mozjpeg": mozjpeg,
    "jpegli": jpegli,
}


@dataclass(frozen=True)
class Survival:
    """What many saves left of a photo.

    Parameters
    ----------
    first_score, last_score
        SSIMULACRA 2 after the first save and after the last.
    drift
        (rows, columns) differences of the mean luminance of blocks, last save less photo, in levels.
    """

    first_score: float
    last_score: float
    drift: NDArray[np.float64]

    @property
    def figures(self) -> tuple[float, ...]:
        """The scores, and the drift: root mean square and largest."""
        return (
            self.first_score,
            self.last_score,
            float(np.sqrt((self.drift**2).mean())),
            float(np.abs(self.drift).max()),
        )


def survive(pixels: EightBitPixels, encoder: Encoder, quality: float, saves: int) -> Survival:
    """Encode and decode a photo a number of times."""
    reference = Ssimulacra2Reference(pixels)
    first = last = decode_for_viewing(encoder(pixels, quality))
    for _ in range(saves - 1):
        last = decode_for_viewing(encoder(last, quality))
    return Survival(reference.score(first), reference.score(last), block_means(last) - block_means(pixels))


def block_means(pixels: EightBitPixels) -> NDArray[np.float64]:
    """Return the mean luminance of the 8x8-pixel blocks that lie wholly in a picture."""
    rows, columns = (side // 8 for side in pixels.shape[:2])
    luminance = pixels[: 8 * rows, : 8 * columns] @ np.array([0.299, 0.587, 0.114])
    return np.asarray(luminance.reshape(rows, 8, columns, 8).mean(axis=(1, 3)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--saves", type=int, default=50)
    parser.add_argument("--encoders", nargs="+", choices=list(ENCODERS), default=list(ENCODERS))
    parser.add_argument("--qualities", type=float, nargs="+", default=[60, 80, 92])
    args = parser.parse_args()
    table = Table(
        "quality", "photo", "encoder", "first save", "last save", "drift, rms", "largest", title=f"{args.saves} saves"
    )
    pictures = {name: photos.crop_middle(pixels) for name, pixels in photos.load(args.images).items()}
    for quality in args.qualities:
        found: dict[str, list[tuple[float, ...]]] = {label: [] for label in args.encoders}
        for name, pixels in pictures.items():
            for label, each in found.items():
                each.append(survive(pixels, ENCODERS[label], quality, args.saves).figures)
                table.add_row(f"{quality:g}", name, label, *(f"{figure:.2f}" for figure in each[-1]))
        for label, each in found.items():
            table.add_row(f"{quality:g}", "mean", label, *(f"{figure:.2f}" for figure in np.mean(each, axis=0)))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
