"""Quantization: rounding to the nearest level, and dead zones below which levels of +-1 become 0."""

from __future__ import annotations

import numpy as np
import pytest

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.jpeg.frame import Frame
from foveal.jpeg.quantize import Rounding
from foveal.jpeg.tables import annex_k_tables


def test_rounding_is_the_nearest_level() -> None:
    coefficients = np.arange(-2000, 2001, dtype=np.int16)
    coefficients = np.resize(coefficients, (63, 64)).copy()
    table = jpeg.QuantizationTable(tuple(range(1, 65)))
    frame = Frame.of_picture(8, 63 * 8, None)
    blocks = coefficients[np.newaxis]
    levels = np.empty_like(blocks)
    Rounding().plan(blocks, frame, frame.components[0], table).run((0, 1), levels, None)
    exact = coefficients / (16.0 * np.arange(1, 65))
    nearest = np.sign(exact) * np.floor(np.abs(exact) + 0.5)  # ties away from zero, as in libjpeg
    np.testing.assert_array_equal(levels[0], nearest.astype(int))


@pytest.mark.parametrize(("weight", "threshold"), [(1e9, 0.5), (20, 0.625), (5, 1.0), (2.5, 1.5), (1, 1.5)])
def test_dead_zone_of_a_weight(weight: float, threshold: float) -> None:
    frame, steps = Frame.of_picture(8, 8, None), annex_k_tables(50)[0].steps_in_sixteenths
    # just below and at the threshold, at -1.6 and at 5 steps: above 3/2 a level never becomes 0
    block = np.zeros((1, 1, 64), np.int16)
    block[0, 0, 1:5] = [np.ceil(threshold * steps[1]) - 1, np.ceil(threshold * steps[2]), -1.6 * steps[3], 5 * steps[4]]
    quantizer = jpeg.DeadZone((np.full((1, 1), weight, np.float32),) * 2, bits=5)
    quantizer.plan(block, frame, frame.components[0], annex_k_tables(50)[0]).run((0, 1), block, None)
    assert block[0, 0, 1:5].tolist() == [0, 2 if threshold == 1.5 else 1, -2, 5]


@pytest.mark.parametrize("factors", [None, (1, 1), (2, 2), (2, 1)], ids=str)
def test_dead_zones_by_block_and_frequency(factors: tuple[int, int] | None) -> None:
    """A block of weight w and profile p is quantized as one of weight w x p[k] would be, at each coefficient k."""
    rng, frame = np.random.default_rng(8), Frame.of_picture(39, 50, factors)
    weights = rng.uniform(1, 50, frame.block_grid).astype(np.float32)
    profiles = jpeg.FrequencyProfiles(
        (2.0 ** rng.integers(-2, 3, (5, 64))).astype(np.float32),
        rng.integers(0, 5, frame.block_grid).astype(np.uint8),
    )
    quantizer, table = jpeg.DeadZone((weights,), profiles), jpeg.QuantizationTable((4,) * 64)
    for component in frame.components:
        shape = component.padded_block_rows, component.padded_block_columns, 64
        blocks = rng.integers(-200, 201, shape).astype(np.int16)
        own = frame.largest_of_covered_blocks(weights, component)[..., np.newaxis]
        own = own * profiles.factors[frame.largest_of_covered_blocks(profiles.index, component)]
        magnitudes = np.abs(blocks) / 64.0
        is_dead = magnitudes < np.minimum(0.5 + 5 / (2 * own), 1.5)
        is_dead[..., 0] = False
        expected = np.where(is_dead, 0, np.sign(blocks) * np.floor(magnitudes + 0.5))
        levels = np.empty_like(blocks)
        quantizer.plan(blocks, frame, component, table).run((0, shape[0]), levels, None)
        np.testing.assert_array_equal(levels, expected.astype(int))


