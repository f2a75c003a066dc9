"""Reports on the contents of a JPEG file: segments, tables, scans, metadata, and bits of every block."""

from foveal.inspection.reading import inspect, read_outline
from foveal.inspection.report import (
    Inspection,
    MetadataReport,
    Outline,
    ScanReport,
    SegmentReport,
    describe_scan,
)

__all__ = [
    "Inspection",
    "MetadataReport",
    "Outline",
    "ScanReport",
    "SegmentReport",
    "describe_scan",
    "inspect",
    "read_outline",
]
