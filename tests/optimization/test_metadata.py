"""Metadata policies of optimized files, and content credentials."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from jpeg_files import JFIF, assert_same_blocks, pillow_file
from other_readers import exiftool_tags, libjpeg_pixels, marker_segments
from pictures import noisy_gradient
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from foveal import jpeg
from foveal.jpeg import Segment, application_data
from foveal.optimization import OptimizeOptions, optimize_file
from foveal.optimization.metadata import replace_segments

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
C2PA = [
    (0xEB, b"JP\0\7\0\0\0\1" + struct.pack(">I", 40) + b"jumb\0\0\0\x1djumdc2pa\0\x11\0\x10c2pa\0abc"),
    (0xEB, b"JP\0\7\0\0\0\2" + struct.pack(">I", 40) + b"jumb and the rest"),
]
OTHER_BOX = (0xEB, b"JP\0\x08\0\0\0\1" + struct.pack(">I", 20) + b"jumb other")


def photo_file(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Copyright] = "(c) Juergen"
    exif[Base.Make] = "maker"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.fromarray(noisy_gradient(64, 80))
    return pillow_file(image, exif=exif, icc_profile=PROFILE, comment=b"hello", dpi=(300, 300))


def with_segments(data: bytes, segments: list[tuple[int, bytes]]) -> bytes:
    return data[:20] + b"".join(struct.pack(">BBH", 0xFF, c, len(p) + 2) + p for c, p in segments) + data[20:]


def optimized(data: bytes, **options: object) -> bytes:
    """Optimize a file without loss, and check that coefficients stay and that a second run keeps the file."""
    chosen = OptimizeOptions(lossless=True, **options)
    result = optimize_file(data, chosen)
    assert_same_blocks(jpeg.read_coefficients(data), jpeg.read_coefficients(result.data))
    again = optimize_file(result.data, chosen)
    assert (again.rung, again.data) == ("kept", result.data)
    return result.data


@pytest.mark.parametrize("policy", ["keep", "safe", "none"])
def test_orientation_and_colours_stay_under_every_policy(policy: str, tmp_path: Path) -> None:
    data = photo_file()
    tags = exiftool_tags(optimized(data, metadata=policy), ".jpg", tmp_path)
    assert tags["IFD0:Orientation"] == 6
    assert tags["ICC-header:ColorSpaceData"] == "RGB "
    assert ("IFD0:Make" in tags, "GPS:GPSLatitudeRef" in tags) == (policy == "keep", policy == "keep")
    assert ("IFD0:Copyright" in tags) == (policy != "none")
    assert tags.get("JFIF:XResolution") == (1 if policy == "none" else 300)


def test_text_that_is_not_ascii_stays_as_it_is() -> None:
    text = "© J\xfcrgen".encode()
    data = photo_file().replace(b"(c) Juergen", text.ljust(11))
    assert text in optimized(data, metadata="safe")


def test_an_upright_picture_needs_no_exif() -> None:
    codes = [code for code, _ in marker_segments(optimized(photo_file(1), metadata="none")) if code >= 0xE0]
    assert codes == [0xE0, 0xE2]


def test_pixels_that_are_not_square_keep_their_aspect_ratio_without_their_size() -> None:
    data = pillow_file(Image.fromarray(noisy_gradient(40, 40)), dpi=(300, 150))
    segments = jpeg.read_coefficients(optimized(data, metadata="none")).segments
    assert application_data.dots_per_inch(segments) is None
    assert application_data.pixel_aspect(segments) == (300, 150)


def test_metadata_goes_even_if_nothing_else_is_saved() -> None:
    data = optimized(photo_file())
    result = optimize_file(data, OptimizeOptions(lossless=True, metadata="none", min_saving=1))
    assert result.rung == "lossless"
    assert b"maker" not in result.data
    assert result.data[-1000:] == data[-1000:]  # its scans are not written again
    np.testing.assert_array_equal(libjpeg_pixels(result.data), libjpeg_pixels(data))


def test_the_thumbnail_of_jfif_goes() -> None:
    thumbnail = JFIF.payload[:12] + b"\2\1" + b"rgbRGB"
    data = pillow_file(Image.fromarray(noisy_gradient(40, 40)))
    data = data[:2] + struct.pack(">BBH", 0xFF, 0xE0, len(thumbnail) + 2) + thumbnail + data[20:]
    assert b"rgbRGB" in optimized(data)
    assert b"rgbRGB" not in optimized(data, metadata="safe")


def test_segments_are_replaced_and_scans_are_not_touched() -> None:
    data = photo_file()
    assert replace_segments(data, [], b"") == data[:2] + data[data.index(b"\xff\xdb") :]
    assert replace_segments(data, jpeg.read_coefficients(data).segments, b"") == data
    assert replace_segments(data, [Segment(0xFE, b"x")], b"end")[2:7] == b"\xff\xfe\0\3x"
    assert replace_segments(data, [], b"end").endswith(b"\xff\xd9end")


def test_a_lossless_change_keeps_content_credentials_and_says_that_signatures_break() -> None:
    data = with_segments(photo_file(), [*C2PA, OTHER_BOX])
    result = optimize_file(data, OptimizeOptions(lossless=True))
    assert [segment for segment in marker_segments(result.data) if segment[0] == 0xEB] == [*C2PA, OTHER_BOX]
    assert [note for note in result.notes if "C2PA" in note and "signatures" in note] == list(result.notes)
    assert len(result.notes) == 1
    assert optimize_file(result.data, OptimizeOptions(lossless=True)).notes == ()


def test_only_boxes_of_the_manifest_are_content_credentials() -> None:
    segments = [Segment(*each) for each in (*C2PA, OTHER_BOX, (0xEB, b"c2pa of nobody"))]
    assert application_data.content_credentials(segments) == tuple(segments[:2])
