"""Metadata of TIFF files: also of those that Pillow does not open, of many pages, and with primaries."""

from __future__ import annotations

import io
import itertools
import struct
import time

import numpy as np
import pytest
import pyvips
from PIL import ImageCms
from tiff_files import HEIGHT, WIDTH, Layout, ramps, write

import foveal

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_metadata_of_kinds_that_pillow_does_not_know() -> None:
    """Pillow opens no 10-bit files and no big-endian ones of 12 bits; their metadata is read nevertheless."""
    tags = ((282, 5, (300, 1)), (283, 5, (300, 1)), (296, 3, (2,)), (34675, 7, tuple(SRGB)), (274, 3, (6,)))
    artist = (315, 7, tuple(b"someone\0"))
    for bits, big in itertools.product((10, 16), (False, True)):
        photo = foveal.open(
            io.BytesIO(write(ramps(3, bits), Layout(bits, "<", 2, big=big, extra_tags=(*tags, artist))))
        )
        assert photo.dots_per_inch == (300, 300)
        assert photo.icc_profile == SRGB
        assert (photo.height, photo.width, photo.orientation) == (WIDTH, HEIGHT, 1)


def test_many_directories_take_no_time() -> None:
    """Pillow's count of frames is quadratic in their number."""
    page = write(ramps(1, 8), Layout(8))
    count = struct.unpack("<H", page[(start := struct.unpack("<I", page[4:8])[0]) :][:2])[0]
    directory = page[start:]
    pages = bytearray(page)
    for number in range(1, 20_000):
        struct.pack_into("<I", pages, start + (number - 1) * len(directory) + 2 + 12 * count, len(pages))
        pages += directory
    begun = time.process_time()
    photo = foveal.open(io.BytesIO(bytes(pages)))
    assert time.process_time() - begun < 1
    assert photo.frame_count > 1
    assert foveal.open(io.BytesIO(page)).frame_count == 1


def test_a_page_follows_in_a_kind_that_pillow_does_not_know() -> None:
    page = bytearray(write(ramps(1, 10), Layout(10)))
    page[-4:] = page[4:8]
    assert foveal.open(io.BytesIO(bytes(page))).frame_count == 1  # a loop is no second page
    second = bytes(page[struct.unpack("<I", page[4:8])[0] : -4]) + b"\0" * 4
    page[-4:] = struct.pack("<I", len(page))
    assert foveal.open(io.BytesIO(bytes(page) + second)).frame_count == 2


def test_primaries_of_the_file_become_a_profile() -> None:
    """Tags 318 and 319, here of Display P3, and of sRGB."""
    points = {"p3": (680, 320, 265, 690, 150, 60), "srgb": (640, 330, 300, 600, 150, 60)}
    for name, numbers in points.items():
        primaries = tuple(itertools.chain.from_iterable((number, 1000) for number in numbers))
        tags = ((318, 5, (3127, 10000, 3290, 10000)), (319, 5, primaries))
        photo = foveal.open(io.BytesIO(write(ramps(3, 8), Layout(8, "<", 2, extra_tags=tags))))
        assert (photo.icc_profile is not None) == (name == "p3")


@pytest.mark.filterwarnings("ignore:Metadata Warning, tag 274:UserWarning")
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        *((kind, (6,)) for kind in (1, 2, 3, 4, 6, 7, 8, 9)),
        *[(8, (-6,)), (2, (54, 0)), (3, ()), (3, (6, 6)), (5, (6, 1)), (3, (0,)), (3, (9,))],
    ],
)
def test_an_orientation_of_any_type_turns_pixels_and_resolution_as_in_libvips(kind: int, values: tuple[int]) -> None:
    tags = ((274, kind, values), (282, 5, (300, 1)), (283, 5, (150, 1)), (296, 3, (2,)))
    data = write(ramps(1, 8), Layout(8, extra_tags=tags))
    photo = foveal.open(io.BytesIO(data))
    expected = pyvips.Image.new_from_buffer(data, "", autorotate=True)
    np.testing.assert_array_equal(photo.pixels, expected.numpy())
    assert photo.dots_per_inch == ((150, 300) if expected.width == HEIGHT else (300, 150))


@pytest.mark.parametrize("tag", [254, 318, 319])
@pytest.mark.parametrize(
    ("kind", "values"), [(2, (49, 0)), (3, ()), (8, (-2,)), (9, (-2,)), (5, (1, 3)), (7, (9,) * 6)]
)
def test_tags_that_arrange_no_pixels_may_have_any_type(tag: int, kind: int, values: tuple[int, ...]) -> None:
    data = write(ramps(1, 8), Layout(8, extra_tags=((tag, kind, values),)))
    photo = foveal.open(io.BytesIO(data))
    np.testing.assert_array_equal(photo.pixels, ramps(1, 8)[:, :, 0])
    assert photo.icc_profile is None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(("tag", "count"), [(318, 2), (319, 6)])
def test_chromaticities_that_are_cut_off_are_none(tag: int, count: int) -> None:
    primaries = (
        (318, 5, (3127, 10000, 3290, 10000)),
        (319, 5, (680, 1000, 320, 1000, 265, 1000, 690, 1000, 150, 1000, 60, 1000)),
    )
    data = write(ramps(3, 8), Layout(8, "<", 2, extra_tags=primaries))
    assert foveal.open(io.BytesIO(data)).icc_profile is not None
    entry = data.index(struct.pack("<HHI", tag, 5, count))
    data = data[: entry + 8] + struct.pack("<I", len(data) - 8) + data[entry + 12 :]
    assert foveal.open(io.BytesIO(data)).icc_profile is None
