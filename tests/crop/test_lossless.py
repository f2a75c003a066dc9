"""Lossless crops: the coefficients of the source, as jpegtran crops them."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from jpeg_files import pillow_file
from multi_picture_files import GAIN_MAP, PRIMARY, with_index
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image
from shared_data import SHARED_DATA

import foveal
from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.crop import crop_file
from foveal.errors import FovealError, ParameterError
from foveal.saliency import Box

needs_jpegtran = pytest.mark.skipif(shutil.which("jpegtran") is None, reason="jpegtran is not installed")
PICTURE = Image.fromarray(noisy_gradient(150, 203))
SUBSAMPLINGS = {"4:4:4": (8, 8), "4:2:2": (16, 8), "4:2:0": (16, 16)}


def crop_by_jpegtran(data: bytes, box: Box, folder: Path) -> bytes:
    (folder / "in.jpg").write_bytes(data)
    window = f"{box.width}x{box.height}+{box.x}+{box.y}"
    return subprocess.run(
        ["jpegtran", "-copy", "none", "-crop", window, str(folder / "in.jpg")], capture_output=True, check=True
    ).stdout


@needs_jpegtran
@pytest.mark.parametrize("size", [(64, 48), (61, 33), (1, 1), (203, 150)])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("progressive", [False, True])
def test_pixels_and_levels_are_those_of_jpegtran(
    subsampling: str, size: tuple[int, int], progressive: bool, tmp_path: Path
) -> None:
    across, down = SUBSAMPLINGS[subsampling]
    data = pillow_file(PICTURE, quality=85, subsampling=subsampling, progressive=progressive)
    whole = size == PICTURE.size
    box = Box(0 if whole else 2 * across, 0 if whole else 3 * down, *size)
    cropped, notes = crop_file(jpeg.read_coefficients(data), box)
    assert notes == []
    expected = crop_by_jpegtran(data, box, tmp_path)
    np.testing.assert_array_equal(pillow_pixels(cropped), pillow_pixels(expected))
    ours, theirs = jpeg.read_coefficients(cropped), jpeg.read_coefficients(expected)
    for component, found, wanted in zip(ours.frame.components, ours.blocks, theirs.blocks, strict=True):
        inside = np.s_[: component.block_rows, : component.block_columns]
        np.testing.assert_array_equal(found[inside], wanted[inside])


@needs_jpegtran
def test_grey_pictures(tmp_path: Path) -> None:
    data = pillow_file(PICTURE.convert("L"), quality=85)
    cropped, _ = crop_file(jpeg.read_coefficients(data), Box(8, 24, 50, 51))
    np.testing.assert_array_equal(
        pillow_pixels(cropped), pillow_pixels(crop_by_jpegtran(data, Box(8, 24, 50, 51), tmp_path))
    )


def test_a_grey_picture_with_sampling_factors() -> None:
    """Blocks that only pad MCUs are not in the file, because scans of one component are not interleaved."""
    frame = jpeg.Frame(50, 70, (jpeg.ComponentHeader(1, 2, 2, 0),))
    (component,) = frame.components
    shape = component.padded_block_rows, component.padded_block_columns, 64
    levels = np.random.default_rng(3).integers(-9, 10, shape, dtype=np.int16)
    source = jpeg.Coefficients(frame, (jpeg.annex_k_tables(50)[0],), (levels,))
    cropped, _ = crop_file(source, Box(16, 32, 17, 18))
    found = jpeg.read_coefficients(cropped)
    np.testing.assert_array_equal(found.blocks[0][:3, :3], levels[4:7, 2:5])


def test_blocks_that_only_pad_mcus_hold_nothing_of_the_picture() -> None:
    source = jpeg.read_coefficients(pillow_file(PICTURE, quality=95, subsampling="4:2:0"))
    cropped, _ = crop_file(source, Box(16, 16, 17, 17), progressive=False)  # one scan, which holds all blocks of MCUs
    luma, *_ = jpeg.read_coefficients(cropped).blocks
    assert luma.shape[:2] == (4, 4)
    assert source.blocks[0][2:6, 2:6, 1:].any(axis=2).all()
    assert not luma[3:, :, 1:].any()
    assert not luma[:, 3:, 1:].any()
    assert (luma[:3, 3, 0] == luma[:3, 2, 0]).all()


def test_mcus_with_more_than_ten_blocks_are_not_interleaved() -> None:
    """T.81 B.2.3, Scan header syntax, allows at most 10 blocks in an MCU of several components; this one has 12."""
    frame = jpeg.Frame(50, 70, tuple(jpeg.ComponentHeader(number, 2, 2, 0) for number in (1, 2, 3)))
    rng = np.random.default_rng(3)
    shapes = [(each.padded_block_rows, each.padded_block_columns, 64) for each in frame.components]
    blocks = tuple(rng.integers(-9, 10, shape, dtype=np.int16) for shape in shapes)
    source = jpeg.Coefficients(frame, (jpeg.annex_k_tables(50)[0],) * 3, blocks)
    for progressive in (False, True):
        cropped, _ = crop_file(source, Box(16, 32, 17, 18), progressive=progressive)
        for found, levels in zip(jpeg.read_coefficients(cropped).blocks, blocks, strict=True):
            np.testing.assert_array_equal(found[:3, :3], levels[4:7, 2:5])


@needs_jpegtran
def test_files_of_other_test_suites_are_cropped_as_by_jpegtran(tmp_path: Path) -> None:
    paths = sorted((SHARED_DATA / "jpeg").rglob("*.jp*g"))
    if not paths:
        pytest.skip(f"needs the JPEG files in {SHARED_DATA / 'jpeg'}")
    rng, compared = np.random.default_rng(0), 0
    for path in paths:
        data = path.read_bytes()
        try:
            contents = jpeg.read_contents(data)
        except FovealError:
            continue
        frame = contents.coefficients.frame
        x = int(rng.integers(frame.mcu_columns)) * frame.mcu_width
        y = int(rng.integers(frame.mcu_rows)) * frame.mcu_height
        box = Box(x, y, int(rng.integers(1, frame.width - x + 1)), int(rng.integers(1, frame.height - y + 1)))
        if contents.is_complete:
            cropped, _ = crop_file(contents.coefficients, box)
            try:
                expected = crop_by_jpegtran(data, box, tmp_path)
            except subprocess.CalledProcessError:
                continue
            np.testing.assert_array_equal(pillow_pixels(cropped), pillow_pixels(expected), str(path))
            compared += 1
    assert compared > 80


@pytest.mark.parametrize(
    ("box", "is_legal"),
    [
        (Box(16, 16, 187, 134), True),
        (Box(16, 16, 188, 134), False),
        (Box(16, 16, 187, 135), False),
        (Box(8, 16, 10, 10), False),
        (Box(16, 8, 10, 10), False),
        (Box(-16, 0, 10, 10), False),
        (Box(0, 0, 0, 10), False),
    ],
)
def test_windows_must_begin_with_an_mcu_and_lie_in_the_picture(box: Box, is_legal: bool) -> None:
    source = jpeg.read_coefficients(pillow_file(PICTURE, subsampling="4:2:0"))
    if is_legal:
        assert foveal.decode(crop_file(source, box)[0]).shape == (134, 187, 3)
    else:
        with pytest.raises(ParameterError):
            crop_file(source, box)


def test_the_source_is_not_changed() -> None:
    source = jpeg.read_coefficients(pillow_file(PICTURE, subsampling="4:2:0"))
    before = [levels.copy() for levels in source.blocks]
    crop_file(source, Box(16, 16, 33, 33))
    for levels, expected in zip(source.blocks, before, strict=True):
        np.testing.assert_array_equal(levels, expected)


def test_files_are_baseline_if_asked() -> None:
    source = jpeg.read_coefficients(pillow_file(PICTURE, progressive=True))
    baseline, _ = crop_file(source, Box(0, 0, 64, 64), progressive=False)
    assert not foveal.inspect(baseline).to_dict()["process"].startswith("progressive")
    for effort in EFFORTS:
        cropped, _ = crop_file(source, Box(0, 0, 192, 144), effort=effort)
        assert foveal.inspect(cropped).to_dict()["process"].startswith("progressive")
    free, _ = crop_file(source, Box(0, 0, 64, 64))
    assert len(free) <= len(baseline)
    assert crop_file(source, Box(0, 0, 64, 64), threads=3)[0] == free


def test_restart_markers_are_left_out() -> None:
    data = pillow_file(PICTURE, restart_marker_blocks=2)
    cropped, _ = crop_file(jpeg.read_coefficients(data), Box(16, 16, 40, 40))
    assert jpeg.read_coefficients(cropped).restart_interval == 0


def test_what_follows_the_picture_is_left_out_with_a_note() -> None:
    data = with_index(pillow_file(PRIMARY), "<", [GAIN_MAP])
    source = jpeg.read_coefficients(data)
    assert source.trailing
    cropped, notes = crop_file(source, Box(16, 16, 40, 40))
    assert [note for note in notes if "after the picture are left out" in note]
    found = jpeg.read_coefficients(cropped)
    assert found.trailing == b""
    assert "MPF" not in [jpeg.application_data.segment_kind(segment) for segment in found.segments]


def test_metadata_stays_and_becomes_true() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    exif.get_ifd(0x8769)[0xA002] = 203
    data = pillow_file(PICTURE, exif=exif.tobytes(), icc_profile=b"profile" * 40, comment=b"a comment", dpi=(300, 300))
    cropped, notes = crop_file(jpeg.read_coefficients(data), Box(16, 16, 40, 30))
    assert notes == []
    with Image.open(io.BytesIO(cropped)) as image:
        assert image.getexif()[0x010E] == "a description"
        assert image.getexif().get_ifd(0x8769)[0xA002] == 40
        assert image.info["icc_profile"] == b"profile" * 40
        assert image.info["comment"] == b"a comment"
        assert image.info["dpi"] == (300, 300)
