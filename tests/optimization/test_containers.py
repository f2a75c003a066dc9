"""Gain maps, further pictures and videos: found by ExifTool, Pillow and the directory after the file was optimized."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from jpeg_files import pillow_file
from multi_picture_files import (
    GAIN_MAP,
    ISO_GAIN_MAP,
    PRIMARY,
    VIDEO,
    item,
    item_of_elements,
    segment,
    with_index,
    with_segments,
    xmp,
)
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image

from foveal import jpeg
from foveal.jpeg.multi_picture import is_index, read_entries
from foveal.optimization import OptimizeOptions, optimize_file

LOSSLESS = OptimizeOptions(lossless=True, min_saving=0, threads=1)
PICTURE = pillow_file(PRIMARY, quality=90)
ISO = segment(0xE2, ISO_GAIN_MAP)
VIDEO_ITEM = item("MotionPhoto", len(VIDEO), "video/mp4")
UNLISTED = "bytes after the picture that neither MPF nor XMP lists are kept"


def optimized(data: bytes) -> bytes:
    result = optimize_file(data, LOSSLESS)
    assert (result.rung, result.notes) == ("lossless", ())
    assert len(result.data) < len(data)
    assert optimize_file(result.data, LOSSLESS).data == result.data
    return result.data


def listed_by_xmp(data: bytes, count: int) -> list[bytes]:
    """Return the last items of the directory, by their lengths, counted from the end of the file."""
    items, end = [], len(data)
    for length in map(int, reversed(re.findall(rb"(?:Length='|Length>)(\d+)", data)[-count:])):
        items.append(data[end - length : end])
        end -= length
    return items[::-1]


def listed_by_mpf(data: bytes) -> list[bytes]:
    """Return the pictures that the MPF index lists."""
    start = data.index(b"MPF\0") + 4
    index = next(each for each in jpeg.read_coefficients(data).segments if is_index(each))
    first, *others = read_entries(index.payload)
    return [
        data[: first.size_bytes],
        *(data[start + each.offset : start + each.offset + each.size_bytes] for each in others),
    ]


def exiftool_value(tag: str, data: bytes, folder: Path) -> bytes:
    if shutil.which("exiftool") is None:
        pytest.skip("ExifTool is not installed (Debian: libimage-exiftool-perl)")
    (folder / "out.jpg").write_bytes(data)
    return subprocess.run(["exiftool", "-b", f"-{tag}", folder / "out.jpg"], capture_output=True, check=True).stdout


def assert_same_pixels(found: bytes, expected: bytes) -> None:
    np.testing.assert_array_equal(pillow_pixels(found), pillow_pixels(expected))


def test_a_gain_map_listed_by_xmp_and_mpf_keeps_its_pixels() -> None:
    head = xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)))
    result = optimized(with_index(with_segments(PICTURE, head, ISO), "<", [GAIN_MAP]))
    primary, by_mpf = listed_by_mpf(result)
    assert listed_by_xmp(result, 1) == [by_mpf]
    assert result == primary + by_mpf
    assert len(by_mpf) < len(GAIN_MAP)
    assert_same_pixels(by_mpf, GAIN_MAP)
    assert_same_pixels(primary, PICTURE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pictures_with_a_gap_before_them_are_found_by_other_readers(order: str, tmp_path: Path) -> None:
    """Apple's files have MPF alone; some cameras align the pictures."""
    small = pillow_file(Image.fromarray(noisy_gradient(16, 24)), quality=95)
    result = optimize_file(with_index(PICTURE, order, [GAIN_MAP, small], gap=bytes(77)), LOSSLESS)
    assert [note.startswith(f"77 {UNLISTED}") for note in result.notes] == [True]
    _, first, second = listed_by_mpf(result.data)
    assert len(first) < len(GAIN_MAP)
    assert len(second) < len(small)
    assert_same_pixels(first, GAIN_MAP)
    assert_same_pixels(second, small)
    assert exiftool_value("MPImage2", result.data, tmp_path) == first


