"""Worked examples and tables that others have printed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin
from scipy.fft import dctn

from foveal.jpeg import dct
from foveal.jpeg.tables import ANNEX_K_CHROMINANCE, ANNEX_K_LUMINANCE, NATURAL_INDEX, QuantizationTable, annex_k_tables

# The block of the report's chapter 3, and the first two rows of the DCT printed beside it.
REPORT_BLOCK = np.array(
    [
        [140, 144, 147, 140, 140, 155, 179, 175],
        [144, 152, 140, 147, 140, 148, 167, 179],
        [152, 155, 136, 167, 163, 162, 152, 172],
        [168, 145, 156, 160, 152, 155, 136, 160],
        [162, 148, 156, 148, 140, 136, 147, 162],
        [147, 167, 140, 155, 155, 140, 136, 162],
        [136, 156, 123, 167, 162, 144, 140, 147],
        [148, 155, 136, 155, 152, 147, 147, 136],
    ]
)
REPORT_DCT_ROWS = [[1209, -17, 14, -8, 23, -9, -13, -18], [20, -34, 26, -9, -10, 10, 13, 6]]


def transformed(samples: np.ndarray) -> np.ndarray:
    """Coefficients of an 8x8 block, in natural order."""
    blocks = np.empty((1, 1, 64), dtype=np.int16)
    dct.forward(samples.astype(np.float32), blocks)
    natural = np.empty(64)
    natural[NATURAL_INDEX] = blocks[0, 0] / 16
    return natural.reshape(8, 8)


def test_dct_of_the_report() -> None:
    coefficients = transformed(REPORT_BLOCK)
    truncated = np.trunc(coefficients - np.sign(coefficients) * 1e-6).astype(int)
    assert truncated[:2].tolist() == REPORT_DCT_ROWS
    exact = dctn(REPORT_BLOCK.astype(np.float64), norm="ortho")
    assert (truncated == np.trunc(exact - np.sign(exact) * 1e-6)).all()


def formula(samples: np.ndarray) -> np.ndarray:
    """The DCT as the report writes it: four nested sums."""
    n = 8
    out = np.zeros((n, n))
    position = np.arange(n)
    for i in range(n):
        for j in range(n):
            c = (1 / np.sqrt(2) if i == 0 else 1) * (1 / np.sqrt(2) if j == 0 else 1)
            rows = np.cos((2 * position + 1) * i * np.pi / (2 * n))
            columns = np.cos((2 * position + 1) * j * np.pi / (2 * n))
            out[i, j] = 1 / np.sqrt(2 * n) * c * (samples * rows[:, None] * columns).sum()
    return out


@pytest.mark.parametrize("seed", range(20))
def test_dct_agrees_with_the_formula_and_scipy_to_half_a_sixteenth(seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-128, 127, (8, 8)).astype(np.float32)
    coefficients = transformed(samples)
    for reference in (formula(samples), dctn(samples.astype(np.float64), norm="ortho")):
        assert np.abs(coefficients - reference).max() <= (0.5 + 1e-2) / 16


@pytest.mark.parametrize("sign", [-1, 1])
def test_dct_of_extreme_blocks(sign: int) -> None:
    # The samples that make one coefficient as large as it can be.
    for i, j in [(0, 0), (0, 1), (1, 1), (7, 7), (4, 4), (3, 5)]:
        basis = np.zeros((8, 8))
        basis[i, j] = 1
        waves = dctn(np.eye(8), axes=[0], norm="ortho")  # row k: the samples of wave k
        samples = np.where(np.outer(waves[i], waves[j]) * sign > 0, 127, -128)
        assert np.abs(transformed(samples) - dctn(samples.astype(float), norm="ortho")).max() <= 0.51 / 16


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
        natural = image.quantization  # Pillow undoes the zig-zag
    assert [table.natural.tolist() for table in annex_k_tables(quality)] == [list(natural[0]), list(natural[1])]


def test_quality_zero_counts_as_one() -> None:
    assert annex_k_tables(0) == annex_k_tables(1)


def test_zigzag_order() -> None:
    """T.81 figure A.6, printed as the zig-zag index of each natural position."""
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
