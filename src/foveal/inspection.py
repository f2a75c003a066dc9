"""What is in a JPEG file: its segments, tables, scans and metadata, and where its bits went."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal import exif as exif_tags
from foveal.errors import FormatError, UnsupportedError
from foveal.jpeg import MAX_PIXELS, Frame, QuantizationTable, Scan, Segment, markers
from foveal.jpeg.application_data import exif_data, has_gain_map, icc_profile, kind_of, picture_count
from foveal.jpeg.coefficients import empty_blocks
from foveal.jpeg.color_model import ColorModel, color_model
from foveal.jpeg.decoder import decode_scans, first_scan
from foveal.jpeg.diagnosis import Diagnosis
from foveal.jpeg.file_reader import FileReader, FileScan, HuffmanTables, open_reader
from foveal.jpeg.frame import subsampling_name
from foveal.jpeg.huffman import HuffmanTable
from foveal.jpeg.segment_reader import FileSegment, SegmentReader
from foveal.quality_estimate import QualityEstimate, estimate_quality

_PROCESSES = {markers.SOF0: "baseline", markers.SOF1: "extended sequential", markers.SOF2: "progressive"}
_COMPONENT_NAMES = {
    ColorModel.GREY: ("Y",),
    ColorModel.YCBCR: ("Y", "Cb", "Cr"),
    ColorModel.RGB: ("R", "G", "B"),
    ColorModel.CMYK: ("C", "M", "Y", "K"),
    ColorModel.YCCK: ("Y", "Cb", "Cr", "K"),
}


@dataclass(frozen=True)
class SegmentReport:
    """A marker segment.

    Parameters
    ----------
    marker
        "SOI", "APP1", "DQT", ...
    offset
        Of its first byte in the file.
    size_bytes
        With the marker; of SOS with the entropy-coded data behind it.
    kind
        What an application segment holds ("EXIF", "ICC profile", ...), else "".
    """

    marker: str
    offset: int
    size_bytes: int
    kind: str


@dataclass(frozen=True)
class ScanReport:
    """A scan.

    Parameters
    ----------
    scan
        Components, spectral band and bit positions.
    offset
        Of its SOS.
    size_bytes
        Of header and entropy-coded data, stuffing and restart markers included.
    bits
        What the blocks of each of its components take, in the order of `scan.components`.
    restart_interval
        MCUs between its restart markers, 0 for none.
    huffman_tables
        DC and AC table of each of its components; None for one that it has no use for.
    """

    scan: Scan
    offset: int
    size_bytes: int
    bits: tuple[int, ...]
    restart_interval: int
    huffman_tables: tuple[HuffmanTables, ...]


@dataclass(frozen=True)
class MetadataReport:
    """What comes along with the picture.

    Parameters
    ----------
    bytes_by_kind
        "EXIF", "XMP", "ICC profile", "comment", ...: bytes of its segments, with markers and lengths.
    orientation
        Of EXIF, 1 where it says nothing.
    icc_profile_bytes
        Of the profile, put together of its chunks; 0 where one is missing, too.
    pictures
        How many pictures an MPF index lists, 0 without one.
    has_gain_map
        Whether there is one for HDR displays.
    trailing_bytes
        Behind EOI.
    """

    bytes_by_kind: dict[str, int]
    orientation: int
    icc_profile_bytes: int
    pictures: int
    has_gain_map: bool
    trailing_bytes: int


@dataclass(frozen=True, eq=False)
class Inspection:
    """What is in a JPEG file.

    Parameters
    ----------
    size_bytes
        Of the file.
    process
        "baseline", "extended sequential" or "progressive".
    frame
        Size and components.
    component_names
        "Y", "Cb", ...
    color_model
        "grey", "YCbCr", "RGB", "CMYK", "YCCK", or "unknown" of two components.
    subsampling
        "grey", "4:2:0", ..., or the factors of each component, like "2x2 1x2 1x1".
    tables
        Quantization table of each component; steps of 1 for one that a broken file never sends.
    quality
        Which of libjpeg's qualities they stand for.
    segments, scans
        In the order of the file.
    metadata
        What came along.
    block_bits
        For each component (padded_block_rows, padded_block_columns) uint32: bits that each of its blocks takes, over
        all scans. Those beyond the picture fill up its last MCUs.
    notes
        What is wrong with the file.
    """

    size_bytes: int
    process: str
    frame: Frame
    component_names: tuple[str, ...]
    color_model: str
    subsampling: str
    tables: tuple[QuantizationTable, ...]
    quality: QualityEstimate
    segments: tuple[SegmentReport, ...]
    scans: tuple[ScanReport, ...]
    metadata: MetadataReport
    block_bits: tuple[NDArray[np.uint32], ...]
    notes: tuple[str, ...]

    def bits_map(self) -> NDArray[np.float64]:
        """Bits of each 8x8-pixel block of the picture: (rows, columns) float64.

        A block of a down-sampled component covers several of them and its bits are shared among them. The sum is that
        of `block_bits`, but for the blocks that only fill up MCUs.
        """
        frame = self.frame
        rows, columns = frame.block_grid
        total = np.zeros((rows, columns))
        for component, bits in zip(frame.components, self.block_bits, strict=True):
            row = np.arange(rows) * component.v_factor // frame.v_max
            column = np.arange(columns) * component.h_factor // frame.h_max
            sharing = np.bincount(row)[row][:, np.newaxis] * np.bincount(column)[column]
            total += bits[row[:, np.newaxis], column] / sharing
        return total

    def to_dict(self) -> dict[str, Any]:
        """Everything but the bits of single blocks, as numbers, strings, lists and dictionaries, for JSON."""
        return {
            "size_bytes": self.size_bytes,
            "width": self.frame.width,
            "height": self.frame.height,
            "process": self.process,
            "color_model": self.color_model,
            "subsampling": self.subsampling,
            "quality": {"value": self.quality.quality, "exact": self.quality.is_exact},
            "components": [
                {
                    "name": name,
                    "identifier": component.identifier,
                    "h_factor": component.h_factor,
                    "v_factor": component.v_factor,
                    "table_slot": component.table_slot,
                    "quantization_table": table.natural.tolist(),
                    "bits": int(bits.sum()),
                }
                for name, component, table, bits in zip(
                    self.component_names, self.frame.components, self.tables, self.block_bits, strict=True
                )
            ],
            "scans": [
                {
                    "components": [self.component_names[index] for index in report.scan.components],
                    "spectral_start": report.scan.spectral_start,
                    "spectral_end": report.scan.spectral_end,
                    "approximation_high": report.scan.approximation_high,
                    "approximation_low": report.scan.approximation_low,
                    "restart_interval": report.restart_interval,
                    "offset": report.offset,
                    "size_bytes": report.size_bytes,
                    "bits": list(report.bits),
                    "huffman_tables": [
                        {name: _as_dict(table) for name, table in zip(("dc", "ac"), pair, strict=True)}
                        for pair in report.huffman_tables
                    ],
                }
                for report in self.scans
            ],
            "segments": [vars(segment) for segment in self.segments],
            "metadata": vars(self.metadata),
            "notes": list(self.notes),
        }


def _as_dict(table: HuffmanTable | None) -> dict[str, list[int]] | None:
    return {"bits": list(table.bits), "huffval": list(table.huffval)} if table else None


def what_is_sent(scan: Scan) -> str:
    """Coefficients of a scan, and which of their bits it sends: "DC", "1-63 but the lowest bit", ...."""
    band = "DC" if scan.spectral_end == 0 else f"{scan.spectral_start}-{scan.spectral_end}"
    if scan.approximation_high:
        return f"{band}, bit {scan.approximation_low}"
    if scan.approximation_low:
        missing = "lowest bit" if scan.approximation_low == 1 else f"lowest {scan.approximation_low} bits"
        return f"{band} but the {missing}"
    return band


@dataclass(frozen=True)
class Outline:
    """What of a file can be told without reading its picture.

    Parameters
    ----------
    size_bytes
        Of the file.
    segments
        Up to the first scan, or to where the file breaks off.
    metadata
        What is among them.
    """

    size_bytes: int
    segments: tuple[SegmentReport, ...]
    metadata: MetadataReport


def outline(data: bytes) -> Outline:
    """Read the segments of a file whose picture `inspect` cannot read.

    Raises
    ------
    FormatError, LimitError
        It does not begin like a JPEG file, or has too many segments.
    """
    reader = SegmentReader(data, Diagnosis(strict=False))
    reader.expect_soi()
    with suppress(FormatError):
        while reader.next_segment().code not in (markers.SOS, markers.EOI):
            pass
    found = tuple(reader.segments)
    applications = tuple(segment.segment for segment in found if markers.is_application(segment.code))
    return Outline(len(data), _segment_reports(found, []), _metadata_report(applications, b""))


def inspect(data: bytes | bytearray | memoryview, *, max_pixels: int = MAX_PIXELS) -> Inspection:
    """Look into a JPEG file: segments, tables, scans, metadata, and the bits of every block.

    A malformed file is read as far as it goes, and `notes` says what is wrong with it.

    Parameters
    ----------
    data
        A JPEG file of a kind that `decode` takes, or of two components.
    max_pixels
        Larger pictures are refused before anything is allocated.

    Returns
    -------
    Inspection
        All that there is.

    Raises
    ------
    FormatError, UnsupportedError, LimitError, ParameterError
        As `decode` with `strict=False`.
    """
    reader = open_reader(data, strict=False, max_pixels=max_pixels)
    first = first_scan(reader)
    blocks = empty_blocks(reader.frame, reader.frame.mcu_rows)
    block_bits = tuple(np.zeros(levels.shape[:2], dtype=np.uint32) for levels in blocks)
    scans = []
    before = [0] * len(blocks)
    for file_scan in decode_scans(reader, first, blocks, block_bits):
        so_far = [int(bits.sum(dtype=np.uint64)) for bits in block_bits]
        bits = tuple(so_far[index] - before[index] for index in file_scan.parameters.components)
        scans.append(_scan_report(file_scan, bits))
        before = so_far
    return _report(reader, scans, block_bits)


def _scan_report(file_scan: FileScan, bits: tuple[int, ...]) -> ScanReport:
    offset = file_scan.header_offset
    size_bytes = file_scan.entropy_data.end - offset
    return ScanReport(file_scan.parameters, offset, size_bytes, bits, file_scan.restart_interval, file_scan.tables)


def _report(reader: FileReader, scans: list[ScanReport], block_bits: tuple[NDArray[np.uint32], ...]) -> Inspection:
    frame, segments = reader.frame, reader.segments
    model, names = _colors(frame, segments)
    return Inspection(
        size_bytes=len(reader.data),
        process=_PROCESSES[reader.sof_code],
        frame=frame,
        component_names=names,
        color_model=model,
        subsampling=subsampling_name(frame),
        tables=reader.tables,
        quality=estimate_quality(reader.tables),
        segments=_segment_reports(reader.file_segments, scans),
        scans=tuple(scans),
        metadata=_metadata_report(segments, reader.trailing),
        block_bits=block_bits,
        notes=tuple(reader.diagnosis.notes),
    )


def _colors(frame: Frame, segments: tuple[Segment, ...]) -> tuple[str, tuple[str, ...]]:
    """Name of the colour model and of its components."""
    try:
        model = color_model(frame, segments)
    except UnsupportedError:
        return "unknown", tuple(str(header.identifier) for header in frame.headers)
    return model.value, _COMPONENT_NAMES[model]


def _segment_reports(file_segments: tuple[FileSegment, ...], scans: list[ScanReport]) -> tuple[SegmentReport, ...]:
    scan_bytes = {scan.offset: scan.size_bytes for scan in scans}
    return tuple(
        SegmentReport(
            marker=markers.name(segment.code),
            offset=segment.offset,
            size_bytes=scan_bytes.get(segment.offset, segment.size_bytes),
            kind=kind_of(segment.segment) if markers.is_application(segment.code) else "",
        )
        for segment in file_segments
    )


def _metadata_report(segments: tuple[Segment, ...], trailing: bytes) -> MetadataReport:
    sizes: Counter[str] = Counter()
    for segment in segments:
        sizes[kind_of(segment)] += 4 + len(segment.payload)
    return MetadataReport(
        bytes_by_kind=dict(sizes),
        orientation=exif_tags.orientation(exif_data(segments)),
        icc_profile_bytes=len(icc_profile(segments) or b""),
        pictures=picture_count(segments),
        has_gain_map=has_gain_map(segments, trailing),
        trailing_bytes=len(trailing),
    )
