"""Entropy-coded data of a scan in a file (ITU-T T.81 B.1.1.5, Entropy-coded data segments)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.errors import LimitError
from foveal.jpeg import limits

_PADDING_BYTES = 512  # kScanPadding in shapes.hpp


@dataclass(frozen=True, eq=False)
class EntropyData:
    """The entropy-coded data of a scan, without byte stuffing and restart markers.

    Parameters
    ----------
    offset, end
        Offsets in the file of its first byte and of the marker after it, or the size of the file.
    data
        uint8 array: the bytes of all restart intervals, joined, and the padding that the kernels need after them.
    restart_markers
        (n, 3) int64: for each restart marker the position in `data` where it stood, its offset in the file, and its
        number m of RSTm.
    """

    offset: int
    end: int
    data: NDArray[np.uint8]
    restart_markers: NDArray[np.int64]

    @classmethod
    def read(cls, file: bytes, offset: int) -> EntropyData:
        """Read the data that begins at an offset of a file.

        Raises
        ------
        LimitError
            The data has more restart markers than `limits.MAX_RESTARTS`.
        """
        data, restart_markers, count, end = _kernels.unstuff_scan(file, offset, limits.MAX_RESTARTS)
        if count > limits.MAX_RESTARTS:
            raise LimitError(f"a scan with {count:,} restart markers is not decoded")
        return cls(offset, end, data, restart_markers)

    @property
    def size_bytes(self) -> int:
        """Size of `data` in bytes, without the padding."""
        return len(self.data) - _PADDING_BYTES

    def file_offset(self, file: bytes, position: int) -> int:
        """Return the offset in the file of the byte at a position in `data`."""
        # Only the restart interval of the byte is walked again, from the marker before it.
        before = int(np.searchsorted(self.restart_markers[:, 0], position, side="right"))
        marker_position, marker_offset = self.restart_markers[before - 1, :2] if before else (0, self.offset)
        return _kernels.stuffed_offset(file, int(marker_offset), position - int(marker_position))
