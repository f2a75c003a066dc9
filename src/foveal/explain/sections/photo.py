"""The first stages: colour, its resolution, and the grid of blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Markup, figure, figure_row, paragraph, section
from foveal.explain import pictures
from foveal.explain.chosen_block import ChosenBlock
from foveal.explain.facts import Facts
from foveal.explain.pictures import drawing, photograph, reduced
from foveal.jpeg import BLOCK_SIDE, EightBitPixels, color, sampling

_LEVEL_SHIFT = 128
_GRID_ZOOM = 8  # a pixel is drawn as so many, or more in tiny photos
_FRAME_WIDTH = 6
_FRAME_COLOR = (255, 140, 0)


def planes_section(facts: Facts) -> Markup:
    """The photo and its planes."""
    height, width = facts.photo.displayed_size
    small = reduced(facts.photo, pictures.THUMBNAIL_SIDE)
    bits = 8 * facts.photo.pixels.itemsize
    shown = photograph(small, f"The photo, {width} by {height} pixels", facts.copy_profile)
    if facts.photo.pixels.ndim == 2:
        return section(
            "planes",
            "The photo and its plane",
            paragraph(
                f"This photo is grey: {width:,} × {height:,} samples of {bits} bits, one plane that JPEG calls Y. "
                "There is no colour to take apart."
            ),
            figure("The photo.", shown),
        )
    luma, blue, red = _planes(small)
    zero = np.zeros_like(luma)
    return section(
        "planes",
        "The photo, and its Y, Cb and Cr planes",
        paragraph(
            f"The photo has {width:,} × {height:,} pixels of red, green and blue, {bits} bits each. JPEG turns them "
            "into Y, which says how bright a pixel is, and Cb and Cr, which say how much bluer and how much redder it "
            "is than grey. The eye sees brightness far better than colour, so the two kinds are treated differently "
            "from here on."
        ),
        figure_row(
            figure("The photo.", shown),
            figure("Y, brightness.", photograph(_to_rgb(luma, zero, zero), "The Y plane: the photo in grey")),
            figure("Cb, from yellow to blue.", photograph(_to_rgb(zero, blue, zero), "The Cb plane: what is bluish")),
            figure("Cr, from green to red.", photograph(_to_rgb(zero, zero, red), "The Cr plane: what is reddish")),
            small=True,
        ),
    )


def chroma_section(facts: Facts) -> Markup:
    """Down-sampled chroma."""
    if facts.photo.pixels.ndim == 2:
        return section("chroma", "Colour at a lower resolution", paragraph("A grey photo has no colour planes."))
    frame, name = facts.frame, facts.file.inspection.subsampling
    component = frame.components[1]
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if across == down == 1:
        return section(
            "chroma",
            "Colour at full resolution",
            paragraph(
                f"At quality {facts.encoded.quality:g} this file keeps a Cb and a Cr sample for every pixel ({name}). "
                "Lower qualities keep one for each 2 × 2 pixels."
            ),
        )
    before, after = _colors_around(facts)
    return section(
        "chroma",
        "Colour at a lower resolution",
        paragraph(
            f"This file is {name}: one sample of Cb and one of Cr, their mean, stands for {across} × {down} pixels. "
            f"The two planes shrink from {frame.width:,} × {frame.height:,} to {component.sample_columns:,} × "
            f"{component.sample_rows:,} samples each. Y stays as it is, which is why nobody notices."
        ),
        figure_row(
            figure("Colour alone, around the chosen block.", drawing(before, "Colour of each pixel near the block")),
            figure(
                "The same, down-sampled.",
                drawing(after, f"The same colours in patches of {across} by {down} pixels"),
            ),
        ),
    )


def grid_section(facts: Facts) -> Markup:
    """The grid of blocks, and which one the page looks at."""
    block = facts.block
    rows, columns = block.grid
    height, width = facts.photo.displayed_size
    padded = (
        " The last blocks reach beyond the photo; its last pixels are repeated there."
        if height % BLOCK_SIDE or width % BLOCK_SIDE
        else ""
    )
    return section(
        "grid",
        "The grid of blocks",
        paragraph(
            f"The photo is split into blocks of 8 × 8 pixels, in a grid of {columns:,} × {rows:,}. Each goes its own "
            f"way from here.{padded} This page follows the block in column {block.column} and row {block.row}, counted "
            f"from 0: {_why(facts)}."
        ),
        figure_row(
            figure(
                "Where the block is.",
                photograph(_located(facts), "The photo with a frame around the chosen block", facts.copy_profile),
            ),
            figure(
                "The blocks around it, pixel by pixel.",
                drawing(
                    _gridded(facts.original[block.neighbourhood], block),
                    "EightBitPixels near the block and block edges",
                ),
            ),
        ),
    )


def _why(facts: Facts) -> str:
    if facts.chosen_by_hand:
        return "it was asked for"
    if facts.saliency is None or np.ptp(facts.encoded.weights) == 0:
        return "it takes the most bits"
    return "the most salient one"


def _planes(rgb: EightBitPixels) -> NDArray[np.float32]:
    return color.to_planes(np.ascontiguousarray(rgb), *rgb.shape[:2])


def _to_rgb(luma: NDArray[np.float32], blue: NDArray[np.float32], red: NDArray[np.float32]) -> EightBitPixels:
    """Planes centred on 0 to RGB (T.871 clause 7)."""
    rgb = np.stack([luma, blue, red], axis=2) @ color.TO_RGB.T
    return np.asarray(np.rint(np.clip(rgb + _LEVEL_SHIFT, 0, 255)), dtype=np.uint8)


def _colors_around(facts: Facts) -> tuple[EightBitPixels, EightBitPixels]:
    """Colours of the neighbourhood at a middle brightness, before and after down-sampling."""
    around = np.ascontiguousarray(facts.photo.pixels[facts.block.neighbourhood])
    height, width = around.shape[:2]
    frame, component = facts.frame, facts.frame.components[1]
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    planes = color.to_planes(around, -(-height // down) * down, -(-width // across) * across)
    small = [sampling.downsample(np.ascontiguousarray(plane), frame, component) for plane in planes[1:]]
    coarse = [plane.repeat(down, axis=0).repeat(across, axis=1) for plane in small]
    flat = np.zeros(planes.shape[1:], dtype=np.float32)
    whole = np.s_[:height, :width]
    return _to_rgb(flat, planes[1], planes[2])[whole], _to_rgb(flat, *coarse)[whole]


def _located(facts: Facts) -> EightBitPixels:
    """The photo with a frame around the neighbourhood of the block."""
    small = pictures.enlarged(reduced(facts.photo, 2 * pictures.THUMBNAIL_SIDE))
    scale = small.shape[0] / facts.photo.displayed_size[0]
    rows, columns = facts.block.neighbourhood
    top, left = (int(each.start * scale) for each in (rows, columns))
    bottom, right = (int(np.ceil(each.stop * scale)) for each in (rows, columns))
    _frame(small, (top, left, bottom, right))
    return small


def _frame(pixels: EightBitPixels, box: tuple[int, int, int, int]) -> None:
    """Draw a frame around (top, left, bottom, right) that stands out from whatever it lies on, inside the picture."""
    height, width = pixels.shape[:2]
    top, left = (max(start, _FRAME_WIDTH) for start in box[:2])
    bottom, right = (min(end, side - _FRAME_WIDTH) for end, side in zip(box[2:], (height, width), strict=True))
    for outset in range(_FRAME_WIDTH):
        edge = outset in (0, _FRAME_WIDTH - 1)
        _outline(
            pixels,
            (top - outset, left - outset, bottom + outset, right + outset),
            (0, 0, 0) if edge else _FRAME_COLOR,
        )


def _outline(pixels: EightBitPixels, box: tuple[int, int, int, int], rgb: tuple[int, int, int]) -> None:
    """Draw a line one pixel wide around a box, as far as it lies in the picture."""
    top, left, bottom, right = box
    rows = [row for row in (top, bottom - 1) if 0 <= row < pixels.shape[0]]
    columns = [column for column in (left, right - 1) if 0 <= column < pixels.shape[1]]
    pixels[max(0, top) : max(0, bottom), columns] = rgb
    pixels[rows, max(0, left) : max(0, right)] = rgb


def _gridded(around: EightBitPixels, block: ChosenBlock) -> EightBitPixels:
    """EightBitPixels enlarged, with lines between blocks and a frame around the chosen one."""
    rgb = around if around.ndim == 3 else around[:, :, np.newaxis].repeat(3, axis=2)
    zoom = max(_GRID_ZOOM, pictures.THUMBNAIL_SIDE // max(around.shape[:2]))
    large = rgb.repeat(zoom, axis=0).repeat(zoom, axis=1)
    side = BLOCK_SIDE * zoom
    for line in (large[side::side], large[1 + side :: side]):
        line[:] = line // 2
    for line in (large[:, side::side], large[:, 1 + side :: side]):
        line[:] = line // 2
    top, left = block.row_in_neighbourhood * side, block.column_in_neighbourhood * side
    _frame(large, (top, left, top + side, left + side))
    return large
