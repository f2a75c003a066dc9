"""What a decoder must refuse, and where; what it makes of what is left; limits."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import jpeg_files
import numpy as np
import pytest
import skimage.data
from jpeg_files import inserted, patched, random_coefficients, random_file, segment_offsets
from other_readers import pillow_pixels
from pictures import noisy_gradient

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FormatWarning, LimitError, ParameterError, UnsupportedError
from foveal.jpeg import limits, markers

COLOR = [(2, 2), (1, 1), (1, 1)]
BASELINE = random_file(COLOR, (40, 56))
GREY = random_file([(1, 1)], (40, 56))
RESTARTED = random_file(COLOR, (64, 64), restart_interval=2)
PROGRESSIVE = random_file(COLOR, (40, 56), jpeg.successive_approximation_script)


def at(data: bytes, code: int, plus: int = 0, which: int = 0) -> int:
    return segment_offsets(data, code)[which] + plus


def lenient(data: bytes) -> tuple[np.ndarray, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = foveal.decode(data, strict=False)
    assert all(warning.category is FormatWarning for warning in caught)
    return pixels, [str(warning.message) for warning in caught]


def patched_end(data: bytes) -> bytes:
    """Return a file of which the last byte of the data is missing."""
    return data[:-3] + data[-2:]


ALONE = segment_offsets(random_file(COLOR, (40, 56), jpeg.non_interleaved_script), markers.DHT)
SOF, SOS, DQT, DHT = (at(BASELINE, code) for code in (markers.SOF0, markers.SOS, markers.DQT, markers.DHT))
SCAN_DATA = SOS + 14
MALFORMED = {
    "empty": (b"", 0, "SOI"),
    "not a JPEG": (b"\x89PNG\r\n\x1a\n", 0, "SOI"),
    "one byte": (b"\xff", 0, "SOI"),
    "SOI alone": (b"\xff\xd8", 2, "marker"),
    "no picture": (b"\xff\xd8\xff\xd9", 2, "picture"),
    "cut in a length": (BASELINE[: DQT + 3], DQT + 2, "length"),
    "length 1": (patched(BASELINE, DQT + 2, b"\0\1"), DQT + 2, "length"),
    "length beyond the file": (patched(BASELINE, DQT + 2, b"\xff\xff"), DQT + 2, "end of the file"),
    "scan before frame": (BASELINE[:SOF] + BASELINE[SOF + 19 :], SOS - 19, "frame header"),
    "second frame": (inserted(BASELINE, SOF, BASELINE[SOF : SOF + 19]), SOF + 19, "second"),
    "9-bit samples": (patched(BASELINE, SOF + 4, b"\x09"), SOF + 4, "8 bits"),
    "no width": (patched(BASELINE, SOF + 7, b"\0\0"), SOF + 7, "width"),
    "no components of a frame": (patched(BASELINE, SOF + 2, b"\0\x08\x08\0\x28\0\x38\0"), SOF + 9, "components"),
    "frame too short": (patched(BASELINE, SOF + 9, b"\4"), SOF, "frame header"),
    "factor 0": (patched(BASELINE, SOF + 11, b"\x02"), SOF + 11, "1 to 4"),
    "factor 5": (patched(BASELINE, SOF + 11, b"\x25"), SOF + 11, "1 to 4"),
    "slot 4": (patched(BASELINE, SOF + 12, b"\4"), SOF + 12, "0 to 3"),
    "two alike": (patched(BASELINE, SOF + 13, b"\1"), SOF, "of its own"),
    "no table": (jpeg_files.without_segments(BASELINE, markers.DQT), SOS - 134, "quantization table 0"),
    "table cut off": (patched(BASELINE, DQT + 4, b"\x10"), DQT + 4 + 129, "precision"),
    "step 0": (patched(BASELINE, DQT + 15, b"\0"), DQT + 15, "above 0"),
    "too many codes": (patched(BASELINE, DHT + 5, b"\3"), DHT + 5, "codes of length 1"),
    "a code of all ones": (patched(BASELINE, DHT + 5, b"\2"), DHT + 5, "codes of length 1"),
    "DC symbol 16": (patched(BASELINE, DHT + 21, b"\x10"), DHT + 21, "0 to 15"),
    "no components": (patched(BASELINE, SOS + 4, b"\0"), SOS + 4, "1 to 4"),
    "scan header too short": (patched(BASELINE, SOS + 4, b"\1"), SOS, "8 bytes|6 bytes"),
    "component that is not there": (patched(BASELINE, SOS + 5, b"\x09"), SOS + 4, r"\[1, 2, 3\]"),
    "component twice": (patched(BASELINE, SOS + 7, b"\1"), SOS + 4, "each once"),
    "Huffman slot 4": (patched(BASELINE, SOS + 6, b"\x40"), SOS + 6, "0 to 3"),
    "Huffman table not there": (patched(BASELINE, SOS + 6, b"\x30"), SOS, "DC Huffman table 3"),
    "no EOI": (BASELINE[:-2], len(BASELINE) - 2, "EOI"),
    "half an EOI": (BASELINE[:-1], len(BASELINE) - 1, "EOI"),
    "cut in the data": (BASELINE[: SCAN_DATA + 100], SCAN_DATA + 100, "more data"),
    "second scan": (inserted(BASELINE, len(BASELINE) - 2, BASELINE[SOS:-2]), len(BASELINE) - 2, "a second"),
    "restart markers lost": (RESTARTED.replace(b"\xff\xd0", b""), None, "RST0, found RST1"),
    "restart marker changed": (RESTARTED.replace(b"\xff\xd1", b"\xff\xd5"), None, "RST1, found RST5"),
    "progressive band": (patched(PROGRESSIVE, at(PROGRESSIVE, markers.SOS, 8, 1), b"\x40"), None, "spectral band"),
    "progressive bits": (
        patched(PROGRESSIVE, at(PROGRESSIVE, markers.SOS, 9, 1), b"\x31"),
        None,
        "approximation: 3 to 1",
    ),
    "progressive order": (patched(PROGRESSIVE, at(PROGRESSIVE, markers.SOS, 9, 1), b"\x21"), None, "out of order"),
    "AC before DC": (
        PROGRESSIVE[: at(PROGRESSIVE, markers.SOS)] + PROGRESSIVE[at(PROGRESSIVE, markers.DHT, 0, 1) :],
        None,
        "the DC scan",
    ),
    "Al of 14": (patched(PROGRESSIVE, at(PROGRESSIVE, markers.SOS, 13, 0), b"\x0e"), None, "approximation: 0 to 14"),
    "a first scan again": (
        inserted(
            PROGRESSIVE,
            at(PROGRESSIVE, markers.DHT, 0, 1),
            PROGRESSIVE[at(PROGRESSIVE, markers.SOS) : at(PROGRESSIVE, markers.DHT, 0, 1)],
        ),
        None,
        "out of order",
    ),
    "a component without a scan": (
        random_file(COLOR, (40, 56), jpeg.non_interleaved_script)[: ALONE[2]] + b"\xff\xd9",
        ALONE[2],
        "expected a scan of component 3",
    ),
    "257 codes": (
        inserted(BASELINE, DHT, b"\xff\xc4\x01\x14\x10" + bytes(14) + bytes((2, 255)) + bytes(257)),
        DHT + 4,
        "at most 256",
    ),
    "restart interval of 3 bytes": (inserted(BASELINE, DQT, b"\xff\xdd\0\5\0\0\0"), DQT, "2 bytes, found 3"),
    "16-bit step 0": (inserted(BASELINE, DQT, b"\xff\xdb\0\x83\x13" + b"\0\1" * 9 + bytes(110)), DQT + 23, "above 0"),
    "one byte too few": (patched_end(GREY), len(GREY) - 3, "more data"),
    "a reserved marker in the data": (inserted(BASELINE, SCAN_DATA + 60, b"\xff\xf0\0\x08"), None, "more data"),
    "an extension behind the data": (inserted(BASELINE, len(BASELINE) - 2, b"\xff\xf0\0\2"), len(BASELINE) - 2, "JPG0"),
    "unknown marker": (inserted(BASELINE, DQT, b"\xff\x02\0\4ab"), DQT, "0x02"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files_are_refused_with_the_byte_and_what_was_expected(case: str) -> None:
    data, offset, words = MALFORMED[case]
    with pytest.raises(FormatError, match=r"^byte [\d,]+: ") as raised:
        foveal.decode(data)
    assert re.search(words, str(raised.value)), raised.value
    assert "expected" in str(raised.value) or "out of order" in str(raised.value)
    if offset is not None:
        assert str(raised.value).startswith(f"byte {offset:,}: ")
    with pytest.raises(FormatError):
        jpeg.read_coefficients(data)


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


def test_coefficients_need_no_colours() -> None:
    data = random_file([(1, 1), (2, 1)], (9, 9))
    assert len(jpeg.read_coefficients(data).blocks) == 2


HARMLESS: dict[str, tuple[Callable[[], bytes], str]] = {
    "bytes between segments": (lambda: inserted(BASELINE, SOF, b"\0\1\2\xff\0"), "5 bytes that belong to no segment"),
    "bytes before EOI": (lambda: inserted(BASELINE, len(BASELINE) - 2, b"\0\0\0"), "3 bytes"),
    "a stray restart marker": (lambda: inserted(BASELINE, SOF, b"\xff\xd3"), "RST3"),
    "zeros for a band": (lambda: patched(BASELINE, SOS + 11, b"\0\0"), "0..63"),
    "more restart intervals": (
        lambda: inserted(RESTARTED, len(RESTARTED) - 2, b"\xff\xd7ab\xff\xd0"),
        "more than the 8",
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


def test_legal_rarities_decode_without_a_warning() -> None:
    expected = foveal.decode(BASELINE)
    np.testing.assert_array_equal(foveal.decode(inserted(BASELINE, SOF, b"\xff" * 7)), expected)  # B.1.1.2
    np.testing.assert_array_equal(foveal.decode(inserted(BASELINE, len(BASELINE) - 2, b"\xff\xff")), expected)
    np.testing.assert_array_equal(foveal.decode(BASELINE + b"anything behind EOI"), expected)
    np.testing.assert_array_equal(foveal.decode(jpeg_files.with_lines_behind_the_scan(BASELINE)), expected)  # B.2.5
    filled = RESTARTED.replace(b"\xff\xd1", b"\xff\xff\xff\xd1")
    np.testing.assert_array_equal(foveal.decode(filled), foveal.decode(RESTARTED))
    for kind in (bytearray, memoryview):
        np.testing.assert_array_equal(foveal.decode(kind(BASELINE)), expected)


def test_a_missing_number_of_lines_is_an_error() -> None:
    with pytest.raises(FormatError, match="expected DNL"):
        foveal.decode(patched(BASELINE, SOF + 5, b"\0\0"))
    without_lines = jpeg_files.with_lines_behind_the_scan(BASELINE)
    dnl = without_lines.rindex(b"\xff\xdc")
    with pytest.raises(FormatError, match=f"byte {dnl + 4:,}: expected a number of lines"):
        foveal.decode(patched(without_lines, dnl + 4, b"\0\0"))
    with pytest.raises(LimitError):
        foveal.decode(patched(without_lines, dnl + 4, b"\xff\xff"), max_pixels=10_000)


def test_quantization_tables_may_change_between_scans() -> None:
    """B.2.2: a component keeps the table that stood in its slot at its first scan. libjpeg does the same."""
    coefficients = random_coefficients([(1, 1)] * 3, (32, 32))
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.non_interleaved_script(3)])
    other = b"\xff\xdb\0\x43\1" + bytes(range(10, 74))
    changed = inserted(data, at(data, markers.DHT, 0, 2), other)
    np.testing.assert_array_equal(foveal.decode(changed), pillow_pixels(changed))
    read = jpeg.read_coefficients(changed)
    assert read.tables[1] != read.tables[2]
    written = jpeg.write_coefficients(read)
    np.testing.assert_array_equal(foveal.decode(written), foveal.decode(changed))
    np.testing.assert_array_equal(pillow_pixels(written), foveal.decode(changed))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_lenient_reading_keeps_what_came_before_the_cut(share: float) -> None:
    pixels = skimage.data.coffee()
    whole = foveal.encode(pixels, progressive=False, saliency=None)
    cut = whole[: int(len(whole) * share)]
    decoded, notes = lenient(cut)
    expected = foveal.decode(whole)
    assert decoded.shape == expected.shape
    same_rows = (decoded == expected).all(axis=(1, 2))
    first_bad = int(np.argmin(same_rows))
    assert 0.5 * share < first_bad / len(same_rows) < 1.5 * share
    assert (decoded[-16:] == 128).all()  # never sent: mid-grey
    assert any("more data" in note for note in notes)
    assert any("EOI" in note for note in notes)


def test_a_cut_progressive_file_gives_the_scans_that_came() -> None:
    second = at(PROGRESSIVE, markers.DHT, 0, 1)
    decoded, notes = lenient(PROGRESSIVE[:second])
    coefficients = jpeg.read_coefficients(PROGRESSIVE)
    for levels in coefficients.blocks:
        levels[:, :, 1:] = 0
        levels[:, :, 0] = levels[:, :, 0] >> 1 << 1
    np.testing.assert_array_equal(decoded, foveal.decode(jpeg.write_coefficients(coefficients)))
    assert notes == [f"byte {second:,}: expected a marker or EOI, found the end of the file"]


@pytest.mark.parametrize("lost", [1, 2, 3, 6])
def test_a_lenient_reading_goes_on_after_lost_restart_intervals(lost: int) -> None:
    data = random_file([(1, 1)], (8, 8 * 40), restart_interval=1)
    expected = foveal.decode(data)
    restarts = [offset for code in range(0xD0, 0xD8) for offset in segment_offsets(data, code)]
    restarts.sort()
    first = 9
    damaged = data[: restarts[first]] + data[restarts[first + lost] :]
    decoded, notes = lenient(damaged)
    bad = set(np.flatnonzero((decoded != expected).any(axis=0)) // 8)
    assert bad <= set(range(first + 1, first + 1 + lost))
    assert (decoded[:, 8 * (first + 1) : 8 * (first + 1 + lost)] == 128).all()
    assert any(f"expected RST{first % 8}" in note for note in notes)


def test_a_lenient_reading_goes_on_behind_a_code_that_is_none() -> None:
    """Without restart markers: Huffman codes fall into step again, as with libjpeg."""
    pixels = skimage.data.coffee()
    data = jpeg.encode(pixels, jpeg.EncoderSettings(scripts=(jpeg.sequential_script,)))
    start = at(data, markers.SOS) + 14
    damaged = patched(data, start + (len(data) - start) // 10, b"\xfe" * 24)
    decoded, notes = lenient(damaged)
    expected = foveal.decode(data)
    assert notes
    structure = [np.diff(picture.astype(int), axis=0)[-150:].ravel() for picture in (decoded, expected)]
    assert np.corrcoef(*structure)[0, 1] > 0.3  # shifted perhaps, and of another tone
    assert not (decoded[-150:] == 128).all(axis=2).mean() > 0.05


def test_a_lenient_reading_goes_on_behind_broken_data() -> None:
    data = random_file([(1, 1)], (64, 64), restart_interval=8)
    start = at(data, 0xD2) + 2
    broken = patched(data, start, b"\xfe" * 8)
    expected = foveal.decode(data)
    decoded, notes = lenient(broken)
    np.testing.assert_array_equal(decoded[:24], expected[:24])
    np.testing.assert_array_equal(decoded[32:], expected[32:])
    assert notes


def test_many_faults_are_told_in_few_warnings() -> None:
    data = random_file([(1, 1)], (256, 256), restart_interval=1)
    start = at(data, markers.SOS) + 10
    emptied = data[:start] + b"".join(b"\xff" + bytes((0xD0 + index % 8,)) for index in range(1023)) + b"\xff\xd9"
    _, notes = lenient(emptied)
    assert len(notes) == 9
    assert notes[-1].startswith("... and 99")


def test_limits() -> None:
    for limit in (40 * 56, 40 * 56 + 1):
        assert foveal.decode(BASELINE, max_pixels=limit).shape == (40, 56, 3)
    for strict in (True, False):
        with pytest.raises(LimitError, match=r"56 x 40 pixels; the limit is 2,239"):
            foveal.decode(BASELINE, strict=strict, max_pixels=40 * 56 - 1)
    with pytest.raises(LimitError, match="65,535 x 65,535"):
        foveal.decode(patched(BASELINE, SOF + 5, b"\xff\xff\xff\xff"))


def bomb(count: int, size: int) -> bytes:
    """A progressive file of a few bytes in each of whose scans every block is visited."""
    frame = jpeg.Frame(size, size, (jpeg.ComponentHeader(1, 1, 1, 0),))
    flat = jpeg.Coefficients(frame, jpeg.annex_k_tables(50)[:1], jpeg.coefficients.empty_blocks(frame, frame.mcu_rows))
    data = jpeg.write_coefficients(flat, scripts=[(jpeg.Scan((0,), 0, 0), jpeg.Scan((0,), 1, 63))])
    last = at(data, markers.DHT, 0, 1)
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


@pytest.mark.parametrize("data", ["photo.jpg", None, 5, np.zeros(5)])
def test_data_of_the_wrong_kind(data: object) -> None:
    for function in (foveal.decode, foveal.inspect, jpeg.read_coefficients):
        with pytest.raises(ParameterError, match="data must be the bytes of a file"):
            function(data)


def test_max_pixels_of_the_wrong_kind() -> None:
    with pytest.raises(ParameterError, match="max_pixels"):
        foveal.decode(BASELINE, max_pixels=1e6)


def test_writing_what_was_cut_off_keeps_what_there_is() -> None:
    """A script that does not send everything cannot be written again; the coefficients can."""
    cut = PROGRESSIVE[: at(PROGRESSIVE, markers.DHT, 0, 3)] + b"\xff\xd9"
    with pytest.warns(FormatWarning, match="in full"):
        read = jpeg.read_coefficients(cut)
    written = jpeg.write_coefficients(read)
    np.testing.assert_array_equal(foveal.decode(written), lenient(cut)[0])
    np.testing.assert_array_equal(pillow_pixels(written), lenient(cut)[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"restart_interval": -1}, "restart interval"),
        ({"restart_interval": 65_536}, "restart interval"),
        ({"restart_interval": 2.5}, "restart interval"),
        ({"threads": 0}, "threads"),
        ({"scripts": jpeg.sequential_script(3)}, "sequence of scripts"),
        ({"scripts": [(jpeg.Scan((0,)),)]}, "in full"),
    ],
)
def test_write_coefficients_checks_its_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        jpeg.write_coefficients(jpeg.read_coefficients(BASELINE), **arguments)


def test_coefficients_must_fit_their_frame() -> None:
    read = jpeg.read_coefficients(BASELINE)
    with pytest.raises(ParameterError, match="Coefficients, not bytes"):
        jpeg.write_coefficients(BASELINE)
    with pytest.raises(ParameterError, match="of 3 components"):
        replace(read, tables=read.tables[:2])
    with pytest.raises(ParameterError, match="of 3 components"):
        replace(read, blocks=read.blocks[:2])
    for blocks in (read.blocks[0][1:], read.blocks[0][:, 1:], read.blocks[0].astype(np.float32)):
        with pytest.raises(ParameterError, match=r"blocks must be \(6, 8, 64\) int16"):
            replace(read, blocks=(blocks, *read.blocks[1:]))
    for segment in (jpeg.Segment(markers.APP1, b"x" * 65_534), jpeg.Segment(markers.DQT, b"")):
        with pytest.raises(ParameterError, match="application segment"):
            replace(read, segments=(segment,))
    assert replace(read, segments=(jpeg.Segment(markers.APP1, b"x" * 65_533),))


def test_levels_that_cannot_be_coded_are_refused_and_the_largest_are_written() -> None:
    for k, limit in ((0, 16_383), (1, 32_767), (63, 32_767)):
        for sign in (1, -1):
            coefficients = random_coefficients([(1, 1)], (8, 24))
            coefficients.blocks[0][0, :, k] = [sign * limit, -sign * limit, 0]
            data = jpeg.write_coefficients(coefficients)
            np.testing.assert_array_equal(jpeg.read_coefficients(data).blocks[0], coefficients.blocks[0])
            if sign * (limit + 1) <= 32_767:
                coefficients.blocks[0][0, 0, k] = sign * (limit + 1)
                with pytest.raises(ParameterError, match=r"within \+-32,767, DC within \+-16,383"):
                    jpeg.write_coefficients(coefficients)


def test_the_cheapest_script_counts_restart_markers() -> None:
    read = jpeg.read_coefficients(foveal.encode(noisy_gradient(64, 64), saliency=None))
    makers = (jpeg.sequential_script, jpeg.spectral_selection_script, jpeg.successive_approximation_script)
    for interval in (0, 1, 3, 20):
        sizes = [len(jpeg.write_coefficients(read, scripts=[make(3)], restart_interval=interval)) for make in makers]
        chosen = jpeg.write_coefficients(read, scripts=[make(3) for make in makers], restart_interval=interval)
        assert len(chosen) == min(sizes)


def test_another_script_changes_no_coefficient() -> None:
    read = jpeg.read_coefficients(foveal.encode(noisy_gradient(50, 70), saliency=None, subsampling="4:2:2"))
    for make in (jpeg.sequential_script, jpeg.spectral_selection_script, jpeg.successive_approximation_script):
        again = jpeg.read_coefficients(jpeg.write_coefficients(read, scripts=[make(3)], restart_interval=5))
        assert again.script == make(3)
        assert again.restart_interval == 5
        jpeg_files.assert_same_blocks(read, again)


def test_mcus_of_more_than_ten_blocks_are_not_written_and_read_only_leniently() -> None:
    """T.81 B.2.3; libjpeg refuses them."""
    coefficients = random_coefficients([(3, 3), (1, 2), (1, 1)], (50, 60))
    with pytest.raises(ParameterError, match="at most 10 blocks, not 12"):
        jpeg.write_coefficients(coefficients, scripts=[jpeg.sequential_script(3)])
    alone = jpeg.write_coefficients(coefficients)
    assert jpeg.read_coefficients(alone).script == jpeg.non_interleaved_script(3)

    ten = random_coefficients([(3, 3), (1, 1)], (50, 60))
    data = jpeg.write_coefficients(ten, scripts=[jpeg.sequential_script(2)])
    assert len(jpeg.read_coefficients(data).blocks) == 2
    twelve = patched(data, at(data, markers.SOF0, 11), b"\x43")
    with pytest.raises(FormatError, match="at most 10 blocks, not 13"):
        jpeg.read_coefficients(twelve)


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
    """What looks like the beginning of a marker, wherever one is looked for: anything quadratic would take hours."""
    for offset in (2, SOF, SCAN_DATA + 50, len(BASELINE) - 2):
        with suppress(FormatError):
            foveal.decode(inserted(BASELINE, offset, filling * 1_000_000), strict=False)


def test_faults_name_the_byte_of_the_file_behind_stuffing_and_restarts() -> None:
    """A code of sixteen ones, which no table has, in the last interval."""
    rng = np.random.default_rng(5)
    coefficients = random_coefficients([(1, 1)], (64, 64))
    coefficients.blocks[0][:, :, 1:] = rng.integers(-600, 600, (8, 8, 63))
    data = jpeg.write_coefficients(coefficients, restart_interval=8)
    assert data.count(b"\xff\0") > 10
    start = at(data, 0xD6) + 2
    with pytest.raises(FormatError, match="Huffman table, found none") as raised:
        foveal.decode(patched(data, start, b"\xfe" * 9))
    byte = int(str(raised.value).split(":")[0].removeprefix("byte ").replace(",", ""))
    assert start <= byte < start + 9


def test_markers_of_other_kinds_in_broken_data_do_not_hide_the_picture() -> None:
    """What is damaged may look like arithmetic coding; the picture up to there has been decoded."""
    for code in (0xC3, 0xC9, 0xCC, 0xDE, 0xF0):
        damaged = inserted(BASELINE, SCAN_DATA + 200, bytes((0xFF, code, 0, 20)))
        decoded, notes = lenient(damaged)
        np.testing.assert_array_equal(decoded[:14, :14], foveal.decode(BASELINE)[:14, :14])
        assert notes
        assert foveal.inspect(damaged).notes


def test_segments_behind_the_first_scan_do_not_change_the_colours() -> None:
    """libjpeg decides at the first scan; written in front, an Adobe segment of later would count."""
    coefficients = random_coefficients([(1, 1)] * 3, (16, 16), segments=())
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.non_interleaved_script(3)])
    comment = b"\xff\xfe\0\5abc"
    for segment in (jpeg_files.ADOBE_RGB, jpeg_files.JFIF):
        coded = b"\xff" + bytes((segment.code,)) + (len(segment.payload) + 2).to_bytes(2, "big") + segment.payload
        late = inserted(data, at(data, markers.DHT, 0, 2), coded + comment)
        np.testing.assert_array_equal(foveal.decode(late), pillow_pixels(late))
        read = jpeg.read_coefficients(late)
        assert read.segments == (jpeg.Segment(markers.COM, b"abc"),)
        np.testing.assert_array_equal(foveal.decode(jpeg.write_coefficients(read)), foveal.decode(late))
        assert foveal.inspect(late).color_model == "YCbCr"


def test_a_wrong_number_of_a_restart_marker_moves_nothing() -> None:
    """As many intervals as there should be: it is the number that is broken."""
    data = random_file([(1, 1)], (8, 8 * 40), restart_interval=1)
    wrong = patched(data, at(data, 0xD1), b"\xff\xd5")
    decoded, notes = lenient(wrong)
    np.testing.assert_array_equal(decoded, foveal.decode(data))
    assert notes == [f"byte {at(data, 0xD1):,}: expected RST1, found RST5"]


@pytest.mark.parametrize("interval", [0, 7, 8])
def test_bytes_that_are_not_needed_are_counted_once(interval: int) -> None:
    data = random_file([(1, 1)], (64, 64), restart_interval=interval)
    more = inserted(data, len(data) - 2, b"abc")
    if interval:
        more = inserted(more, at(more, 0xD2), b"de")
    found = 3 + 2 * bool(interval)
    with pytest.warns(FormatWarning, match=f": {found} bytes of the scan"):
        foveal.decode(more)


def test_many_missing_intervals_take_no_time() -> None:
    """A few kilobytes that announce a million restart intervals."""
    data = random_file([(1, 1)], (8, 16), restart_interval=1)
    start = at(data, markers.SOS) + 10
    markers_in_turn = b"".join(bytes((0xFF, 0xD0 + index % 8)) for index in range(2000))
    wide = patched(data, at(data, markers.SOF0, 5), (10_000).to_bytes(2, "big") + (8_000).to_bytes(2, "big"))
    decoded, notes = lenient(wide[:start] + markers_in_turn + b"\xff\xd9")
    assert decoded.shape == (10_000, 8_000)
    assert len(notes) == 9


def test_warnings_point_to_the_caller() -> None:
    with pytest.warns(FormatWarning) as caught:
        foveal.decode(inserted(BASELINE, SOF, b"\0"))
    assert [str(warning.message) for warning in caught] == [f"byte {SOF:,}: 1 bytes that belong to no segment"]
    assert caught[0].filename == __file__


def test_a_lenient_reading_ends_with_the_data() -> None:
    """An empty table has no code for anything, and there is nothing behind the last bit to go on with."""
    empty_table = b"\xff\xc4\0\x13\0" + bytes(16)
    without_codes = inserted(GREY, at(GREY, markers.SOS), empty_table)
    start = at(without_codes, markers.SOS) + 10
    for length in range(3):
        decoded, notes = lenient(without_codes[:start] + bytes(length) + b"\xff\xd9")
        assert (decoded == 128).all()
        assert "found none" in notes[0]


@pytest.mark.parametrize(
    "data", [BASELINE, GREY, RESTARTED, PROGRESSIVE], ids=["baseline", "grey", "restarts", "scans"]
)
def test_coefficients_become_the_pixels_of_their_file(data: bytes) -> None:
    np.testing.assert_array_equal(jpeg.reconstruct(jpeg.read_coefficients(data)), jpeg.decode(data))
