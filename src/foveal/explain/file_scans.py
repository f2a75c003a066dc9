"""The file read back, one scan after the other: the codes of a block in each, and what a decoder shows so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.explain.anatomy import Spot
from foveal.explain.codes import Code, bits_of_block, codes_of_block
from foveal.explain.pictures import THUMBNAIL_SIDE, reduced
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
class ReadScan:
    """A scan of a file.

    Parameters
    ----------
    scan
        What it sends.
    end
        Bytes of the file up to its end.
    codes
        For each component of the scan, by its index in the frame: those of the block that is followed.
    thumbnail, detail
        What a decoder shows after it: the whole photo, reduced, and a part of it.
    """

    scan: Scan
    end: int
    codes: dict[int, tuple[Code, ...]]
    thumbnail: EightBitPixels
    detail: EightBitPixels


def read_scans(data: bytes, spots: Sequence[Spot], part: tuple[slice, slice]) -> Iterator[ReadScan]:
    """Read a file of ours, without restarts, scan by scan.

    Parameters
    ----------
    spots
        For each component of the frame the block to follow.
    part
        Rows and columns of pixels to show in full.
    """
    reader = open_reader(data, strict=True, max_pixels=MAX_PIXELS)
    first = first_scan(reader)
    frame = reader.frame
    blocks = empty_blocks(frame, frame.mcu_rows)
    bits = tuple(np.zeros(levels.shape[:2], dtype=np.uint32) for levels in blocks)
    bits_before = [each.copy() for each in bits]
    levels_before = [levels[spot.row, spot.column].copy() for levels, spot in zip(blocks, spots, strict=True)]
    for file_scan in decode_scans(reader, first, blocks, bits):
        own_bits = [each - before for each, before in zip(bits, bits_before, strict=True)]
        shown = _reconstructed(reader, blocks)
        yield ReadScan(
            scan=file_scan.parameters,
            end=file_scan.entropy_data.end,
            codes=_codes(file_scan, frame, own_bits, spots, levels_before),
            thumbnail=reduced(Photo(shown), THUMBNAIL_SIDE),
            detail=shown[part].copy(),
        )
        bits_before = [each.copy() for each in bits]
        levels_before = [levels[spot.row, spot.column].copy() for levels, spot in zip(blocks, spots, strict=True)]


def _codes(
    file_scan: FileScan,
    frame: Frame,
    own_bits: Sequence[NDArray[np.uint32]],
    spots: Sequence[Spot],
    levels_before: Sequence[NDArray[np.int16]],
) -> dict[int, tuple[Code, ...]]:
    scan = file_scan.parameters
    return {
        index: codes_of_block(
            scan,
            tables,
            bits_of_block(file_scan.entropy_data, scan, frame, own_bits, spots[index]),
            levels_before[index],
        )
        for index, tables in zip(scan.components, file_scan.tables, strict=True)
    }


def _reconstructed(reader: FileReader, blocks: Sequence[NDArray[np.int16]]) -> EightBitPixels:
    frame = reader.frame
    reconstruction = Reconstruction(frame, reader.tables, find_color_model(frame, reader.segments))
    reconstruction.add(blocks, 0, frame.mcu_rows)
    return reconstruction.pixels
