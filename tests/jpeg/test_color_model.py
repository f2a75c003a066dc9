"""Application segments that decide the colour model, and those that do not."""

from __future__ import annotations

import jpeg_files
import numpy as np
from damaged_files import (
    offset_of,
)
from jpeg_files import inserted, random_coefficients
from other_readers import pillow_pixels

import foveal
from foveal import jpeg
from foveal.jpeg import markers


def test_segments_behind_the_first_scan_do_not_change_the_colours() -> None:
    """libjpeg decides at the first scan. In a rewritten file a later Adobe segment would stand before it and count."""
    coefficients = random_coefficients([(1, 1)] * 3, (16, 16), segments=())
    data = jpeg.write_coefficients(coefficients, scripts=[jpeg.non_interleaved_script(3)])
    comment = b"\xff\xfe\0\5abc"
    for segment in (jpeg_files.ADOBE_RGB, jpeg_files.JFIF):
        coded = b"\xff" + bytes((segment.code,)) + (len(segment.payload) + 2).to_bytes(2, "big") + segment.payload
        late = inserted(data, offset_of(data, markers.DHT, 0, 2), coded + comment)
        np.testing.assert_array_equal(foveal.decode(late), pillow_pixels(late))
        read = jpeg.read_coefficients(late)
        assert read.segments == (jpeg.Segment(markers.COM, b"abc"),)
        np.testing.assert_array_equal(foveal.decode(jpeg.write_coefficients(read)), foveal.decode(late))
        assert foveal.inspect(late).color_model == "YCbCr"
