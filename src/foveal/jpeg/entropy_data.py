"""The entropy-coded data of a scan as it stands in a file (ITU-T T.81 B.1.1.5)."""

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
    """The entropy-coded data of a scan.

    Parameters
    ----------
    offset, end
        Where it begins and ends in the file.
    data
        uint8: without stuffing and markers, and with the padding that the kernels want behind it.
    restarts
        (n, 3) int64: position in `data`, offset in the file and number of each restart marker.
    """

    offset: int
    end: int
    data: NDArray[np.uint8]
    restarts: NDArray[np.int64]

    @classmethod
    def at(cls, file: bytes, offset: int) -> EntropyData:
        """Take the data that begins at an offset.

        Raises
        ------
        LimitError
            It has more restart markers than any picture needs.
        """
        data, restarts, restart_count, end = _kernels.unstuff_scan(file, offset, limits.MAX_RESTARTS)
        if restart_count > limits.MAX_RESTARTS:
            raise LimitError(f"a scan of {restart_count:,} restart markers is not decoded")
        return cls(offset, end, data, restarts)

    @property
    def size_bytes(self) -> int:
        """Bytes of `data` without the padding."""
        return len(self.data) - _PADDING_BYTES

    def file_offset(self, file: bytes, position: int) -> int:
        """Where a byte of `data` stands in the file."""
        before = int(np.searchsorted(self.restarts[:, 0], position, side="right"))
        start, skipped = (self.restarts[before - 1, 1], self.restarts[before - 1, 0]) if before else (self.offset, 0)
        return _kernels.stuffed_offset(file, int(start), position - int(skipped))
