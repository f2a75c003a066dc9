"""What is told about a JPEG file: plain records of its segments, scans, tables, metadata, and bits per block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.inspection.quality_estimate import QualityEstimate
from foveal.jpeg import Frame, HuffmanTable, HuffmanTables, QuantizationTable, Scan


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


def describe_scan(scan: Scan) -> str:
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
