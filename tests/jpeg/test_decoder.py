"""Decoding of whole files: rare but legal ones, truncated ones, and coefficients without a colour model."""

from __future__ import annotations

import jpeg_files
import numpy as np
import pytest
from damaged_files import (
    BASELINE,
    GREY,
    PROGRESSIVE,
    RESTARTED,
    SOF,
    decode_leniently,
    offset_of,
)
from jpeg_files import inserted, random_file

import foveal
from foveal import jpeg
from foveal.jpeg import markers


def test_coefficients_need_no_colours() -> None:
    data = random_file([(1, 1), (2, 1)], (9, 9))
    assert len(jpeg.read_coefficients(data).blocks) == 2


def test_legal_rarities_decode_without_a_warning() -> None:
    expected = foveal.decode(BASELINE)
    np.testing.assert_array_equal(foveal.decode(inserted(BASELINE, SOF, b"\xff" * 7)), expected)  # fill bytes (B.1.1.2)
    np.testing.assert_array_equal(foveal.decode(inserted(BASELINE, len(BASELINE) - 2, b"\xff\xff")), expected)
    np.testing.assert_array_equal(foveal.decode(BASELINE + b"anything behind EOI"), expected)
    np.testing.assert_array_equal(foveal.decode(jpeg_files.with_height_in_dnl(BASELINE)), expected)
    filled = RESTARTED.replace(b"\xff\xd1", b"\xff\xff\xff\xd1")
    np.testing.assert_array_equal(foveal.decode(filled), foveal.decode(RESTARTED))
    for kind in (bytearray, memoryview):
        np.testing.assert_array_equal(foveal.decode(kind(BASELINE)), expected)


def test_a_cut_progressive_file_gives_the_scans_that_came() -> None:
    second = offset_of(PROGRESSIVE, markers.DHT, 0, 1)
    decoded, notes = decode_leniently(PROGRESSIVE[:second])
    coefficients = jpeg.read_coefficients(PROGRESSIVE)
    for levels in coefficients.blocks:
        levels[:, :, 1:] = 0
        levels[:, :, 0] = levels[:, :, 0] >> 1 << 1
    np.testing.assert_array_equal(decoded, foveal.decode(jpeg.write_coefficients(coefficients)))
    assert notes == [f"byte {second:,}: expected a marker or EOI, found the end of the file"]


@pytest.mark.parametrize(
    "data", [BASELINE, GREY, RESTARTED, PROGRESSIVE], ids=["baseline", "grey", "restarts", "scans"]
)
def test_coefficients_become_the_pixels_of_their_file(data: bytes) -> None:
    np.testing.assert_array_equal(jpeg.reconstruct(jpeg.read_coefficients(data)), jpeg.decode(data))
