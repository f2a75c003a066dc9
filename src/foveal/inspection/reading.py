"""Inspection of JPEG files: reads a file, as far as possible if it is broken, and reports what it contains."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError, UnsupportedError
from foveal.files import Source, read_source
from foveal.inspection.quality_estimate import estimate_quality
from foveal.inspection.report import Inspection, MetadataReport, Outline, ScanReport, SegmentReport
from foveal.jpeg import (
    MAX_PIXELS,
    ColorModel,
    Diagnosis,
    FileReader,
    FileScan,
    FileSegment,
    Frame,
    Segment,
    SegmentReader,
    application_data,
    decode_scans,
    empty_blocks,
    find_color_model,
    first_scan,
    markers,
    open_reader,
    subsampling_name,
)
from foveal.photo import exif as exif_tags

_PROCESSES = {markers.SOF0: "baseline", markers.SOF1: "extended sequential", markers.SOF2: "progressive"}
_COMPONENT_NAMES = {
    ColorModel.GREY: ("Y",),
    ColorModel.YCBCR: ("Y", "Cb", "Cr"),
    ColorModel.RGB: ("R", "G", "B"),
    ColorModel.CMYK: ("C", "M", "Y", "K"),
    ColorModel.YCCK: ("Y", "Cb", "Cr", "K"),
}


def read_outline(data: bytes) -> Outline:
    """Read the segments before the first scan, for a file whose picture `inspect` cannot read.

    Raises
    ------
    FormatError
        The file does not begin with SOI.
    LimitError
        The file has too many segments.
    """
    reader = SegmentReader(data, Diagnosis(strict=False))
    reader.read_soi()
    with suppress(FormatError):
        while reader.next_segment().code not in (markers.SOS, markers.EOI):
            pass
    found = tuple(reader.segments)
    applications = tuple(segment.segment for segment in found if markers.is_application(segment.code))
    return Outline(len(data), _report_segments(found, []), _report_metadata(applications, b""))


def inspect(source: Source, *, max_pixels: int = MAX_PIXELS) -> Inspection:
    """Inspect a JPEG file: segments, tables, scans, metadata, and the bits of every block.

    A malformed file is read as far as possible; the `notes` of the result list what is wrong with it.

    Parameters
    ----------
    source
        A JPEG file, as its path, its bytes or a binary file object: any file that `decode` accepts, or one with two
        components.
    max_pixels
        Largest number of pixels; larger pictures raise LimitError before anything is allocated.

    Returns
    -------
    Inspection
        Report on the file.

    Raises
    ------
    FormatError, UnsupportedError, LimitError, ParameterError
        The same as from `decode` with `strict=False`.
    OSError
        The file cannot be read.
    """
    reader = open_reader(read_source(source), strict=False, max_pixels=max_pixels)
    first = first_scan(reader)
    blocks = empty_blocks(reader.frame, reader.frame.mcu_rows)
    block_bits = tuple(np.zeros(levels.shape[:2], dtype=np.uint32) for levels in blocks)
    # `block_bits` adds up over the scans, so the bits of one scan are its sums after the scan minus those before it.
    scans = []
    sums_before = [0] * len(blocks)
    for file_scan in decode_scans(reader, first, blocks, block_bits):
        sums = [int(bits.sum(dtype=np.uint64)) for bits in block_bits]
        bits = tuple(sums[index] - sums_before[index] for index in file_scan.parameters.components)
        scans.append(_report_scan(file_scan, bits))
        sums_before = sums
    return _make_inspection(reader, scans, block_bits)


def _report_scan(file_scan: FileScan, bits: tuple[int, ...]) -> ScanReport:
    """Report on a scan, given the bits that it sends of each of its components."""
    offset = file_scan.header_offset
    size_bytes = file_scan.entropy_data.end - offset
    return ScanReport(file_scan.parameters, offset, size_bytes, bits, file_scan.restart_interval, file_scan.tables)


def _make_inspection(
    reader: FileReader, scans: list[ScanReport], block_bits: tuple[NDArray[np.uint32], ...]
) -> Inspection:
    frame, segments = reader.frame, reader.segments
    model, names = _find_color_names(frame, segments)
    return Inspection(
        size_bytes=len(reader.data),
        process=_PROCESSES[reader.sof_code],
        frame=frame,
        component_names=names,
        color_model=model,
        subsampling=subsampling_name(frame),
        tables=reader.tables,
        quality=estimate_quality(reader.tables),
        segments=_report_segments(reader.file_segments, scans),
        scans=tuple(scans),
        metadata=_report_metadata(segments, reader.trailing),
        block_bits=block_bits,
        notes=tuple(reader.diagnosis.messages),
    )


def _find_color_names(frame: Frame, segments: tuple[Segment, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of the colour model, and the names of its components."""
    try:
        model = find_color_model(frame, segments)
    except UnsupportedError:
        return "unknown", tuple(str(header.identifier) for header in frame.headers)
    return model.value, _COMPONENT_NAMES[model]


def _report_segments(file_segments: tuple[FileSegment, ...], scans: list[ScanReport]) -> tuple[SegmentReport, ...]:
    scan_bytes = {scan.offset: scan.size_bytes for scan in scans}
    return tuple(
        SegmentReport(
            marker=markers.name(segment.code),
            offset=segment.offset,
            size_bytes=scan_bytes.get(segment.offset, segment.size_bytes),
            kind=application_data.segment_kind(segment.segment) if markers.is_application(segment.code) else "",
        )
        for segment in file_segments
    )


def _report_metadata(segments: tuple[Segment, ...], trailing: bytes) -> MetadataReport:
    sizes: Counter[str] = Counter()
    for segment in segments:
        sizes[application_data.segment_kind(segment)] += 4 + len(segment.payload)
    return MetadataReport(
        bytes_by_kind=dict(sizes),
        orientation=exif_tags.orientation(application_data.exif_data(segments)),
        icc_profile_bytes=len(application_data.icc_profile(segments) or b""),
        pictures=application_data.picture_count(segments),
        has_gain_map=application_data.has_gain_map(segments, trailing),
        trailing_bytes=len(trailing),
    )
