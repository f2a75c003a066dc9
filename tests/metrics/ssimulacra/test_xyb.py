"""XYB and the scales of SSIMULACRA 2, against their definitions in double precision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import foveal._kernels as _kernels
from foveal.metrics.ssimulacra.xyb import srgb_light, xyb_scales


def test_xyb(instruction_set: str) -> None:
    """From the definition of XYB, in double precision; both builds must agree to the bit."""
    values = np.array([0, 1e-6, 0.001, 0.02, 0.2, 0.5, 0.9, 1], dtype=np.float32)
    linear = np.array(list(itertools.product(values, repeat=3)), dtype=np.float32)[:509]  # a last vector of five
    planes = np.ascontiguousarray(linear.T)[None].copy()
    _kernels.linear_to_xyb(planes)
    absorbance = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
    bias = 0.0037930732552754493
    long, medium, short = np.cbrt(absorbance @ linear.T.astype(np.float64) + bias) - np.cbrt(bias)
    y = (long + medium) / 2
    expected = np.stack([7 * (long - medium) + 0.42, y + 0.01, short - y + 0.55])
    assert np.abs(planes[0] - expected).max() < 5e-6
    if instruction_set != _kernels.instruction_sets()[0]:
        _kernels.use_instruction_set(_kernels.instruction_sets()[0])
        other = np.ascontiguousarray(linear.T)[None].copy()
        _kernels.linear_to_xyb(other)
        np.testing.assert_array_equal(planes, other)


def test_light_of_srgb() -> None:
    value = np.arange(256) / 255
    exact = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    assert np.abs(srgb_light() - exact).max() < 1e-6
    assert srgb_light()[[0, 255]].tolist() == [0, 1]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 2), (3, 5), (8, 17), (9, 64)])
def test_halving_repeats_the_last_samples(rows: int, columns: int) -> None:
    planes = np.random.default_rng(3).random((rows, 3, columns)).astype(np.float32)
    out = np.empty((-(-rows // 2), 3, -(-columns // 2)), dtype=np.float32)
    _kernels.halve(planes, out)
    even = np.pad(planes, ((0, rows % 2), (0, 0), (0, columns % 2)), mode="edge").astype(np.float64)
    expected = (even[::2, :, ::2] + even[::2, :, 1::2] + even[1::2, :, ::2] + even[1::2, :, 1::2]) / 4
    assert np.abs(out - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("side", "sides"), [(8, [8, 4]), (17, [17, 9, 5]), (112, [112, 56, 28, 14, 7]), (113, [113, 57, 29, 15, 8, 4])]
)
def test_small_pictures_have_fewer_scales(side: int, sides: list[int]) -> None:
    pixels = np.zeros((side, side + 3, 3), dtype=np.uint8)
    assert [planes.shape[0] for planes in xyb_scales(pixels, 1)] == sides
    assert [planes.shape[0] for planes in xyb_scales(pixels[:, :-3], 1)] == sides


def planes(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.linear_light(np.zeros((2, 3, 3), np.uint8), planes(256), planes(2, 3, 2)),
        lambda: _kernels.linear_light(np.zeros((0, 3, 3), np.uint8), planes(256), planes(0, 3, 3)),
        lambda: _kernels.halve(planes(4, 3, 4), planes(2, 3, 1)),
        lambda: _kernels.halve(planes(5, 3, 4), planes(2, 3, 2)),
        lambda: _kernels.linear_to_xyb(planes(4, 3, 0)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.linear_light(np.zeros((2, 2, 3), np.uint8), planes(255), planes(2, 3, 2)),
        lambda: _kernels.halve(planes(4, 4, 4), planes(2, 4, 2)),
        lambda: _kernels.linear_to_xyb(np.zeros((4, 3, 4))),
    ],
)
def test_arrays_of_another_type_are_refused(call: object) -> None:
    with pytest.raises(TypeError):
        call()
