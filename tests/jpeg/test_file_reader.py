"""Order of definitions and scans in a file, kinds of files that are not supported, arguments, and limits."""

from __future__ import annotations

import re

import jpeg_files
import numpy as np
import pytest
from damaged_files import (
    BASELINE,
    COLOR,
    DQT,
    PROGRESSIVE,
    SCAN_DATA,
    SOF,
    SOS,
    assert_refused,
    decode_leniently,
    offset_of,
)
from jpeg_files import inserted, patched, pillow_file, random_coefficients, random_file, segment_offsets
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FormatWarning, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import limits, markers

IMAGE = Image.fromarray(noisy_gradient(70, 90))


ALONE = segment_offsets(random_file(COLOR, (40, 56), jpeg.non_interleaved_script), markers.DHT)


MALFORMED = {
    "no picture": (b"\xff\xd8\xff\xd9", 2, "picture"),
    "scan before frame": (BASELINE[:SOF] + BASELINE[SOF + 19 :], SOS - 19, "frame header"),
    "second frame": (inserted(BASELINE, SOF, BASELINE[SOF : SOF + 19]), SOF + 19, "second"),
    "no table": (jpeg_files.without_segments(BASELINE, markers.DQT), SOS - 134, "quantization table 0"),
    "component that is not there": (patched(BASELINE, SOS + 5, b"\x09"), SOS + 4, r"\[1, 2, 3\]"),
    "component twice": (patched(BASELINE, SOS + 7, b"\1"), SOS + 4, "each once"),
    "Huffman table not there": (patched(BASELINE, SOS + 6, b"\x30"), SOS, "DC Huffman table 3"),
    "second scan": (inserted(BASELINE, len(BASELINE) - 2, BASELINE[SOS:-2]), len(BASELINE) - 2, "a second"),
    "progressive band": (
        patched(PROGRESSIVE, offset_of(PROGRESSIVE, markers.SOS, 8, 1), b"\x40"),
        None,
        "spectral band",
    ),
    "progressive bits": (
        patched(PROGRESSIVE, offset_of(PROGRESSIVE, markers.SOS, 9, 1), b"\x31"),
        None,
        "approximation: 3 to 1",
    ),
    "progressive order": (
        patched(PROGRESSIVE, offset_of(PROGRESSIVE, markers.SOS, 9, 1), b"\x21"),
        None,
        "out of order",
    ),
    "AC before DC": (
        PROGRESSIVE[: offset_of(PROGRESSIVE, markers.SOS)] + PROGRESSIVE[offset_of(PROGRESSIVE, markers.DHT, 0, 1) :],
        None,
        "the DC scan",
    ),
    "Al of 14": (
        patched(PROGRESSIVE, offset_of(PROGRESSIVE, markers.SOS, 13, 0), b"\x0e"),
        None,
        "approximation: 0 to 14",
    ),
    "a first scan again": (
        inserted(
            PROGRESSIVE,
            offset_of(PROGRESSIVE, markers.DHT, 0, 1),
            PROGRESSIVE[offset_of(PROGRESSIVE, markers.SOS) : offset_of(PROGRESSIVE, markers.DHT, 0, 1)],
        ),
        None,
        "out of order",
    ),
    "a component without a scan": (
        random_file(COLOR, (40, 56), jpeg.non_interleaved_script)[: ALONE[2]] + b"\xff\xd9",
        ALONE[2],
        "expected a scan of component 3",
    ),
    "an extension behind the data": (inserted(BASELINE, len(BASELINE) - 2, b"\xff\xf0\0\2"), len(BASELINE) - 2, "JPG0"),
    "unknown marker": (inserted(BASELINE, DQT, b"\xff\x02\0\4ab"), DQT, "0x02"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_the_byte_and_what_was_expected(case: str) -> None:
    assert_refused(*MALFORMED[case])


def frame_of(code: int) -> bytes:
    return patched(BASELINE, SOF + 1, bytes((code,)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *((frame_of(code), markers.UNSUPPORTED[code]) for code in (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xD0))),
        (patched(BASELINE, SOF + 4, b"\x0c"), "12-bit"),
        (inserted(BASELINE, SOF, b"\xff\xcc\0\4ab"), "arithmetic"),
        (inserted(BASELINE, SOF, b"\xff\xde\0\4ab"), "hierarchical"),
        (b"\xff\xd8\xff\xf7\0\x0b\x08\0\x10\0\x10\1\1\x11\0", "JPEG-LS"),
        (
            patched(BASELINE, SOF + 2, b"\0\x17\x08\0\x28\0\x38\5" + b"".join(bytes((i, 17, 0)) for i in range(5))),
            "5 comp",
        ),
        (random_file([(1, 1), (1, 1)], (9, 9)), "two components"),
    ],
)
def test_other_kinds_of_jpeg_are_named(data: bytes, words: str) -> None:
    for strict in (True, False):
        with pytest.raises(UnsupportedError, match=re.escape(words)):
            foveal.decode(data, strict=strict)


def test_a_missing_number_of_lines_is_an_error() -> None:
    with pytest.raises(FormatError, match="expected DNL"):
        foveal.decode(patched(BASELINE, SOF + 5, b"\0\0"))
    without_lines = jpeg_files.with_height_in_dnl(BASELINE)
    dnl = without_lines.rindex(b"\xff\xdc")
    with pytest.raises(FormatError, match=f"byte {dnl + 4:,}: expected a number of lines"):
        foveal.decode(patched(without_lines, dnl + 4, b"\0\0"))
    with pytest.raises(LimitError):
        foveal.decode(patched(without_lines, dnl + 4, b"\xff\xff"), max_pixels=10_000)


def test_quantization_tables_may_change_between_scans() -> None:
    """A component keeps the table that its slot held at its first scan, as in libjpeg (T.81 B.2.2)."""
    coefficients = random_coefficients([(1, 1)] * 3, (32, 32))
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.non_interleaved_script(3)])
    other = b"\xff\xdb\0\x43\1" + bytes(range(10, 74))
    changed = inserted(data, offset_of(data, markers.DHT, 0, 2), other)
    np.testing.assert_array_equal(foveal.decode(changed), pillow_pixels(changed))
    read = jpeg.read_coefficients(changed)
    assert read.tables[1] != read.tables[2]
    written = jpeg.write_coefficients(read)
    np.testing.assert_array_equal(foveal.decode(written), foveal.decode(changed))
    np.testing.assert_array_equal(pillow_pixels(written), foveal.decode(changed))


