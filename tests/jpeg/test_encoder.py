"""The encoder: padding blocks, settings, and bytes that depend neither on threads nor on the instruction set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from jpeg_files import SCRIPTS
from other_readers import pillow_pixels
from pictures import noisy_gradient

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.allocate.quality_map import quantization_by_weights
from foveal.errors import ParameterError
from foveal.jpeg import encoder
from foveal.jpeg.encoder import transform
from foveal.jpeg.frame import BLOCK_SIDE, SAMPLING_FACTORS, Frame, block_grid
from foveal.jpeg.quantize import DeadZone, Quantizer, Rounding
from foveal.jpeg.trellis import Trellis


@pytest.mark.parametrize("name", [*SAMPLING_FACTORS, "grey"])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 17), (16, 16), (23, 40), (67, 131)], ids=str)
def test_padding_blocks_repeat_the_dc_coded_before_them(name: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, size if name == "grey" else (*size, 3)).astype(np.uint8)
    frame = Frame.of_picture(*size, SAMPLING_FACTORS.get(name))
    blocks = transform(pixels, frame, threads=1)
    for component, grid in zip(frame.components, blocks, strict=True):
        h, v = component.h_factor, component.v_factor
        assert grid.shape == (frame.mcu_rows * v, frame.mcu_columns * h, 64)
        for mcu_row in range(frame.mcu_rows):
            for mcu_column in range(frame.mcu_columns):
                before = None
                for row in range(mcu_row * v, mcu_row * v + v):
                    for column in range(mcu_column * h, mcu_column * h + h):
                        real = row < component.block_rows and column < component.block_columns
                        if not real:
                            assert not grid[row, column, 1:].any()
                            # DC of the block coded just before, or of the block to the left
                            assert grid[row, column, 0] in (before, grid[row, column - 1, 0])
                        before = grid[row, column, 0]


def quantizers(frame: Frame) -> list[Quantizer]:
    weights = np.random.default_rng(3).uniform(0.1, 1, frame.block_grid).astype(np.float32)
    per_block = quantization_by_weights(weights, 80).quantizer
    both = 20 * weights, 10 * weights
    return [Rounding(), DeadZone(both), per_block, Trellis(both)]


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("make", SCRIPTS)
def test_bytes_depend_neither_on_threads_nor_on_the_run(
    make: jpeg.ScriptMaker, which: int, astronaut: np.ndarray
) -> None:
    pixels = np.concatenate([astronaut, astronaut[:, ::-1]], axis=1)
    quantizer = quantizers(Frame.of_picture(*pixels.shape[:2], (2, 2)))[which]
    encoded = {
        jpeg.encode(pixels, jpeg.EncoderSettings(quantizer=quantizer, script=make, threads=threads))
        for threads in (1, 2, 3, 8, 1)
    }
    assert len(encoded) == 1


@pytest.fixture
def every_instruction_set() -> Iterator[list[str]]:
    names = _kernels.instruction_sets()
    yield names
    _kernels.use_instruction_set(names[0])


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bytes_do_not_depend_on_the_instruction_set(
    which: int, dtype: type[np.generic], every_instruction_set: list[str]
) -> None:
    if len(every_instruction_set) == 1:
        pytest.skip("this processor runs only one build of the kernels")
    pixels = noisy_gradient(203, 301).astype(dtype) * (1 if dtype == np.uint8 else 257)
    quantizer = quantizers(Frame.of_picture(203, 301, (2, 2)))[which]
    encoded = set()
    for name in every_instruction_set:
        _kernels.use_instruction_set(name)
        encoded.add(jpeg.encode(pixels, jpeg.EncoderSettings(quantizer=quantizer)))
    assert len(encoded) == 1


def test_restart_interval_bounds() -> None:
    assert pillow_pixels(jpeg.encode(noisy_gradient(9, 9), jpeg.EncoderSettings(restart_interval=65535))).shape[0] == 9
    with pytest.raises(ParameterError, match="restart interval"):
        jpeg.EncoderSettings(restart_interval=65536)
    with pytest.raises(ParameterError, match="restart interval"):
        jpeg.EncoderSettings(restart_interval=-1)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(1000, 600), (600, 1000, 3)], ids=str)
def test_strips_of_saturated_blocks_make_up_the_picture(shape: tuple[int, ...], threads: int) -> None:
    pixels = np.random.default_rng(5).integers(1, 255, shape).astype(np.uint8)
    pixels[::37, ::41] = 255
    assert BLOCK_SIDE * ((shape[0] - 1) // BLOCK_SIDE) * shape[1] > 2 * encoder._PIXELS_PER_STRIP
    whole = np.empty(block_grid(*shape[:2]), np.uint8)
    _kernels.mark_saturated(pixels, whole)
    assert all(row.any() and not row.all() for row in np.array_split(whole, 8))
    np.testing.assert_array_equal(jpeg.find_saturated_blocks(pixels, threads), whole)
