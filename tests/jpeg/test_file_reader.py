"""Order of definitions and scans in a file, kinds of files that are not supported, arguments, and limits."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

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


def with_identifiers(data: bytes, identifiers: Sequence[int]) -> bytes:
    """Return a file whose components have other identifiers, in the frame header and in every scan header."""
    frame = next(offset for code in markers.HUFFMAN_DCT_FRAMES for offset in segment_offsets(data, code))
    renamed = {data[frame + 10 + 3 * index]: new for index, new in enumerate(identifiers)}
    positions = [frame + 10 + 3 * index for index in range(len(identifiers))]
    for scan in segment_offsets(data, markers.SOS):
        positions += [scan + 5 + 2 * index for index in range(data[scan + 4])]
    for position in positions:
        data = patched(data, position, bytes((renamed[data[position]],)))
    return data


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
        *((frame_of(code), markers.UNSUPPORTED[code]) for code in (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), 0xCD)),
        (patched(BASELINE, SOF + 4, b"\x0c"), "12-bit"),
        (inserted(frame_of(0xC9), SOF, b"\xff\xcc\0\4\0\x10"), "arithmetic"),
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
    for code in (0xC3, 0xC9, 0xDE, 0xF0):
        damaged = inserted(BASELINE, SCAN_DATA + 200, bytes((0xFF, code, 0, 20)))
        decoded, notes = decode_leniently(damaged)
        np.testing.assert_array_equal(decoded[:14, :14], foveal.decode(BASELINE)[:14, :14])
        assert notes
        assert foveal.inspect(damaged).notes


@pytest.mark.parametrize("data", ["photo.jpg", None, 5, np.zeros(5)])
def test_data_of_the_wrong_kind(data: object) -> None:
    with pytest.raises(ParameterError, match="data must be the bytes of a file"):
        jpeg.read_coefficients(data)


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


# Files that libjpeg-turbo opens without a warning, although they break a rule that has no effect on the picture.
ZERO_TABLE = b"\xff\xdb\0\x43\3" + bytes(64)  # in slot 3, which no component uses
IMPOSSIBLE_CODES = b"\xff\xc4\0\x16\3\3" + bytes(15) + b"\0\1\2"  # three codes of one bit, in DC slot 3
IMPOSSIBLE_SYMBOL = b"\xff\xc4\0\x14\3\1" + bytes(15) + b"\x10"  # a DC difference of 16 bits
WITHOUT_JFIF = jpeg_files.without_segments(BASELINE, markers.APP0)
HARMLESS = {
    "DAC before the frame": (inserted(BASELINE, SOF, b"\xff\xcc\0\4\0\x10"), "no DAC"),
    "DAC before the scan": (inserted(BASELINE, SOS, b"\xff\xcc\0\4\x11\5"), "no DAC"),
    "DAC between scans": (inserted(PROGRESSIVE, offset_of(PROGRESSIVE, markers.DHT, 0, 1), b"\xff\xcc\0\2"), "no DAC"),
    "unused steps of 0": (inserted(BASELINE, SOF, ZERO_TABLE), "a quantizer step above 0"),
    "steps of 0 redefined": (inserted(BASELINE, DQT, patched(ZERO_TABLE, 4, b"\0")), "a quantizer step above 0"),
    "unused impossible codes": (inserted(BASELINE, SOS, IMPOSSIBLE_CODES), "fewer Huffman codes of length 1"),
    "unused impossible symbol": (inserted(BASELINE, SOS, IMPOSSIBLE_SYMBOL), "DC symbols of 0 to 15"),
    "AC slot of a DC scan": (patched(PROGRESSIVE, offset_of(PROGRESSIVE, markers.SOS, 6), b"\x0f"), None),
    "identifiers 1, 1, 1": (with_identifiers(BASELINE, (1, 1, 1)), "a different identifier"),
    "identifiers 1, 2, 2": (with_identifiers(BASELINE, (1, 2, 2)), "a different identifier"),
    "identifiers 7, 0, 7": (with_identifiers(BASELINE, (7, 0, 7)), "a different identifier"),
    "identifiers R, R, B": (
        with_identifiers(jpeg_files.without_segments(BASELINE, markers.APP0), b"RRB"),
        "a different",
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_has_no_effect_on_the_picture_is_at_most_a_warning(case: str) -> None:
    data, words = HARMLESS[case]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FormatWarning)
        pixels = foveal.decode(data)
    assert [words in str(warning.message) for warning in caught] == ([True] if words else [])
    np.testing.assert_array_equal(pixels, pillow_pixels(data))
    assert len(foveal.inspect(data).notes) == len(caught)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FormatWarning)
        rewritten = jpeg.write_coefficients(jpeg.read_coefficients(data), scripts=[jpeg.non_interleaved_script(3)])
    np.testing.assert_array_equal(foveal.decode(rewritten), pixels)


@pytest.mark.parametrize(
    ("table", "slots", "words"),
    [
        (ZERO_TABLE, {SOF + 12: b"\3"}, "a quantizer step above 0"),
        (IMPOSSIBLE_CODES, {SOS + 6: b"\x30"}, "fewer Huffman codes of length 1"),
        (IMPOSSIBLE_SYMBOL, {SOS + 6: b"\x30"}, "DC symbols of 0 to 15"),
    ],
)
def test_impossible_values_of_a_table_that_is_used_are_faults(
    table: bytes, slots: dict[int, bytes], words: str
) -> None:
    data = BASELINE
    for offset, slot in slots.items():
        data = patched(data, offset, slot)
    with pytest.raises(FormatError, match=words):
        foveal.decode(inserted(data, DQT, table))


@pytest.mark.filterwarnings("ignore::foveal.errors.FormatWarning")
def test_scans_of_one_component_name_the_first_component_of_their_identifier() -> None:
    """As in libjpeg-turbo; which of the components was meant is not known, so that a strict reading stops."""
    data = jpeg.write_coefficients(random_coefficients(COLOR, (40, 56)), scripts=[jpeg.non_interleaved_script(3)])
    data = with_identifiers(data, (1, 2, 2))
    with pytest.raises(FormatError, match="expected one scan of component 2, found a second"):
        foveal.decode(data)
    assert foveal.decode(data, strict=False).shape == (40, 56, 3)
