"""Sections of the first stages: colour components, chroma subsampling, and the grid of blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Markup, figure, figure_row, paragraph, section
from foveal.drawing.pictures import enlarge_pixels
from foveal.explain.chosen_block import ChosenBlock
from foveal.explain.facts import Facts
from foveal.explain.pictures import THUMBNAIL_SIDE, embed_exactly, embed_photo, enlarge_small, reduce_photo
from foveal.jpeg import BLOCK_SIDE, EightBitPixels, color, sampling

_LEVEL_SHIFT = 128
_GRID_ZOOM = 8  # smallest width and height at which a pixel is drawn in the grid of blocks
_FRAME_WIDTH = 6
_FRAME_COLOR = (255, 140, 0)

_Box = tuple[int, int, int, int]  # top, left, bottom, right


def planes_section(facts: Facts) -> Markup:
    """Make the section about the components of the photo: Y, Cb and Cr."""
    height, width = facts.photo.displayed_size
    small = reduce_photo(facts.photo, THUMBNAIL_SIDE)
    bits = 8 * facts.photo.pixels.itemsize
    photo = embed_photo(small, f"The photo, {width} by {height} pixels", facts.page_profile)
    if facts.photo.pixels.ndim == 2:
        return section(
            "planes",
            "The photo and its component Y",
            paragraph(
                f"This photo is grey: {width:,} × {height:,} samples of {bits} bits. JPEG encodes them as a single "
                "component, the luminance Y."
            ),
            figure("The photo.", photo),
        )
    luma, blue, red = _to_planes(small)
    zero = np.zeros_like(luma)
    return section(
        "planes",
        "The photo and its components Y, Cb and Cr",
        paragraph(
            f"The photo has {width:,} × {height:,} pixels of red, green and blue, {bits} bits each. JPEG converts them "
            "to three components: the luminance Y, which says how bright a pixel is, and the chrominance Cb and Cr, "
            "which say how much bluer and how much redder it is than grey. The eye sees brightness far better than "
            "colour, so the next stages treat luminance and chrominance differently."
        ),
        figure_row(
            figure("The photo.", photo),
            figure("Y, brightness.", embed_photo(_to_rgb(luma, zero, zero), "The Y component: the photo in grey")),
            figure(
                "Cb, from yellow to blue.",
                embed_photo(_to_rgb(zero, blue, zero), "The Cb component: bluish and yellowish parts"),
            ),
            figure(
                "Cr, from green to red.",
                embed_photo(_to_rgb(zero, zero, red), "The Cr component: reddish and greenish parts"),
            ),
            small=True,
        ),
    )


def chroma_section(facts: Facts) -> Markup:
    """Make the section about chroma subsampling."""
    if facts.photo.pixels.ndim == 2:
        return section("chroma", "Chroma subsampling", paragraph("A grey photo has no chrominance components."))
    frame, name = facts.frame, facts.file.inspection.subsampling
    component = frame.components[1]
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    if across == down == 1:
        return section(
            "chroma",
            "No chroma subsampling",
            paragraph(
                f"At quality {facts.encoded.quality:g} this file has a Cb sample and a Cr sample for every pixel "
                f"({name}). With automatic subsampling, files of lower quality have one for 2 × 2 pixels."
            ),
        )
    before, after = _draw_chrominance(facts)
    return section(
        "chroma",
        "Chroma subsampling",
        paragraph(
            f"This file is {name}: one sample of Cb and one of Cr, their mean, stand for {across} × {down} pixels. "
            f"Both components shrink from {frame.width:,} × {frame.height:,} to {component.sample_columns:,} × "
            f"{component.sample_rows:,} samples. Y keeps its resolution, so the loss is hardly visible."
        ),
        figure_row(
            figure(
                "Colour without brightness, around the chosen block.", embed_exactly(before, "Colour near the block")
            ),
            figure(
                "The same after subsampling.",
                embed_exactly(after, f"The same colours in patches of {across} by {down} pixels"),
            ),
        ),
    )


def grid_section(facts: Facts) -> Markup:
    """Make the section about the grid of blocks and the block that the page shows in detail."""
    block = facts.block
    rows, columns = block.grid
    height, width = facts.photo.displayed_size
    padding = (
        " The last blocks extend beyond the photo and are filled by repeating its last pixels."
        if height % BLOCK_SIDE or width % BLOCK_SIDE
        else ""
    )
    location = embed_photo(_draw_location(facts), "The photo with a frame around the chosen block", facts.page_profile)
    neighbourhood = embed_exactly(
        _draw_block_grid(facts.original[block.neighbourhood], block), "Pixels near the block, with lines between blocks"
    )
    return section(
        "grid",
        "The grid of blocks",
        paragraph(
            f"The photo is divided into blocks of 8 × 8 pixels, {columns:,} across and {rows:,} down. From here on "
            f"each block is encoded on its own.{padding} This page follows the block in column {block.column} and row "
            f"{block.row}, counted from 0: {_reason_of_choice(facts)}."
        ),
        figure_row(
            figure("The position of the block.", location),
            figure("The blocks around it, pixel by pixel.", neighbourhood),
        ),
    )


def _reason_of_choice(facts: Facts) -> str:
    if facts.block_is_requested:
        return "it was requested"
    if facts.saliency is None or np.ptp(facts.encoded.weights) == 0:
        return "it takes the most bits"
    return "it is the most salient one"


def _to_planes(rgb: EightBitPixels) -> NDArray[np.float32]:
    return color.to_planes(np.ascontiguousarray(rgb), *rgb.shape[:2])


def _to_rgb(luma: NDArray[np.float32], blue: NDArray[np.float32], red: NDArray[np.float32]) -> EightBitPixels:
    """Convert planes centred on 0 to RGB (T.871 clause 7, Conversion to and from RGB)."""
    rgb = np.stack([luma, blue, red], axis=2) @ color.TO_RGB.T
    return np.asarray(np.rint(np.clip(rgb + _LEVEL_SHIFT, 0, 255)), dtype=np.uint8)


def _draw_chrominance(facts: Facts) -> tuple[EightBitPixels, EightBitPixels]:
    """Draw the neighbourhood of the block at a constant medium brightness, before and after chroma subsampling."""
    pixels = np.ascontiguousarray(facts.photo.pixels[facts.block.neighbourhood])
    height, width = pixels.shape[:2]
    frame, component = facts.frame, facts.frame.components[1]
    across, down = frame.h_max // component.h_factor, frame.v_max // component.v_factor
    planes = color.to_planes(pixels, -(-height // down) * down, -(-width // across) * across)
    subsampled = [sampling.downsample(np.ascontiguousarray(plane), frame, component) for plane in planes[1:]]
    coarse = [plane.repeat(down, axis=0).repeat(across, axis=1) for plane in subsampled]
    luma = np.zeros(planes.shape[1:], dtype=np.float32)
    inside = np.s_[:height, :width]
    return _to_rgb(luma, planes[1], planes[2])[inside], _to_rgb(luma, *coarse)[inside]


def _draw_location(facts: Facts) -> EightBitPixels:
    """Draw the photo with a frame around the neighbourhood of the block."""
    picture = enlarge_small(reduce_photo(facts.photo, 2 * THUMBNAIL_SIDE))
    scale = picture.shape[0] / facts.photo.displayed_size[0]
    rows, columns = facts.block.neighbourhood
    top, left = (int(each.start * scale) for each in (rows, columns))
    bottom, right = (int(np.ceil(each.stop * scale)) for each in (rows, columns))
    _draw_frame(picture, (top, left, bottom, right))
    return picture


def _draw_block_grid(pixels: EightBitPixels, block: ChosenBlock) -> EightBitPixels:
    """Draw the neighbourhood of the block enlarged, with lines between blocks and a frame around the block."""
    rgb = pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis].repeat(3, axis=2)
    zoom = max(_GRID_ZOOM, THUMBNAIL_SIDE // max(pixels.shape[:2]))
    picture = enlarge_pixels(rgb, zoom)
    side = BLOCK_SIDE * zoom
    for line in (picture[side::side], picture[1 + side :: side]):
        line[:] = line // 2
    for line in (picture[:, side::side], picture[:, 1 + side :: side]):
        line[:] = line // 2
    top, left = block.row_in_neighbourhood * side, block.column_in_neighbourhood * side
    _draw_frame(picture, (top, left, top + side, left + side))
    return picture


def _draw_frame(pixels: EightBitPixels, box: _Box) -> None:
    """Draw a coloured frame with black edges around a box, moved inside the picture where it would leave it."""
    height, width = pixels.shape[:2]
    top, left = (max(start, _FRAME_WIDTH) for start in box[:2])
    bottom, right = (min(end, side - _FRAME_WIDTH) for end, side in zip(box[2:], (height, width), strict=True))
    for outset in range(_FRAME_WIDTH):
        is_edge = outset in (0, _FRAME_WIDTH - 1)
        _draw_rectangle(
            pixels,
            (top - outset, left - outset, bottom + outset, right + outset),
            (0, 0, 0) if is_edge else _FRAME_COLOR,
        )


def _draw_rectangle(pixels: EightBitPixels, box: _Box, rgb: tuple[int, int, int]) -> None:
    """Draw a line one pixel wide along the inner edge of a box, as far as it lies in the picture."""
    top, left, bottom, right = box
    rows = [row for row in (top, bottom - 1) if 0 <= row < pixels.shape[0]]
    columns = [column for column in (left, right - 1) if 0 <= column < pixels.shape[1]]
    pixels[max(0, top) : max(0, bottom), columns] = rgb
    pixels[rows, max(0, left) : max(0, right)] = rgb