def test_an_mpo_of_pillow_keeps_its_pictures() -> None:
    more = [Image.fromarray(noisy_gradient(48, 40)), Image.fromarray(noisy_gradient(16, 24))]
    data = pillow_file(PRIMARY, kind="MPO", save_all=True, append_images=more, quality=95)
    result = optimize_file(data, LOSSLESS)
    with Image.open(io.BytesIO(result.data)) as new, Image.open(io.BytesIO(data)) as old:
        assert (new.format, new.n_frames) == ("MPO", 3)
        for frame in range(3):
            new.seek(frame)
            old.seek(frame)
            np.testing.assert_array_equal(np.asarray(new), np.asarray(old))


@pytest.mark.parametrize(
    "video_item", [VIDEO_ITEM, item_of_elements("MotionPhoto", len(VIDEO), "video/mp4")], ids=["attributes", "elements"]
)
def test_a_video_stays_byte_for_byte(video_item: str) -> None:
    result = optimized(with_segments(PICTURE, xmp(item("Primary", 0), video_item)) + VIDEO)
    assert listed_by_xmp(result, 1) == [VIDEO]
    assert result.endswith(VIDEO)


@pytest.mark.parametrize("make_item", [item, item_of_elements])
def test_a_gain_map_before_a_video_becomes_smaller_and_the_video_is_still_found(make_item: object) -> None:
    assert callable(make_item)
    head = xmp(item("Primary", None), make_item("GainMap", len(GAIN_MAP)), VIDEO_ITEM)
    result = optimized(with_segments(PICTURE, head) + GAIN_MAP + VIDEO)
    gain_map, video = listed_by_xmp(result, 2)
    assert video == VIDEO
    assert len(gain_map) < len(GAIN_MAP)
    assert_same_pixels(gain_map, GAIN_MAP)


@pytest.mark.parametrize("claimed", [9, 20_000, 99_999_999])
def test_a_length_of_the_first_picture_becomes_true(claimed: int) -> None:
    data = with_segments(PICTURE, xmp(item("Primary", claimed), item("GainMap", len(GAIN_MAP)))) + GAIN_MAP
    result = optimized(data)
    primary, gain_map = (int(each) for each in re.findall(rb"Item:Length='(\d+)'", result))
    assert primary + gain_map == len(result)
    assert_same_pixels(result[primary:], GAIN_MAP)


@pytest.mark.parametrize("length", [len(GAIN_MAP) - 1, len(GAIN_MAP) + 1, 0])
def test_pictures_are_left_alone_where_the_lengths_do_not_add_up(length: int) -> None:
    data = with_segments(PICTURE, xmp(item("Primary", 0), item("GainMap", length))) + GAIN_MAP
    result = optimize_file(data, LOSSLESS)
    assert result.data.endswith(GAIN_MAP)
    assert f"Item:Length='{length}'".encode() in result.data
    assert result.notes[0].startswith(f"{len(GAIN_MAP):,} {UNLISTED}")


def test_pictures_are_left_alone_where_xmp_and_mpf_contradict_each_other() -> None:
    head = xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)))
    data = with_index(with_segments(PICTURE, head), "<", [GAIN_MAP[:-2]]) + GAIN_MAP[-2:]
    assert optimize_file(data, LOSSLESS).data.endswith(GAIN_MAP)


@pytest.mark.parametrize("broken", [GAIN_MAP[:200], GAIN_MAP[:20] + b"stray" + GAIN_MAP[20:]], ids=["cut", "irregular"])
def test_a_broken_picture_is_kept_as_it_is(broken: bytes) -> None:
    result = optimized(with_index(PICTURE, ">", [broken]))
    assert listed_by_mpf(result)[1] == broken


@pytest.mark.parametrize("policy", ["safe", "none"])
def test_what_a_policy_leaves_out_is_said_and_not_announced(policy: str) -> None:
    head = xmp(item("Primary", 0), item("GainMap", len(GAIN_MAP)), VIDEO_ITEM)
    data = with_index(with_segments(PICTURE, head, ISO), "<", [GAIN_MAP]) + VIDEO
    result = optimize_file(data, OptimizeOptions(lossless=True, metadata=policy))
    size = len(GAIN_MAP) + len(VIDEO)
    expected = f"{size:,} bytes after the picture are left out: an HDR gain map and the video of a motion photo"
    assert result.notes == (expected,)
    for word in (b"GainMap", b"hdrgm", b"MotionPhoto", b"MPF", b"21496", b"ftyp"):
        assert word not in result.data
