"""The lossless rung: a file is written again with the same coefficients in fewer bytes.

Huffman tables are made for the picture, and the scan script is the cheapest that `jpeg.THOROUGH_SEARCH` finds.
Application segments, comments and what follows the picture stay byte for byte, except for the numbers in MPF and XMP
that say where further pictures begin. Restart markers are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.errors import FovealError, VerificationError
from foveal.optimization.containers import with_length_of_primary


def repack(coefficients: jpeg.Coefficients, threads: int) -> bytes:
    """Write coefficients with the cheapest scan script, and verify the file by reading it back.

    Parameters
    ----------
    coefficients
        Coefficients of a file, whose levels are known to be in range. Blocks that only pad MCUs, which decoders
        discard, are changed in place, so that they take few bits.
    threads
        Number of threads to use; the bytes of the file do not depend on it.

    Raises
    ------
    VerificationError
        The file holds other coefficients, tables or segments.
    """
    jpeg.fill_padding_blocks(coefficients.frame, coefficients.blocks)
    script = jpeg.THOROUGH_SEARCH.find(coefficients, 0, threads)

    data = jpeg.write_file(coefficients, script, 0, threads)
    picture_bytes = len(data) - len(coefficients.trailing)
    segments = with_length_of_primary(coefficients.segments, picture_bytes)
    if segments != coefficients.segments:
        coefficients = replace(coefficients, segments=segments)
        data = jpeg.write_file(coefficients, script, 0, threads)
    _verify(coefficients, data)
    return data


def _verify(expected: jpeg.Coefficients, data: bytes) -> None:
    """Raise VerificationError unless a file holds the expected coefficients, tables, segments and trailing bytes."""
    reader = jpeg.open_reader(data, strict=True, max_pixels=expected.frame.height * expected.frame.width)
    try:
        has_levels = all(_holds_strip(expected, strip, mcu_rows) for mcu_rows, strip in jpeg.decode_strips(reader))
    except FovealError:
        has_levels = False
    is_same = (
        has_levels
        and reader.is_complete
        and not reader.diagnosis.messages
        and reader.frame == expected.frame
        and reader.tables == expected.tables
        and reader.trailing == expected.trailing
        and len(reader.segments) == len(expected.segments)
        and all(map(_is_same_segment, reader.segments, expected.segments))
    )
    if not is_same:
        raise VerificationError("the written file does not hold the coefficients of the source; nothing is changed")


def _holds_strip(expected: jpeg.Coefficients, strip: Sequence[NDArray[np.int16]], mcu_rows: tuple[int, int]) -> bool:
    """Return whether the levels of some MCU rows are the expected ones, without blocks that only pad MCUs."""
    for component, levels, found in zip(expected.frame.components, expected.blocks, strip, strict=True):
        first, last = (row * component.v_factor for row in mcu_rows)
        last, columns = min(last, component.block_rows), component.block_columns
        if not np.array_equal(found[: last - first, :columns], levels[first:last, :columns]):
            return False
    return True


def _is_same_segment(found: jpeg.Segment, expected: jpeg.Segment) -> bool:
    """Return whether two segments are equal, apart from the offsets in an MPF index."""
    if jpeg.application_data.segment_kind(expected) == "MPF":
        return len(found.payload) == len(expected.payload)
    return found == expected


def holds_same_levels(found: jpeg.Coefficients, expected: jpeg.Coefficients) -> bool:
    """Return whether all blocks of two pictures of one frame are equal, without those that only pad MCUs."""
    for component, one, other in zip(expected.frame.components, found.blocks, expected.blocks, strict=True):
        inside = np.s_[: component.block_rows, : component.block_columns]
        if not np.array_equal(one[inside], other[inside]):
            return False
    return True
