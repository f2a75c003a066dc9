"""A comparison as one picture: the photo with its regions outlined, the map, the scores, and the regions enlarged."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from foveal.comparison import table
from foveal.comparison.compare import Comparison
from foveal.comparison.overview import REGION_COLORS, draw_map, draw_outlines
from foveal.comparison.regions import SHOWN_SIDE, Region
from foveal.drawing.pictures import enlarge_pixels
from foveal.jpeg import EightBitPixels

Point = tuple[int, int]

REGION_TITLES = {"salient": "The most salient part", "background": "A part of the background"}
_TEXT_COLOR, _LABEL_COLOR, _LINE_COLOR = "#1f2328", "#59636e", "#d1d9e0"
# Lengths in pixels.
_GAP = 14
_COLUMN = SHOWN_SIDE + _GAP
_TEXT_SIZE, _LABEL_SIZE = 23, 20
_LINE_HEIGHT = 34
_RULE_OFFSET = 29  # of a line below text, from the top of the text
_TITLE_HEIGHT, _NOTE_HEIGHT = 44, 28
_NAME_WIDTH = 230  # of the first column of the table
_NUMBER_WIDTHS = (76, 140, 157, 96, 121, 157, 96, 121)  # of the other columns


def region_title(region: Region) -> str:
    """Return the title of a region with its enlargement in per cent."""
    return f"{REGION_TITLES[region.name]}, {region.zoom * 100} %"


def draw_sheet(comparison: Comparison) -> EightBitPixels:
    """Draw a comparison as one picture: (H, W, 3) uint8 on white, up to 1,826 pixels wide.

    The header shows the photo with its regions outlined, the map, and the scores. Below it is a row for each region,
    of the original and of each file, every pixel a square of `Region.zoom` pixels.
    """
    width = max(_row_width(comparison), 2 * (_COLUMN + _GAP) + _NAME_WIDTH + sum(_NUMBER_WIDTHS))
    header = _draw_header(comparison, width)
    rows = [_draw_row(comparison, index, width) for index in range(len(comparison.regions))]
    margin = Image.new("RGB", (width, _GAP), "white")
    return np.concatenate([np.asarray(part) for part in (header, *rows, margin)])


def _row_width(comparison: Comparison) -> int:
    return (1 + len(comparison.entries)) * _COLUMN + _GAP


def _draw_header(comparison: Comparison, width: int) -> Image.Image:
    pictures = [draw_outlines(comparison, SHOWN_SIDE), draw_map(comparison, SHOWN_SIDE)]
    lines = len(comparison.entries) + 2 + len(table.NOTES)
    height = max(_LINE_HEIGHT + pictures[0].shape[0] + _GAP, lines * _LINE_HEIGHT + _GAP) + _GAP
    header = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(header)
    for column, (title, picture) in enumerate(zip(("Photo", "Where people look"), pictures, strict=True)):
        left = _GAP + column * _COLUMN
        draw.text((left, _GAP // 2), title, fill=_TEXT_COLOR, font=_font(_TEXT_SIZE))
        header.paste(Image.fromarray(picture), (left, _LINE_HEIGHT + _GAP // 2))
    _draw_table(draw, (2 * _COLUMN + _GAP, _GAP // 2), comparison)
    return header


def _draw_table(draw: ImageDraw.ImageDraw, corner: Point, comparison: Comparison) -> None:
    """Draw the table of scores and the notes below it; `corner` is the left and top of the table."""
    left, top = corner
    rights = [left + _NAME_WIDTH + sum(_NUMBER_WIDTHS[: index + 1]) for index in range(len(_NUMBER_WIDTHS))]
    for before, last, name in zip((1, 4), (4, 7), table.GROUPS, strict=True):
        start, end = rights[before] + _GAP, rights[last]
        draw.text(((start + end) // 2, top), name, fill=_LABEL_COLOR, font=_font(_LABEL_SIZE), anchor="ma")
        draw.line((start, top + _RULE_OFFSET, end, top + _RULE_OFFSET), fill=_LINE_COLOR, width=2)
    for index, row in enumerate([table.HEADINGS, *map(table.format_row, comparison.entries)]):
        line = top + (index + 1) * _LINE_HEIGHT
        font, color = (_font(_TEXT_SIZE), _TEXT_COLOR) if index else (_font(_LABEL_SIZE), _LABEL_COLOR)
        draw.text((left, line), row[0], fill=color, font=font)
        for right, text in zip(rights, row[1:], strict=True):
            draw.text((right, line), text, fill=color, font=font, anchor="ra")
    rule = top + _LINE_HEIGHT + _RULE_OFFSET
    draw.line((left, rule, rights[-1], rule), fill=_LINE_COLOR, width=2)
    notes_top = top + (len(comparison.entries) + 2) * _LINE_HEIGHT + _GAP
    for index, note in enumerate(table.NOTES):
        draw.text((left, notes_top + index * _NOTE_HEIGHT), note, fill=_LABEL_COLOR, font=_font(_LABEL_SIZE))


def _draw_row(comparison: Comparison, index: int, width: int) -> Image.Image:
    """Draw one region of the original and of each file, with a title and the names of the encoders above."""
    region = comparison.regions[index]
    names = ["original", *(entry.name for entry in comparison.entries)]
    crops = [comparison.pixels[region.slices], *(entry.crops[index] for entry in comparison.entries)]
    row = Image.new("RGB", (width, _TITLE_HEIGHT + _LINE_HEIGHT + region.height * region.zoom + _GAP), "white")
    draw = ImageDraw.Draw(row)
    color = REGION_COLORS[region.name]
    draw.text((_GAP, _GAP // 2), region_title(region), fill=color, font=_font(_TEXT_SIZE))
    for column, (name, crop) in enumerate(zip(names, crops, strict=True)):
        left = _GAP + column * _COLUMN
        draw.text((left, _TITLE_HEIGHT), name, fill=_TEXT_COLOR, font=_font(_TEXT_SIZE))
        row.paste(Image.fromarray(enlarge_pixels(crop, region.zoom)), (left, _TITLE_HEIGHT + _LINE_HEIGHT))
    return row


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
