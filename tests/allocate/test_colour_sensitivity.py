"""Weights of errors by colour, against the XYB of SSIMULACRA 2's kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pictures import noisy_gradient

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.allocate import colour_sensitivity
from foveal.allocate.colour_sensitivity import colour_weights, squared_xyb_changes
from foveal.allocate.perception import perception
from foveal.jpeg.frame import Frame


@given(
    ycbcr=st.tuples(st.floats(30, 220), st.floats(-40, 40), st.floats(-40, 40)),
    index=st.integers(0, 2),
)
@settings(deadline=None, max_examples=60)
def test_changes_of_colour_are_those_of_xyb(ycbcr: tuple[float, float, float], index: int) -> None:
    """Against T.871's matrix and the kernels of SSIMULACRA 2, which have libjxl's XYB (test_xyb) and derivatives."""
    matrix = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
    encoded = matrix @ ycbcr / 255
    assume(encoded.min() > 0.041)  # the transfer function has a corner there
    assume(encoded.max() < 1)
    curve = (encoded + 0.055) / 1.055
    xyb = np.repeat(curve**2.4, 3).astype(np.float32).reshape(1, 3, 3)
    _kernels.linear_to_xyb(xyb)
    by_linear = np.eye(3, dtype=np.float32)[np.newaxis].copy()  # a column for each of X, Y and B
    _kernels.xyb_to_linear_slopes(xyb, by_linear)
    expected = ((2.4 / 1.055 * curve**1.4 * matrix[:, index]) @ by_linear[0]) ** 2
    found = squared_xyb_changes(np.array(ycbcr).reshape(3, 1), index)[:, 0]
    np.testing.assert_allclose(np.sqrt(found), np.sqrt(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_colour_weights_go_with_the_colour_of_each_block(subsampling: str) -> None:
    colours = np.array([[200, 200, 40], [40, 40, 120], [128, 128, 128], [60, 60, 60]], np.uint8)
    pixels = np.tile(np.repeat(colours, 16, axis=0), (40, 1, 1))
    frame = jpeg.frame_of(pixels, subsampling)
    found = colour_weights(jpeg.transform(pixels, frame, 1), frame, perception())
    assert [each.shape for each in found] == [frame.block_grid] * 3
    for each in found:
        assert (each == each[0]).all()
        assert (each[0, 0::2] == each[0, 1::2]).all()
    cb = found[1][0, ::2]
    assert cb[1] > cb[2] > cb[0]  # dark blue, grey, yellow
    luminance = found[0][0, ::2]
    assert luminance[3] > luminance[2]  # errors show more in the dark


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_colour_weights_are_those_of_the_centre_of_a_bin(subsampling: str) -> None:
    """Bins are 16 wide, both ends included; weights are at most 8."""
    samples = np.array(  # Y, Cb, Cr from -128 on, and the centres of their bins from 0 on
        [
            [[-128, 0, 0], [8, 136, 136]],
            [[-113, -1, 15], [8, 120, 136]],
            [[40, -60, 16], [168, 72, 152]],
            [[127, 127, -128], [248, 248, 8]],
            [[-16, -17, 31], [120, 104, 152]],
        ],
        float,
    )
    frame = Frame.of_picture(16, 16 * len(samples), jpeg.SAMPLING_FACTORS[subsampling])
    blocks = tuple(np.zeros((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)
    for index, grid in enumerate(blocks):
        grid[..., 0] = np.repeat(128 * samples[:, 0, index], grid.shape[1] // len(samples))
    tuned = perception()
    found = colour_weights(blocks, frame, tuned)
    for index, (colour, weights) in enumerate(zip(tuned.colours, found, strict=True)):
        x, y, b = squared_xyb_changes(samples[:, 1].T - np.array([[0], [128], [128]]), index)
        visibility = (colour.red_green * x + y + colour.blue * b) / colour.usual
        np.testing.assert_allclose(weights[0, ::2], np.minimum(visibility**colour.power, 8), rtol=1e-5)
    sensitive = replace(tuned, luminance_colour=replace(tuned.luminance_colour, usual=1e-9))
    assert (colour_weights(blocks, frame, sensitive)[0] == 8).all()


def test_colour_weights_of_a_grey_photo() -> None:
    pixels = noisy_gradient(40, 40, None)
    frame = jpeg.frame_of(pixels, "4:2:0")
    (found,) = colour_weights(jpeg.transform(pixels, frame, 1), frame, perception())
    assert found.shape == frame.block_grid
    assert (found > 0).all()


@pytest.mark.parametrize("subsampling", jpeg.SAMPLING_FACTORS)
def test_colour_weights_do_not_depend_on_strips(subsampling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noisy_gradient(104, 75)
    frame = jpeg.frame_of(pixels, subsampling)
    blocks = jpeg.transform(pixels, frame, 1)
    whole = colour_weights(blocks, frame, perception())
    monkeypatch.setattr(colour_sensitivity, "_BLOCKS_PER_STRIP", 1)  # one row of MCUs in each strip
    for expected, found in zip(whole, colour_weights(blocks, frame, perception()), strict=True):
        assert len(np.unique(expected)) > 3
        np.testing.assert_array_equal(found, expected)
