"""A picture as a JPEG file holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg.frame import Frame
from foveal.jpeg.scan import Script
from foveal.jpeg.segments import Segment
from foveal.jpeg.tables import QuantizationTable


@dataclass(frozen=True, eq=False)
class Coefficients:
    """A picture as a JPEG file holds it: quantized, and with everything that belongs to it.

    Parameters
    ----------
    frame
        Its size and components.
    tables
        Quantization table of each component.
    blocks
        For each component (padded_block_rows, padded_block_columns, 64) int16 levels in zig-zag order.
    segments
        Application segments and comments, in their order.
    script
        The scans of the file that it was read from; empty where there was none.
    restart_interval
        MCUs between restart markers, 0 for none.
    trailing
        What follows EOI: further pictures (MPF), gain maps, videos.
    trailing_pictures
        Where the pictures behind the first one begin in it, as the MPF index lists them; None for one elsewhere.
    """

    frame: Frame
    tables: tuple[QuantizationTable, ...]
    blocks: tuple[NDArray[np.int16], ...]
    segments: tuple[Segment, ...] = ()
    script: Script = ()
    restart_interval: int = 0
    trailing: bytes = b""
    trailing_pictures: tuple[int | None, ...] = ()


def empty_blocks(frame: Frame, mcu_rows: int) -> tuple[NDArray[np.int16], ...]:
    """Levels of 0 for so many rows of MCUs: for each component like `Coefficients.blocks`."""
    return tuple(
        np.zeros((mcu_rows * component.v_factor, component.padded_block_columns, 64), dtype=np.int16)
        for component in frame.components
    )
