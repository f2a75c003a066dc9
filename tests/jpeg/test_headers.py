"""Malformed frame headers, scan headers and tables."""

from __future__ import annotations

import pytest
from damaged_files import (
    BASELINE,
    DHT,
    DQT,
    SOF,
    SOS,
    assert_refused,
)
from jpeg_files import inserted, patched

MALFORMED = {
    "9-bit samples": (patched(BASELINE, SOF + 4, b"\x09"), SOF + 4, "8 bits"),
    "no width": (patched(BASELINE, SOF + 7, b"\0\0"), SOF + 7, "width"),
    "no components of a frame": (patched(BASELINE, SOF + 2, b"\0\x08\x08\0\x28\0\x38\0"), SOF + 9, "components"),
    "frame too short": (patched(BASELINE, SOF + 9, b"\4"), SOF, "frame header"),
    "factor 0": (patched(BASELINE, SOF + 11, b"\x02"), SOF + 11, "1 to 4"),
    "factor 5": (patched(BASELINE, SOF + 11, b"\x25"), SOF + 11, "1 to 4"),
    "slot 4": (patched(BASELINE, SOF + 12, b"\4"), SOF + 12, "0 to 3"),
    "table cut off": (patched(BASELINE, DQT + 4, b"\x10"), DQT + 4 + 129, "precision"),
    "step 0": (patched(BASELINE, DQT + 15, b"\0"), DQT + 15, "above 0"),
    "too many codes": (patched(BASELINE, DHT + 5, b"\3\0\1\1\1\1"), DHT + 5, "codes of length 1"),
    "a code of all ones": (patched(BASELINE, DHT + 5, b"\2\1\1\1\1\1"), DHT + 5, "codes of length 1"),
    "DC symbol 16": (patched(BASELINE, DHT + 21, b"\x10"), DHT + 21, "0 to 15"),
    "no components": (patched(BASELINE, SOS + 4, b"\0"), SOS + 4, "1 to 4"),
    "scan header too short": (patched(BASELINE, SOS + 4, b"\1"), SOS, "8 bytes|6 bytes"),
    "Huffman slot 4": (patched(BASELINE, SOS + 6, b"\x40"), SOS, "DC Huffman table 4"),
    "257 codes": (
        inserted(BASELINE, DHT, b"\xff\xc4\x01\x14\x10" + bytes(14) + bytes((2, 255)) + bytes(257)),
        DHT + 4,
        "at most 256",
    ),
    "restart interval of 3 bytes": (inserted(BASELINE, DQT, b"\xff\xdd\0\5\0\0\0"), DQT, "2 bytes, found 3"),
    "16-bit step 0": (inserted(BASELINE, SOF, b"\xff\xdb\0\x83\x10" + b"\0\1" * 9 + bytes(110)), SOF + 23, "above 0"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_the_byte_and_what_was_expected(case: str) -> None:
    assert_refused(*MALFORMED[case])
