"""The lossless rung: the same coefficients, metadata and pixels, in fewer bytes than other lossless optimizers need."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mozjpeg_lossless_optimization
import numpy as np
import pytest
from jpeg_files import (
    ADOBE_RGB,
    ADOBE_YCCK,
    FACTORS,
    JFIF,
    SCRIPTS,
    assert_same_blocks,
    partly_interleaved_script,
    pillow_file,
    random_coefficients,
    random_file,
    with_height_in_dnl,
)
from other_readers import libjpeg_pixels, marker_segments, read_levels
from PIL import Image
from shared_data import SHARED_DATA

from foveal import jpeg
from foveal.errors import FovealError, VerificationError
from foveal.jpeg import Segment
from foveal.optimization import Optimized, OptimizeOptions, optimize_file

LOSSLESS = OptimizeOptions(lossless=True, min_saving=0, threads=1)
SEGMENTS = (JFIF, Segment(0xFE, b"a \xff\xd9 comment"), Segment(0xEF, bytes(300)), Segment(0xFE, b""))


def assert_lossless(before: bytes, after: Optimized) -> None:
    old, new = jpeg.read_contents(before).coefficients, jpeg.read_contents(after.data).coefficients
    assert_same_blocks(old, new)
    assert (old.tables, old.segments, old.trailing) == (new.tables, new.segments, new.trailing)
    assert len(after.data) <= len(before)
    again = optimize_file(after.data, LOSSLESS)
    assert (again.rung, again.data) == ("kept", after.data)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
@pytest.mark.parametrize("kind", FACTORS)
def test_every_kind_of_file_keeps_its_coefficients_and_segments(kind: str, script: jpeg.ScriptMaker) -> None:
    try:
        segments = (ADOBE_YCCK,) if kind == "CMYK" else SEGMENTS
        data = random_file(FACTORS[kind], (75, 90), script, restart_interval=3, segments=segments)
    except FovealError:
        pytest.skip("an MCU of an interleaved scan would have more than 10 blocks")
    result = optimize_file(data, LOSSLESS)
    assert (result.rung, result.notes) == ("lossless", ())
    assert_lossless(data, result)


@pytest.mark.parametrize(
    "data",
    [
        random_file([(1, 1)] * 3, (40, 40), partly_interleaved_script, segments=(ADOBE_RGB,)),
        pillow_file(Image.new("CMYK", (64, 48), (10, 20, 30, 40)), quality=90),
        pillow_file(Image.new("L", (1, 1)), quality=1),
        pillow_file(Image.effect_noise((65, 33), 60), quality=100, subsampling=0),
    ],
    ids=["RGB", "CMYK", "one pixel", "noise"],
)
def test_pixels_and_coefficients_stay_for_libjpeg_turbo(data: bytes, tmp_path: Path) -> None:
    result = optimize_file(data, LOSSLESS)
    assert_lossless(data, result)
    np.testing.assert_array_equal(libjpeg_pixels(result.data), libjpeg_pixels(data))
    for new, old in zip(read_levels(result.data, tmp_path)[0], read_levels(data, tmp_path)[0], strict=True):
        np.testing.assert_array_equal(new, old)


def test_a_height_in_dnl_moves_to_the_frame_header() -> None:
    """libjpeg does not read DNL."""
    plain = random_file([(2, 2), (1, 1), (1, 1)], (50, 60))
    result = optimize_file(with_height_in_dnl(plain), LOSSLESS)
    assert result.data == optimize_file(plain, LOSSLESS).data


def test_steps_of_16_bits_are_kept() -> None:
    luma, chroma = jpeg.annex_k_tables(1, 32767)
    assert luma.needs_16_bits
    read = random_coefficients([(1, 1)] * 3, (32, 32))
    coefficients = jpeg.Coefficients(read.frame, (luma, chroma, chroma), read.blocks)
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.sequential_script(3)])
    assert_lossless(data, optimize_file(data, LOSSLESS))


@pytest.mark.parametrize("options", [{}, {"progressive": True, "optimize": True}, {"subsampling": 0}], ids=str)
def test_photographs_take_fewer_bytes_than_with_mozjpeg(
    options: dict[str, object], coffee: np.ndarray, chelsea: np.ndarray
) -> None:
    ours, theirs = 0, 0
    for picture in (coffee, chelsea):
        for quality in (50, 75, 90, 95):
            data = pillow_file(Image.fromarray(picture), quality=quality, **options)
            result = optimize_file(data, LOSSLESS)
            assert_lossless(data, result)
            other = mozjpeg_lossless_optimization.optimize(data, mozjpeg_lossless_optimization.COPY_MARKERS.ALL)
            assert len(result.data) <= 1.001 * len(other)
            ours, theirs = ours + len(result.data), theirs + len(other)
    assert ours < theirs


def jpegtran(path: Path) -> bytes:
    """Return what jpegtran makes of a file; nothing if it refuses it."""
    if shutil.which("jpegtran") is None:
        pytest.skip("jpegtran is not installed (Debian: libjpeg-turbo-progs)")
    command = ["jpegtran", "-copy", "all", "-optimize", "-progressive", str(path)]
    return subprocess.run(command, capture_output=True, check=False).stdout


def test_all_files_of_other_test_suites() -> None:
    """Every file that can be decoded: the same coefficients, and not more bytes than from jpegtran."""
    paths = sorted((SHARED_DATA / "jpeg").rglob("*.jp*g"))
    if not paths:
        pytest.skip(f"needs the JPEG files in {SHARED_DATA / 'jpeg'}")
    compared = 0
    for path in paths:
        data = path.read_bytes()
        try:
            result = optimize_file(data, LOSSLESS)
        except FovealError:
            continue
        assert_lossless(data, result)
        theirs = jpegtran(path)
        if theirs:
            trailing = len(jpeg.read_contents(result.data).coefficients.trailing)  # jpegtran drops it
            assert len(result.data) - trailing <= len(theirs), path
            compared += 1
    assert compared > 80


def test_metadata_stays_byte_for_byte(coffee: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Jürgen"
    data = pillow_file(Image.fromarray(coffee[:64, :64]), exif=exif, icc_profile=bytes(100_000), comment=b"\xe9\xff")
    result = optimize_file(data, LOSSLESS)
    metadata = [segment for segment in marker_segments(data) if segment[0] >= 0xE0]
    assert [segment for segment in marker_segments(result.data) if segment[0] >= 0xE0] == metadata
    assert len(metadata) == 5


def test_a_file_without_all_scans_is_kept(coffee: np.ndarray) -> None:
    """libjpeg smooths the picture of such a file, but not one of the same coefficients with all scans."""
    data = pillow_file(Image.fromarray(coffee), progressive=True)
    result = optimize_file(data[: data.rindex(b"\xff\xda")] + b"\xff\xd9", LOSSLESS)
    assert (result.rung, result.notes) == ("kept", ())


def test_what_is_irregular_is_said(coffee: np.ndarray) -> None:
    data = pillow_file(Image.fromarray(coffee))
    result = optimize_file(data[:20] + b"stray" + data[20:], LOSSLESS)
    assert result.rung == "lossless"
    assert "5 bytes that belong to no segment" in result.notes[0]
    assert b"stray" not in result.data


def with_changed_level(written: jpeg.Coefficients, component: int, row: int, column: int) -> jpeg.Coefficients:
    blocks = tuple(levels.copy() for levels in written.blocks)
    blocks[component][row, column, 5] += 1
    return replace(written, blocks=blocks)


def with_changed_table(written: jpeg.Coefficients) -> jpeg.Coefficients:
    steps = list(written.tables[0].values)
    steps[63] += 1
    return replace(written, tables=(jpeg.QuantizationTable(tuple(steps)), *written.tables[1:]))


@pytest.mark.parametrize(
    "change",
    [
        lambda written: with_changed_level(written, 0, 0, 0),
        lambda written: with_changed_level(written, 0, -1, -1),
        lambda written: with_changed_level(written, 2, -1, -1),
        with_changed_table,
        lambda written: replace(written, trailing=b"other"),
        lambda written: replace(written, segments=written.segments[:-1]),
    ],
    ids=["first block", "last block", "last block of Cr", "table", "trailing bytes", "segment"],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(
    change: Callable[[jpeg.Coefficients], jpeg.Coefficients], monkeypatch: pytest.MonkeyPatch, coffee: np.ndarray
) -> None:
    real_write = jpeg.write_file

    def write_wrongly(coefficients: jpeg.Coefficients, *options: object) -> bytes:
        return real_write(change(coefficients), *options)

    monkeypatch.setattr(jpeg, "write_file", write_wrongly)
    source = pillow_file(Image.fromarray(coffee[:128, :128]), comment=b"kept") + b"bytes after the picture"
    with pytest.raises(VerificationError, match="does not hold the coefficients"):
        optimize_file(source, LOSSLESS)


def test_jpegtran_reads_the_file_without_a_warning(coffee: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "out.jpg"
    path.write_bytes(optimize_file(pillow_file(Image.fromarray(coffee)), LOSSLESS).data)
    assert jpegtran(path)
    assert subprocess.run(["jpegtran", str(path)], capture_output=True, check=True).stderr == b""
