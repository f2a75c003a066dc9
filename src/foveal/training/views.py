"""Views of photos with fixations or masks, at the network's size: the whole photo, and crops of other shapes.

Crops teach the heads portraits, panoramas, and subjects of other sizes. A crop keeps the fixations that fall into it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.photo import Photo
from foveal.photo import open as open_photo
from foveal.photo.small_copy import copy_of_size
from foveal.saliency.cells import CELL_SIDE
from foveal.saliency.fit import input_size
from foveal.training.gaze_data import MASK_TRUST, GazePhoto, fixation_density, mask_density

INPUT_PIXELS = 320 * 240
CROP_ASPECTS = (9 / 16, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 16 / 9, 5 / 2)  # width divided by height
SMALLEST_CROP = 0.55  # of the largest box of that aspect ratio in the photo, by side
LEAST_FIXATED = 0.5  # share of the density that a crop keeps
CROP_ATTEMPTS = 12
CROP_TRUST = 0.5  # weight of a crop in the loss: people looked at the whole photo, not at the crop


@dataclass(frozen=True)
class View:
    """A picture as the network sees it, and where people looked.

    Attributes
    ----------
    rgb
        (h, w, 3) uint8; sides are multiples of 16.
    density
        (h / 8, w / 8) float32, sum 1: density of fixations in the cells of the network's map.
    trust
        Weight in the loss: 1 for fixations on a whole photo, less for masks and crops, 0 for an empty mask.
    """

    rgb: NDArray[np.uint8]
    density: NDArray[np.float32]
    trust: float

    def mirrored(self) -> View:
        """Return the view mirrored left to right."""
        return View(np.ascontiguousarray(self.rgb[:, ::-1]), np.ascontiguousarray(self.density[:, ::-1]), self.trust)


class ViewMaker:
    """Makes views of one photo, which it reads once."""

    def __init__(self, photo: GazePhoto) -> None:
        self._photo = open_photo(photo.path)
        self._density, self._trust = _known_density(photo, self._photo.displayed_size)

    def whole(self) -> View:
        """Return the view of the whole photo, as the network sees it when it is used."""
        height, width = self._photo.displayed_size
        return self._view((0, 0, height, width), self._trust)

    def crop(self, rng: np.random.Generator) -> View | None:
        """Return the view of a random crop that keeps most of the density; None if no such crop was drawn."""
        for _ in range(CROP_ATTEMPTS):
            box = self._draw_box(rng)
            top, left, rows, columns = box
            if self._density[top : top + rows, left : left + columns].sum() >= LEAST_FIXATED:
                return self._view(box, CROP_TRUST * self._trust)
        return None

    def _draw_box(self, rng: np.random.Generator) -> tuple[int, int, int, int]:
        """Draw top, left, height and width of a crop in pixels."""
        height, width = self._photo.displayed_size
        aspect = float(rng.choice(CROP_ASPECTS))
        scale = rng.uniform(SMALLEST_CROP, 1)
        rows = max(1, round(scale * min(height, width / aspect)))
        columns = max(1, min(width, round(rows * aspect)))
        return int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1)), rows, columns

    def _view(self, box: tuple[int, int, int, int], trust: float) -> View:
        top, left, rows, columns = box
        pixels = self._photo.upright().pixels[top : top + rows, left : left + columns]
        height, width = input_size(rows, columns, INPUT_PIXELS)
        density = self._density[top : top + rows, left : left + columns]
        return View(
            copy_of_size(Photo(np.ascontiguousarray(pixels)), (height, width)),
            cell_shares(density, (height // CELL_SIDE, width // CELL_SIDE)),
            trust,
        )


def _known_density(photo: GazePhoto, size: tuple[int, int]) -> tuple[NDArray[np.float32], float]:
    """Return the density of a photo at its own size, (H, W) float32 of sum 1, and its weight in the loss."""
    if photo.fixations is not None:
        return fixation_density(photo.fixations, *size), 1.0
    assert photo.mask is not None  # noqa: S101 (one of the two is known)
    with Image.open(photo.mask) as mask:
        graded = np.asarray(mask.convert("L").resize((size[1], size[0]), Image.Resampling.BOX))
    return mask_density(graded), MASK_TRUST if graded.any() else 0.0


def cell_shares(density: NDArray[np.float32], cells: tuple[int, int]) -> NDArray[np.float32]:
    """Return the shares (rows, columns) of a density in cells, float32 of sum 1."""
    means = np.asarray(Image.fromarray(density).resize((cells[1], cells[0]), Image.Resampling.BOX), np.float64)
    return np.asarray(means / means.sum(), np.float32)
