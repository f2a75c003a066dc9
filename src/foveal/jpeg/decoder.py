"""The decoder, stage by stage (ITU-T T.81)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import limits, markers
from foveal.jpeg.coefficients import Coefficients, empty_blocks
from foveal.jpeg.color_model import ColorModel, color_model
from foveal.jpeg.diagnosis import warn_of
from foveal.jpeg.file_reader import FileReader, FileScan, open_reader
from foveal.jpeg.frame import Frame
from foveal.jpeg.multi_picture import entries_of, is_index
from foveal.jpeg.reconstruction import Reconstruction
from foveal.jpeg.scan_decoder import ScanDecoder
from foveal.jpeg.segments import MPF, Segment
from foveal.jpeg.strips import row_ranges
from foveal.jpeg.tables import QuantizationTable

_PIXELS_PER_STRIP = 1 << 17  # levels and samples of a strip stay in the cache


@dataclass(frozen=True, eq=False)
class DecodedFile:
    """Pixels of a file, and what came with them.

    Parameters
    ----------
    pixels
        As `decode` returns them.
    color_model
        What the components stood for.
    segments
        Application segments and comments.
    notes
        What is wrong with the file.
    """

    pixels: NDArray[np.uint8]
    color_model: ColorModel
    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


def decode(data: bytes, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS) -> NDArray[np.uint8]:
    """Decode a JPEG file to pixels, the same to the last bit as libjpeg-turbo's.

    Parameters
    ----------
    data
        A JPEG file: baseline, extended sequential or progressive, Huffman-coded, 8 bits.
    strict
        Whether a malformed file is an error; else what can be decoded is, and the rest stays grey.
    max_pixels
        Larger pictures are refused before anything is allocated.

    Returns
    -------
    ndarray
        uint8: (H, W) grey, (H, W, 3) RGB, or (H, W, 4) CMYK as stored, which in files of Adobe's is inverted: 255 is
        no ink. The orientation is as stored.

    Warns
    -----
    FormatWarning
        Something is not as it should be, but leaves no doubt about the picture; with `strict=False`, whatever is wrong.

    Raises
    ------
    FormatError
        The file is malformed: where, and what was expected. With `strict=False`, only where there is no picture.
    UnsupportedError
        12-bit samples, arithmetic, lossless or hierarchical coding; two components, or more than four.
    LimitError
        More than `max_pixels` pixels, or more scans than a file of this size can need.
    ParameterError
        An argument is of the wrong kind.

    Notes
    -----
    Pixels equal those of libjpeg-turbo with its default settings (the "islow" inverse DCT, "fancy" up-sampling). Where
    a progressive file ends before its last scan libjpeg smooths blocks, and we do not. Sampling factors that do not
    divide each other, which libjpeg refuses, are up-sampled by repeating samples.
    """
    decoded = decode_file(data, strict=strict, max_pixels=max_pixels)
    warn_of(decoded.notes)
    return decoded.pixels


def decode_file(data: bytes, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS) -> DecodedFile:
    """Decode a JPEG file like `decode`, and return what came with the pixels; notes instead of warnings."""
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    model, pixels = _decode(reader)
    return DecodedFile(pixels, model, reader.segments, tuple(reader.diagnosis.notes))


def read_coefficients(data: bytes, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS) -> Coefficients:
    """Read the quantized coefficients of a JPEG file, and everything that belongs to them, without loss.

    Parameters, warnings and errors are those of `decode`.

    Returns
    -------
    Coefficients
        What `write_coefficients` takes.
    """
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    coefficients = _read_all(reader, _first_scan(reader))
    warn_of(reader.diagnosis.notes)
    return coefficients


def _first_scan(reader: FileReader) -> FileScan:
    scan = reader.next_scan()
    assert scan is not None  # noqa: S101 (else next_scan has raised)
    return scan


def _decode(reader: FileReader) -> tuple[ColorModel, NDArray[np.uint8]]:
    first = _first_scan(reader)
    frame = reader.known_frame
    model = color_model(frame, reader.segments)
    is_whole = reader.sof_code != markers.SOF2 and len(first.scan.components) == len(frame.headers)
    if is_whole:  # one scan of everything: no need to keep more than a strip of it
        reconstruction = Reconstruction(frame, reader.tables, model)
        _decode_in_strips(reader, frame, first, reconstruction)
        while reader.next_scan():  # in strict reading an error, as everything has been sent
            pass
        return model, reconstruction.pixels
    coefficients = _read_all(reader, first)
    reconstruction = Reconstruction(frame, coefficients.tables, model)
    for rows in _strips(frame):
        reconstruction.add(_blocks_of(coefficients.blocks, frame, rows), *rows)
    return model, reconstruction.pixels


def _decode_in_strips(reader: FileReader, frame: Frame, scan: FileScan, reconstruction: Reconstruction) -> None:
    decoder = ScanDecoder(reader.data, scan, frame, reader.diagnosis)
    blocks = empty_blocks(frame, max(last - first for first, last in _strips(frame)))
    for first, last in _strips(frame):
        strip = _blocks_of(blocks, frame, (0, last - first))
        for levels in strip:
            levels.fill(0)
        decoder.decode([strip[index] for index in scan.scan.components], first)
        reconstruction.add(strip, first, last)
    decoder.finish()


def _read_all(reader: FileReader, first: FileScan) -> Coefficients:
    """Decode all scans and what stands between and after them."""
    frame = reader.known_frame
    scan: FileScan | None = first
    blocks = empty_blocks(frame, frame.mcu_rows)
    while scan is not None:
        decoder = ScanDecoder(reader.data, scan, frame, reader.diagnosis)
        decoder.decode([blocks[index] for index in scan.scan.components])
        decoder.finish()
        scan = reader.next_scan()
    tables = reader.tables
    return Coefficients(
        frame=_with_a_slot_for_each_table(frame, tables),
        tables=tables,
        blocks=blocks,
        segments=reader.segments,
        script=reader.script,
        restart_interval=reader.scans[0].restart_interval,
        trailing=reader.trailing,
        trailing_pictures=_trailing_pictures(reader),
    )


def _trailing_pictures(reader: FileReader) -> tuple[int | None, ...]:
    """Offsets of an MPF index, counted from the end of the first picture."""
    end = len(reader.data) - len(reader.trailing)
    for segment in reader.file_segments:
        if is_index(Segment(segment.code, segment.payload)):
            origin = segment.payload_offset + len(MPF)
            starts = [origin + entry.offset - end for entry in entries_of(segment.payload)[1:]]
            return tuple(start if 0 <= start < len(reader.trailing) else None for start in starts)
    return ()


def _strips(frame: Frame) -> list[tuple[int, int]]:
    return row_ranges(frame.mcu_rows, frame.mcu_height * frame.padded_width, _PIXELS_PER_STRIP)


def _blocks_of(
    blocks: tuple[NDArray[np.int16], ...], frame: Frame, mcu_rows: tuple[int, int]
) -> list[NDArray[np.int16]]:
    first, last = mcu_rows
    return [
        levels[first * component.v_factor : last * component.v_factor]
        for levels, component in zip(blocks, frame.components, strict=True)
    ]


def _with_a_slot_for_each_table(frame: Frame, tables: tuple[QuantizationTable, ...]) -> Frame:
    """Return the frame as it is, or with other slots where a file redefined one between its scans."""
    by_slot = {header.table_slot: table for header, table in zip(frame.headers, tables, strict=True)}
    if all(by_slot[header.table_slot] == table for header, table in zip(frame.headers, tables, strict=True)):
        return frame
    distinct = list(dict.fromkeys(tables))
    return replace(
        frame,
        headers=tuple(
            replace(header, table_slot=distinct.index(table))
            for header, table in zip(frame.headers, tables, strict=True)
        ),
    )
