"""Photographs that anyone has (scikit-image's wheel), or those of a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray

import foveal
from foveal.photo import to_eight_bits

CROP_SIDE = 512  # pixels; numbers are looked for on the middle of larger photos
MCU_SIDE = 16  # pixels, at 4:2:0
TILE_SIDE = 256


def load(folders: list[Path]) -> dict[str, NDArray[np.uint8]]:
    """(H, W, 3) uint8 of every colour PNG in the folders, by name; without folders, some that scikit-image carries."""
    if not folders:
        names = ("astronaut", "chelsea", "coffee", "rocket")
        return {name: getattr(skimage.data, name)() for name in names}
    paths = [path for folder in folders for path in sorted(folder.glob("*.png"))]
    photos = {f"{path.parent.name}/{path.stem}": foveal.open(path).pixels for path in paths}
    return {name: to_eight_bits(photo) for name, photo in photos.items() if photo.ndim == 3}


def middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a photo, at most CROP_SIDE pixels high and wide."""
    height, width = (min(side, CROP_SIDE) for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def whole_mcus(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a photo without the rows and columns that do not fill an MCU."""
    height, width = (side // MCU_SIDE * MCU_SIDE for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def mosaic(photos: list[NDArray[np.uint8]], megapixels: float) -> NDArray[np.uint8]:
    """Tiles of 256 x 256 pixels cut from the photos in turn, laid out as a picture of at least that size, 4:3."""
    tiles = [
        photo[y : y + TILE_SIDE, x : x + TILE_SIDE]
        for photo in photos
        for y in range(0, photo.shape[0] - TILE_SIDE + 1, TILE_SIDE)
        for x in range(0, photo.shape[1] - TILE_SIDE + 1, TILE_SIDE)
    ]
    rows = int(np.ceil(np.sqrt(megapixels * 1e6 * 3 / 4) / TILE_SIDE))
    columns = int(np.ceil(megapixels * 1e6 / (rows * TILE_SIDE * TILE_SIDE)))
    order = np.random.default_rng(0).permutation(rows * columns) % len(tiles)
    chosen = [[tiles[order[row * columns + column]] for column in range(columns)] for row in range(rows)]
    return np.ascontiguousarray(np.concatenate([np.concatenate(row, axis=1) for row in chosen], axis=0))
