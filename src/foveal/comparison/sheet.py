"""A comparison as one picture: where the parts lie, the scores, and the parts enlarged."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from foveal.comparison import table
from foveal.comparison.compare import Comparison
from foveal.comparison.overview import REGION_COLORS, draw_map, draw_outlines
from foveal.comparison.regions import SHOWN_SIDE, Region
from foveal.jpeg import EightBitPixels

Point = tuple[int, int]

REGION_TITLES = {"salient": "The most salient part", "background": "A part of the background"}
_INK, _PALE, _LINE = "#1f2328", "#59636e", "#d1d9e0"
_GAP = 14
_COLUMN = SHOWN_SIDE + _GAP
_TEXT, _SMALL = 23, 20  # font sizes in pixels
_LINE_HEIGHT = 34
_RULE = 29  # below the top of a line
_TITLE_HEIGHT, _NOTE_HEIGHT = 44, 28
_NUMBER_COLUMNS = (76, 140, 157, 96, 121, 157, 96, 121)  # widths of all columns of the table but the first
_NAME_COLUMN = 230


def draw_sheet(comparison: Comparison) -> EightBitPixels:
    """Draw a comparison: (H, W, 3) uint8 on white, up to 1,826 pixels wide.

    Above, the photo with the parts outlined, the map, and the scores; below, each part of the original and of each
    file, every pixel a square of `Region.zoom` pixels.
    """
    width = max(_grid_width(comparison), 2 * (_COLUMN + _GAP) + _NAME_COLUMN + sum(_NUMBER_COLUMNS))
    head = _head(comparison, width)
    grids = [_grid(comparison, index, width) for index in range(len(comparison.regions))]
    foot = Image.new("RGB", (width, _GAP), "white")
    return np.concatenate([np.asarray(part) for part in (head, *grids, foot)])


def _grid_width(comparison: Comparison) -> int:
    return (1 + len(comparison.entries)) * _COLUMN + _GAP


def _head(comparison: Comparison, width: int) -> Image.Image:
    small = [draw_outlines(comparison, SHOWN_SIDE), draw_map(comparison, SHOWN_SIDE)]
    lines = len(comparison.entries) + 2 + len(table.NOTES)
    height = max(_LINE_HEIGHT + small[0].shape[0] + _GAP, lines * _LINE_HEIGHT + _GAP) + _GAP
    head = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(head)
    for column, (title, picture) in enumerate(zip(("Photo", "Where people look"), small, strict=True)):
        left = _GAP + column * _COLUMN
        draw.text((left, _GAP // 2), title, fill=_INK, font=_font(_TEXT))
        head.paste(Image.fromarray(picture), (left, _LINE_HEIGHT + _GAP // 2))
    _draw_table(draw, (2 * _COLUMN + _GAP, _GAP // 2), comparison)
    return head


def _draw_table(draw: ImageDraw.ImageDraw, corner: Point, comparison: Comparison) -> None:
    left, top = corner
    rights = [left + _NAME_COLUMN + sum(_NUMBER_COLUMNS[: index + 1]) for index in range(len(_NUMBER_COLUMNS))]
    for before, last, name in zip((1, 4), (4, 7), table.GROUPS, strict=True):
        start, end = rights[before] + _GAP, rights[last]
        draw.text(((start + end) // 2, top), name, fill=_PALE, font=_font(_SMALL), anchor="ma")
        draw.line((start, top + _RULE, end, top + _RULE), fill=_LINE, width=2)
    for index, row in enumerate([table.HEADINGS, *map(table.format_row, comparison.entries)]):
        line = top + (index + 1) * _LINE_HEIGHT
        font, color = (_font(_TEXT), _INK) if index else (_font(_SMALL), _PALE)
        draw.text((left, line), row[0], fill=color, font=font)
        for right, text in zip(rights, row[1:], strict=True):
            draw.text((right, line), text, fill=color, font=font, anchor="ra")
    draw.line((left, top + _LINE_HEIGHT + _RULE, rights[-1], top + _LINE_HEIGHT + _RULE), fill=_LINE, width=2)
    below = top + (len(comparison.entries) + 2) * _LINE_HEIGHT + _GAP
    for index, note in enumerate(table.NOTES):
        draw.text((left, below + index * _NOTE_HEIGHT), note, fill=_PALE, font=_font(_SMALL))


def _grid(comparison: Comparison, index: int, width: int) -> Image.Image:
    """One region, of the original and of each file, with what it is above."""
    region = comparison.regions[index]
    names = ["original", *(entry.name for entry in comparison.entries)]
    crops = [comparison.pixels[region.slices], *(entry.crops[index] for entry in comparison.entries)]
    grid = Image.new("RGB", (width, _TITLE_HEIGHT + _LINE_HEIGHT + region.height * region.zoom + _GAP), "white")
    draw = ImageDraw.Draw(grid)
    color = REGION_COLORS[region.name]
    draw.text((_GAP, _GAP // 2), _title(region), fill=color, font=_font(_TEXT))
    for column, (name, crop) in enumerate(zip(names, crops, strict=True)):
        left = _GAP + column * _COLUMN
        draw.text((left, _TITLE_HEIGHT), name, fill=_INK, font=_font(_TEXT))
        grid.paste(Image.fromarray(_enlarged(crop, region.zoom)), (left, _TITLE_HEIGHT + _LINE_HEIGHT))
    return grid


def _title(region: Region) -> str:
    return f"{REGION_TITLES[region.name]}, {region.zoom * 100} %"


def _enlarged(crop: EightBitPixels, zoom: int) -> EightBitPixels:
    """Each pixel as a square of `zoom` pixels."""
    return crop.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
