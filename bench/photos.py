"""Photographs for benchmarks: PNG files of folders, or those in scikit-image's wheel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage.data

import foveal
from foveal.jpeg import EightBitPixels
from foveal.photo import to_eight_bits

CROP_SIDE = 512  # pixels; parameter searches work on the middle of larger photos
MCU_SIDE = 16  # pixels, at 4:2:0
TILE_SIDE = 256  # pixels
DETAILED_SHARE = 0.25  # of the tiles of photographs, for `select_detailed_tiles`


def load(folders: list[Path]) -> dict[str, EightBitPixels]:
    """Load the colour PNG files of folders as (H, W, 3) uint8, by name; of no folders, photographs of scikit-image."""
    if not folders:
        names = ("astronaut", "chelsea", "coffee", "rocket")
        return {name: getattr(skimage.data, name)() for name in names}
    paths = [path for folder in folders for path in sorted(folder.glob("*.png"))]
    photos = {f"{path.parent.name}/{path.stem}": foveal.open(path).pixels for path in paths}
    return {name: to_eight_bits(photo) for name, photo in photos.items() if photo.ndim == 3}


def crop_middle(pixels: EightBitPixels) -> EightBitPixels:
    """Return the middle of a photo, at most CROP_SIDE pixels high and wide."""
    height, width = (min(side, CROP_SIDE) for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def crop_to_mcus(pixels: EightBitPixels) -> EightBitPixels:
    """Return a photo without the rows and columns that do not fill an MCU."""
    height, width = (side // MCU_SIDE * MCU_SIDE for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def make_mosaic(photos: list[EightBitPixels], megapixels: float) -> EightBitPixels:
    """Lay out tiles of 256 x 256 pixels from photos, in a fixed random order, as a 4:3 picture of this size or more."""
    tiles = cut_tiles(photos)
    rows = int(np.ceil(np.sqrt(megapixels * 1e6 * 3 / 4) / TILE_SIDE))
    columns = int(np.ceil(megapixels * 1e6 / (rows * TILE_SIDE * TILE_SIDE)))
    order = np.random.default_rng(0).permutation(rows * columns) % len(tiles)
    chosen = [[tiles[order[row * columns + column]] for column in range(columns)] for row in range(rows)]
    return np.ascontiguousarray(np.concatenate([np.concatenate(row, axis=1) for row in chosen], axis=0))


def cut_tiles(photos: list[EightBitPixels]) -> list[EightBitPixels]:
    """Cut photos into tiles of 256 x 256 pixels, without what is left at the right and at the bottom."""
    return [
        photo[y : y + TILE_SIDE, x : x + TILE_SIDE]
        for photo in photos
        for y in range(0, photo.shape[0] - TILE_SIDE + 1, TILE_SIDE)
        for x in range(0, photo.shape[1] - TILE_SIDE + 1, TILE_SIDE)
    ]


def select_detailed_tiles(photos: list[EightBitPixels]) -> list[EightBitPixels]:
    """Select the quarter of the tiles of photos with the most detail: the largest differences between neighbours."""
    tiles = sorted(cut_tiles(photos), key=_measure_detail)
    return tiles[-max(1, round(len(tiles) * DETAILED_SHARE)) :]


def _measure_detail(tile: EightBitPixels) -> float:
    """Return the mean squared difference between samples of green and their neighbours below and to the right."""
    green = tile[:, :, 1].astype(np.float64)
    return float(sum(np.square(np.diff(green, axis=axis)).mean() for axis in (0, 1)))