def test_markers_of_other_kinds_in_broken_data_do_not_hide_the_picture() -> None:
    """Damaged data may contain, say, a marker of arithmetic coding; the picture before it has been decoded."""
    for code in (0xC3, 0xC9, 0xCC, 0xDE, 0xF0):
        damaged = inserted(BASELINE, SCAN_DATA + 200, bytes((0xFF, code, 0, 20)))
        decoded, notes = decode_leniently(damaged)
        np.testing.assert_array_equal(decoded[:14, :14], foveal.decode(BASELINE)[:14, :14])
        assert notes
        assert foveal.inspect(damaged).notes


@pytest.mark.parametrize("data", ["photo.jpg", None, 5, np.zeros(5)])
def test_data_of_the_wrong_kind(data: object) -> None:
    for function in (foveal.decode, foveal.inspect, jpeg.read_coefficients):
        with pytest.raises(ParameterError, match="data must be the bytes of a file"):
            function(data)


def test_max_pixels_of_the_wrong_kind() -> None:
    with pytest.raises(ParameterError, match="max_pixels"):
        foveal.decode(BASELINE, max_pixels=1e6)


def test_limits() -> None:
    for limit in (40 * 56, 40 * 56 + 1):
        assert foveal.decode(BASELINE, max_pixels=limit).shape == (40, 56, 3)
    for strict in (True, False):
        with pytest.raises(LimitError, match=r"56 x 40 pixels; the limit is 2,239"):
            foveal.decode(BASELINE, strict=strict, max_pixels=40 * 56 - 1)
    with pytest.raises(LimitError, match="65,535 x 65,535"):
        foveal.decode(patched(BASELINE, SOF + 5, b"\xff\xff\xff\xff"))


def bomb(count: int, size: int) -> bytes:
    """Return a small progressive file with `count` scans of a few bytes, each of which visits every block."""
    frame = jpeg.Frame(size, size, (jpeg.ComponentHeader(1, 1, 1, 0),))
    flat = jpeg.Coefficients(frame, jpeg.annex_k_tables(50)[:1], jpeg.coefficients.empty_blocks(frame, frame.mcu_rows))
    data = jpeg.write_coefficients(flat, scripts=[(jpeg.Scan((0,), 0, 0), jpeg.Scan((0,), 1, 63))])
    last = offset_of(data, markers.DHT, 0, 1)
    return data[:last] + data[last:-2] * count + b"\xff\xd9"


@pytest.mark.filterwarnings("ignore")
def test_progressive_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert foveal.decode(bomb(limits.MAX_SCANS - 1, 8), strict=False).shape == (8, 8)
    with pytest.raises(LimitError, match="more than 1,000 scans"):
        foveal.decode(bomb(limits.MAX_SCANS, 8), strict=False)
    monkeypatch.setattr(limits, "MAX_PICTURES_SCANNED", 20)
    monkeypatch.setattr(limits, "MAX_PIXELS", 800 * 800)
    assert foveal.decode(bomb(19, 800), strict=False, max_pixels=800 * 800).shape == (800, 800)
    with pytest.raises(LimitError, match="more than 20 scans of a picture of this size"):
        foveal.decode(bomb(20, 800), strict=False, max_pixels=800 * 800)
    assert foveal.decode(bomb(20, 800), strict=False, max_pixels=2 * 800 * 800).shape == (800, 800)


def test_incomplete_scripts_are_noted() -> None:
    """libjpeg does not warn of missing refinement scans, although the pixels do not show that they are missing."""
    data = pillow_file(IMAGE, progressive=True)
    last = foveal.inspect(data).scans[-1].offset
    with pytest.warns(FormatWarning, match="do not send every coefficient in full"):
        foveal.decode(data[:last] + b"\xff\xd9")
    assert foveal.inspect(data).notes == ()
