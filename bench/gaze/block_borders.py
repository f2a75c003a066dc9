"""Measure the steps that files add across block borders, inside and outside of what people looked at.

python -m bench.gaze.block_borders FOLDER [--maps gaze ...] [--qualities 40 60 80] [--strength S] [--count 15]

FOLDER holds photographs with fixations. For each quality, the content-aware file of foveal is compared with files of
at most the same size in bytes by MozJPEG, jpegli and foveal without a map. A step is the size of the mean difference
along the 8 samples of a border, in 8-bit levels, less the same in the middle of blocks, less both in the photo: what
the file adds. Inside are the blocks with a fixation density above its mean. MozJPEG's and jpegli's qualities are
whole numbers, so their files are a little smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import foveal
from bench.arguments import new_parser
from bench.gaze.maps import choose_evenly, load_map_and_density, parse_map_source
from foveal.comparison.peers import JPEGLI, MOZJPEG, Peer, decode_for_viewing
from foveal.encoding.options import EncodeOptions
from foveal.encoding.size_search import find_largest_file
from foveal.jpeg import EightBitPixels, block_grid, to_planes
from foveal.photo import to_eight_bits
from foveal.training.gaze_data import GazePhoto, gaze_photos

Steps = dict[str, tuple[int, float, float]]  # size in bytes, step inside and step outside of a file, by encoder


class BorderMeter:
    """Measures the steps that the files of one photo with recorded fixations add across block borders."""

    def __init__(self, pixels: EightBitPixels, density: NDArray[np.floating]) -> None:
        inside = _block_means(density) > density.mean()
        self._parts = inside, ~inside
        self._before = self._steps(pixels)

    def measure(self, data: bytes) -> tuple[float, float]:
        """Return the mean extra steps of a file, inside and outside of what people looked at, in 8-bit levels."""
        inside, outside = self._steps(decode_for_viewing(data)) - self._before
        return float(inside), float(outside)

    def _steps(self, shown: EightBitPixels) -> NDArray[np.float64]:
        luminance = np.asarray(to_planes(shown, *shown.shape[:2])[0])
        return np.array([_blockiness(luminance, part) for part in self._parts])


def measure_photo(photo: GazePhoto, source: str, quality: float, strength: float) -> Steps:
    """Measure the files of all encoders at the size of foveal's file at a quality."""
    opened = foveal.open(photo.path)
    pixels = np.ascontiguousarray(to_eight_bits(opened.upright().pixels))
    saliency, density = load_map_and_density(parse_map_source(source), photo, opened)
    meter = BorderMeter(pixels, density)
    encode = partial(foveal.encode, pixels, subsampling="4:2:0")
    files = {f"foveal, {source}": encode(quality=quality, saliency=saliency, strength=strength)}
    size_bytes = len(files[f"foveal, {source}"])

    def add(name: str, encode_at: Callable[[float], bytes], quality_step: float) -> None:
        found = find_largest_file(encode_at, size_bytes, quality_step=quality_step)
        if found is None:
            raise ValueError(f"no file of {name} has {size_bytes:,} bytes or less")
        files[name] = found.data

    add("foveal, content-blind", lambda each: encode(quality=each, saliency=None), 0.05)
    for peer in (MOZJPEG, JPEGLI):
        add(peer.name, partial(_encode_at_whole, peer, pixels), 1)
    return {name: (len(data), *meter.measure(data)) for name, data in files.items()}


def _encode_at_whole(peer: Peer, pixels: EightBitPixels, quality: float) -> bytes:
    return peer.encode(pixels, round(quality))


def _blockiness(luminance: NDArray[np.float32], part: NDArray[np.bool_]) -> float:
    """Return by how much luminance steps more across borders between blocks of a part than in the middle of blocks."""
    rows, columns = (side // 8 for side in luminance.shape)
    extra = []
    for plane, blocks in ((luminance, part[:rows, :columns]), (luminance.T, part[:rows, :columns].T)):
        whole = plane[: 8 * blocks.shape[0], : 8 * blocks.shape[1]]
        steps = np.abs(np.diff(whole.reshape(blocks.shape[0], 8, -1).mean(axis=1), axis=1))
        both = blocks[:, 1:] & blocks[:, :-1]
        extra.append((steps[:, 7::8] - steps[:, 3::8][:, : blocks.shape[1] - 1])[both])
    return float(np.concatenate(extra).mean())


def _block_means(density: NDArray[np.floating]) -> NDArray[np.float64]:
    rows, columns = block_grid(*density.shape)
    padded = np.pad(density, ((0, 8 * rows - density.shape[0]), (0, 8 * columns - density.shape[1])), mode="edge")
    return np.asarray(padded.reshape(rows, 8, columns, 8).mean(axis=(1, 3)))


def main() -> None:
    """Measure and print the table."""
    parser = new_parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--maps", nargs="+", default=["gaze"])
    parser.add_argument("--qualities", type=float, nargs="+", default=[40, 60, 80])
    parser.add_argument("--strength", type=float, default=EncodeOptions.strength)
    parser.add_argument("--count", type=int, default=15, help="number of photos, spread evenly over the folder")
    arguments = parser.parse_args()
    photos = choose_evenly(gaze_photos(arguments.folder), arguments.count)
    table = Table("quality", "encoder", "bytes", "step inside", "step outside", title=f"{len(photos)} photos, means")
    for quality in arguments.qualities:
        for source in arguments.maps:
            measured = [measure_photo(photo, source, quality, arguments.strength) for photo in photos]
            for name in measured[0]:
                size_bytes, inside, outside = np.mean([each[name] for each in measured], axis=0)
                table.add_row(f"{quality:g}", name, f"{size_bytes:,.0f}", f"{inside:.3f}", f"{outside:.3f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
