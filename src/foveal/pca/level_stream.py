"""Entropy coding of levels: bytes in component order, compressed by zlib.

1. Levels of the first component (nearly the mean brightness of a block) are predicted from the block on the left; the
   difference is coded.
2. Signed levels are mapped to unsigned ones: v to 2 v, or to -2 v - 1 for negative v. Small magnitudes of either sign
   become small numbers.
3. Component by component, so that equal values, zeros above all, lie together: first the low bytes of all components,
   then the high bytes of the components up to the last one that has any.
4. zlib codes runs and Huffman codes the rest (strategy Z_RLE). A search for longer matches takes ten times as long and
   makes larger files of photographs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError


@dataclass(frozen=True)
class LevelStream:
    """Compressed levels of a plane.

    Parameters
    ----------
    data
        zlib stream.
    wide_count
        Number of leading components whose high bytes are stored.
    """

    data: bytes
    wide_count: int


def pack(levels: NDArray[np.int16], grid: tuple[int, int]) -> LevelStream:
    """Compress levels (k, r c) of a grid of r x c blocks."""
    coded = np.left_shift(levels, 1).view(np.uint16)  # 2 v; its bits are inverted below where v is negative
    if len(levels):
        differences = _differences(levels[0].reshape(grid)).ravel()
        coded[0] = np.left_shift(differences, 1).view(np.uint16)
        coded[0] ^= np.right_shift(differences, 15).view(np.uint16)
    for row, signed in zip(coded[1:], levels[1:], strict=True):
        row ^= np.right_shift(signed, 15).view(np.uint16)
    wide = [index for index, row in enumerate(coded) if row.max() > 0xFF]
    wide_count = wide[-1] + 1 if wide else 0
    packer = zlib.compressobj(level=9, memLevel=9, strategy=zlib.Z_RLE)
    data = packer.compress(coded.astype(np.uint8).tobytes())
    data += packer.compress((coded[:wide_count] >> 8).astype(np.uint8).tobytes())
    return LevelStream(data + packer.flush(), wide_count)


def max_size_bytes(count: int, grid: tuple[int, int]) -> int:
    """Return an upper bound of the size in bytes of a stream of `count` components."""
    plain = 2 * count * grid[0] * grid[1]
    return plain + plain // 1000 + 64


def unpack(stream: LevelStream, count: int, grid: tuple[int, int]) -> NDArray[np.int32]:
    """Decompress levels (count, r c) of a grid of r x c blocks.

    Raises
    ------
    FormatError
        The stream is broken, or it holds another number of levels.
    """
    blocks = grid[0] * grid[1]
    if stream.wide_count > count:
        raise FormatError("wide_counts is out of range")
    size_bytes = (count + stream.wide_count) * blocks
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(stream.data, size_bytes + 1)
    except zlib.error as error:
        raise FormatError("the levels are broken") from error
    if len(data) != size_bytes or not unpacker.eof:
        raise FormatError("the levels have the wrong size")
    octets = np.frombuffer(data, dtype=np.uint8).reshape(-1, blocks)
    coded = octets[:count].astype(np.int32)
    coded[: stream.wide_count] |= octets[count:].astype(np.int32) << 8
    levels = (coded >> 1) ^ -(coded & 1)
    if count:
        levels[0] = _undo_differences(levels[0].reshape(grid)).ravel()
    return levels


def _differences(grid: NDArray[np.int16]) -> NDArray[np.int16]:
    """Subtract the level on the left from each level; in the first column, the level above."""
    differences = grid.copy()
    differences[:, 1:] -= grid[:, :-1]
    differences[1:, 0] -= grid[:-1, 0]
    return differences


def _undo_differences(differences: NDArray[np.int32]) -> NDArray[np.int32]:
    """Undo `_differences`; sums that overflow, as in a broken file, wrap around."""
    sums = differences.copy()
    sums[:, 0] = sums[:, 0].cumsum(dtype=np.int32)
    return sums.cumsum(axis=1, dtype=np.int32)
