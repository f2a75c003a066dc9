"""Damaged entropy-coded data: what is reported, and where decoding resumes."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from damaged_files import (
    BASELINE,
    GREY,
    RESTARTED,
    SCAN_DATA,
    assert_refused,
    decode_leniently,
    offset_of,
)
from jpeg_files import inserted, patched, random_file, segment_offsets

import foveal
from foveal import jpeg
from foveal.errors import FormatWarning
from foveal.jpeg import markers


def patched_end(data: bytes) -> bytes:
    """Return a file without the last byte of its entropy-coded data."""
    return data[:-3] + data[-2:]


MALFORMED = {
    "cut in the data": (BASELINE[: SCAN_DATA + 100], SCAN_DATA + 100, "more data"),
    "restart markers lost": (RESTARTED.replace(b"\xff\xd0", b""), None, "RST0, found RST1"),
    "restart marker changed": (RESTARTED.replace(b"\xff\xd1", b"\xff\xd5"), None, "RST1, found RST5"),
    "one byte too few": (patched_end(GREY), len(GREY) - 3, "more data"),
    "a reserved marker in the data": (inserted(BASELINE, SCAN_DATA + 60, b"\xff\xf0\0\x08"), None, "more data"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_the_byte_and_what_was_expected(case: str) -> None:
    assert_refused(*MALFORMED[case])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_lenient_reading_keeps_what_came_before_the_cut(share: float) -> None:
    pixels = skimage.data.coffee()
    whole = foveal.encode(pixels, progressive=False, saliency=None)
    cut = whole[: int(len(whole) * share)]
    decoded, notes = decode_leniently(cut)
    expected = foveal.decode(whole)
    assert decoded.shape == expected.shape
    same_rows = (decoded == expected).all(axis=(1, 2))
    first_bad = int(np.argmin(same_rows))
    assert 0.5 * share < first_bad / len(same_rows) < 1.5 * share
    assert (decoded[-16:] == 128).all()  # missing blocks are mid-grey
    assert any("more data" in note for note in notes)
    assert any("EOI" in note for note in notes)


@pytest.mark.parametrize("lost", [1, 2, 3, 6])
def test_a_lenient_reading_goes_on_after_lost_restart_intervals(lost: int) -> None:
    data = random_file([(1, 1)], (8, 8 * 40), restart_interval=1)
    expected = foveal.decode(data)
    restarts = [offset for code in range(0xD0, 0xD8) for offset in segment_offsets(data, code)]
    restarts.sort()
    first = 9
    damaged = data[: restarts[first]] + data[restarts[first + lost] :]
    decoded, notes = decode_leniently(damaged)
    bad = set(np.flatnonzero((decoded != expected).any(axis=0)) // 8)
    assert bad <= set(range(first + 1, first + 1 + lost))
    assert (decoded[:, 8 * (first + 1) : 8 * (first + 1 + lost)] == 128).all()
    assert any(f"expected RST{first % 8}" in note for note in notes)


@pytest.mark.parametrize("part", [0.1, 0.2, 0.3, 0.4, 0.5])
@pytest.mark.filterwarnings("ignore::foveal.errors.FormatWarning")
def test_a_lenient_reading_goes_on_behind_a_code_that_is_none(part: float) -> None:
    """Huffman codes synchronize again, even without restart markers, as with libjpeg."""
    data = jpeg.encode(skimage.data.coffee(), jpeg.EncoderSettings(script=jpeg.sequential_script))
    start = offset_of(data, markers.SOS) + 14
    damaged = patched(data, start + int((len(data) - start) * part), b"\xfe" * 24)
    # Only DC is wrong in the rest, and the blocks are shifted by some MCUs.
    found, expected = (
        jpeg.read_coefficients(each, strict=False).blocks[1].reshape(-1, 64)[:, 1:] for each in (damaged, data)
    )
    assert expected[-400:-50].any(axis=1).mean() > 0.5
    equal = [(np.roll(found, shift, axis=0) == expected)[-400:-50].all(axis=1).mean() for shift in range(-40, 41)]
    assert max(equal) > 0.95


def test_a_lenient_reading_goes_on_behind_broken_data() -> None:
    data = random_file([(1, 1)], (64, 64), restart_interval=8)
    start = offset_of(data, 0xD2) + 2
    broken = patched(data, start, b"\xfe" * 8)
    expected = foveal.decode(data)
    decoded, notes = decode_leniently(broken)
    np.testing.assert_array_equal(decoded[:24], expected[:24])
    np.testing.assert_array_equal(decoded[32:], expected[32:])
    assert notes


def test_a_wrong_number_of_a_restart_marker_moves_nothing() -> None:
    """The number of intervals is as expected, so that none is missing: only the marker is damaged."""
    data = random_file([(1, 1)], (8, 8 * 40), restart_interval=1)
    wrong = patched(data, offset_of(data, 0xD1), b"\xff\xd5")
    decoded, notes = decode_leniently(wrong)
    np.testing.assert_array_equal(decoded, foveal.decode(data))
    assert notes == [f"byte {offset_of(data, 0xD1):,}: expected RST1, found RST5"]


@pytest.mark.parametrize("interval", [0, 7, 8])
def test_bytes_that_are_not_needed_are_counted_once(interval: int) -> None:
    data = random_file([(1, 1)], (64, 64), restart_interval=interval)
    more = inserted(data, len(data) - 2, b"abc")
    if interval:
        more = inserted(more, offset_of(more, 0xD2), b"de")
    found = 3 + 2 * bool(interval)
    with pytest.warns(FormatWarning, match=f": {found} bytes of the scan"):
        foveal.decode(more)


def test_many_missing_intervals_take_no_time() -> None:
    """A file of a few kilobytes may announce a million restart intervals."""
    data = random_file([(1, 1)], (8, 16), restart_interval=1)
    start = offset_of(data, markers.SOS) + 10
    markers_in_turn = b"".join(bytes((0xFF, 0xD0 + index % 8)) for index in range(2000))
    wide = patched(data, offset_of(data, markers.SOF0, 5), (10_000).to_bytes(2, "big") + (8_000).to_bytes(2, "big"))
    decoded, notes = decode_leniently(wide[:start] + markers_in_turn + b"\xff\xd9")
    assert decoded.shape == (10_000, 8_000)
    assert len(notes) == 9


def test_a_lenient_reading_ends_with_the_data() -> None:
    """With an empty Huffman table every bit is an error; after the last bit decoding must not resume."""
    empty_table = b"\xff\xc4\0\x13\0" + bytes(16)
    without_codes = inserted(GREY, offset_of(GREY, markers.SOS), empty_table)
    start = offset_of(without_codes, markers.SOS) + 10
    for length in range(3):
        decoded, notes = decode_leniently(without_codes[:start] + bytes(length) + b"\xff\xd9")
        assert (decoded == 128).all()
        assert "found none" in notes[0]
