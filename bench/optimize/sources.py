"""JPEG files to optimize: those in folders as they are, and photographs saved by other encoders."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from bench import photos
from foveal.comparison.peers import mozjpeg, sequential_jpegli
from foveal.jpeg import EightBitPixels

_ENDINGS = (".jpg", ".jpeg", ".jfif")


def _save(pixels: EightBitPixels, quality: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


WRITERS: dict[str, Callable[[EightBitPixels, int], bytes]] = {
    "libjpeg-turbo": _save,
    "libjpeg-turbo 4:4:4": lambda pixels, quality: _save(pixels, quality, subsampling=0),
    "MozJPEG": mozjpeg,
    "jpegli": sequential_jpegli,
}


def read_folders(folders: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the JPEG files in folders and the folders inside them: name and bytes."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _ENDINGS and path.is_file():
                yield str(path.relative_to(folder.parent)), path.read_bytes()


def add_files(parser: argparse.ArgumentParser, qualities: list[int]) -> None:
    """Add the options `--files` and `--quality`, with its default."""
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="folders of JPEG files")
    parser.add_argument("-q", "--quality", type=int, nargs="+", default=qualities, help="qualities to save at")


def read_sets(files: list[Path], images: list[Path], qualities: list[int]) -> Iterator[tuple[str, str, bytes]]:
    """Yield the label of a set, and name and bytes of each file in it: the files, or photographs by each writer."""
    if files:
        yield from (("files", name, data) for name, data in read_folders(files))
        return
    for writer in WRITERS:
        for quality in qualities:
            for name, data in save_photographs(images, writer, quality):
                yield f"{writer}, q {quality}", name, data


def save_photographs(folders: list[Path], writer: str, quality: int) -> Iterator[tuple[str, bytes]]:
    """Yield the photographs of folders of PNG files (or of scikit-image), saved by a writer: name and bytes."""
    for name, pixels in photos.load(folders).items():
        yield name, WRITERS[writer](pixels, quality)
