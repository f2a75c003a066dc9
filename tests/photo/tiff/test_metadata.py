"""Metadata of TIFF files: also of those that Pillow does not open, of many pages, and with primaries."""

from __future__ import annotations

import io
import itertools
import struct
import time

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
