"""The decoder, stage by stage (ITU-T T.81)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.jpeg import limits, markers
from foveal.jpeg.coefficients import Coefficients, empty_blocks
from foveal.jpeg.color_model import ColorModel, adobe_transform, find_color_model
from foveal.jpeg.diagnosis import warn_of
from foveal.jpeg.file_reader import FileReader, FileScan, open_reader
from foveal.jpeg.frame import Frame
from foveal.jpeg.multi_picture import entries_of, is_index
from foveal.jpeg.reconstruction import Reconstruction
from foveal.jpeg.scan_decoder import ScanDecoder
from foveal.jpeg.segments import MPF, Segment
from foveal.jpeg.tables import QuantizationTable
from foveal.threads import row_ranges

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

    @property
    def inks_are_inverted(self) -> bool:
        """Whether 255 is no ink in CMYK pixels, as Adobe stores them."""
        return adobe_transform(self.segments) is not None


def decode(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode a JPEG file to pixels, the same to the last bit as libjpeg-turbo's.

    Parameters
    ----------
    data
        A JPEG file: baseline, extended sequential or progressive, Huffman-coded, 8 bits.
    strict
        Whether a malformed file is an error. Else decoding goes on behind a fault where that is possible, with the next
        restart interval; what was not sent is grey, or in a progressive file coarse.
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
        The file is malformed: at which byte, and what was expected there. With `strict=False`, only for what comes
        before the data of the first scan.
    UnsupportedError
        12-bit samples, arithmetic, lossless or hierarchical coding; two components, or more than four.
    LimitError
        More than `max_pixels` pixels; more than 1,000 scans, or so many of a large picture that they visit more than
        24 x 178,956,970 samples; more than 20,000 segments or 4,194,304 restart markers in a scan.
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


def decode_file(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> DecodedFile:
    """Decode a JPEG file and return what came with the pixels, too; notes instead of warnings.

    Parameters and errors are those of `decode`.
    """
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    model, pixels = _decode(reader)
    return DecodedFile(pixels, model, reader.segments, tuple(reader.diagnosis.notes))


def reconstruct(coefficients: Coefficients) -> NDArray[np.uint8]:
    """Make pixels of coefficients: what `decode` returns for the file that `write_coefficients` makes of them.

    Raises
    ------
    UnsupportedError
        Two components, or more than four.
    """
    return _reconstructed(coefficients, find_color_model(coefficients.frame, coefficients.segments))


def read_coefficients(
    data: bytes | bytearray | memoryview, *, strict: bool = True, max_pixels: int = limits.MAX_PIXELS
) -> Coefficients:
    """Read the quantized coefficients of a JPEG file, and everything that belongs to them, without loss.

    Parameters, warnings and errors are those of `decode`, but that the colours do not matter: two components are read,
    too.

    Returns
    -------
    Coefficients
        What `write_coefficients` takes.
    """
    reader = open_reader(data, strict=strict, max_pixels=max_pixels)
    coefficients = _read_all(reader, first_scan(reader))
    warn_of(reader.diagnosis.notes)
    return coefficients


def decode_scans(
    reader: FileReader,
    first: FileScan,
    blocks: Sequence[NDArray[np.int16]],
    block_bits: Sequence[NDArray[np.uint32]] = (),
) -> Iterator[FileScan]:
    """Decode one scan of a file after the other into levels of the whole picture, and yield each when it is done.

    Parameters
    ----------
    first
        The first scan, which the reader has returned.
    blocks
        For each component of the frame like `Coefficients.blocks`, zero at first.
    block_bits
        For each component (padded_block_rows, padded_block_columns), or none: the bits of each block are added.
    """
    file_scan: FileScan | None = first
    while file_scan is not None:
        decoder = ScanDecoder(reader.data, file_scan, reader.frame, reader.diagnosis)
        chosen = file_scan.parameters.components
        decoder.decode([blocks[index] for index in chosen], 0, [block_bits[index] for index in chosen if block_bits])
        decoder.finish()
        yield file_scan
        file_scan = reader.next_scan()


def first_scan(reader: FileReader) -> FileScan:
    """Read up to the first scan; errors as `FileReader.next_scan`."""
    scan = reader.next_scan()
    assert scan is not None  # noqa: S101 (else next_scan has raised)
    return scan


def _decode(reader: FileReader) -> tuple[ColorModel, NDArray[np.uint8]]:
    first, frame = first_scan(reader), reader.frame
    model = find_color_model(frame, reader.segments)
    is_whole = reader.sof_code != markers.SOF2 and len(first.parameters.components) == len(frame.headers)
    if is_whole:  # one scan of everything: no need to keep more than a strip of it
        reconstruction = Reconstruction(frame, reader.tables, model)
        _decode_in_strips(reader, first, reconstruction)
        reader.next_scan()  # on to EOI: a second scan is a fault, as everything has been sent
        return model, reconstruction.pixels
    return model, _reconstructed(_read_all(reader, first), model)


def _reconstructed(coefficients: Coefficients, model: ColorModel) -> NDArray[np.uint8]:
    reconstruction = Reconstruction(coefficients.frame, coefficients.tables, model)
    for rows in _strips(coefficients.frame):
        reconstruction.add(_blocks_of(coefficients.blocks, coefficients.frame, rows), *rows)
    return reconstruction.pixels


def _decode_in_strips(reader: FileReader, file_scan: FileScan, reconstruction: Reconstruction) -> None:
    frame = reader.frame
    decoder = ScanDecoder(reader.data, file_scan, frame, reader.diagnosis)
    blocks = empty_blocks(frame, max(last - first for first, last in _strips(frame)))
    for first, last in _strips(frame):
        strip = _blocks_of(blocks, frame, (0, last - first))
        for levels in strip:
            levels.fill(0)
        decoder.decode([strip[index] for index in file_scan.parameters.components], first)
        reconstruction.add(strip, first, last)
    decoder.finish()


def _read_all(reader: FileReader, first: FileScan) -> Coefficients:
    frame = reader.frame
    blocks = empty_blocks(frame, frame.mcu_rows)
    for _ in decode_scans(reader, first, blocks):
        pass
    return Coefficients(
        frame=_with_a_slot_for_each_table(frame, reader.tables),
        tables=reader.tables,
        blocks=blocks,
        segments=reader.segments,
        script=tuple(reader.script),
        restart_interval=reader.restart_intervals[0],
        trailing=reader.trailing,
        trailing_pictures=_trailing_pictures(reader),
    )


def _trailing_pictures(reader: FileReader) -> tuple[int | None, ...]:
    """Offsets of an MPF index, counted from the end of the first picture."""
    end = len(reader.data) - len(reader.trailing)
    for segment in reader.file_segments:
        if is_index(segment.segment):
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
    return frame.with_table_slots([distinct.index(table) for table in tables])
