"""Reader of the markers and marker segments of a file (ITU-T T.81 B.1.1.2, Markers; B.1.1.4, Marker segments).

    FF D8         FF DB  00 43   00 10 ...    FF D9
    SOI           DQT    length  payload      EOI
    standalone    marker segment              standalone

The length counts its own two bytes and the payload, but not the marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foveal.errors import LimitError
from foveal.jpeg import limits, markers
from foveal.jpeg.diagnosis import Diagnosis, malformed_error
from foveal.jpeg.segments import Segment

_HEADER_BYTES = 4  # marker and length, before the payload
_MARKER = re.compile(rb"\xff[^\x00\xff]")  # B.1.1.2, Markers; fill bytes before a marker are 0xFF, too

# B.1.1.5, Entropy-coded data segments: RSTm, and 0xFF before a stuffed 0, are part of the data of a scan.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True)
class FileSegment:
    """A marker segment, or a standalone marker, at its place in a file.

    Parameters
    ----------
    code
        Second byte of the marker.
    offset
        Offset in the file of the marker's 0xFF.
    payload
        Bytes after the length; empty for a standalone marker.
    size_bytes
        Size in bytes, with marker and length.
    """

    code: int
    offset: int
    payload: bytes
    size_bytes: int

    @property
    def payload_offset(self) -> int:
        """Offset in the file of the first byte of the payload."""
        return self.offset + _HEADER_BYTES

    @property
    def segment(self) -> Segment:
        """Marker and payload without their place in the file."""
        return Segment(self.code, self.payload)


class SegmentReader:
    """Reader of the segments of a file, one after the other.

    Parameters
    ----------
    data
        Bytes of the file.
    diagnosis
        Receives an oddity for bytes that belong to no segment.
    position
        Offset in the file at which to start.

    Attributes
    ----------
    position
        Offset of the byte after the last segment; callers that read entropy-coded data move it past the data.
    segments
        All segments read so far.
    """

    def __init__(self, data: bytes, diagnosis: Diagnosis, position: int = 0) -> None:
        self._data = data
        self._diagnosis = diagnosis
        self.position = position
        self.segments: list[FileSegment] = []

    def read_soi(self) -> None:
        """Read SOI, the first marker of a file (T.81 B.2.1, High-level syntax).

        Raises
        ------
        FormatError
            The file begins with something else.
        """
        found = self._data[self.position : self.position + 2]
        if found != bytes((0xFF, markers.SOI)):
            what = f"0x{found.hex().upper()}: this is no JPEG" if found else "an empty file"
            raise malformed_error(self.position, f"expected SOI (0xFFD8), found {what}")
        self._append(FileSegment(markers.SOI, self.position, b"", 2))

    def next_segment(self) -> FileSegment:
        """Read the next marker (T.81 B.1.1.2, Markers) and its payload, if any (B.1.1.4, Marker segments).

        Raises
        ------
        FormatError
            No marker follows, or the file ends within the segment.
        LimitError
            The file has more than `limits.MAX_SEGMENTS` segments.
        """
        found = _MARKER.search(self._data, self.position)
        if found is None:
            raise malformed_error(len(self._data), "expected a marker or EOI, found the end of the file")
        if len(self.segments) == limits.MAX_SEGMENTS:
            raise LimitError(f"more than {limits.MAX_SEGMENTS:,} segments are not read")
        skipped = self._data[self.position : found.start()]
        if skipped.strip(b"\xff"):
            message = f"{len(skipped):,} bytes that belong to no segment"
            self._diagnosis.report_oddity(f"byte {self.position:,}: {message}")
        return self._append(self._read_segment(found.start()))

    def skip_entropy_data(self) -> None:
        """Move to the marker after the data of a scan, or to the end of the file."""
        found = _MARKER_AFTER_SCAN.search(self._data, self.position)
        self.position = found.start() if found else len(self._data)

    def _append(self, segment: FileSegment) -> FileSegment:
        self.position = segment.offset + segment.size_bytes
        self.segments.append(segment)
        return segment

    def _read_segment(self, offset: int) -> FileSegment:
        """Read the segment whose marker stands at an offset."""
        data, code = self._data, self._data[offset + 1]
        if code in markers.STANDALONE:
            return FileSegment(code, offset, b"", 2)
        length = int.from_bytes(data[offset + 2 : offset + _HEADER_BYTES], "big")
        end = offset + 2 + length
        name = markers.name(code)
        if length < 2 or offset + _HEADER_BYTES > len(data):
            raise malformed_error(offset + 2, f"expected a length of {name} of 2 or more, found {length}")
        if end > len(data):
            raise malformed_error(offset + 2, f"expected {length:,} bytes of {name}, found the end of the file")
        return FileSegment(code, offset, data[offset + _HEADER_BYTES : end], 2 + length)
