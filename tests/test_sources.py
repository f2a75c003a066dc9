"""Files that are given to the public functions as paths, as bytes and as file objects, and what is refused."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal.errors import FormatError, ParameterError
from foveal.saliency import Box

PIXELS = noisy_gradient(40, 56)
DATA = foveal.encode(PIXELS, saliency=None, quality=90, subsampling="4:4:4")


class Pipe(io.RawIOBase):
    """A file object that cannot seek."""

    def __init__(self) -> None:
        self._file = io.BytesIO(DATA)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


class OwnPath:
    """A path of a program's own class."""

    def __fspath__(self) -> str:
        return "photo.jpg"


def used() -> io.BytesIO:
    """A file object that has been read to its end."""
    file = io.BytesIO(DATA)
    file.read()
    return file


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "open": lambda source: foveal.open(source).pixels,
    "decode": foveal.decode,
    "inspect": lambda source: foveal.inspect(source).to_dict(),
    "optimize": lambda source: foveal.optimize(source, lossless=True).data,
    "encode": lambda source: foveal.encode(source, saliency=None, quality=50),
    "crop_photo": lambda source: foveal.crop_photo(source, Box(1, 2, 9, 9)).pixels,
    "resize": lambda source: foveal.resize(source, 20).pixels,
    "saliency_map": lambda source: foveal.saliency_map(source, "spectral"),
}
SOURCES: dict[str, Callable[[], Any]] = {
    "path": lambda: "photo.jpg",
    "Path": lambda: Path("photo.jpg"),
    "PathLike": OwnPath,
    "bytes": lambda: DATA,
    "bytearray": lambda: bytearray(DATA),
    "memoryview": lambda: memoryview(DATA),
    "BytesIO": used,
    "file": lambda: Path("photo.jpg").open("rb"),  # noqa: SIM115 (the test closes it)
    "pipe": Pipe,
}


@pytest.fixture(autouse=True)
def _in_a_folder_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(DATA)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_reads_a_file_however_it_is_given(name: str, kind: str) -> None:
    source = SOURCES[kind]()
    np.testing.assert_equal(FUNCTIONS[name](source), FUNCTIONS[name](DATA))
    if hasattr(source, "close"):
        assert not source.closed
        source.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_named_pipe_is_read_once(name: str) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(DATA))
    writer.start()
    np.testing.assert_equal(FUNCTIONS[name]("pipe"), FUNCTIONS[name](DATA))
    writer.join()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_say_what_is_accepted(name: str) -> None:
    function = FUNCTIONS[name]
    for wrong in (None, 5, 1.5, [DATA], {}):
        with pytest.raises(ParameterError, match=f"a binary file object.*{type(wrong).__name__}"):
            function(wrong)
    with pytest.raises(ParameterError, match="binary, not a text file"):
        function(io.StringIO("text"))
    with pytest.raises(ParameterError, match=r"'a\\x00b' is not a path"):
        function("a\0b")
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        function("none.jpg")
    with pytest.raises(IsADirectoryError):
        function(Path())
    for nothing in (b"", io.BytesIO()):
        with pytest.raises(FormatError):
            function(nothing)


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_pillow_image_is_encoded_as_it_is_displayed(turned: int, tmp_path: Path) -> None:
    """As by `foveal.open`: the pixels stay as they are stored, and the orientation is written."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, "Acme"
    for name in ("photo.png", "photo.jpg", "photo.webp"):
        Image.fromarray(PIXELS).save(tmp_path / name, exif=exif, quality=95)
        with Image.open(tmp_path / name) as image:
            data = foveal.encode(image, saliency=None, quality=95)
        with Image.open(io.BytesIO(data)) as written, Image.open(tmp_path / name) as image:
            assert written.getexif().get(0x0112, 1) == turned
            assert 0x010F not in written.getexif()
            assert written.size == image.size
            own, other = foveal.open(io.BytesIO(data)), foveal.open(tmp_path / name)
        assert own.displayed_size == other.displayed_size
        upright = foveal.encode(image_of(tmp_path / name), saliency=None, quality=95, metadata="none")
        assert Image.open(io.BytesIO(upright)).size == own.displayed_size[::-1]


def image_of(path: Path) -> Image.Image:
    """Open a file with Pillow, and read it."""
    with Image.open(path) as image:
        image.load()
        return image


def test_an_image_that_pillow_has_turned_upright_is_not_turned_again() -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(file))
    data = foveal.encode(upright, saliency=None, quality=95)
    assert foveal.open(data).orientation == 1
    assert foveal.open(data).displayed_size == (upright.height, upright.width) == (56, 40)
