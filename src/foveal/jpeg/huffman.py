"""Huffman tables: made for the image (ITU-T T.81 K.2), turned into codes (C.1, C.2), and those of Annex K.3."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels

MAX_CODE_BITS = 16
_RESERVED = 256  # a symbol that never occurs, so that no real one gets the code of all ones (K.2)


@dataclass(frozen=True)
class HuffmanTable:
    """A table as DHT carries it (T.81 B.2.4.2).

    Parameters
    ----------
    bits
        BITS: the number of codes of length 1 to 16.
    huffval
        HUFFVAL: the symbols, in the order of their codes.
    """

    bits: tuple[int, ...]
    huffval: tuple[int, ...]

    @classmethod
    def optimal(cls, histogram: NDArray[np.uint32]) -> HuffmanTable:
        """Make the table that codes symbols of these frequencies in the fewest bits (procedure of T.81 K.2).

        Parameters
        ----------
        histogram
            (256,) counts of the symbols; those of count 0 get no code. At least one must occur.
        """
        used = np.flatnonzero(histogram)
        lengths = _code_lengths(dict(zip(used.tolist(), histogram[used].tolist(), strict=True)))
        counts = [0] * (max(lengths.values()) + 1)
        for length in lengths.values():
            counts[length] += 1
        bits = _limit_lengths(counts)
        symbols = sorted((length, symbol) for symbol, length in lengths.items() if symbol != _RESERVED)
        return cls(bits, tuple(symbol for _, symbol in symbols))

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """EHUFCO and EHUFSI (C.2) by symbol: (256, 2) uint32 of code and length in bits; length 0 where none."""
        codes: list[int] = []
        code = 0
        for count in self.bits:
            codes += range(code, code + count)
            code = (code + count) << 1
        table = np.zeros((256, 2), dtype=np.uint32)
        symbols = list(self.huffval)
        table[symbols, 0] = codes
        table[symbols, 1] = np.repeat(np.arange(1, MAX_CODE_BITS + 1), self.bits)
        return table

    @cached_property
    def decoding_table(self) -> _kernels.DecodingTable:
        """The table as the kernels decode with it."""
        return _kernels.DecodingTable(self.bits, bytes(self.huffval))


def _code_lengths(frequencies: dict[int, int]) -> dict[int, int]:
    """Lengths of Huffman codes, the reserved symbol included (figure K.1, ties taken as there)."""
    # The heap finds V1 and V2 of figure K.1: the least frequency, and among equals the largest symbol.
    heap = [(count, -symbol, symbol) for symbol, count in frequencies.items()]
    heap.append((1, -_RESERVED, _RESERVED))
    heapq.heapify(heap)
    parents: dict[int, int] = {}  # nodes of the tree: symbols, then what unites two of them
    root = _RESERVED
    while len(heap) > 1:
        least_count, least, first = heapq.heappop(heap)
        next_count, _, second = heap[0]
        root += 1
        parents[first] = parents[second] = root
        heapq.heapreplace(heap, (least_count + next_count, least, root))
    depths = {root: 0}
    for node, parent in reversed(parents.items()):  # parents come before their children
        depths[node] = depths[parent] + 1
    return {node: depth for node, depth in depths.items() if node <= _RESERVED}


def _limit_lengths(counts: list[int]) -> tuple[int, ...]:
    """BITS with no code longer than 16, without the reserved symbol's (figure K.3, Adjust_BITS)."""
    bits = counts + [0] * (MAX_CODE_BITS + 1 - len(counts))
    for length in range(len(bits) - 1, MAX_CODE_BITS, -1):
        while bits[length] > 0:
            shorter = length - 2
            while bits[shorter] == 0:
                shorter -= 1
            # Two codes of this length become one a bit shorter; its sibling hangs below a code that moves down.
            bits[length] -= 2
            bits[length - 1] += 1
            bits[shorter + 1] += 2
            bits[shorter] -= 1
    longest = max(length for length, count in enumerate(bits) if count)
    bits[longest] -= 1  # the reserved symbol, the last of the longest codes
    return tuple(bits[1 : MAX_CODE_BITS + 1])


_AC_LUMINANCE = """
    01 02 03 00 04 11 05 12 21 31 41 06 13 51 61 07 22 71 14 32 81 91 a1 08 23 42 b1 c1 15 52 d1 f0 24 33 62 72
    82 09 0a 16 17 18 19 1a 25 26 27 28 29 2a 34 35 36 37 38 39 3a 43 44 45 46 47 48 49 4a 53 54 55 56 57 58 59
    5a 63 64 65 66 67 68 69 6a 73 74 75 76 77 78 79 7a 83 84 85 86 87 88 89 8a 92 93 94 95 96 97 98 99 9a a2 a3
    a4 a5 a6 a7 a8 a9 aa b2 b3 b4 b5 b6 b7 b8 b9 ba c2 c3 c4 c5 c6 c7 c8 c9 ca d2 d3 d4 d5 d6 d7 d8 d9 da e1 e2
    e3 e4 e5 e6 e7 e8 e9 ea f1 f2 f3 f4 f5 f6 f7 f8 f9 fa
"""
_AC_CHROMINANCE = """
    00 01 02 03 11 04 05 21 31 06 12 41 51 07 61 71 13 22 32 81 08 14 42 91 a1 b1 c1 09 23 33 52 f0 15 62 72 d1
    0a 16 24 34 e1 25 f1 17 18 19 1a 26 27 28 29 2a 35 36 37 38 39 3a 43 44 45 46 47 48 49 4a 53 54 55 56 57 58
    59 5a 63 64 65 66 67 68 69 6a 73 74 75 76 77 78 79 7a 82 83 84 85 86 87 88 89 8a 92 93 94 95 96 97 98 99 9a
    a2 a3 a4 a5 a6 a7 a8 a9 aa b2 b3 b4 b5 b6 b7 b8 b9 ba c2 c3 c4 c5 c6 c7 c8 c9 ca d2 d3 d4 d5 d6 d7 d8 d9 da
    e2 e3 e4 e5 e6 e7 e8 e9 ea f2 f3 f4 f5 f6 f7 f8 f9 fa
"""
# T.81 tables K.3 to K.6 by (class, slot): what a file without tables of its own means (Motion-JPEG).
DEFAULT_TABLES: dict[tuple[int, int], HuffmanTable] = {
    (0, 0): HuffmanTable((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), tuple(range(12))),
    (0, 1): HuffmanTable((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0), tuple(range(12))),
    (1, 0): HuffmanTable((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125), tuple(bytes.fromhex(_AC_LUMINANCE))),
    (1, 1): HuffmanTable((0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119), tuple(bytes.fromhex(_AC_CHROMINANCE))),
}
