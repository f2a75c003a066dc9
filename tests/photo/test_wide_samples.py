"""PNG and PPM files of more than 8 bits keep their bits, against libvips."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

import foveal
from foveal.errors import FormatError, FormatWarning, UnsupportedError

HEIGHT, WIDTH = 19, 31
FULL = 65_535


def samples(count: int) -> np.ndarray:
    """Return noise (H, W, count) of 16 bits; a last sample that is alpha is opaque."""
    noise = np.random.default_rng(count).integers(0, FULL, (HEIGHT, WIDTH, count), endpoint=True).astype(np.uint16)
    if count in (2, 4):
        noise[:, :, -1] = FULL
    return noise


def png(pixels: np.ndarray, **options: Any) -> bytes:
    image = pyvips.Image.new_from_array(pixels)
    image = image.copy(interpretation="grey16" if pixels.shape[2] < 3 else "rgb16")
    return bytes(image.pngsave_buffer(bitdepth=16, **options))


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_png_keeps_sixteen_bits(count: int, interlace: bool) -> None:
    pixels = samples(count)
    photo = foveal.open(io.BytesIO(png(pixels, interlace=interlace)))
    np.testing.assert_array_equal(photo.pixels, pixels[:, :, : 3 if count > 2 else 1].squeeze())
    assert photo.pixels.dtype == np.uint16


@pytest.mark.parametrize("count", [2, 4])
def test_png_of_sixteen_bits_is_blended_with_a_background(count: int) -> None:
    pixels = samples(count)
    pixels[:, :, -1] = np.arange(WIDTH) * (FULL // (WIDTH - 1))
    data = png(pixels)
    with pytest.raises(UnsupportedError, match="background"):
        foveal.open(io.BytesIO(data))
    alpha = pixels[:, :, -1:] / FULL
    expected = (pixels[:, :, :-1] * alpha).squeeze()
    np.testing.assert_allclose(foveal.open(io.BytesIO(data), background="black").pixels, expected, atol=0.51)


def test_a_transparent_colour_of_sixteen_bits() -> None:
    pixels = samples(3)
    data = png(pixels)
    key = b"".join(int(value).to_bytes(2, "big") for value in pixels[3, 4])
    chunk = b"\0\0\0\x06tRNS" + key
    chunk += zlib.crc32(chunk[4:]).to_bytes(4, "big")
    place = data.index(b"IDAT") - 4
    opened = foveal.open(io.BytesIO(data[:place] + chunk + data[place:]), background="white").pixels
    expected = pixels.copy()
    expected[3, 4] = FULL
    np.testing.assert_array_equal(opened, expected)


def pnm(magic: str, pixels: np.ndarray, peak: int) -> bytes:
    data = pixels.astype(">u2" if peak > 255 else np.uint8).tobytes()
    return f"{magic}\n# made for a test\n{WIDTH} {HEIGHT}\n{peak}\n".encode() + data


@pytest.mark.parametrize("peak", [1, 15, 100, 254, 255, 256, 1023, 4095, 65534, 65535])
@pytest.mark.parametrize(("magic", "count"), [("P5", 1), ("P6", 3)])
def test_the_largest_value_of_a_pnm_is_white(magic: str, count: int, peak: int) -> None:
    values = np.random.default_rng(peak).integers(0, peak, (HEIGHT, WIDTH, count), endpoint=True)
    values[0, 0] = peak
    full = 255 if peak <= 255 else FULL
    data = pnm(magic, values, peak)
    pixels = foveal.open(io.BytesIO(data)).pixels
    assert pixels.dtype == (np.uint8 if peak <= 255 else np.uint16)
    np.testing.assert_array_equal(pixels, np.floor(values * full / peak + 0.5).squeeze())
    with Image.open(io.BytesIO(data)) as image:  # grey of 16 bits, RGB of 8
        np.testing.assert_allclose(
            np.asarray(image), pixels / (257 if image.mode == "RGB" and peak > 255 else 1), atol=1
        )


@pytest.mark.parametrize("peak", [255, 1023, 65535])
def test_a_plain_pgm_keeps_its_bits(peak: int) -> None:
    values = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) * peak // (HEIGHT * WIDTH - 1)
    text = f"P2 {WIDTH} {HEIGHT} {peak}\n" + "\n".join(" ".join(map(str, row)) for row in values)
    pixels = foveal.open(io.BytesIO(text.encode())).pixels
    np.testing.assert_array_equal(pixels, np.rint(values * ((255 if peak == 255 else FULL) / peak)))


@pytest.mark.parametrize("peak", [100, 65535])
def test_a_pnm_that_is_cut_off_is_refused(peak: int) -> None:
    data = pnm("P6", np.zeros((HEIGHT, WIDTH, 3)), peak)
    with pytest.raises(FormatError, match="cut off"):
        foveal.open(io.BytesIO(data[:-1]))


def test_lenient_reading_keeps_the_rows_before_a_fault() -> None:
    values = np.full((HEIGHT, WIDTH, 3), 40_000)
    for data in (pnm("P6", values, FULL), png(values.astype(np.uint16), compression=0)):
        with pytest.warns(FormatWarning, match="black"):
            pixels = foveal.open(io.BytesIO(data[: len(data) * 2 // 3]), strict=False).pixels
        assert pixels.dtype == np.uint16
        assert (pixels[: HEIGHT // 2] == 40_000).all()
        assert not pixels[-1].any()
