"""Malformed marker segments, and floods of markers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from damaged_files import (
    BASELINE,
    DQT,
    SCAN_DATA,
    SOF,
    assert_refused,
)
from jpeg_files import inserted, patched

import foveal
from foveal.errors import FormatError, LimitError
from foveal.jpeg import limits

MALFORMED = {
    "empty": (b"", 0, "SOI"),
    "not a JPEG": (b"\x89PNG\r\n\x1a\n", 0, "SOI"),
    "one byte": (b"\xff", 0, "SOI"),
    "SOI alone": (b"\xff\xd8", 2, "marker"),
    "cut in a length": (BASELINE[: DQT + 3], DQT + 2, "length"),
    "length 1": (patched(BASELINE, DQT + 2, b"\0\1"), DQT + 2, "length"),
    "length beyond the file": (patched(BASELINE, DQT + 2, b"\xff\xff"), DQT + 2, "end of the file"),
    "no EOI": (BASELINE[:-2], len(BASELINE) - 2, "EOI"),
    "half an EOI": (BASELINE[:-1], len(BASELINE) - 1, "EOI"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_the_byte_and_what_was_expected(case: str) -> None:
    assert_refused(*MALFORMED[case])


@pytest.mark.filterwarnings("ignore")
def test_floods_of_markers_are_refused() -> None:
    stray = b"\xff\xd0" * (limits.MAX_SEGMENTS - 10)
    assert foveal.decode(inserted(BASELINE, SOF, stray)).shape == (40, 56, 3)
    with pytest.raises(LimitError, match="20,000 segments"):
        foveal.decode(inserted(BASELINE, SOF, stray + b"\xff\xd0" * 20))
    with pytest.raises(LimitError, match="4,194,305 restart markers"):
        foveal.decode(inserted(BASELINE, SCAN_DATA, b"\xff\xd0" * (limits.MAX_RESTARTS + 1)), strict=False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("filling", [b"\xff\x00", b"\xff\xff", b"\x00\x00"])
def test_megabytes_of_nothing_are_passed_over(filling: bytes) -> None:
    """Long runs of bytes that resemble the beginning of a marker: a search in quadratic time would take hours."""
    for offset in (2, SOF, SCAN_DATA + 50, len(BASELINE) - 2):
        with suppress(FormatError):
            foveal.decode(inserted(BASELINE, offset, filling * 1_000_000), strict=False)
