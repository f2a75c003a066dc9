"""PSNR-HVS-M against its definition, the published tables, a published program, and cases by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rd_pictures import as_jpeg, flat
from scipy.fft import dctn

from bench.rd import psnr_hvs_m
from bench.rd.luma import luma
from bench.rd.psnr_hvs_m import PsnrHvsMReference


def grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(np.rint(plane), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def published_psnr_hvs_m(original: np.ndarray, decoded: np.ndarray) -> float:
    """The definition block by block and coefficient by coefficient, with the sums that the authors' program makes."""

    def variance(values: np.ndarray) -> float:
        return float(values.var(ddof=1)) * values.size

    def masked(block: np.ndarray, coefficients: np.ndarray) -> float:
        energy = sum(
            coefficients[i, j] ** 2 * psnr_hvs_m.MASKING[i, j] for i in range(8) for j in range(8) if (i, j) != (0, 0)
        )
        whole = variance(block)
        if whole:
            energy *= sum(variance(block[i : i + 4, j : j + 4]) for i in (0, 4) for j in (0, 4)) / whole
        return math.sqrt(energy) / 32

    total, count = 0.0, 0
    for top in range(0, original.shape[0] - 7, 8):
        for left in range(0, original.shape[1] - 7, 8):
            blocks = [plane[top : top + 8, left : left + 8] for plane in (original, decoded)]
            first, second = (dctn(block, norm="ortho") for block in blocks)
            threshold = max(masked(blocks[0], first), masked(blocks[1], second))
            for i in range(8):
                for j in range(8):
                    error = abs(first[i, j] - second[i, j])
                    if (i, j) != (0, 0):
                        error = max(0.0, error - threshold / psnr_hvs_m.MASKING[i, j])
                    total += (error * psnr_hvs_m.CONTRAST_SENSITIVITY[i, j]) ** 2
                    count += 1
    return 10 * math.log10(255**2 / (total / count))


@pytest.mark.parametrize("quality", [5, 30, 75, 95])
def test_psnr_hvs_m_is_as_defined(quality: int, coffee: np.ndarray) -> None:
    """An odd size on purpose: the rest of less than a block does not count."""
    pixels = coffee[100:177, 200:283]
    decoded = as_jpeg(pixels, quality)
    expected = published_psnr_hvs_m(luma(pixels), luma(decoded))
    assert PsnrHvsMReference(pixels).score(decoded) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("step", "expected"), [(8, 45.857900), (24, 34.802860), (64, 24.220613)])
def test_psnr_hvs_m_is_that_of_the_package_psnr_hvsm(step: int, expected: float, coffee: np.ndarray) -> None:
    """Version 0.3.0, in C++, given the same luminance."""
    pixels = coffee[:200, :304]
    coarse = pixels // step * step + step // 2
    assert PsnrHvsMReference(pixels).score(coarse) == pytest.approx(expected, abs=2e-6)


def test_tables_of_psnr_hvs_m_are_the_published_ones() -> None:
    """Some digits of each row of CSFCof and MaskCof."""
    columns = [0, 1, 2, 7]
    sensitivity = [
        [1.608443, 2.339554, 2.573509, 0.421887], [2.144591, 2.144591, 1.838221, 0.467911],
        [1.838221, 1.979622, 1.608443, 0.459555], [1.838221, 1.513829, 1.169777, 0.415082],
        [1.429727, 1.169777, 0.695543, 0.334222], [1.072295, 0.735288, 0.467911, 0.279729],
        [0.525206, 0.402111, 0.329937, 0.254803], [0.357432, 0.279729, 0.270896, 0.259950],
    ]  # fmt: skip
    masking = [
        [0.390625, 0.826446, 1.000000, 0.026874], [0.694444, 0.694444, 0.510204, 0.033058],
        [0.510204, 0.591716, 0.390625, 0.031888], [0.510204, 0.346021, 0.206612, 0.026015],
        [0.308642, 0.206612, 0.073046, 0.016866], [0.173611, 0.081633, 0.033058, 0.011815],
        [0.041649, 0.024414, 0.016437, 0.009803], [0.019290, 0.011815, 0.011080, 0.010203],
    ]  # fmt: skip
    np.testing.assert_allclose(psnr_hvs_m.CONTRAST_SENSITIVITY[:, columns], sensitivity, rtol=0, atol=6e-7)
    np.testing.assert_allclose(psnr_hvs_m.MASKING[:, columns], masking, rtol=0, atol=6e-7)


def test_psnr_hvs_m_of_flat_pictures() -> None:
    """Only DC differs, by 8 * 5 in each block of 64, which nothing masks."""
    expected = 10 * math.log10(255**2 / (5 * 1.608443) ** 2)
    assert PsnrHvsMReference(flat(100)).score(flat(105)) == pytest.approx(expected, abs=1e-5)


def test_texture_masks_error_and_an_edge_does_not() -> None:
    """The same error on texture, and on an edge of as much energy in the middle of each block."""
    rng = np.random.default_rng(1)
    error = rng.normal(0, 3, (64, 64))
    texture = 128 + 40 * rng.choice([-1, 1], (64, 64))
    edge = 128 + 40 * np.where(np.arange(64) % 8 < 4, -1, 1) * np.ones((64, 1))
    plain, on_edge, on_texture = (
        PsnrHvsMReference(grey(base)).score(grey(base + error)) for base in (np.full((64, 64), 128), edge, texture)
    )
    assert on_texture > on_edge + 5
    assert on_edge < plain + 3


def test_psnr_hvs_m_without_visible_error_is_infinite(coffee: np.ndarray) -> None:
    assert PsnrHvsMReference(coffee).score(coffee) == math.inf
