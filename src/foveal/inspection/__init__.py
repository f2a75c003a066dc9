"""Reports on what a JPEG file holds: segments, tables, scans, metadata, and the bits of every block."""

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
