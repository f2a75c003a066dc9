"""Huffman tables: optimal tables for an image, their codes, and the typical tables of the standard.

T.81 K.2, A procedure for generating the lists which specify a Huffman code table; C.2, Conversion of Huffman table
specifications to tables of codes and code lengths; K.3, Typical Huffman tables for 8-bit precision luminance and
chrominance.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.threads import lazy_property

MAX_CODE_BITS = 16
_RESERVED = 256  # symbol that never occurs: it takes the code of all ones, which T.81 K.2 reserves


@dataclass(frozen=True)
class HuffmanTable:
    """A Huffman table as DHT defines it (T.81 B.2.4.2, Huffman table-specification syntax).

    Parameters
    ----------
    bits
        BITS: the number of codes of each length, 1 to 16 bits.
    huffval
        HUFFVAL: the symbols in the order of their codes, from the shortest code to the longest.
    """

    bits: tuple[int, ...]
    huffval: tuple[int, ...]

    @classmethod
    def optimal(cls, histogram: NDArray[np.uint32]) -> HuffmanTable:
        """Make the table that codes symbols in the fewest bits.

        T.81 K.2, A procedure for generating the lists which specify a Huffman code table.

        Parameters
        ----------
        histogram
            (256,) uint32 counts of the symbols. Symbols of count 0 get no code; at least one count must not be 0.
        """
        used = np.flatnonzero(histogram)
        lengths = _find_code_lengths(dict(zip(used.tolist(), histogram[used].tolist(), strict=True)))
        counts = [0] * (max(lengths.values()) + 1)
        for length in lengths.values():
            counts[length] += 1
        bits = _limit_code_lengths(counts)
        symbols = sorted((length, symbol) for symbol, length in lengths.items() if symbol != _RESERVED)
        return cls(bits, tuple(symbol for _, symbol in symbols))

    @lazy_property
    def codes(self) -> NDArray[np.uint32]:
        """Codes for encoding: (256, 2) uint32, code and length in bits by symbol; length 0 for symbols without a code.

        They are EHUFCO and EHUFSI of T.81 C.2, Conversion of Huffman table specifications to tables of codes and code
        lengths.
        """
        # Codes of a length are consecutive numbers, and the first one is the number after the last shorter code with a
        # 0 appended (figure C.2, Generate_code_table): with BITS = 1, 1, 1 they are 0, 10, 110.
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

    @lazy_property
    def decoding_table(self) -> _kernels.DecodingTable:
        """Lookup tables for decoding, made by the kernels."""
        return _kernels.DecodingTable(self.bits, bytes(self.huffval))


def optimal_code_bits(frequencies: list[int]) -> int:
    """Return the bits that symbols take with the table that `HuffmanTable.optimal` makes, up to some 16 bits more.

    Parameters
    ----------
    frequencies
        Counts of the symbols that occur, in any order.
    """
    # Each joined node adds a bit to all symbols below it. The reserved symbol is counted, too, and codes of more than
    # 16 bits are not shortened.
    heap = [*frequencies, 1]
    heapq.heapify(heap)
    bits = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heap[0]
        bits += joined
        heapq.heapreplace(heap, joined)
    return bits


def _find_code_lengths(frequencies: dict[int, int]) -> dict[int, int]:
    """Find the lengths of Huffman codes, without a limit and with the reserved symbol (T.81 figure K.1, Code_size).

    Parameters
    ----------
    frequencies
        Counts of the symbols that occur.

    Returns
    -------
    dict
        Length of the code of each symbol in bits.
    """
    # The two nodes of least frequency are joined under a new node until one is left, the root; the length of a code is
    # the depth of its symbol in this tree. The heap finds V1 and V2 of figure K.1: the least frequency and, among equal
    # ones, the largest symbol.
    heap = [(count, -symbol, symbol) for symbol, count in frequencies.items()]
    heap.append((1, -_RESERVED, _RESERVED))
    heapq.heapify(heap)
    parents: dict[int, int] = {}  # nodes of the tree: symbols, then inner nodes, numbered from _RESERVED + 1
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


def _limit_code_lengths(counts: list[int]) -> tuple[int, ...]:
    """Shorten codes of more than 16 bits and remove the reserved symbol's code (T.81 figure K.3, Adjust_BITS).

    Parameters
    ----------
    counts
        Number of codes of each length from 0 bits up, with the reserved symbol's.

    Returns
    -------
    tuple of int
        BITS: the number of codes of 1 to 16 bits.
    """
    # The longest codes come in pairs of siblings, a and b. One takes the place of their parent and gets a bit shorter.
    # The other becomes the sibling of a code x that is at least two bits shorter, and x gets a bit longer:
    #
    #         .                         .
    #       /   \                     /   \
    #      x     .                   .     .
    #           / \        =>       / \   / \
    #          y   .               x   b y   a
    #             / \
    #            a   b
    #
    # This is repeated from the greatest length down, until no code has more than 16 bits.
    bits = counts + [0] * (MAX_CODE_BITS + 1 - len(counts))
    for length in range(len(bits) - 1, MAX_CODE_BITS, -1):
        while bits[length] > 0:
            shorter = length - 2
            while bits[shorter] == 0:
                shorter -= 1
            bits[length] -= 2  # a and b
            bits[length - 1] += 1  # a
            bits[shorter + 1] += 2  # x and b
            bits[shorter] -= 1  # x
    longest = max(length for length, count in enumerate(bits) if count)
    bits[longest] -= 1  # the reserved symbol's code, the last of the longest ones
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
# Tables K.3 to K.6 by (class, slot), from T.81 K.3, Typical Huffman tables for 8-bit precision luminance and
# chrominance. Motion-JPEG frames without tables of their own are coded with them.
DEFAULT_TABLES: dict[tuple[int, int], HuffmanTable] = {
    (0, 0): HuffmanTable((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), tuple(range(12))),
    (0, 1): HuffmanTable((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0), tuple(range(12))),
    (1, 0): HuffmanTable((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125), tuple(bytes.fromhex(_AC_LUMINANCE))),
    (1, 1): HuffmanTable((0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119), tuple(bytes.fromhex(_AC_CHROMINANCE))),
}