@pytest.mark.parametrize("is_marked", [0, 1])
@pytest.mark.parametrize("step", [1, 3, 4, 5, 6, 7, 8, 9, 30])
def test_settled_dc_is_that_of_a_whole_level(step: int, is_marked: int) -> None:
    """Without AC; with AC that of 0.75 levels where a decoder may move the mean, and else the nearest.

    Steps that are no finer than that are rounded to at once.
    """
    dc = np.arange(-16384, 16384, 7, dtype=np.int16)
    levels = np.zeros((len(dc), 64), dtype=np.int16)
    levels[1::2, 63] = 1
    has_ac = levels[:, 1:].any(axis=1)
    levels[:, 0] = 77
    _kernels.settle_dc(levels, dc, np.full(len(dc), is_marked, np.uint8), 16.0 * step)
    unit = np.where(has_ac, 96.0, 128.0)
    wanted = np.where(16 * step < unit, np.rint(dc / unit) * unit, dc)
    expected = np.where(has_ac & (is_marked == 0), 77, np.clip(np.rint(wanted / (16 * step)), -1024, 1023))
    np.testing.assert_array_equal(levels[:, 0], expected)
    np.testing.assert_array_equal(levels[:, 63], has_ac)


def test_saturated_blocks_hold_a_sample_of_0_or_255() -> None:
    """They are marked with 2 if all samples of a pixel are 0, or all are 255."""
    rng = np.random.default_rng(10)
    for shape in ((16, 24, 3), (9, 17, 3), (7, 8), (1, 1, 3)):
        pixels = rng.integers(1, 255, shape).astype(np.uint8)
        expected = np.zeros(jpeg.block_grid(*shape[:2]), dtype=np.uint8)
        np.testing.assert_array_equal(jpeg.find_saturated_blocks(pixels), expected)
        for value in [0, 255] * 20:
            place = tuple(rng.integers(0, side) for side in shape)
            pixels[place] = value
            row, column = place[0] // 8, place[1] // 8
            block = pixels[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].reshape(-1, *shape[2:] or (1,))
            expected[row, column] = 2 if ((block == 0).all(axis=1) | (block == 255).all(axis=1)).any() else 1
            np.testing.assert_array_equal(jpeg.find_saturated_blocks(pixels), expected)


@pytest.mark.parametrize("size", [(16, 24), (9, 17), (24, 40), (32, 41)], ids=str)
@pytest.mark.parametrize("factors", [(1, 1), (2, 2), (2, 1), (1, 2)], ids=str)
def test_dc_is_settled_in_blocks_that_the_edge_cuts(size: tuple[int, int], factors: tuple[int, int]) -> None:
    """DC of AC blocks with steps of 1 becomes a multiple of 6, 0.75 levels, there only."""
    frame = Frame.of_picture(*size, factors)
    blocks = tuple(
        np.full((each.padded_block_rows, each.padded_block_columns, 64), 16 * 50, np.int16) for each in frame.components
    )
    settings = jpeg.EncoderSettings(tables=(jpeg.QuantizationTable((1,) * 64),)).with_quantizer(
        (jpeg.QuantizationTable((1,) * 64),), jpeg.DeadZone((np.full(frame.block_grid, 1e9, np.float32),))
    )
    levels = jpeg.quantize(blocks, frame, settings, saturated=np.zeros(frame.block_grid, np.uint8)).blocks
    for component, found in zip(frame.components, levels, strict=True):
        rows, columns = -(-size[0] * component.v_factor // frame.v_max), -(-size[1] * component.h_factor // frame.h_max)
        expected = np.full((-(-rows // 8), -(-columns // 8)), 50)
        if rows % 8:
            expected[-1] = 48
        if columns % 8:
            expected[:, -1] = 48
        np.testing.assert_array_equal(found[: expected.shape[0], : expected.shape[1], 0], expected)


def test_pixels_of_sixteen_bits_are_not_settled() -> None:
    assert jpeg.find_saturated_blocks(np.zeros((8, 8), np.uint16)) is None
