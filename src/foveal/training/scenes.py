"""Synthetic scenes of several objects with known boxes, composed of photographs of one object each.

There are three kinds: a single photo; a mosaic of two to four panels; cut-outs of up to four photos pasted over a
background, with sides of 1/8 to 1/1 of the frame's. Some pasted cut-outs show no class, so that a pasted edge alone is
no evidence of an object.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.training.photos import NO_CLASS, LabelledPhotos

MAX_OBJECTS = 4
SMALLEST_SHARE = 1 / 8  # shortest side of a pasted object, relative to the frame's
LARGEST_OVERLAP = 0.3  # largest share of a pasted object's box that another one may cover
PLACING_ATTEMPTS = 8
DISTRACTOR_SHARE = 0.2  # share of pasted cut-outs that show no class
FLAT_BACKGROUND_SHARE = 0.25  # share of backgrounds that are a smooth gradient with noise
FEATHER = 0.15  # widest soft edge of a cut-out, relative to its side


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels: rows top..bottom, columns left..right, ends excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows of the box."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns of the box."""
        return self.right - self.left

    def covered_by(self, other: Box) -> float:
        """Return the share of this box that another box covers."""
        rows = min(self.bottom, other.bottom) - max(self.top, other.top)
        columns = min(self.right, other.right) - max(self.left, other.left)
        return max(0, rows) * max(0, columns) / (self.height * self.width)


@dataclass(frozen=True)
class Placed:
    """Object of class `label` (NO_CLASS for none) with its box."""

    label: int
    box: Box


@dataclass(frozen=True)
class Scene:
    """Picture (H, W, 3) uint8 RGB with the objects in it."""

    rgb: NDArray[np.uint8]
    objects: tuple[Placed, ...]


@dataclass(frozen=True)
class SceneMix:
    """Shares of mosaics and of pasted scenes; the remaining scenes are single photos."""

    mosaics: float = 0.0
    pasted: float = 0.0


