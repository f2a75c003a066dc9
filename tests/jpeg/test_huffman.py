"""Huffman tables, against worked examples, the optimized tables of libjpeg-turbo and the rules for legal codes."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_readers import marker_segments
from PIL import Image

from foveal import jpeg
from foveal.jpeg.huffman import HuffmanTable, optimal_code_bits


def histogram(counts: dict[int, int]) -> np.ndarray:
    values = np.zeros(256, dtype=np.uint32)
    for symbol, count in counts.items():
        values[symbol] = count
    return values


def lengths(table: HuffmanTable) -> dict[int, int]:
    sizes = [length for length, count in enumerate(table.bits, start=1) for _ in range(count)]
    return dict(zip(table.huffval, sizes, strict=True))


def kraft_sum(table: HuffmanTable) -> float:
    return sum(2.0**-length for length in lengths(table).values())


def test_a_single_symbol_gets_a_code_of_one_zero_bit() -> None:
    table = HuffmanTable.optimal(histogram({7: 1000}))
    assert table.codes[7].tolist() == [0, 1]
    assert table.bits == (1, *[0] * 15)


def test_codes_of_a_worked_example() -> None:
    """Frequencies 8, 4, 2 and 1, and 1 of the reserved symbol: lengths 1, 2, 3 and 4; the reserved code is 1111."""
    table = HuffmanTable.optimal(histogram({1: 8, 2: 4, 3: 2, 4: 1}))
    assert {symbol: tuple(table.codes[symbol]) for symbol in (1, 2, 3, 4)} == {
        1: (0b0, 1),
        2: (0b10, 2),
        3: (0b110, 3),
        4: (0b1110, 4),
    }


def test_fibonacci_frequencies_are_cut_to_16_bits() -> None:
    """Fibonacci frequencies make the longest codes: without the limit, the rarest of 40 symbols would have 40 bits."""
    fibonacci = [1, 1]
    while len(fibonacci) < 40:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    table = HuffmanTable.optimal(histogram(dict(enumerate(fibonacci))))
    assert sum(table.bits) == 40
    assert max(lengths(table).values()) == 16
    assert kraft_sum(table) < 1


@given(st.dictionaries(st.integers(0, 255), st.integers(1, 2**31 - 1), min_size=1))
def test_any_histogram_gives_a_legal_prefix_code(counts: dict[int, int]) -> None:
    table = HuffmanTable.optimal(histogram(counts))
    assert sorted(table.huffval) == sorted(counts)
    assert sum(table.bits) == len(counts)
    assert kraft_sum(table) <= 1 - 2.0**-16  # at least one code is left for the reserved code of all ones
    codes = [(int(table.codes[symbol][0]), int(table.codes[symbol][1])) for symbol in counts]
    assert all(code != (1 << length) - 1 for code, length in codes)
    texts = sorted(format(code, f"0{length}b") for code, length in codes)
    assert not any(after.startswith(before) for before, after in itertools.pairwise(texts))


@given(st.dictionaries(st.integers(0, 255), st.integers(1, 50), min_size=2, max_size=60))
def test_length_falls_as_frequency_rises(counts: dict[int, int]) -> None:
    size = lengths(HuffmanTable.optimal(histogram(counts)))
    for symbol, count in counts.items():
        assert all(size[symbol] <= size[other] for other in counts if counts[other] < count)


def dht_tables(data: bytes) -> dict[int, HuffmanTable]:
    tables = {}
    for payload in (payload for code, payload in marker_segments(data) if code == 0xC4):
        start = 0
        while start < len(payload):
            bits = tuple(payload[start + 1 : start + 17])
            tables[payload[start]] = HuffmanTable(bits, tuple(payload[start + 17 : start + 17 + sum(bits)]))
            start += 17 + sum(bits)
    return tables


@pytest.mark.parametrize("quality", [20, 80, 98])
def test_tables_are_libjpegs_for_the_same_levels(quality: int, chelsea: np.ndarray) -> None:
    """A grey picture of flat blocks has the same levels in both encoders, so the same histogram and optimal tables."""
    grey = np.ascontiguousarray(chelsea[:64, :64, 1] // 32 * 32)
    flat = np.repeat(np.repeat(grey[::8, ::8], 8, axis=0), 8, axis=1)  # DC only, which both DCTs compute exactly
    file = io.BytesIO()
    Image.fromarray(flat).save(file, "JPEG", quality=quality, optimize=True)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), script=jpeg.sequential_script)
    assert dht_tables(jpeg.encode(flat, settings)) == dht_tables(file.getvalue())


@given(st.dictionaries(st.integers(0, 255), st.integers(1, 50), min_size=1, max_size=50))
def test_bits_are_known_before_the_table(counts: dict[int, int]) -> None:
    """The estimate also holds the code of the reserved symbol, of 1 to 15 bits.

    A code of 16 bits takes counts whose sum is at least the 18th Fibonacci number, 2,584; here it is at most 2,501.
    """
    table = HuffmanTable.optimal(histogram(counts))
    bits = sum(count * int(table.codes[symbol][1]) for symbol, count in counts.items())
    assert 1 <= optimal_code_bits(list(counts.values())) - bits <= 15
