"""Photos from files, Pillow images and arrays, and the inputs that are refused."""

from __future__ import annotations

import contextlib
import io
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from other_readers import pillow_pixels
from pictures import noisy_gradient, save_image
from PIL import Image, ImageOps
from PIL.ExifTags import Base

import foveal
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.photo import as_photo


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "BMP", "PPM"])
def test_lossless_files_keep_their_pixels(file_format: str) -> None:
    pixels = noisy_gradient(20, 30)
    options = {"lossless": True} if file_format == "WEBP" else {}
    photo = foveal.open(save_image(Image.fromarray(pixels), file_format, **options))
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert (photo.height, photo.width, photo.file_format) == (20, 30, file_format)


def test_sixteen_bit_grey_png_keeps_its_precision() -> None:
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30) * 109
    photo = foveal.open(save_image(Image.fromarray(pixels), "PNG"))
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels, pixels)


def test_palette_and_bilevel_pictures_are_expanded() -> None:
    pixels = noisy_gradient(16, 16)
    palette = Image.fromarray(pixels).quantize(64)
    np.testing.assert_array_equal(foveal.open(save_image(palette, "PNG")).pixels, np.asarray(palette.convert("RGB")))
    bilevel = Image.fromarray(pixels[:, :, 0]).convert("1")
    assert set(np.unique(foveal.open(save_image(bilevel, "PNG")).pixels)) == {0, 255}


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "HSV", "F", "I"])
def test_other_colour_models_are_refused_and_told_how_to_convert(mode: str) -> None:
    image = Image.new(mode, (5, 5))
    with pytest.raises(UnsupportedError, match=f"{mode} pixels.*(convert|assign)"):
        as_photo(image)
    if mode != "HSV":
        with pytest.raises(UnsupportedError, match="convert the picture"):
            foveal.open(save_image(image, "TIFF"))


@pytest.mark.parametrize(
    ("array", "how"),
    [
        (np.zeros((4, 4, 3), np.float32), "255"),
        (np.zeros((4, 4)), "255"),
        (np.zeros((4, 4), bool), "255"),
        (np.zeros((4, 4), np.int64), "astype"),
    ],
)
def test_arrays_of_other_types_are_told_how_to_convert(array: Any, how: str) -> None:
    with pytest.raises(ParameterError, match=f"uint8 or uint16, not {array.dtype}; convert.*{how}"):
        foveal.encode(array)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4), bool),
        np.zeros(4, np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0), np.uint8),
        [[1, 2], [3, 4]],
        None,
    ],
)
def test_arrays_that_are_not_pictures_are_refused(array: Any) -> None:
    with pytest.raises(ParameterError):
        foveal.encode(array)


def test_arrays_in_any_memory_layout_give_the_same_file() -> None:
    pixels = noisy_gradient(33, 47)
    expected = foveal.encode(pixels)
    assert foveal.encode(np.asfortranarray(pixels)) == expected
    assert foveal.encode(np.ascontiguousarray(pixels[::-1])[::-1]) == expected
    assert foveal.encode(foveal.Photo(pixels)) == expected
    assert foveal.encode(Image.fromarray(pixels)) == expected
    wide = pixels.astype(np.uint16) * 257
    assert foveal.encode(wide.astype(">u2")) == foveal.encode(wide)


def test_eight_bits_widened_to_sixteen_are_encoded_as_well() -> None:
    """Not to the same file: samples of 16 bits are not rounded to whole levels before the DCT."""
    pixels = noisy_gradient(40, 40)
    wide = pixels.astype(np.uint16) * 257
    narrow, widened = (pillow_pixels(foveal.encode(each, quality=75, saliency=None)) for each in (pixels, wide))
    errors = [np.abs(each.astype(int) - pixels).mean() for each in (narrow, widened)]
    assert errors[0] == pytest.approx(errors[1], rel=0.03)


def test_grey_may_have_three_dimensions() -> None:
    grey = noisy_gradient(20, 20, None)
    assert foveal.encode(grey[:, :, np.newaxis]) == foveal.encode(grey)


def test_files_that_are_not_pictures_are_refused() -> None:
    with pytest.raises(FormatError, match="known format"):
        foveal.open(io.BytesIO(b"hello"))
    with pytest.raises(FormatError, match="empty"):
        foveal.open(io.BytesIO(b""))


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_truncated_files_are_refused(file_format: str, kept: float) -> None:
    data = save_image(Image.fromarray(noisy_gradient(64, 64)), file_format).getvalue()
    with pytest.raises(FormatError):
        foveal.open(io.BytesIO(data[: int(len(data) * kept)]))


@pytest.mark.filterwarnings("ignore")  # warnings of Pillow
def test_mutated_files_raise_only_errors_of_foveal() -> None:
    rng = np.random.default_rng(0)
    for file_format in ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM"):
        data = save_image(Image.fromarray(noisy_gradient(24, 24)), file_format).getvalue()
        for _ in range(100):
            broken = bytearray(data)
            for position in rng.integers(0, len(broken), 4):
                broken[position] = rng.integers(0, 256)
            with contextlib.suppress(FormatError, LimitError, UnsupportedError):
                foveal.open(io.BytesIO(bytes(broken)), background="white")


