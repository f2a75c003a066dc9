"""Generated photographs of shapes, on which tests train a network in seconds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("cross", "disc", "square")
SIDE = 48
_COLORS = {"cross": (230, 60, 50), "disc": (60, 200, 80), "square": (70, 90, 240)}


def background(side: int, rng: np.random.Generator) -> Image.Image:
    """Make grey noise of a random brightness."""
    noise = rng.normal(rng.uniform(60, 190), 12, (side, side, 1)).clip(0, 255)
    return Image.fromarray(np.repeat(noise, 3, axis=2).astype(np.uint8))


def draw_shape(image: Image.Image, name: str, box: tuple[int, int, int, int]) -> None:
    """Draw a shape of a class into box (left, top, right, bottom)."""
    pen, color = ImageDraw.Draw(image), _COLORS[name]
    left, top, right, bottom = box
    if name == "disc":
        pen.ellipse(box, fill=color)
    elif name == "square":
        pen.rectangle(box, fill=color)
    else:
        pen.line((left, top, right, bottom), fill=color, width=5)
        pen.line((left, bottom, right, top), fill=color, width=5)


def shape_photo(name: str, rng: np.random.Generator) -> Image.Image:
    """Make a photo of one shape, or of the background alone for any other name."""
    image = background(SIDE, rng)
    if name in CLASSES:
        size = int(rng.integers(SIDE // 3, SIDE * 3 // 4))
        left, top = rng.integers(0, SIDE - size, 2).tolist()
        draw_shape(image, name, (left, top, left + size, top + size))
    return image


def write_zip(path: Path, photos_of_class: int = 40) -> None:
    """Write an uncompressed zip `{train,val}/<class>/<number>.png` of shapes and of BACKGROUND_Google."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in (*CLASSES, "BACKGROUND_Google"):
            for number in range(photos_of_class):
                split = "val" if number % 5 == 0 else "train"
                data = io.BytesIO()
                shape_photo(name, rng).save(data, "PNG")
                archive.writestr(f"{split}/{name}/{number:04}.png", data.getvalue())


def two_shapes(first: str, second: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (48, 96, 3) RGB with a shape in each half, and a bool mask of each shape."""
    rng = np.random.default_rng(5)
    image = background(2 * SIDE, rng).crop((0, 0, 2 * SIDE, SIDE))
    boxes = [(12, 12, 34, 34), (62, 14, 84, 36)]
    masks = []
    for name, box in zip((first, second), boxes, strict=True):
        draw_shape(image, name, box)
        mask = np.zeros((SIDE, 2 * SIDE), bool)
        mask[box[1] : box[3], box[0] : box[2]] = True
        masks.append(mask)
    return np.asarray(image), masks[0], masks[1]
