"""TIFF files that are written, against libvips and Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
from PIL import Image

from foveal.photo.tiff.writing import tiff_bytes


@pytest.mark.parametrize("exif", [None, b"", b"garbage", b"II*\0", b"MM\0*\0\0\0\x08\0\1", b"II+\0" + bytes(60)])
@pytest.mark.parametrize("shape", [(1, 1), (30, 40), (300, 500, 3), (7, 9, 4)])
def test_tiff_files_are_those_that_libvips_reads(exif: bytes | None, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = tiff_bytes(pixels, exif=exif, resolution=(300, 150.5), icc_profile=None)
    read = pyvips.Image.new_from_buffer(data, "")
    np.testing.assert_array_equal(read.numpy().reshape(shape), pixels)
    assert (read.interpretation, read.xres) == (
        {2: "b-w", 3: "srgb", 4: "cmyk"}[2 if len(shape) == 2 else shape[2]],
        pytest.approx(300 / 25.4),
    )
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
        assert image.info["dpi"] == (300, 150.5)
