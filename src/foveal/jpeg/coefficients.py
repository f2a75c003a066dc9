"""The contents of a JPEG file: quantized coefficients, tables and metadata."""

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
    """Everything in a JPEG file that its decoder needs, and its metadata.

    Parameters
    ----------
    frame
        Size and components of the picture.
    tables
        Quantization table of each component.
    blocks
        Levels (quantized coefficients) of each component: (padded_block_rows, padded_block_columns, 64) int16 in
        zig-zag order, DC from -16,384 to 16,383, AC within +-32,767.
    segments
        Application segments and comments, in the order of the file.
    script
        Scans of the file that the coefficients were read from; empty if they were not read from a file.
    restart_interval
        MCUs between restart markers, 0 for none. If a file changes it between scans, this is that of the first scan.
    trailing
        Bytes after EOI: further pictures (MPF), gain maps, videos.
    trailing_pictures
        Offsets in `trailing` of the pictures that the MPF index lists after the first one; None for a picture that
        begins elsewhere.

    Raises
    ------
    ParameterError
        Tables or blocks do not match the frame, or a segment cannot be written.
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
    """Return arrays of zero levels for `mcu_rows` MCU rows, one for each component, as in `Coefficients.blocks`."""
    return tuple(
        np.zeros((mcu_rows * component.v_factor, component.padded_block_columns, 64), dtype=np.int16)
        for component in frame.components
    )
