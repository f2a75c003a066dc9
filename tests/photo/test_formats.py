"""The list of formats that are opened; formats that are refused by name; HEIC with and without pillow-heif."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import noisy_gradient, save_image
from PIL import Image, features

import foveal
from foveal.errors import FormatError, MissingExtraError, ParameterError, UnsupportedError

LOSSLESS = ["BMP", "DDS", "DIB", "ICO", "PCX", "PNG", "PPM", "QOI", "SGI", "TGA", "TIFF"]


@pytest.mark.parametrize("name", LOSSLESS)
def test_formats_of_the_list_are_opened(name: str) -> None:
    pixels = noisy_gradient(32, 32)
    photo = foveal.open(save_image(Image.fromarray(pixels), name))
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert photo.frame_count == 1


@pytest.mark.parametrize("name", ["AVIF", "GIF", "JPEG", "JPEG2000", "WEBP"])
def test_lossy_formats_of_the_list_are_opened(name: str) -> None:
    if name == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    pixels = noisy_gradient(32, 32)
    assert foveal.open(save_image(Image.fromarray(pixels), name)).pixels.shape == pixels.shape


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (EPS, "EPS"),
        (b"\xc5\xd0\xd3\xc6" + (30).to_bytes(4, "little") + bytes(22) + EPS, "EPS"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd7\xcd\xc6\x9a" + bytes(100), "WMF"),
        (b"\x01\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF" + bytes(100), "EMF"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\xef\xbb\xbf  <svg/>", "SVG"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "JPEG XL"),
        (b"FUJIFILMCCD-RAW " + bytes(80), "RAF"),
        (b"\0\0\0\x18ftypcrx " + bytes(80), "CR3"),
    ],
)
def test_formats_that_are_not_opened_are_named(data: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    for source in (path, io.BytesIO(data)):
        with pytest.raises(UnsupportedError, match=name):
            foveal.open(source)


@pytest.mark.parametrize("name", ["EPS", "PDF", "IM", "SPIDER", "MSP"])
def test_other_formats_that_pillow_writes_are_not_opened(name: str) -> None:
    image = Image.new({"MSP": "1", "SPIDER": "F"}.get(name, "RGB"), (16, 16))
    with pytest.raises((FormatError, UnsupportedError)):
        foveal.open(save_image(image, name))


def test_no_program_is_started(tmp_path: Path) -> None:
    """Pillow would start Ghostscript for EPS files."""
    path = tmp_path / "picture.eps"
    path.write_bytes(EPS)
    code = f"""
import sys
sys.addaudithook(lambda name, _: name in ("subprocess.Popen", "os.exec", "os.posix_spawn") and sys.exit(9))
import foveal
try:
    foveal.open({str(path)!r})
except foveal.errors.UnsupportedError:
    sys.exit(5)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 5


HEIC_HEADER = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


def test_heic_names_the_package_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"pillow-heif.*foveal\[heic\]"):
        foveal.open(io.BytesIO(HEIC_HEADER))


def test_heic_is_opened_upright_with_its_colours() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pixels = noisy_gradient(64, 96)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(
        file, quality=-1, exif=exif.tobytes(), color_primaries=12, transfer_characteristics=13
    )
    file.seek(0)
    photo = foveal.open(file)
    assert (photo.file_format, photo.orientation, photo.pixels.shape) == ("HEIF", 1, (96, 64, 3))
    assert np.abs(photo.pixels.astype(int) - np.rot90(pixels, -1)).mean() < 10
    assert photo.icc_profile is not None


def test_a_broken_heic_is_refused() -> None:
    pytest.importorskip("pillow_heif")
    with pytest.raises(FormatError):
        foveal.open(io.BytesIO(HEIC_HEADER))


def test_avif_needs_no_package_where_pillow_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.init()
    monkeypatch.setattr(Image, "OPEN", {name: opener for name, opener in Image.OPEN.items() if name != "AVIF"})
    with pytest.raises(MissingExtraError, match=r"Pillow 11\.3"):
        foveal.open(io.BytesIO(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(64)))


def test_files_that_cannot_seek_are_read() -> None:
    class Stream(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._rest = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            return self._rest.readinto(buffer)

    pixels = noisy_gradient(16, 16)
    for name in ("PNG", "TIFF"):
        data = save_image(Image.fromarray(pixels), name).getvalue()
        np.testing.assert_array_equal(foveal.open(Stream(data)).pixels, pixels)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="text"):
        foveal.open(io.StringIO("hello"))  # type: ignore[arg-type]
