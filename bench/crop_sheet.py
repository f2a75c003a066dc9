"""Draw photographs with the windows that are best for some aspects, and these crops beside them.

python -m bench.crop_sheet OUT.jpg [--photos FILE...] [--aspects 1:1 16:9 9:16]

Without --photos, four photographs of scikit-image are drawn.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import foveal
from bench import photos
from bench.arguments import new_parser
from foveal.crop import CropRequest, find_crops
from foveal.photo import Photo, to_eight_bits
from foveal.saliency import Box, look

ROW_HEIGHT, GAP = 180, 8
COLORS = ("#e6352b", "#f2c200", "#17b4c9", "#4fae3f")


def main() -> None:
    """Draw the sheet, and write it."""
    arguments = parse_arguments()
    opened = [foveal.open(path) for path in arguments.photos] or [Photo(each) for each in photos.load([]).values()]
    rows = [draw_row(photo.upright(), arguments.aspects) for photo in opened]
    sheet = Image.new("RGB", (max(row.width for row in rows), len(rows) * (ROW_HEIGHT + GAP) - GAP), "white")
    for index, row in enumerate(rows):
        sheet.paste(row, (0, index * (ROW_HEIGHT + GAP)))
    arguments.output.write_bytes(foveal.encode(sheet, quality=75, saliency=None))


def draw_row(photo: Photo, aspects: list[str]) -> Image.Image:
    """Draw a photo with its windows, then what they show."""
    pixels = to_eight_bits(photo.pixels)
    boxes = [crop.box for crop in find_crops(photo, look(photo), [CropRequest(aspect) for aspect in aspects])]
    pictures = [outline(pixels, boxes), *(scale(cut_out(pixels, box)) for box in boxes)]
    row = Image.new("RGB", (sum(each.width + GAP for each in pictures) - GAP, ROW_HEIGHT), "white")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def outline(pixels: NDArray[np.uint8], boxes: list[Box]) -> Image.Image:
    """Draw the outlines of windows into a small copy of a photo."""
    picture = scale(pixels)
    factor = picture.height / pixels.shape[0]
    draw = ImageDraw.Draw(picture)
    for inset, (box, color) in enumerate(zip(boxes, COLORS, strict=False)):
        left, top = round(box.x * factor) + inset, round(box.y * factor) + inset
        right, bottom = round((box.x + box.width) * factor) - 1, round((box.y + box.height) * factor) - 1
        draw.rectangle((left, top, right - inset, bottom - inset), outline=color, width=3)
    return picture


def cut_out(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return pixels[box.y : box.y + box.height, box.x : box.x + box.width]


def scale(pixels: NDArray[np.uint8]) -> Image.Image:
    """Scale pixels to ROW_HEIGHT."""
    picture = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    return picture.resize((max(1, round(picture.width * ROW_HEIGHT / picture.height)), ROW_HEIGHT))


def parse_arguments() -> Namespace:
    parser = new_parser(__doc__)
    parser.add_argument("output", type=Path, metavar="OUT.jpg")
    parser.add_argument("--photos", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--aspects", nargs="+", default=["1:1", "16:9", "9:16"], metavar="W:H")
    return parser.parse_args()


if __name__ == "__main__":
    main()
