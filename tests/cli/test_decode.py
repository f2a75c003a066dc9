"""`foveal decode`: pixels and metadata of a JPEG as PNG or TIFF."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
import pyvips
from command_line import COMMAND, PIXELS, Run, one_line, write_jpeg
from PIL import Image, ImageCms
from PIL.ExifTags import Base

import foveal


def test_decode_writes_the_pixels_and_what_belongs_to_them(run: Run) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = write_jpeg("in.jpg", exif=exif, icc_profile=profile)
    upright = foveal.decode(data)[::-1].swapaxes(0, 1)
    # Pillow turns TIFF files on opening, by the same tag.
    for target, expected in (("out.png", foveal.decode(data)), ("out.tif", upright)):
        outcome = run("decode", "in.jpg", "-o", target)
        assert (outcome.code, outcome.out, outcome.err) == (0, f"{target}: 56 x 40, YCbCr\n", "")
        with Image.open(target) as image:
            assert image.getexif()[Base.Orientation] == 6
            np.testing.assert_array_equal(np.asarray(image), expected)
            assert image.info["icc_profile"] == profile


def test_decode_writes_cmyk_as_tiff_with_ink_as_pillow_sees_it(run: Run) -> None:
    Image.fromarray(PIXELS).convert("CMYK").save("in.jpg")
    one_line(run("decode", "in.jpg", "-o", "out.png"), 1, "in.jpg", "CMYK", "OUT.tif")
    assert not Path("out.png").exists()
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as written, Image.open("in.jpg") as expected:
        assert written.mode == "CMYK"
        np.testing.assert_array_equal(np.asarray(written), np.asarray(expected))


def test_cmyk_without_the_segment_of_adobe_is_inverted_too(run: Run) -> None:
    """So do Pillow, libvips and browsers."""
    Image.fromarray(PIXELS).convert("CMYK").save("in.jpg")
    data = Path("in.jpg").read_bytes()
    start = data.index(b"\xff\xee")
    Path("in.jpg").write_bytes(data[:start] + data[start + 16 :])
    assert b"Adobe" not in Path("in.jpg").read_bytes()
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as written, Image.open("in.jpg") as expected:
        assert written.mode == "CMYK"
        np.testing.assert_array_equal(np.asarray(written), np.asarray(expected))
    np.testing.assert_array_equal(np.asarray(Image.open("out.tif")), pyvips.Image.new_from_file("in.jpg").numpy())


def test_decode_of_a_broken_file(run: Run) -> None:
    data = write_jpeg("in.jpg")
    Path("in.jpg").write_bytes(data[:-40])
    one_line(run("decode", "in.jpg", "-o", "out.png"), 1, "in.jpg: byte", "expected more data")
    assert not Path("out.png").exists()
    outcome = run("decode", "in.jpg", "-o", "out.png", "--lenient")
    assert outcome.code == 0
    assert all(line.startswith("foveal: warning: in.jpg: byte") for line in outcome.err.splitlines())
    assert len(outcome.err.splitlines()) == 2
    assert np.asarray(Image.open("out.png")).shape == PIXELS.shape


def test_decode_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    data = foveal.encode(PIXELS)
    finished = subprocess.run([*COMMAND, "decode", "-", "-o", "-"], input=data, capture_output=True, check=True)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(finished.stdout))), foveal.decode(data))
    assert b"standard output: 56 x 40" in finished.stderr


def test_decode_keeps_the_resolution_and_the_xmp(run: Run) -> None:
    write_jpeg("in.jpg", dpi=(300, 200), xmp="<x>é</x>".encode())
    assert run("decode", "in.jpg").out == "in.png: 56 x 40, YCbCr\n"
    with Image.open("in.png") as image:
        assert [round(value) for value in image.info["dpi"]] == [300, 200]
        assert image.info["xmp"] == "<x>é</x>".encode()
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as image:
        assert [round(value) for value in image.info["dpi"]] == [300, 200]


@pytest.mark.parametrize(
    "tags",
    [
        {0x0100: 1733, 0x0101: 1300},  # size
        {0x0106: 6},  # PhotometricInterpretation
        {0x010A: 2},  # FillOrder
        {0x011C: 2},  # PlanarConfiguration
        {0x0153: 2},  # SampleFormat
    ],
)
def test_exif_data_does_not_change_how_a_tiff_stores_its_pixels(run: Run, tags: dict[int, int]) -> None:
    exif = Image.Exif()
    for tag, value in {**tags, int(Base.Artist): "me"}.items():
        exif[tag] = value
    data = write_jpeg("in.jpg", exif=exif)
    assert run("decode", "in.jpg", "-o", "out.tif").code == 0
    with Image.open("out.tif") as image:
        np.testing.assert_array_equal(np.asarray(image), foveal.decode(data))
        assert image.getexif()[Base.Artist] == "me"


@pytest.mark.parametrize(
    "exif", [b"nonsense", b"II*\0", b"II*\0\x08\0\0\0\x01\0\x32\x01\x02\0\xff\xff\0\0\xff\xff\0\0"]
)
def test_decode_passes_over_broken_exif_data(run: Run, exif: bytes) -> None:
    data = write_jpeg("in.jpg", exif=b"Exif\0\0" + exif)
    for target in ("out.png", "out.tif"):
        assert run("decode", "in.jpg", "-o", target).code == 0
        with Image.open(target) as image:
            np.testing.assert_array_equal(np.asarray(image), foveal.decode(data))


def test_decode_says_that_there_are_more_pictures(run: Run) -> None:
    more = [Image.fromarray(PIXELS)] * 2
    Image.fromarray(PIXELS).save("in.jpg", "MPO", save_all=True, append_images=more)
    outcome = run("decode", "in.jpg")
    assert outcome.code == 0
    one_warning, end = outcome.err.split("\n")
    assert one_warning.startswith("foveal: warning: in.jpg: ")
    assert one_warning.endswith(" bytes after the picture are left out: 2 further pictures")
    assert not end
