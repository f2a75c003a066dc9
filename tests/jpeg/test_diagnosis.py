"""Irregular files that strict reading accepts, and the warnings about them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from damaged_files import (
    BASELINE,
    RESTARTED,
    SOF,
    SOS,
    decode_leniently,
    offset_of,
)
from jpeg_files import inserted, patched, random_file

import foveal
from foveal.errors import FormatWarning
from foveal.jpeg import markers

HARMLESS: dict[str, tuple[Callable[[], bytes], str]] = {
    "bytes between segments": (lambda: inserted(BASELINE, SOF, b"\0\1\2\xff\0"), "5 bytes that belong to no segment"),
    "bytes before EOI": (lambda: inserted(BASELINE, len(BASELINE) - 2, b"\0\0\0"), "3 bytes"),
    "a stray restart marker": (lambda: inserted(BASELINE, SOF, b"\xff\xd3"), "RST3"),
    "zeros for a band": (lambda: patched(BASELINE, SOS + 11, b"\0\0"), "0, 63, 0, 0"),
    "more restart intervals": (
        lambda: inserted(RESTARTED, len(RESTARTED) - 2, b"\xff\xd7ab\xff\xd0"),
        "more restart intervals than the 8",
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_leaves_no_doubt_about_the_picture_is_a_warning(case: str) -> None:
    make, words = HARMLESS[case]
    data = make()
    intact = RESTARTED if "restart intervals" in case else BASELINE
    with pytest.warns(FormatWarning, match=re.escape(words)):
        decoded = foveal.decode(data)
    np.testing.assert_array_equal(decoded, foveal.decode(intact))


def test_many_faults_are_told_in_few_warnings() -> None:
    data = random_file([(1, 1)], (256, 256), restart_interval=1)
    start = offset_of(data, markers.SOS) + 10
    emptied = data[:start] + b"".join(b"\xff" + bytes((0xD0 + index % 8,)) for index in range(1023)) + b"\xff\xd9"
    _, notes = decode_leniently(emptied)
    assert len(notes) == 9
    assert notes[-1].startswith("... and 99")


def test_warnings_point_to_the_caller() -> None:
    with pytest.warns(FormatWarning) as caught:
        foveal.decode(inserted(BASELINE, SOF, b"\0"))
    assert [str(warning.message) for warning in caught] == [f"byte {SOF:,}: 1 bytes that belong to no segment"]
    assert caught[0].filename == __file__
