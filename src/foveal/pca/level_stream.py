"""Levels as bytes for zlib: a component after the other, so that equal values, and zeros above all, lie together.

1. Levels of the first component (nearly the brightness of the block) become differences to the block on the left.
2. A level v becomes 2 v, or -2 v - 1 where it is negative: small numbers, whichever sign.
3. The low bytes of all components come first; then, of those that have any, the high bytes.
4. zlib codes runs and Huffman codes the rest (Z_RLE). Looking for longer matches takes ten times as long and makes
   larger files of photographs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError


@dataclass(frozen=True)
class LevelStream:
    """Levels of a plane, packed.

    Parameters
    ----------
    data
        zlib's format.
    wide_count
        So many leading components have high bytes.
    """

    data: bytes
    wide_count: int


def pack(levels: NDArray[np.int16], grid: tuple[int, int]) -> LevelStream:
    """Pack levels (k, r c) of a grid of r x c blocks."""
    coded = np.left_shift(levels, 1).view(np.uint16)
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
    """No packed levels of `count` components are larger."""
    plain = 2 * count * grid[0] * grid[1]
    return plain + plain // 1000 + 64


def unpack(stream: LevelStream, count: int, grid: tuple[int, int]) -> NDArray[np.int32]:
    """Levels (count, r c) of a grid of r x c blocks.

    Raises
    ------
    FormatError
        The data is broken, or not of this size.
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
        raise FormatError("the levels do not have the size that they should have")
    octets = np.frombuffer(data, dtype=np.uint8).reshape(-1, blocks)
    coded = octets[:count].astype(np.int32)
    coded[: stream.wide_count] |= octets[count:].astype(np.int32) << 8
    levels = (coded >> 1) ^ -(coded & 1)
    if count:
        levels[0] = _sums(levels[0].reshape(grid)).ravel()
    return levels


def _differences(grid: NDArray[np.int16]) -> NDArray[np.int16]:
    """To the level on the left; in the first column, to that above."""
    differences = grid.copy()
    differences[:, 1:] -= grid[:, :-1]
    differences[1:, 0] -= grid[:-1, 0]
    return differences


def _sums(differences: NDArray[np.int32]) -> NDArray[np.int32]:
    """Undo `_differences`; what a broken file makes too large wraps around."""
    sums = differences.copy()
    sums[:, 0] = sums[:, 0].cumsum(dtype=np.int32)
    return sums.cumsum(axis=1, dtype=np.int32)
