"""A slow and simple reader of JPEG files, written after ITU-T T.81, which records the bits of each block.

It shares no code with the package. Tests that use it compare its levels with those of libjpeg.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil

import numpy as np

Block = tuple[int, int, int]  # component, row, column


@dataclass
class NaiveScan:
    """Bits of each block in a scan, and the number of bits in its data without byte stuffing."""

    bits: dict[Block, str] = field(default_factory=dict)
    data_bits: int = 0


class NaiveFile:
    """A file without restart markers, read scan by scan; levels[component, row, column] is (64,) in zig-zag order."""

    def __init__(self, data: bytes) -> None:
        self.scans: list[NaiveScan] = []
        self.levels: dict[Block, np.ndarray] = defaultdict(lambda: np.zeros(64, int))
        self._codes: dict[tuple[int, int], dict[str, int]] = {}
        position = 2
        while data[position + 1] != 0xD9:
            marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
            payload = data[position + 4 : position + 2 + length]
            position += 2 + length
            if marker in (0xC0, 0xC1, 0xC2):
                self._read_frame(payload)
            elif marker == 0xC4:
                self._read_tables(payload)
            elif marker == 0xDA:
                end = position
                while data[end] != 0xFF or data[end + 1] == 0:
                    end += 1
                self._read_scan(payload, data[position:end].replace(b"\xff\x00", b"\xff"))
                position = end

    def bits_of(self, block: Block) -> str:
        """Return the bits of a block in all scans, one after the other."""
        return "".join(scan.bits.get(block, "") for scan in self.scans)

    def _read_frame(self, payload: bytes) -> None:
        height, width = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
        self.factors = [(payload[i + 1] >> 4, payload[i + 1] & 15) for i in range(6, len(payload), 3)]
        self._identifiers = [payload[i] for i in range(6, len(payload), 3)]
        h_max, v_max = (max(each) for each in zip(*self.factors, strict=True))
        self._mcus = ceil(height / (8 * v_max)), ceil(width / (8 * h_max))
        self._blocks = [
            (ceil(ceil(height * v / v_max) / 8), ceil(ceil(width * h / h_max) / 8)) for h, v in self.factors
        ]

    def _read_tables(self, payload: bytes) -> None:
        """Read DHT and assign the codes.

        See T.81 C.2, Conversion of Huffman table specifications to tables of codes and code lengths.
        """
        while payload:
            counts, code, position = payload[1:17], 0, 17
            codes = {}
            for length, count in enumerate(counts, start=1):
                for symbol in payload[position : position + count]:
                    codes[f"{code:0{length}b}"] = symbol
                    code += 1
                position += count
                code <<= 1
            self._codes[payload[0] >> 4, payload[0] & 15] = codes
            payload = payload[position:]

    def _block_order(self, components: list[int]) -> list[Block]:
        """Return the order of blocks (T.81 A.2.2, Non-interleaved order; A.2.3, Interleaved order)."""
        if len(components) == 1:
            rows, columns = self._blocks[components[0]]
            return [(components[0], row, column) for row in range(rows) for column in range(columns)]
        return [
            (component, mcu_row * v + y, mcu_column * h + x)
            for mcu_row in range(self._mcus[0])
            for mcu_column in range(self._mcus[1])
            for component in components
            for h, v in [self.factors[component]]
            for y in range(v)
            for x in range(h)
        ]

    def _read_scan(self, payload: bytes, data: bytes) -> None:
        count = payload[0]
        components = [self._identifiers.index(payload[1 + 2 * i]) for i in range(count)]
        slots = {component: payload[2 + 2 * i] for i, component in enumerate(components)}
        start, end, high, low = payload[-3], payload[-2], payload[-1] >> 4, payload[-1] & 15
        self._source, self._position = "".join(f"{byte:08b}" for byte in data), 0
        self._eob_run = 0
        predictions = dict.fromkeys(components, 0)
        scan = NaiveScan(data_bits=len(self._source))
        for block in self._block_order(components):
            before, levels, slot = self._position, self.levels[block], slots[block[0]]
            if start == 0 and high:
                levels[0] |= int(self._take(1)) << low
            elif start == 0:
                size = self._symbol(0, slot >> 4)
                predictions[block[0]] += self._value(size)
                levels[0] = predictions[block[0]] << low
            if end and high:
                self._refine(levels, slot & 15, start, end, 1 << low)
            elif end:
                self._read_first(levels, slot & 15, max(start, 1), end, low)
            scan.bits[block] = self._source[before : self._position]
        assert 0 <= len(self._source) - self._position < 8
        self.scans.append(scan)

    def _read_first(self, levels: np.ndarray, slot: int, k: int, end: int, low: int) -> None:
        """Read AC coefficients of a block in their first scan (T.81 F.2.2.2, Huffman decoding of AC coefficients)."""
        if self._eob_run:
            self._eob_run -= 1
            return
        while k <= end:
            run, size = divmod(self._symbol(1, slot), 16)
            if size == 0 and run < 15:
                self._eob_run = (1 << run) + int("0" + self._take(run), 2) - 1
                return
            k += run
            if size:
                levels[k] = self._value(size) * (1 << low)
            k += 1

    def _refine(self, levels: np.ndarray, slot: int, k: int, end: int, unit: int) -> None:
        """Read a refinement of AC coefficients in a block.

        See T.81 G.1.2.3, Coding model for subsequent scans of successive approximation.
        """
        while k <= end and not self._eob_run:
            run, size = divmod(self._symbol(1, slot), 16)
            if size == 0 and run < 15:
                self._eob_run = (1 << run) + int("0" + self._take(run), 2)
                break
            new = self._value(size) * unit
            while k <= end and (levels[k] or run):
                if levels[k]:
                    self._correct(levels, k, unit)
                else:
                    run -= 1
                k += 1
            if size:
                levels[k] = new
            k += 1
        if self._eob_run:
            for index in range(k, end + 1):
                if levels[index]:
                    self._correct(levels, index, unit)
            self._eob_run -= 1

    def _correct(self, levels: np.ndarray, index: int, unit: int) -> None:
        if self._take(1) == "1":
            levels[index] += unit if levels[index] > 0 else -unit

    def _take(self, count: int) -> str:
        self._position += count
        return self._source[self._position - count : self._position]

    def _symbol(self, table_class: int, slot: int) -> int:
        """Read a Huffman code and return its symbol (T.81 F.2.2.3, The DECODE procedure)."""
        code = ""
        while code not in self._codes[table_class, slot]:
            code += self._take(1)
            assert len(code) <= 16
        return self._codes[table_class, slot][code]

    def _value(self, size: int) -> int:
        """Read the additional bits of a coefficient (T.81 F.2.2.1, EXTEND)."""
        bits = self._take(size)
        return int("0" + bits, 2) if bits[:1] != "0" else int(bits, 2) - (1 << size) + 1
