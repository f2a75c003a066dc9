"""Huffman tables: made for the image (ITU-T T.81 K.2) and turned into codes (C.1, C.2)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

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
        lengths = _code_lengths({symbol: int(histogram[symbol]) for symbol in np.flatnonzero(histogram).tolist()})
        counts = [0] * (max(lengths.values()) + 1)
        for length in lengths.values():
            counts[length] += 1
        bits = _limit_lengths(counts)
        symbols = sorted((length, symbol) for symbol, length in lengths.items() if symbol != _RESERVED)
        return cls(bits, tuple(symbol for _, symbol in symbols))

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """EHUFCO and EHUFSI (C.2) by symbol: (256, 2) uint32 of code and length in bits; length 0 where none."""
        table = np.zeros((256, 2), dtype=np.uint32)
        code, position = 0, 0
        for length, count in enumerate(self.bits, start=1):
            for symbol in self.huffval[position : position + count]:
                table[symbol] = code, length
                code += 1
            position += count
            code <<= 1
        return table


def _code_lengths(frequencies: dict[int, int]) -> dict[int, int]:
    """Lengths of Huffman codes, the reserved symbol included (figure K.1, ties taken as there)."""
    # The heap finds V1 and V2 of figure K.1: the least frequency, and among equals the largest symbol.
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (count, -symbol, (symbol,)) for symbol, count in frequencies.items()
    ]
    heap.append((1, -_RESERVED, (_RESERVED,)))
    heapq.heapify(heap)
    lengths = dict.fromkeys((*frequencies, _RESERVED), 0)
    while len(heap) > 1:
        least_count, least, least_members = heapq.heappop(heap)
        next_count, _, next_members = heapq.heappop(heap)
        members = least_members + next_members
        for symbol in members:
            lengths[symbol] += 1
        heapq.heappush(heap, (least_count + next_count, least, members))
    return lengths


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
