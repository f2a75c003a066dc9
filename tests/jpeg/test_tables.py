"""Quantization tables and the zig-zag order, against the standard, the report and libjpeg."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from foveal.jpeg.tables import ANNEX_K_CHROMINANCE, ANNEX_K_LUMINANCE, NATURAL_INDEX, QuantizationTable, annex_k_tables


def test_annex_k_tables_are_those_of_the_report() -> None:
    assert ANNEX_K_LUMINANCE[:24].tolist() == [
        *(16, 11, 10, 16, 24, 40, 51, 61),
        *(12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56),
    ]
    assert ANNEX_K_CHROMINANCE[:5].tolist() == [17, 18, 24, 47, 99]


@pytest.mark.parametrize("quality", [1, 2, 3, 10, 24, 49, 50, 51, 75, 80, 95, 99, 100])
def test_scaled_tables_are_those_of_libjpeg(quality: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        natural = image.quantization  # Pillow returns tables in natural order
    assert [table.natural.tolist() for table in annex_k_tables(quality)] == [list(natural[0]), list(natural[1])]


def test_quality_zero_counts_as_one() -> None:
    assert annex_k_tables(0) == annex_k_tables(1)


def test_zigzag_order() -> None:
    """T.81 figure A.6 shows the zig-zag index of each position in natural order."""
    printed = [
        [0, 1, 5, 6, 14, 15, 27, 28],
        [2, 4, 7, 13, 16, 26, 29, 42],
        [3, 8, 12, 17, 25, 30, 41, 43],
        [9, 11, 18, 24, 31, 40, 44, 53],
        [10, 19, 23, 32, 39, 45, 52, 54],
        [20, 22, 33, 38, 46, 51, 55, 60],
        [21, 34, 37, 47, 50, 56, 59, 61],
        [35, 36, 48, 49, 57, 58, 62, 63],
    ]
    assert np.argsort(NATURAL_INDEX).tolist() == np.ravel(printed).tolist()


@pytest.mark.parametrize(("value", "legal"), [(0, False), (1, True), (255, True), (65535, True), (65536, False)])
def test_bounds_of_quantizer_steps(value: int, legal: bool) -> None:
    values = (value, *[1] * 63)
    if legal:
        assert QuantizationTable(values).needs_16_bits == (value > 255)
    else:
        with pytest.raises(ValueError, match="64 integers"):
            QuantizationTable(values)
