"""The forward DCT, against the report's worked example, its formula and scipy."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from foveal import jpeg
from foveal.jpeg import dct
from foveal.jpeg.tables import NATURAL_INDEX, annex_k_tables

# Worked example in chapter 3 of the report (K. Kishore, "AI in Image Processing"): a block, and the two printed rows of
# its DCT.
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
# Its levels with T.81's table K.1 in zig-zag order, up to the last that is not 0: quoted in docs/report.md.
REPORT_LEVELS = [12, -2, 2, -1, -3, 1, -1, 2, -2, -1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, -1]


def transformed(samples: np.ndarray) -> np.ndarray:
    """Return the coefficients of an 8x8 block in natural order."""
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


def test_levels_of_the_report_block_are_those_of_libjpeg() -> None:
    table = annex_k_tables(50)[0]
    zigzag = transformed(REPORT_BLOCK - 128.0).reshape(64)[NATURAL_INDEX]
    assert np.rint(zigzag / table.values).tolist() == REPORT_LEVELS + [0] * (64 - len(REPORT_LEVELS))
    file = io.BytesIO()
    Image.fromarray(REPORT_BLOCK.astype(np.uint8)).save(file, "JPEG", quality=50)  # the tables of Annex K as they are
    contents = jpeg.read_coefficients(file.getvalue())
    assert contents.tables[0] == table
    assert contents.blocks[0][0, 0, : len(REPORT_LEVELS)].tolist() == REPORT_LEVELS


def formula(samples: np.ndarray) -> np.ndarray:
    """Return the DCT of a block by the formula of the report."""
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
    # Blocks of the signs of a basis function, which have the largest possible coefficient there.
    for i, j in [(0, 0), (0, 1), (1, 1), (7, 7), (4, 4), (3, 5)]:
        basis = np.zeros((8, 8))
        basis[i, j] = 1
        cosines = dctn(np.eye(8), axes=[0], norm="ortho")  # row k: samples of the basis function of frequency k
        samples = np.where(np.outer(cosines[i], cosines[j]) * sign > 0, 127, -128)
        assert np.abs(transformed(samples) - dctn(samples.astype(float), norm="ortho")).max() <= 0.51 / 16


def test_unrounded_coefficients_of_any_size() -> None:
    plane = np.random.default_rng(4).normal(scale=[[1e-6], [1e6]] * 12, size=(24, 40)).astype(np.float32)
    found = dct.forward_unrounded(plane)
    assert (found.dtype, found.shape) == (np.float32, (3, 5, 64))
    expected = dctn(plane.reshape(3, 8, 5, 8).swapaxes(1, 2).astype(float), axes=(2, 3), norm="ortho")
    expected = expected.reshape(3, 5, 64)[..., NATURAL_INDEX]
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
