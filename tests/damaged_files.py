"""Valid files of a few kinds for tests to damage, and checks of what the decoder does with the result."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from jpeg_files import random_file, segment_offsets, successive_approximation_script

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FormatWarning
from foveal.jpeg import markers


def offset_of(data: bytes, code: int, plus: int = 0, which: int = 0) -> int:
    """Return the offset of a marker's n-th occurrence (`which`), or of a byte after it (`plus`)."""
    return segment_offsets(data, code)[which] + plus


COLOR = [(2, 2), (1, 1), (1, 1)]
BASELINE = random_file(COLOR, (40, 56))
GREY = random_file([(1, 1)], (40, 56))
RESTARTED = random_file(COLOR, (64, 64), restart_interval=2)
PROGRESSIVE = random_file(COLOR, (40, 56), successive_approximation_script)

# Offsets in BASELINE.
SOF, SOS, DQT, DHT = (offset_of(BASELINE, code) for code in (markers.SOF0, markers.SOS, markers.DQT, markers.DHT))
SCAN_DATA = SOS + 14


def decode_leniently(data: bytes) -> tuple[np.ndarray, list[str]]:
    """Return pixels and warnings of a lenient reading, all of which must be FormatWarnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = foveal.decode(data, strict=False)
    assert all(warning.category is FormatWarning for warning in caught)
    return pixels, [str(warning.message) for warning in caught]


def assert_refused(data: bytes, offset: int | None, words: str) -> None:
    """Check that strict reading raises a FormatError that names the byte, if it is given, and matches `words`."""
    with pytest.raises(FormatError, match=r"^byte [\d,]+: ") as raised:
        foveal.decode(data)
    assert re.search(words, str(raised.value)), raised.value
    assert "expected" in str(raised.value) or "out of order" in str(raised.value)
    if offset is not None:
        assert str(raised.value).startswith(f"byte {offset:,}: ")
    with pytest.raises(FormatError):
        jpeg.read_coefficients(data)
