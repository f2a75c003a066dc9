"""A picture as a JPEG file holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.errors import ParameterError
from foveal.jpeg import markers
from foveal.jpeg.frame import Frame
from foveal.jpeg.script import Script
from foveal.jpeg.segments import MAX_PAYLOAD_BYTES, Segment
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
        For each component (padded_block_rows, padded_block_columns, 64) int16 levels in zig-zag order: DC within
        +-16,383, AC within +-32,767.
    segments
        Application segments and comments, in their order.
    script
        The scans of the file that it was read from; empty where there was none.
    restart_interval
        MCUs between restart markers, 0 for none; of the first scan, where a file changed it between scans.
    trailing
        What follows EOI: further pictures (MPF), gain maps, videos.
    trailing_pictures
        Where the pictures behind the first one begin in it, as the MPF index lists them; None for one elsewhere.

    Raises
    ------
    ParameterError
        Tables or blocks do not fit the frame, or a segment does not fit a file.
    """

    frame: Frame
    tables: tuple[QuantizationTable, ...]
    blocks: tuple[NDArray[np.int16], ...]
    segments: tuple[Segment, ...] = ()
    script: Script = ()
    restart_interval: int = 0
    trailing: bytes = b""
    trailing_pictures: tuple[int | None, ...] = ()

    def __post_init__(self) -> None:
        components = self.frame.components
        if not len(self.tables) == len(self.blocks) == len(components):
            raise ParameterError(f"tables and blocks of {len(components)} components are needed")
        for component, levels in zip(components, self.blocks, strict=True):
            shape = component.padded_block_rows, component.padded_block_columns, 64
            if levels.shape != shape or levels.dtype != np.int16:
                raise ParameterError(f"blocks must be {shape} int16, not {levels.shape} {levels.dtype}")
        for segment in self.segments:
            if not markers.is_application(segment.code) or len(segment.payload) > MAX_PAYLOAD_BYTES:
                raise ParameterError(f"not an application segment of at most {MAX_PAYLOAD_BYTES:,} bytes")


def empty_blocks(frame: Frame, mcu_rows: int) -> tuple[NDArray[np.int16], ...]:
    """Levels of 0 for so many rows of MCUs: for each component like `Coefficients.blocks`."""
    return tuple(
        np.zeros((mcu_rows * component.v_factor, component.padded_block_columns, 64), dtype=np.int16)
        for component in frame.components
    )
