"""Files, Pillow images and arrays become photos."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image, ImageOps
from PIL.ExifTags import Base

import foveal
from foveal.errors import FormatError, LimitError, ParameterError, UnsupportedError
from foveal.photo import as_photo
from foveal.photo import exif as exif_tags
from foveal.photo.orientation import to_stored


def saved(image: Image.Image, file_format: str, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "BMP", "PPM"])
def test_lossless_files_keep_their_pixels(file_format: str) -> None:
    pixels = noisy_gradient(20, 30)
    options = {"lossless": True} if file_format == "WEBP" else {}
    photo = foveal.open(saved(Image.fromarray(pixels), file_format, **options))
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert (photo.height, photo.width, photo.file_format) == (20, 30, file_format)


def test_sixteen_bit_grey_png_keeps_its_precision() -> None:
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30) * 109
    photo = foveal.open(saved(Image.fromarray(pixels), "PNG"))
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels, pixels)


def test_palette_and_bilevel_pictures_are_expanded() -> None:
    pixels = noisy_gradient(16, 16)
    palette = Image.fromarray(pixels).quantize(64)
    np.testing.assert_array_equal(foveal.open(saved(palette, "PNG")).pixels, np.asarray(palette.convert("RGB")))
    bilevel = Image.fromarray(pixels[:, :, 0]).convert("1")
    assert set(np.unique(foveal.open(saved(bilevel, "PNG")).pixels)) == {0, 255}


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "F", "I"])
def test_other_colour_models_are_refused(mode: str) -> None:
    with pytest.raises(UnsupportedError, match=mode):
        foveal.open(saved(Image.new(mode, (5, 5)), "TIFF"))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_needs_a_background(mode: str) -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 2, 4))
    file = saved(image.convert(mode), "PNG" if mode != "PA" else "TIFF") if mode != "PA" else None
    source: Any = file or image.convert("PA")
    make = foveal.open if file else as_photo
    with pytest.raises(UnsupportedError, match="background"):
        make(source)
    if file:
        file.seek(0)
    pixels = make(source, background="#ff0000").pixels
    assert pixels[0, 3].tolist() == [255, 0, 0]
    if mode == "RGBA":
        assert pixels[0, 0].tolist() == [10, 20, 30]


def test_a_transparent_palette_colour_is_alpha() -> None:
    image = Image.new("P", (4, 4))
    image.putpalette([9, 9, 9, 200, 0, 0])
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(saved(image, "PNG", transparency=0))
    assert foveal.open(saved(image, "PNG", transparency=0), background="white").pixels[0, 0].tolist() == [255] * 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_background_is_mixed_by_alpha(dtype: type[np.unsignedinteger[Any]]) -> None:
    full = np.iinfo(dtype).max
    pixels = np.zeros((1, 3, 4), dtype=dtype)
    pixels[0, :, 3] = [0, full // 2, full]
    mixed = as_photo(pixels, background=(255, 255, 0)).pixels
    assert mixed.dtype == dtype
    assert mixed[0, 0].tolist() == [full, full, 0]
    assert mixed[0, 1, 0] == pytest.approx(full / 2, abs=1)
    assert mixed[0, 2].tolist() == [0, 0, 0]
    tall = np.zeros((150, 2, 4), dtype=dtype)
    tall[100:, :, 3] = full
    assert (as_photo(tall, background="white").pixels[:, 0, 0] == np.where(np.arange(150) < 100, full, 0)).all()
    grey = np.zeros((2, 2, 2), dtype=dtype)
    assert as_photo(grey, background="white").pixels.shape == (2, 2)
    assert as_photo(grey, background="red").pixels.shape == (2, 2, 3)


BAD_BACKGROUNDS = ["no colour", (1, 2), (1, 2, 256), (-1, 0, 0), ("a", "b", "c"), (float("inf"), 0, 0)]


@pytest.mark.parametrize("background", BAD_BACKGROUNDS)
@pytest.mark.parametrize("channels", [3, 4])
def test_backgrounds_that_are_no_colours(background: Any, channels: int) -> None:
    with pytest.raises(ParameterError, match="background"):
        foveal.encode(np.zeros((2, 2, channels), np.uint8), background=background)


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
        "photo.png",
    ],
)
def test_arrays_that_are_no_pictures(array: Any) -> None:
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


def test_eight_bits_as_sixteen_give_the_same_picture() -> None:
    pixels = noisy_gradient(40, 40)
    wide = pixels.astype(np.uint16) * 257
    narrow, widened = (pillow_pixels(foveal.encode(each, saliency=None, effort="fast")) for each in (pixels, wide))
    assert np.abs(narrow.astype(int) - widened).max() <= 3


def test_grey_of_three_dimensions() -> None:
    grey = noisy_gradient(20, 20, None)
    assert foveal.encode(grey[:, :, np.newaxis]) == foveal.encode(grey)


# ---- broken and hostile files


def test_not_a_picture() -> None:
    with pytest.raises(FormatError, match="known format"):
        foveal.open(io.BytesIO(b"hello"))
    with pytest.raises(FormatError, match="known format"):
        foveal.open(io.BytesIO(b""))


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_truncated_files(file_format: str, kept: float) -> None:
    data = saved(Image.fromarray(noisy_gradient(64, 64)), file_format).getvalue()
    with pytest.raises(FormatError):
        foveal.open(io.BytesIO(data[: int(len(data) * kept)]))


@pytest.mark.filterwarnings("ignore")  # Pillow's
def test_mutated_files_raise_nothing_else() -> None:
    rng = np.random.default_rng(0)
    for file_format in ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM"):
        data = saved(Image.fromarray(noisy_gradient(24, 24)), file_format).getvalue()
        for _ in range(100):
            broken = bytearray(data)
            for position in rng.integers(0, len(broken), 4):
                broken[position] = rng.integers(0, 256)
            with contextlib.suppress(FormatError, LimitError, UnsupportedError):
                foveal.open(io.BytesIO(bytes(broken)), background="white")


@pytest.mark.filterwarnings("ignore")  # Pillow's
def test_limits_on_pixels() -> None:
    file = saved(Image.new("L", (100, 50)), "PNG")
    assert foveal.open(file, max_pixels=5000).width == 100
    file.seek(0)
    with pytest.raises(LimitError, match="100 x 50"):
        foveal.open(file, max_pixels=4999)
    bomb = bytearray(saved(Image.new("1", (8, 8)), "PNG").getvalue())
    bomb[16:24] = (60000).to_bytes(4, "big") * 2
    with pytest.raises((LimitError, FormatError)):
        foveal.open(io.BytesIO(bytes(bomb)))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        foveal.open(tmp_path / "nothing.png")
    with pytest.raises(IsADirectoryError):
        foveal.open(tmp_path)


# ---- orientation


@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_that_of_pillow(value: int) -> None:
    pixels = noisy_gradient(5, 9)
    tags = Image.Exif()
    tags[Base.Orientation] = value
    file = saved(Image.fromarray(pixels), "PNG", exif=tags)
    photo = foveal.open(file)
    assert photo.orientation == value
    np.testing.assert_array_equal(photo.pixels, pixels)
    file.seek(0)
    with Image.open(file) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    upright = photo.upright()
    assert upright.orientation == 1
    np.testing.assert_array_equal(upright.pixels, expected)
    np.testing.assert_array_equal(to_stored(upright.pixels, value), pixels)


@pytest.mark.filterwarnings("ignore")  # Pillow's
@pytest.mark.parametrize("exif", [None, b"", b"garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\1", b"II*\0" + b"\xff" * 40])
def test_orientation_of_nonsense_is_upright(exif: bytes | None) -> None:
    assert exif_tags.orientation(exif) == 1
    assert exif_tags.safe_to_publish(exif) is None


def test_orientation_out_of_range_is_upright() -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 9
    assert exif_tags.orientation(tags.tobytes()) == 1


def test_a_pillow_image_brings_its_colours_and_nothing_else() -> None:
    """Its EXIF may be that of a file that it was made from, and turned since."""
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    file = saved(Image.fromarray(noisy_gradient(16, 24)), "JPEG", exif=tags, icc_profile=b"profile")
    with Image.open(file) as image:
        turned = image.transpose(Image.Transpose.ROTATE_270)
    photo = as_photo(turned)
    assert (photo.orientation, photo.icc_profile, photo.exif) == (1, b"profile", None)
    assert photo.pixels.shape == (24, 16, 3)


@pytest.mark.parametrize("arguments", [(b"\x89PNG",), (bytearray(b"abc"),)])
def test_open_takes_no_bytes(arguments: Any) -> None:
    with pytest.raises(ParameterError, match="BytesIO"):
        foveal.open(*arguments)


def test_max_pixels_is_a_number() -> None:
    with pytest.raises(ParameterError, match="max_pixels"):
        foveal.open(io.BytesIO(b""), max_pixels="many")


def test_a_resolution_of_one_is_none() -> None:
    """TIFF files without a resolution have 1 x 1."""
    assert foveal.open(saved(Image.new("L", (9, 9)), "TIFF")).dots_per_inch is None


@pytest.mark.parametrize("source", [None, 3])
def test_open_takes_a_path_or_a_file(source: Any) -> None:
    with pytest.raises(ParameterError, match="path"):
        foveal.open(source)


def test_sixteen_bit_grey_with_a_transparent_value_has_alpha() -> None:
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    file = saved(Image.fromarray(pixels), "PNG", transparency=5000)
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(file)
    file.seek(0)
    shown = foveal.open(file, background="white").pixels
    np.testing.assert_array_equal(shown, np.where(pixels == 5000, 65535, pixels))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_empty_pillow_images(size: tuple[int, int]) -> None:
    for call in (foveal.encode, foveal.saliency_map):
        with pytest.raises(ParameterError, match="empty"):
            call(Image.new("RGB", size))


def test_a_reader_that_fails_in_its_own_way_gives_a_format_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("decoding of color planes failed")

    file = saved(Image.new("L", (9, 9)), "PNG")
    monkeypatch.setattr(Image.Image, "load", fail)
    with pytest.raises(FormatError, match="color planes"):
        foveal.open(file)


def test_orientation_is_not_taken_from_xmp() -> None:
    """Else a file without EXIF would be shown turned after encoding, and not before."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    photo = foveal.open(saved(Image.new("L", (9, 5)), "JPEG", xmp=xmp))
    assert (photo.orientation, photo.exif, photo.xmp) == (1, None, xmp)
