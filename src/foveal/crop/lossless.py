"""Crops of JPEG files without loss: blocks of coefficients are copied, and no pixel is decoded.

The window begins at the border of an MCU. It may end anywhere: blocks at its right and lower borders are kept whole,
and decoders show the part of them that is inside the picture (T.81 A.2.4, Completion of partial MCU).

             columns of MCUs
        +----+----+----+----+----+
        |    | x..|....|..  |    |      x  first pixel of the window
        +----+----+----+----+----+
        |    | ...|....|..  |    |
        |    | ...|....|..  |    |      what is right of or below the dots stays in the file, but is not shown
        +----+----+----+----+----+
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from foveal import jpeg
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.crop.metadata import THUMBNAIL_NOTE, crop_exif, keep_segments
from foveal.errors import ParameterError, VerificationError
from foveal.jpeg import Metadata, Segment, application_data
from foveal.jpeg.segments import make_metadata_segments
from foveal.photo.announcements import remove_from_segment
from foveal.photo.jpeg_metadata import describe_trailing, is_residual
from foveal.saliency import Box

_JFIF_BYTES = 14  # of the payload without a thumbnail
_ANNOUNCING_KINDS = ("MPF", "gain map")  # of segments that describe what follows the picture


def crop_file(
    source: jpeg.Coefficients,
    box: Box,
    *,
    effort: EffortName = "balanced",
    progressive: bool = True,
    threads: int = 1,
) -> tuple[bytes, list[str]]:
    """Write the window of a JPEG as a file of its own with the same coefficients.

    Parameters
    ----------
    source
        Contents of the file.
    box
        Window in the stored orientation, within the picture; its top left pixel is that of an MCU.
    effort
        Search effort, which decides how the scan script is chosen.
    progressive
        False for one sequential scan.
    threads
        Number of threads to use; the bytes of the file do not depend on it.

    Returns
    -------
    data, notes
        The file, and a message about each thing that it does not keep.

    Raises
    ------
    ParameterError
        The window does not begin with an MCU, or is not within the picture.
    VerificationError
        The file does not hold the same coefficients, which would be a fault of this package.
    """
    notes: list[str] = []
    cropped = _crop(source, box, notes)
    jpeg.fill_padding_blocks(cropped.frame, cropped.blocks)
    wanted = EFFORTS[effort].script if progressive else jpeg.sequential_script
    script = jpeg.choose_script(wanted, cropped, 0, threads)
    data = jpeg.write_coefficients(cropped, scripts=[script], restart_interval=0, threads=threads)
    if not _holds(jpeg.read_contents(data).coefficients, cropped):
        raise VerificationError("the written file does not hold the coefficients of the source; nothing is written")
    return data, list(dict.fromkeys(notes))


def _holds(found: jpeg.Coefficients, expected: jpeg.Coefficients) -> bool:
    """Return whether a file has the expected levels, without blocks that only pad MCUs, and tables."""
    if found.frame != expected.frame or found.tables != expected.tables:
        return False
    inside = [np.s_[: each.block_rows, : each.block_columns] for each in expected.frame.components]
    pairs = zip(inside, found.blocks, expected.blocks, strict=True)
    return all(np.array_equal(one[within], other[within]) for within, one, other in pairs)


def _crop(source: jpeg.Coefficients, box: Box, notes: list[str]) -> jpeg.Coefficients:
    frame = source.frame
    if box.x % frame.mcu_width or box.y % frame.mcu_height:
        raise ParameterError(f"a lossless crop begins at multiples of {frame.mcu_width} and {frame.mcu_height} pixels")
    if not (0 <= box.x < box.x + box.width <= frame.width and 0 <= box.y < box.y + box.height <= frame.height):
        raise ParameterError(f"{box} is not within the picture of {frame.width} x {frame.height}")
    smaller = replace(frame, height=box.height, width=box.width)
    blocks = []
    for component, levels in zip(smaller.components, source.blocks, strict=True):
        row = box.y // frame.mcu_height * component.v_factor
        column = box.x // frame.mcu_width * component.h_factor
        rows, columns = component.padded_block_rows, component.padded_block_columns
        blocks.append(levels[row : row + rows, column : column + columns].copy())
    if source.trailing:
        kinds = describe_trailing(source.segments, source.trailing)
        notes.append(f"{len(source.trailing):,} bytes after the picture are left out: {kinds}")
    return replace(
        source,
        frame=smaller,
        blocks=tuple(blocks),
        segments=tuple(_crop_segments(source.segments, box, notes)),
        trailing=b"",
        trailing_pictures=(),
    )


def _crop_segments(segments: Sequence[Segment], box: Box, notes: list[str]) -> list[Segment]:
    exif_segments = application_data.exif_segments(segments)
    kept: list[Segment] = []
    for segment in keep_segments(segments, notes):
        if any(segment is each for each in exif_segments):
            if segment is exif_segments[0]:
                exif = crop_exif(application_data.exif_data(segments), box, notes)
                kept.extend(make_metadata_segments(Metadata(exif=exif))[1:])  # the first one is JFIF
        elif is_residual(segment):
            notes.append("segments that refine the whole picture (JPEG XT or JPEG-HDR) are left out")
        elif application_data.segment_kind(segment) == "JFIF" and len(segment.payload) > _JFIF_BYTES:
            notes.append(THUMBNAIL_NOTE)
            kept.append(Segment(segment.code, segment.payload[: _JFIF_BYTES - 2] + b"\0\0"))
        elif application_data.segment_kind(segment) not in _ANNOUNCING_KINDS:
            kept.append(remove_from_segment(segment))
    return kept
