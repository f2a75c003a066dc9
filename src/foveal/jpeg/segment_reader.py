"""Markers and marker segments in the bytes of a file (ITU-T T.81 B.1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foveal.errors import LimitError
from foveal.jpeg import limits, markers
from foveal.jpeg.diagnosis import Diagnosis, malformed
from foveal.jpeg.segments import Segment

_HEADER_BYTES = 4  # marker and length, before a payload
_MARKER = re.compile(rb"\xff[^\x00\xff]")  # B.1.1.2; fill bytes before it are 0xFF, too


@dataclass(frozen=True)
class FileSegment:
    """A marker segment where it stands in a file.

    Parameters
    ----------
    code
        Second byte of the marker.
    offset
        Of the marker's 0xFF.
    payload
        What follows the length; empty where the marker stands alone.
    size_bytes
        With marker and length.
    """

    code: int
    offset: int
    payload: bytes
    size_bytes: int

    @property
    def payload_offset(self) -> int:
        """Where the payload begins in the file."""
        return self.offset + _HEADER_BYTES

    @property
    def segment(self) -> Segment:
        """The segment, wherever it stands."""
        return Segment(self.code, self.payload)


class SegmentReader:
    """Reads one segment after the other.

    Parameters
    ----------
    data
        The file.
    diagnosis
        Takes bytes that belong to no segment.
    position
        Where to begin.

    Attributes
    ----------
    position
        Behind the last segment; whoever reads entropy-coded data moves it.
    segments
        What has been read.
    """

    def __init__(self, data: bytes, diagnosis: Diagnosis, position: int = 0) -> None:
        self._data = data
        self._diagnosis = diagnosis
        self.position = position
        self.segments: list[FileSegment] = []

    def expect_soi(self) -> None:
        """Read the first marker of a file.

        Raises
        ------
        FormatError
            It is another.
        """
        found = self._data[self.position : self.position + 2]
        if found != bytes((0xFF, markers.SOI)):
            what = f"0x{found.hex().upper()}: this is no JPEG" if found else "an empty file"
            raise malformed(self.position, f"expected SOI (0xFFD8), found {what}")
        self._take(FileSegment(markers.SOI, self.position, b"", 2))

    def next_segment(self) -> FileSegment:
        """Read a marker (B.1.1.2) and, unless it stands alone, its payload (B.1.1.4).

        Raises
        ------
        FormatError
            There is none, or the file ends in it.
        LimitError
            There have been too many.
        """
        found = _MARKER.search(self._data, self.position)
        if found is None:
            raise malformed(len(self._data), "expected a marker or EOI, found the end of the file")
        if len(self.segments) == limits.MAX_SEGMENTS:
            raise LimitError(f"more than {limits.MAX_SEGMENTS:,} segments are not read")
        skipped = self._data[self.position : found.start()]
        if skipped.strip(b"\xff"):
            what = f"{len(skipped):,} bytes that belong to no segment"
            self._diagnosis.oddity(f"byte {self.position:,}: {what}")
        return self._take(self._segment_at(found.start()))

    def _take(self, segment: FileSegment) -> FileSegment:
        self.position = segment.offset + segment.size_bytes
        self.segments.append(segment)
        return segment

    def _segment_at(self, offset: int) -> FileSegment:
        data, code = self._data, self._data[offset + 1]
        if code in markers.STANDALONE:
            return FileSegment(code, offset, b"", 2)
        length = int.from_bytes(data[offset + 2 : offset + _HEADER_BYTES], "big")
        end = offset + 2 + length
        if length < 2 or offset + _HEADER_BYTES > len(data):
            raise malformed(offset + 2, f"expected a length of {markers.name(code)} of 2 or more, found {length}")
        if end > len(data):
            raise malformed(offset + 2, f"expected {length:,} bytes of {markers.name(code)}, found the end of the file")
        return FileSegment(code, offset, data[offset + _HEADER_BYTES : end], 2 + length)
