"""The JPEG decoder (ITU-T T.81), which joins the stages of the other modules.

    marker segments            segment_reader.py, headers.py    T.81 B.1, B.2
    scans, one by one          file_reader.py                   T.81 B.2
    data without stuffing      entropy_data.py                  T.81 B.1.1.5
    levels                     scan_decoder.py                  T.81 E.2, F.2.2, G.2
    colour model               color_model.py                   T.871, Adobe APP14
    samples and pixels         reconstruction.py                T.81 A.3.4, A.3.3, A.1.1; T.871 clause 7

Levels are quantized coefficients. A file of one scan is decoded in strips of MCU rows from data to pixels; other files
keep the levels of the whole picture until the last scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.files import Source, read_source
from foveal.jpeg import limits, markers
from foveal.jpeg.coefficients import Coefficients, empty_blocks
from foveal.jpeg.color_model import ColorModel, find_color_model
from foveal.jpeg.diagnosis import issue_warnings
from foveal.jpeg.file_reader import FileReader, FileScan, open_reader
from foveal.jpeg.frame import Frame
from foveal.jpeg.multi_picture import is_index, read_entries
from foveal.jpeg.reconstruction import Reconstruction
from foveal.jpeg.scan_decoder import ScanDecoder
from foveal.jpeg.segments import MPF, Segment
from foveal.jpeg.tables import QuantizationTable
from foveal.threads import row_ranges

_PIXELS_PER_STRIP = 1 << 17  # so that levels and samples of a strip stay in the cache


@dataclass(frozen=True, eq=False)
class DecodedFile:
    """A decoded file: pixels, colour model and metadata.

    Parameters
    ----------
    pixels
        Pixels as `decode` returns them.
    color_model
        Colour model of the components in the file.
    segments
        Application segments and comments of the file.
    notes
        Messages about everything that is wrong with the file.
    """

    pixels: NDArray[np.uint8]
    color_model: ColorModel
    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


def decode(source: Source, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS) -> NDArray[np.uint8]:
    """Decode a JPEG file to pixels that are identical to those of libjpeg-turbo.

    Parameters
    ----------
    source
        A JPEG file, as its path, its bytes or a binary file object: baseline, extended sequential or progressive,
        Huffman-coded, 8 bits.
    strict
        True to raise FormatError for a malformed file. False to decode what can be decoded: decoding resumes after a
        fault, at the latest with the next restart interval. Missing blocks are grey, or coarse in a progressive file.
    max_pixels
        Largest number of pixels; larger pictures raise LimitError before anything is allocated.

    Returns
    -------
    ndarray
        uint8: (H, W) for grey, (H, W, 3) for RGB, (H, W, 4) for CMYK. CMYK is returned as stored: inverted, with 255
        for no ink, as other programs take every CMYK file. The orientation is that of the file.

    Warns
    -----
    FormatWarning
        The file is irregular, but in a way that leaves no doubt about the picture. With `strict=False` also for faults.

    Raises
    ------
    FormatError
        The file is malformed. The message names the byte and what was expected there. With `strict=False` only for
        faults before the data of the first scan.
    UnsupportedError
        The file has 12-bit samples, arithmetic, lossless or hierarchical coding, two components, or more than four.
    LimitError
        The file has more than `max_pixels` pixels, more than 1,000 scans, scans of more than 24 x 178,956,970 samples
        together, more than 20,000 segments, or more than 4,194,304 restart markers in a scan.
    ParameterError
        An argument has the wrong type.
    OSError
        The file cannot be read.

    Notes
    -----
    Pixels equal those of libjpeg-turbo with its default settings ("islow" inverse DCT, "fancy" up-sampling), with two
    exceptions. If a progressive file ends before its last scan, libjpeg smooths the blocks and this decoder does not.
    Sampling factors that do not divide each other, which libjpeg refuses, are up-sampled by repeating samples.
    """
    decoded = decode_file(read_source(source), strict=strict, max_pixels=max_pixels)
    issue_warnings(decoded.notes)
    return decoded.pixels


def decode_file(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> DecodedFile:
    """Decode a JPEG file to pixels and metadata, with notes in place of warnings.

    Parameters and errors are those of `decode`.
    """
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    model, pixels = _decode_pixels(reader)
    return DecodedFile(pixels, model, reader.segments, tuple(reader.diagnosis.messages))


def reconstruct(coefficients: Coefficients) -> NDArray[np.uint8]:
    """Reconstruct pixels from coefficients, as `decode` does from the file that `write_coefficients` writes of them.

    Raises
    ------
    UnsupportedError
        The frame has two components, or more than four.
    """
    return _reconstruct_pixels(coefficients, find_color_model(coefficients.frame, coefficients.segments))


def read_coefficients(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> Coefficients:
    """Read the quantized coefficients of a JPEG file, with its tables, scans and metadata.

    Parameters, warnings and errors are those of `decode`, except that files of two components are read, too.

    Returns
    -------
    Coefficients
        All contents of the file, from which `write_coefficients` writes it again without loss.
    """
    contents = read_contents(data, strict=strict, max_pixels=max_pixels)
    issue_warnings(contents.notes)
    return contents.coefficients


class FileContents(NamedTuple):
    """The coefficients of a file, with notes in place of warnings.

    Parameters
    ----------
    coefficients
        All contents of the file.
    notes
        Messages about everything that is wrong with the file.
    is_complete
        Whether the scans of the file send every bit of every coefficient.
    without_effect
        JFIF and Adobe segments after the first scan, which decoders ignore; `coefficients` does not have them.
    """

    coefficients: Coefficients
    notes: tuple[str, ...]
    is_complete: bool
    without_effect: tuple[Segment, ...]


def read_contents(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> FileContents:
    """Read the coefficients of a file, with notes in place of warnings.

    Parameters and errors are those of `read_coefficients`.
    """
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    coefficients = _read_coefficients(reader, first_scan(reader))
    return FileContents(
        coefficients, tuple(reader.diagnosis.messages), reader.is_complete, reader.segments_without_effect
    )


def decode_scans(
    reader: FileReader,
    first: FileScan,
    blocks: Sequence[NDArray[np.int16]],
    block_bits: Sequence[NDArray[np.uint32]] = (),
) -> Iterator[FileScan]:
    """Decode the scans of a file, one after the other, into levels of the whole picture.

    Parameters
    ----------
    reader
        Reader of the file, which has returned the first scan.
    first
        The first scan.
    blocks
        For each component of the frame an array like `Coefficients.blocks`, all zero; the scans fill it in place.
    block_bits
        For each component (padded_block_rows, padded_block_columns) uint32 counters, to which the bits of each block
        are added; empty for no counting.

    Yields
    ------
    FileScan
        Each scan, after it has been decoded.
    """
    file_scan: FileScan | None = first
    while file_scan is not None:
        decoder = ScanDecoder(reader.data, file_scan, reader.frame, reader.diagnosis)
        chosen = file_scan.parameters.components
        decoder.decode([blocks[index] for index in chosen], 0, [block_bits[index] for index in chosen if block_bits])
        decoder.finish()
        yield file_scan
        file_scan = reader.next_scan()


def decode_strips(reader: FileReader) -> Iterator[tuple[tuple[int, int], list[NDArray[np.int16]]]]:
    """Decode all scans of a file together, strip by strip, so that the levels of a strip stay in the cache.

    Where that is not needed, `decode_scans` reads broken files better: with this function, faults in the data of a scan
    are found only after all scan headers have been read.

    Parameters
    ----------
    reader
        Strict reader at the beginning of a file.

    Yields
    ------
    mcu_rows, blocks
        Range [first, last) of MCU rows, and the levels of each component in them; they are overwritten by the next
        strip.

    Raises
    ------
    FormatError, UnsupportedError, LimitError
        The errors of `FileReader.next_scan`, and FormatError for malformed data.
    """
    scans, next_scan = [], reader.next_scan()
    while next_scan is not None:
        scans.append(next_scan)
        next_scan = reader.next_scan()
    frame = reader.frame
    decoders = [ScanDecoder(reader.data, scan, frame, reader.diagnosis) for scan in scans]
    blocks = empty_blocks(frame, max(last - first for first, last in _strips(frame)))
    for first, last in _strips(frame):
        strip = _blocks_in_rows(blocks, frame, (0, last - first))
        for levels in strip:
            levels.fill(0)
        for decoder, scan in zip(decoders, scans, strict=True):
            decoder.decode([strip[index] for index in scan.parameters.components], first)
        yield (first, last), strip
    for decoder in decoders:
        decoder.finish()


def first_scan(reader: FileReader) -> FileScan:
    """Read a file up to the end of its first scan; errors are those of `FileReader.next_scan`."""
    scan = reader.next_scan()
    assert scan is not None  # noqa: S101 (next_scan raises FormatError if there is no scan)
    return scan


def _decode_pixels(reader: FileReader) -> tuple[ColorModel, NDArray[np.uint8]]:
    first, frame = first_scan(reader), reader.frame
    model = find_color_model(frame, reader.segments)
    # A sequential scan of all components is the only scan of its file, so no later scan needs the levels of a strip.
    is_only_scan = reader.sof_code != markers.SOF2 and len(first.parameters.components) == len(frame.headers)
    if is_only_scan:
        reconstruction = Reconstruction(frame, reader.tables, model)
        _decode_in_strips(reader, first, reconstruction)
        reader.next_scan()  # reads up to EOI, and reports a second scan as a fault
        return model, reconstruction.pixels
    return model, _reconstruct_pixels(_read_coefficients(reader, first), model)


def _reconstruct_pixels(coefficients: Coefficients, model: ColorModel) -> NDArray[np.uint8]:
    reconstruction = Reconstruction(coefficients.frame, coefficients.tables, model)
    for rows in _strips(coefficients.frame):
        reconstruction.add(_blocks_in_rows(coefficients.blocks, coefficients.frame, rows), *rows)
    return reconstruction.pixels


def _decode_in_strips(reader: FileReader, file_scan: FileScan, reconstruction: Reconstruction) -> None:
    frame = reader.frame
    decoder = ScanDecoder(reader.data, file_scan, frame, reader.diagnosis)
    blocks = empty_blocks(frame, max(last - first for first, last in _strips(frame)))
    for first, last in _strips(frame):
        strip = _blocks_in_rows(blocks, frame, (0, last - first))
        for levels in strip:
            levels.fill(0)
        decoder.decode([strip[index] for index in file_scan.parameters.components], first)
        reconstruction.add(strip, first, last)
    decoder.finish()


def _read_coefficients(reader: FileReader, first: FileScan) -> Coefficients:
    frame = reader.frame
    blocks = empty_blocks(frame, frame.mcu_rows)
    for _ in decode_scans(reader, first, blocks):
        pass
    return Coefficients(
        frame=_with_consistent_slots(frame, reader.tables),
        tables=reader.tables,
        blocks=blocks,
        segments=reader.segments,
        script=tuple(reader.script),
        restart_interval=reader.restart_intervals[0],
        trailing=reader.trailing,
        trailing_pictures=_trailing_pictures(reader),
    )


def _trailing_pictures(reader: FileReader) -> tuple[int | None, ...]:
    """Return the offsets of the MPF index, relative to the end of the first picture; None for one outside the file."""
    end = len(reader.data) - len(reader.trailing)
    for segment in reader.file_segments:
        if is_index(segment.segment):
            origin = segment.payload_offset + len(MPF)
            starts = [origin + entry.offset - end for entry in read_entries(segment.payload)[1:]]
            return tuple(start if 0 <= start < len(reader.trailing) else None for start in starts)
    return ()


def _strips(frame: Frame) -> list[tuple[int, int]]:
    """Split a frame into ranges [first, last) of MCU rows, each decoded and reconstructed as one strip."""
    return row_ranges(frame.mcu_rows, frame.mcu_height * frame.padded_width, _PIXELS_PER_STRIP)


def _blocks_in_rows(
    blocks: tuple[NDArray[np.int16], ...], frame: Frame, mcu_rows: tuple[int, int]
) -> list[NDArray[np.int16]]:
    """Return the blocks of each component that belong to MCU rows [first, last)."""
    first, last = mcu_rows
    return [
        levels[first * component.v_factor : last * component.v_factor]
        for levels, component in zip(blocks, frame.components, strict=True)
    ]


def _with_consistent_slots(frame: Frame, tables: tuple[QuantizationTable, ...]) -> Frame:
    """Return the frame, with new table slots if the file redefined a slot between the scans of its components."""
    by_slot = {header.table_slot: table for header, table in zip(frame.headers, tables, strict=True)}
    if all(by_slot[header.table_slot] == table for header, table in zip(frame.headers, tables, strict=True)):
        return frame
    distinct = list(dict.fromkeys(tables))
    return frame.with_table_slots([distinct.index(table) for table in tables])
