"""The file decoded scan by scan: the codes of a block in each scan, and the picture that a decoder shows after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.explain.anatomy import BlockPosition
from foveal.explain.codes import Code, cut_block_bits, read_block_codes
from foveal.explain.pictures import THUMBNAIL_SIDE, reduce_photo
from foveal.jpeg import (
    MAX_PIXELS,
    EightBitPixels,
    FileReader,
    FileScan,
    Frame,
    Reconstruction,
    Scan,
    decode_scans,
    empty_blocks,
    find_color_model,
    first_scan,
    open_reader,
)
from foveal.photo import Photo


@dataclass(frozen=True, eq=False)
class ScanStep:
    """A scan of a file, and what a decoder shows after it.

    Parameters
    ----------
    scan
        Parameters of the scan.
    end
        Number of bytes of the file up to the end of the scan.
    codes
        Codes of the traced block of each component of the scan, by the index of the component in the frame.
    thumbnail
        The whole photo as decoded after the scan, reduced.
    detail
        A part of the photo as decoded after the scan.
    """

    scan: Scan
    end: int
    codes: dict[int, tuple[Code, ...]]
    thumbnail: EightBitPixels
    detail: EightBitPixels


def read_scans(data: bytes, positions: Sequence[BlockPosition], part: tuple[slice, slice]) -> Iterator[ScanStep]:
    """Decode a file scan by scan.

    Parameters
    ----------
    data
        A JPEG file without restart intervals and errors.
    positions
        Position of the traced block in each component of the frame.
    part
        Rows and columns of the pixels of `ScanStep.detail`.
    """
    reader = open_reader(data, strict=True, max_pixels=MAX_PIXELS)
    first = first_scan(reader)
    frame = reader.frame
    blocks = empty_blocks(frame, frame.mcu_rows)
    bits = tuple(np.zeros(levels.shape[:2], dtype=np.uint32) for levels in blocks)
    bits_before = [each.copy() for each in bits]
    levels_before = _copy_levels(blocks, positions)
    for file_scan in decode_scans(reader, first, blocks, bits):
        scan_bits = [total - before for total, before in zip(bits, bits_before, strict=True)]
        pixels = _reconstruct(reader, blocks)
        yield ScanStep(
            scan=file_scan.parameters,
            end=file_scan.entropy_data.end,
            codes=_read_codes(file_scan, frame, scan_bits, positions, levels_before),
            thumbnail=reduce_photo(Photo(pixels), THUMBNAIL_SIDE),
            detail=pixels[part].copy(),
        )
        bits_before = [each.copy() for each in bits]
        levels_before = _copy_levels(blocks, positions)


def _copy_levels(blocks: Sequence[NDArray[np.int16]], positions: Sequence[BlockPosition]) -> list[NDArray[np.int16]]:
    """Copy the levels of the traced block of each component."""
    return [levels[at.row, at.column].copy() for levels, at in zip(blocks, positions, strict=True)]


def _read_codes(
    file_scan: FileScan,
    frame: Frame,
    scan_bits: Sequence[NDArray[np.uint32]],
    positions: Sequence[BlockPosition],
    levels_before: Sequence[NDArray[np.int16]],
) -> dict[int, tuple[Code, ...]]:
    scan = file_scan.parameters
    return {
        index: read_block_codes(
            scan,
            tables,
            cut_block_bits(file_scan.entropy_data, scan, frame, scan_bits, positions[index]),
            levels_before[index],
        )
        for index, tables in zip(scan.components, file_scan.tables, strict=True)
    }


def _reconstruct(reader: FileReader, blocks: Sequence[NDArray[np.int16]]) -> EightBitPixels:
    """Decode the levels of all blocks to pixels."""
    frame = reader.frame
    reconstruction = Reconstruction(frame, reader.tables, find_color_model(frame, reader.segments))
    reconstruction.add(blocks, 0, frame.mcu_rows)
    return reconstruction.pixels