class SceneMaker:
    """Draws scenes from labelled photos, by a given random generator alone."""

    def __init__(self, photos: LabelledPhotos) -> None:
        self.photos = photos
        self._objects = np.flatnonzero(photos.labels != NO_CLASS)
        self._backgrounds = np.flatnonzero(photos.labels == NO_CLASS)

    def draw(self, mix: SceneMix, size: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Draw a scene of `size` (height, width), of a random kind by the mix and with a random photo per object."""
        kind = rng.random()
        if kind < mix.mosaics:
            return self.mosaic(size, rng)
        if kind < mix.mosaics + mix.pasted:
            return self.pasted(size, rng)
        return self.single(int(rng.integers(len(self.photos))), size, rng)

    def single(self, index: int, size: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Fill the frame with one photo, randomly cropped (at least a quarter of its area) and flipped."""
        box = Box(0, 0, *size)
        return Scene(self._crop(index, size, rng, smallest_area=0.25), (self._placed(index, box),))

    def mosaic(self, size: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Divide the frame near its middle into two to four panels, each with a photo."""
        canvas = np.empty((*size, 3), np.uint8)
        objects = []
        for box in _panels(size, rng):
            index = int(rng.integers(len(self.photos)))
            canvas[box.top : box.bottom, box.left : box.right] = self._crop(index, (box.height, box.width), rng)
            objects.append(self._placed(index, box))
        return Scene(canvas, tuple(objects))

    def pasted(self, size: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Paste one to four cut-outs over a background; those without room are left out."""
        canvas = self._background(size, rng).astype(np.float32)
        objects: list[Placed] = []
        for _ in range(rng.integers(1, MAX_OBJECTS + 1)):
            box = _free_box(size, [placed.box for placed in objects], rng)
            if box is None:
                continue
            distractor = len(self._backgrounds) > 0 and rng.random() < DISTRACTOR_SHARE
            index = int(rng.choice(self._backgrounds if distractor else self._objects))
            opacity = _cut_out_shape(box.height, box.width, rng)[:, :, np.newaxis]
            patch = self._crop(index, (box.height, box.width), rng)
            there = canvas[box.top : box.bottom, box.left : box.right]
            there += opacity * (patch - there)
            objects.append(self._placed(index, box))
        return Scene(canvas.astype(np.uint8), tuple(objects))

    def _placed(self, index: int, box: Box) -> Placed:
        return Placed(int(self.photos.labels[index]), box)

    def _background(self, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
        if len(self._backgrounds) == 0 or rng.random() < FLAT_BACKGROUND_SHARE:
            return _flat_background(size, rng)
        return self._crop(int(rng.choice(self._backgrounds)), size, rng)

    def _crop(
        self, index: int, size: tuple[int, int], rng: np.random.Generator, smallest_area: float = 0.5
    ) -> NDArray[np.uint8]:
        """Crop a photo at random, with about the aspect ratio of `size`, resize it, and flip half of the crops."""
        rgb = self.photos.pictures[index]
        height, width = rgb.shape[:2]
        area = height * width * rng.uniform(smallest_area, 1)
        aspect = size[1] / size[0] * np.exp(rng.uniform(-0.2, 0.2))
        rows = min(height, np.sqrt(area / aspect))
        columns = min(width, rows * aspect)
        top, left = rng.uniform(0, height - rows), rng.uniform(0, width - columns)
        first_row, first_column = int(top), int(left)
        needed = rgb[first_row : int(np.ceil(top + rows)), first_column : int(np.ceil(left + columns))]
        inside = (left - first_column, top - first_row, left - first_column + columns, top - first_row + rows)
        patch = np.asarray(Image.fromarray(needed).resize((size[1], size[0]), Image.Resampling.BILINEAR, inside))
        return patch[:, ::-1] if rng.random() < 0.5 else patch


def _panels(size: tuple[int, int], rng: np.random.Generator) -> list[Box]:
    """Divide the frame into 2, 3 or 4 panels."""
    height, width = size
    row, column = round(height * rng.uniform(0.35, 0.65)), round(width * rng.uniform(0.35, 0.65))
    left, right = (0, column), (column, width)
    upper, lower = (0, row), (row, height)
    layouts = [
        [(upper, (0, width)), (lower, (0, width))],
        [((0, height), left), ((0, height), right)],
        [(upper, (0, width)), (lower, left), (lower, right)],
        [((0, height), left), (upper, right), (lower, right)],
        [(upper, left), (upper, right), (lower, left), (lower, right)],
    ]
    chosen = layouts[rng.integers(len(layouts))]
    return [Box(rows[0], columns[0], rows[1], columns[1]) for rows, columns in chosen]


def _free_box(size: tuple[int, int], taken: list[Box], rng: np.random.Generator) -> Box | None:
    """Draw a box with sides of 1/8 to 1/1 of the frame's (log-uniform) that hides no other; None without room."""
    for _ in range(PLACING_ATTEMPTS):
        share = SMALLEST_SHARE ** rng.random()
        stretch = np.exp(rng.uniform(-0.3, 0.3))
        height, width = (
            int(np.clip(side * share * factor, 8, side))
            for side, factor in zip(size, (stretch, 1 / stretch), strict=True)
        )
        top, left = int(rng.integers(size[0] - height + 1)), int(rng.integers(size[1] - width + 1))
        box = Box(top, left, top + height, left + width)
        if all(max(other.covered_by(box), box.covered_by(other)) <= LARGEST_OVERLAP for other in taken):
            return box
    return None


def _cut_out_shape(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the opacity (height, width) of a cut-out in [0, 1]: from an ellipse to a rectangle, with a soft edge."""
    exponent = rng.uniform(2, 8)
    down, across = (np.abs((np.arange(n) + 0.5) / n * 2 - 1) ** exponent for n in (height, width))
    radius = (down[:, np.newaxis] + across) ** (1 / exponent)
    feather = rng.uniform(0.02, FEATHER)
    return np.clip((1 - radius) / feather, 0, 1).astype(np.float32)


def _flat_background(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Make a gradient between four random colours, with noise."""
    corners = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(corners).resize((size[1], size[0]), Image.Resampling.BICUBIC), np.float32)
    noise = rng.normal(0, rng.uniform(0, 12), (*size, 1))
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)
