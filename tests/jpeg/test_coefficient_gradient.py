"""Derivatives with respect to coefficients, against what a plain decoder makes of a change of each coefficient."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import idctn

from foveal import jpeg
from foveal.jpeg.tables import NATURAL_INDEX

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "grey"]


def doubled(samples: np.ndarray, axis: int) -> np.ndarray:
    """Double samples along an axis by libjpeg's fancy up-sampling: 3/4 of the nearer sample, 1/4 of the farther."""
    samples = np.moveaxis(samples, axis, 0)
    before, after = np.concatenate([samples[:1], samples[:-1]]), np.concatenate([samples[1:], samples[-1:]])
    both = np.stack([0.75 * samples + 0.25 * before, 0.75 * samples + 0.25 * after], axis=1)
    return np.moveaxis(both.reshape(-1, *samples.shape[1:]), 0, axis)


def decode_exactly(blocks: list[np.ndarray], frame: jpeg.Frame) -> np.ndarray:
    """Return the pixels of coefficients in units of 1, neither rounded nor clamped."""
    planes = []
    for component, grid in zip(frame.components, blocks, strict=True):
        natural = np.empty(grid.shape)
        natural[..., NATURAL_INDEX] = grid
        samples = idctn(natural.reshape(*grid.shape[:2], 8, 8), axes=(2, 3), norm="ortho").swapaxes(1, 2)
        samples = samples.reshape(8 * grid.shape[0], 8 * grid.shape[1])
        for axis, halved in ((0, frame.v_max > component.v_factor), (1, frame.h_max > component.h_factor)):
            samples = doubled(samples, axis) if halved else samples
        planes.append(samples[: frame.height, : frame.width])
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1) @ jpeg.TO_RGB.T


def frame_of(subsampling: str, height: int, width: int) -> jpeg.Frame:
    shape = (height, width) if subsampling == "grey" else (height, width, 3)
    return jpeg.frame_of(np.zeros(shape, np.uint8), "4:4:4" if subsampling == "grey" else subsampling)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_products_with_changes_of_coefficients_are_those_with_changes_of_pixels(subsampling: str) -> None:
    """<gradient by pixels, change of pixels> = <gradient by coefficients, change of coefficients>.

    The filter for halved colour differs a little from the transpose of up-sampling, and more at the edges.
    """
    rng = np.random.default_rng(3)
    frame = frame_of(subsampling, 150, 170)
    smooth = np.cumsum(np.cumsum(rng.normal(size=(150, 170, 3)), axis=0), axis=1)
    by_pixels = (smooth[..., 0] if subsampling == "grey" else smooth).astype(np.float32)
    by_pixels[:8], by_pixels[-8:], by_pixels[:, :8], by_pixels[:, -8:] = 0, 0, 0, 0
    found = jpeg.coefficient_gradient(by_pixels, frame, 1)
    for index, component in enumerate(frame.components):
        changes = [np.zeros((c.padded_block_rows, c.padded_block_columns, 64)) for c in frame.components]
        changes[index] = found[index] + rng.normal(scale=found[index].std(), size=changes[index].shape)
        expected = float((by_pixels * decode_exactly(changes, frame)).sum())
        whole = component.h_factor == frame.h_max and component.v_factor == frame.v_max
        assert (found[index] * changes[index]).sum() == pytest.approx(expected, rel=1e-5 if whole else 0.01)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_halved_colour_is_nearly_the_transpose_of_up_sampling(subsampling: str) -> None:
    """Along a halved axis, a sample counts 3/4 in each of its own pixels and 1/4 in the next ones, not 1/8 in two."""
    frame = frame_of(subsampling, 48, 48)
    by_pixels = np.random.default_rng(5).normal(size=(48, 48, 3)).astype(np.float32)
    by_pixels = by_pixels[..., 0] if subsampling == "grey" else by_pixels
    found = jpeg.coefficient_gradient(by_pixels, frame, 1)
    for index, (component, blocks) in enumerate(zip(frame.components, found, strict=True)):
        planes = by_pixels if subsampling == "grey" else by_pixels @ jpeg.TO_RGB[:, index]
        taps = {1: [(0, 1.0)], 2: [(-1, 0.25), (0, 0.75), (1, 0.75), (2, 0.25)]}
        down, across = frame.v_max // component.v_factor, frame.h_max // component.h_factor
        exact = sum(
            a * b * np.roll(planes, (-y, -x), axis=(0, 1))[::down, ::across]
            for y, a in taps[down]
            for x, b in taps[across]
        )
        samples = decode_exactly([blocks.astype(float)], jpeg.Frame.of_picture(*exact.shape, None))
        inside = np.s_[2:-2, 2:-2]
        similarity = np.corrcoef(samples[inside].ravel(), exact[inside].ravel())[0, 1]
        assert similarity > (0.999999 if down * across == 1 else 0.95)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:0"])
def test_strips_and_threads_do_not_show(subsampling: str) -> None:
    frame = frame_of(subsampling, 1500, 201)
    by_pixels = np.random.default_rng(6).normal(size=(1500, 201, 3)).astype(np.float32)
    whole = jpeg.coefficient_gradient(by_pixels, frame, 1)
    for found, expected in zip(jpeg.coefficient_gradient(by_pixels, frame, 3), whole, strict=True):
        np.testing.assert_array_equal(found, expected)
    rows = slice(656, 960)  # of MCUs
    part = jpeg.coefficient_gradient(by_pixels[rows], frame_of(subsampling, 304, 201), 1)
    for found, expected, component in zip(part, whole, frame.components, strict=True):
        first = 656 // frame.mcu_height * component.v_factor
        inside = expected[first : first + found.shape[0]]
        np.testing.assert_allclose(found[1:-1], inside[1:-1], atol=1e-4)


def test_nothing_depends_on_padding() -> None:
    """A picture of 9 x 9 pixels: the second block of each side has one row or column of pixels."""
    by_pixels = np.ones((9, 9), dtype=np.float32)
    (found,) = jpeg.coefficient_gradient(by_pixels, frame_of("grey", 9, 9), 1)
    assert found[:, :, 0] == pytest.approx(np.array([[8, 1], [1, 1 / 8]]))
