"""Records that describe a JPEG file: its segments, scans, tables, metadata, and bits per block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.inspection.quality_estimate import QualityEstimate
from foveal.jpeg import Frame, HuffmanTable, HuffmanTables, QuantizationTable, Scan


@dataclass(frozen=True)
class SegmentReport:
    """Report on a marker segment.

    Parameters
    ----------
    marker
        Name of the marker: "SOI", "APP1", "DQT", ...
    offset
        Offset of the marker in the file.
    size_bytes
        Size in bytes with the marker; for SOS with the entropy-coded data that follows.
    kind
        Kind of contents of an application segment ("EXIF", "ICC profile", ...); "" for other segments.
    """

    marker: str
    offset: int
    size_bytes: int
    kind: str


@dataclass(frozen=True)
class ScanReport:
    """Report on a scan.

    Parameters
    ----------
    scan
        Components, spectral band and bit positions.
    offset
        Offset of its SOS marker in the file.
    size_bytes
        Size in bytes of header and entropy-coded data, with byte stuffing and restart markers.
    bits
        Bits of all blocks of each component in the scan, in the order of `scan.components`.
    restart_interval
        MCUs between restart markers, 0 for none.
    huffman_tables
        DC and AC Huffman table of each component in the scan; None for a table that the scan does not need.
    """

    scan: Scan
    offset: int
    size_bytes: int
    bits: tuple[int, ...]
    restart_interval: int
    huffman_tables: tuple[HuffmanTables, ...]


@dataclass(frozen=True)
class MetadataReport:
    """Report on the metadata of a file.

    Parameters
    ----------
    bytes_by_kind
        Bytes of all segments of a kind ("EXIF", "XMP", "ICC profile", "comment", ...), with markers and lengths.
    orientation
        Orientation in the EXIF data, from 1 to 8; 1 if they give none.
    icc_profile_bytes
        Size of the ICC profile after joining its chunks; 0 without a profile or if a chunk is missing.
    pictures
        Number of pictures that the MPF index lists; 0 without an index.
    has_gain_map
        Whether the file announces a gain map for HDR displays.
    trailing_bytes
        Number of bytes after EOI.
    """

    bytes_by_kind: dict[str, int]
    orientation: int
    icc_profile_bytes: int
    pictures: int
    has_gain_map: bool
    trailing_bytes: int


@dataclass(frozen=True, eq=False)
class Inspection:
    """Report on a JPEG file, as `inspect` returns it.

    Parameters
    ----------
    size_bytes
        Size of the file in bytes.
    process
        Coding process: "baseline", "extended sequential" or "progressive".
    frame
        Size and components of the picture.
    component_names
        Name of each component: "Y", "Cb", ...
    color_model
        "grey", "YCbCr", "RGB", "CMYK", "YCCK", or "unknown" for two components.
    subsampling
        "grey", "4:2:0", ..., or the sampling factors of each component, like "2x2 1x2 1x1".
    tables
        Quantization table of each component; a component without a scan, in a broken file, has steps of 1.
    quality
        Estimate of the libjpeg quality of the tables.
    segments, scans
        Reports on the segments and the scans, in the order of the file.
    metadata
        Report on the metadata.
    block_bits
        For each component (padded_block_rows, padded_block_columns) uint32: bits of each block in all scans together.
        Blocks outside the picture pad the last MCUs.
    notes
        Messages about everything that is wrong with the file.
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
        """Return the bits of each 8x8-pixel block of the picture: (rows, columns) float64.

        A block of a down-sampled component covers several 8x8-pixel blocks, and its bits are divided evenly among them.
        The sum equals that of `block_bits` without the blocks that only pad MCUs.
        """
        frame = self.frame
        rows, columns = frame.block_grid
        total = np.zeros((rows, columns))
        for component, bits in zip(frame.components, self.block_bits, strict=True):
            row = np.arange(rows) * component.v_factor // frame.v_max
            column = np.arange(columns) * component.h_factor // frame.h_max
            covered = np.bincount(row)[row][:, np.newaxis] * np.bincount(column)[column]  # 8x8-pixel blocks by a block
            total += bits[row[:, np.newaxis], column] / covered
        return total

    def to_dict(self) -> dict[str, Any]:
        """Return the report, without the bits of individual blocks, as a dictionary for JSON."""
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
                        {name: _table_to_dict(table) for name, table in zip(("dc", "ac"), pair, strict=True)}
                        for pair in report.huffman_tables
                    ],
                }
                for report in self.scans
            ],
            "segments": [vars(segment) for segment in self.segments],
            "metadata": vars(self.metadata),
            "notes": list(self.notes),
        }


def _table_to_dict(table: HuffmanTable | None) -> dict[str, list[int]] | None:
    return {"bits": list(table.bits), "huffval": list(table.huffval)} if table else None


def describe_scan(scan: Scan) -> str:
    """Describe the coefficients of a scan and the bits of them that it sends: "DC", "1-63 but the lowest bit", ...."""
    band = "DC" if scan.spectral_end == 0 else f"{scan.spectral_start}-{scan.spectral_end}"
    if scan.approximation_high:
        return f"{band}, bit {scan.approximation_low}"
    if scan.approximation_low:
        missing = "lowest bit" if scan.approximation_low == 1 else f"lowest {scan.approximation_low} bits"
        return f"{band} but the {missing}"
    return band


@dataclass(frozen=True)
class Outline:
    """Report on a file whose picture cannot be read.

    Parameters
    ----------
    size_bytes
        Size of the file in bytes.
    segments
        Reports on the segments up to the first SOS, or up to the segment where the file breaks off.
    metadata
        Report on the metadata in these segments.
    """

    size_bytes: int
    segments: tuple[SegmentReport, ...]
    metadata: MetadataReport
