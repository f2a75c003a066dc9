"""JPEG files read by other software: pixels, coefficients and segments to compare with those of foveal."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import warnings
from pathlib import Path

import jpeglib
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from foveal.jpeg import NATURAL_INDEX


def pillow_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through Pillow; warnings and truncated files raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return np.asarray(image)


def libjpeg_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through Pillow, and undo Pillow's inversion of CMYK."""
    pixels = pillow_pixels(data)
    return 255 - pixels if pixels.shape[2:] == (4,) else pixels


def simplejpeg_pixels(data: bytes) -> np.ndarray:
    """Decode with libjpeg-turbo through simplejpeg, which raises on every warning of libjpeg."""
    colorspace = simplejpeg.decode_jpeg_header(data)[2]
    grey = colorspace.lower() == "gray"
    pixels = simplejpeg.decode_jpeg(data, colorspace="GRAY" if grey else "RGB", strict=True)
    return pixels[:, :, 0] if grey else pixels


def read_levels(data: bytes, folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Read levels, (rows, columns, 64) in zig-zag order for each component, and quantization tables with libjpeg-turbo.

    The tables are (n, 64) in zig-zag order. The file is written into `folder` on the way.
    """
    path = folder / "levels.jpg"
    path.write_bytes(data)
    with jpeglib.version("turbo210"):
        dct = jpeglib.read_dct(str(path))
        planes = [plane for plane in (dct.Y, dct.Cb, dct.Cr, dct.K) if plane is not None]
        levels = [plane.reshape(*plane.shape[:2], 64)[:, :, NATURAL_INDEX] for plane in planes]
        tables = dct.qt.reshape(-1, 64)[:, NATURAL_INDEX]
    return levels, tables


def marker_segments(data: bytes) -> list[tuple[int, bytes]]:
    """Return (second byte of the marker, payload) of every segment up to the first SOS."""
    segments, position = [], 2
    while not segments or segments[-1][0] != 0xDA:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        segments.append((data[position + 1], data[position + 4 : end]))
        position = end
    return segments


def exiftool_tags(data: bytes, ending: str, folder: Path) -> dict[str, object]:
    """Read all tags with ExifTool, by "group:name"; skip the test where ExifTool is not installed."""
    if shutil.which("exiftool") is None:
        pytest.skip("ExifTool is not installed (Debian: libimage-exiftool-perl)")
    path = folder / f"tags{ending}"
    path.write_bytes(data)
    command = ["exiftool", "-json", "-G1", "-a", "-u", "-n", "-api", "largefilesupport=1", str(path)]
    (tags,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {name: value for name, value in tags.items() if not name.startswith(("System:", "File:", "SourceFile"))}
