"""Broken pictures that are read as far as possible."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from jpeg_files import pillow_file
from pictures import noisy_gradient, save_image
from PIL import Image
from PIL.ExifTags import Base

import foveal
from foveal.errors import FormatError, FormatWarning, LimitError, ParameterError, UnsupportedError

PIXELS = noisy_gradient(64, 48)


def broken(file_format: str, kept: float, **options: object) -> tuple[bytes, np.ndarray]:
    """Return a file that breaks off, and the pixels of the whole file."""
    file = save_image(Image.fromarray(PIXELS), file_format, **options)
    with Image.open(file) as image:
        whole = np.asarray(image.convert("RGB"))
    return file.getvalue()[: int(len(file.getvalue()) * kept)], whole


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "GIF", "BMP", "PPM", "TGA", "JPEG2000"])
def test_the_part_before_the_end_of_a_file_that_breaks_off_is_read(file_format: str, tmp_path: Path) -> None:
    data, whole = broken(file_format, 0.75)
    (tmp_path / "broken").write_bytes(data)
    for source in (io.BytesIO(data), tmp_path / "broken"):
        with pytest.raises(FormatError):
            foveal.open(source)
        with pytest.warns(FormatWarning, match=r"byte|broken picture"):
            photo = foveal.open(source, strict=False)
        assert (photo.height, photo.width) == (64, 48)
        # BMP and TGA begin with the last row; JPEG 2000 has no rows.
        rows = {"BMP": np.s_[-16:], "TGA": np.s_[-16:], "JPEG2000": np.s_[:0]}.get(file_format, np.s_[:16])
        np.testing.assert_array_equal(photo.pixels[rows], whole[rows])
        assert foveal.encode(photo, quality=50, saliency=None)


def test_a_broken_jpeg_is_decoded_as_by_decode_and_keeps_its_metadata() -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    data = pillow_file(Image.fromarray(PIXELS), exif=tags.tobytes(), comment=b"kept", quality=90)[:-300]
    with pytest.warns(FormatWarning):
        photo = foveal.open(io.BytesIO(data), strict=False)
    with pytest.warns(FormatWarning):
        np.testing.assert_array_equal(photo.pixels, foveal.decode(data, strict=False))
    assert (photo.orientation, photo.comment, photo.file_format, photo.file_bytes) == (6, b"kept", "JPEG", len(data))


def test_a_jpeg_with_faults_that_pillow_passes_over_is_refused() -> None:
    whole = pillow_file(Image.fromarray(PIXELS), quality=90)
    half = whole[: len(whole) // 2] + b"\xff\xd9"
    with Image.open(io.BytesIO(half)) as image:
        image.load()
    with pytest.raises(FormatError, match="expected more data"):
        foveal.open(io.BytesIO(half))
    with pytest.warns(FormatWarning, match="expected more data"):
        foveal.open(io.BytesIO(half), strict=False)


@pytest.mark.parametrize("strict", [True, False])
def test_a_jpeg_of_another_coding_process_is_refused_by_name(strict: bool) -> None:
    data = pillow_file(Image.fromarray(PIXELS))
    lossless = data.replace(b"\xff\xc0", b"\xff\xc3", 1)
    with pytest.raises(UnsupportedError, match="lossless"):
        foveal.open(io.BytesIO(lossless), strict=strict)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "GIF"])
def test_whole_files_are_read_alike(file_format: str) -> None:
    file = save_image(Image.fromarray(PIXELS), file_format)
    strict = foveal.open(file)
    file.seek(0)
    lenient = foveal.open(file, strict=False)
    np.testing.assert_array_equal(lenient.pixels, strict.pixels)
    for name in ("icc_profile", "exif", "dots_per_inch", "file_format", "frame_count", "file_bytes"):
        assert getattr(lenient, name) == getattr(strict, name)


def test_files_without_any_picture_are_refused() -> None:
    for data in (b"", b"hello", b"\xff\xd8", pillow_file(Image.fromarray(PIXELS))[:100]):
        with pytest.raises(FormatError):
            foveal.open(io.BytesIO(data), strict=False)
    with pytest.raises(FileNotFoundError):
        foveal.open("no such file", strict=False)


def test_limits_are_never_lenient() -> None:
    for file_format in ("JPEG", "PNG"):
        file = save_image(Image.fromarray(PIXELS), file_format)
        with pytest.raises(LimitError, match=r"48 x 64|64 x 48"):
            foveal.open(file, strict=False, max_pixels=64 * 48 - 1)


def test_colour_models_are_those_that_are_read_strictly() -> None:
    cmyk = pillow_file(Image.fromarray(PIXELS).convert("CMYK"))
    for strict in (True, False):
        with pytest.raises(UnsupportedError, match="CMYK"):
            foveal.open(io.BytesIO(cmyk), strict=strict)


def test_a_stream_that_cannot_seek_is_read() -> None:
    class Stream:
        def __init__(self, data: bytes) -> None:
            self.read = io.BytesIO(data).read

    data = pillow_file(Image.fromarray(PIXELS))
    for strict in (True, False):
        assert foveal.open(cast(BinaryIO, Stream(data)), strict=strict).width == 48


def test_strict_must_be_a_bool() -> None:
    with pytest.raises(ParameterError, match="strict"):
        foveal.open(io.BytesIO(b""), strict=cast(bool, "no"))