@pytest.mark.filterwarnings("ignore")  # warnings of Pillow
def test_more_pixels_than_the_limit_are_refused() -> None:
    file = save_image(Image.new("L", (100, 50)), "PNG")
    assert foveal.open(file, max_pixels=5000).width == 100
    file.seek(0)
    with pytest.raises(LimitError, match="100 x 50"):
        foveal.open(file, max_pixels=4999)
    bomb = bytearray(save_image(Image.new("1", (8, 8)), "PNG").getvalue())
    bomb[16:24] = (60000).to_bytes(4, "big") * 2
    with pytest.raises((LimitError, FormatError)):
        foveal.open(io.BytesIO(bytes(bomb)))


def test_a_missing_file_or_a_folder_raises_the_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        foveal.open(tmp_path / "nothing.png")
    with pytest.raises(IsADirectoryError):
        foveal.open(tmp_path)


def test_a_pillow_image_keeps_its_colour_profile_and_orientation_and_no_other_metadata() -> None:
    tags = Image.Exif()
    tags[Base.Orientation], tags[Base.Make] = 6, "Acme"
    file = save_image(Image.fromarray(noisy_gradient(16, 24)), "JPEG", exif=tags, icc_profile=b"profile")
    with Image.open(file) as image:
        photo, converted, turned = (
            as_photo(image),
            as_photo(image.convert("L")),
            as_photo(ImageOps.exif_transpose(image)),
        )
    assert (photo.orientation, photo.icc_profile, photo.pixels.shape) == (6, b"profile", (16, 24, 3))
    assert photo.exif is not None
    assert b"Acme" not in photo.exif
    assert (converted.orientation, converted.displayed_size) == (6, (24, 16))
    assert (turned.orientation, turned.icc_profile, turned.exif) == (1, b"profile", None)
    assert turned.pixels.shape == (24, 16, 3)


def test_max_pixels_must_be_a_number() -> None:
    with pytest.raises(ParameterError, match="max_pixels"):
        foveal.open(io.BytesIO(b""), max_pixels="many")


def test_a_resolution_of_one_means_none() -> None:
    """TIFF files without a resolution have 1 x 1."""
    assert foveal.open(save_image(Image.new("L", (9, 9)), "TIFF")).dots_per_inch is None


@pytest.mark.parametrize(("orientation", "expected"), [(1, (300, 150)), (3, (300, 150)), (6, (150, 300))])
def test_the_resolution_of_a_tiff_is_turned_with_its_pixels(orientation: int, expected: tuple[int, int]) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    photo = foveal.open(save_image(Image.new("RGB", (40, 24)), "TIFF", dpi=(300, 150), exif=tags))
    assert photo.dots_per_inch == expected
    assert (photo.width, photo.height) == ((24, 40) if orientation == 6 else (40, 24))


@pytest.mark.parametrize("source", [None, 3])
def test_open_takes_a_path_or_a_file(source: Any) -> None:
    with pytest.raises(ParameterError, match="path"):
        foveal.open(source)


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_empty_pillow_images_are_refused(size: tuple[int, int]) -> None:
    for call in (foveal.encode, foveal.saliency_map):
        with pytest.raises(ParameterError, match="empty"):
            call(Image.new("RGB", size))


def test_any_exception_of_a_pillow_plugin_is_a_format_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("decoding of color planes failed")

    file = save_image(Image.new("L", (9, 9)), "PNG")
    monkeypatch.setattr(Image.Image, "load", fail)
    with pytest.raises(FormatError, match="color planes"):
        foveal.open(file)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("icc_profile", "sRGB"),
        ("exif", 5),
        ("xmp", "<x:xmpmeta/>"),
        ("comment", "by me"),
        ("dots_per_inch", 300),
        ("dots_per_inch", (300, 72.5)),
        ("dots_per_inch", (0, 65_536)),
        ("extra_segments", b"IPTC"),
        ("extra_segments", ((0xD8, b""),)),
        ("extra_segments", ((0xED, "text"),)),
        ("file_format", b"PNG"),
        ("frame_count", 0),
        ("frame_count", "1"),
    ],
)
def test_fields_of_another_kind_are_named(field: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"^{field} must be "):
        foveal.Photo(np.zeros((9, 9), np.uint8), **{field: value})


def test_a_photo_can_be_used_in_a_with_statement() -> None:
    with foveal.Photo(np.zeros((9, 9), np.uint8)) as photo:
        assert photo.height == 9
    assert photo.pixels.shape == (9, 9)


def test_the_broken_file_of_a_pillow_image_is_a_format_error() -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)).save(file, "PNG")
    image = Image.open(io.BytesIO(file.getvalue()[:5000]))  # reads the header only
    with pytest.raises(FormatError, match="broken picture: image file is truncated"):
        foveal.encode(image, quality=50)


class StoppedError(TimeoutError):
    """Raised by the signal handler of the next test; TimeoutError is an OSError."""


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_what_a_signal_handler_raises_is_not_renamed() -> None:
    def stop(*_: object) -> None:
        raise StoppedError

    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            signal.raise_signal(signal.SIGUSR1)
            return super().read(size)

    previous = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(StoppedError):
            foveal.open(Interrupted(b"..."))
    finally:
        signal.signal(signal.SIGUSR1, previous)
