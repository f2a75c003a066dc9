"""Types of the C++ extension; src/foveal/kernels/module.cpp binds it, and a test compares the two."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def instruction_sets() -> list[str]: ...
def use_instruction_set(name: str) -> None: ...
def rgb_to_ycbcr(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None: ...
def grey_to_plane(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None: ...
def downsample(plane: NDArray[np.float32], h: int, v: int, out: NDArray[np.float32]) -> None: ...
def forward_dct(plane: NDArray[np.float32], blocks: NDArray[np.int16]) -> None: ...
def quantize(blocks: NDArray[np.int16], steps: NDArray[np.float32], zero_threshold: NDArray[np.float32]) -> None: ...
def quantize_per_block(
    blocks: NDArray[np.int16],
    own_steps: NDArray[np.float32],
    table_index: NDArray[np.uint8],
    file_steps: NDArray[np.float32],
) -> None: ...
def trellis(
    blocks: NDArray[np.int16],
    steps: NDArray[np.float32],
    distortion_weight: NDArray[np.float32],
    run_size_bits: NDArray[np.float32],
    end_of_block_bits: float,
    look_back: int,
) -> None: ...
def tally_scan(
    grids: Sequence[NDArray[np.int16]],
    factors: Sequence[tuple[int, int, int]],
    band: tuple[int, int, int, int],
    restart_interval: int,
    first_row: int,
    last_row: int,
    histogram: NDArray[np.uint32],
) -> int: ...
def write_scan(
    grids: Sequence[NDArray[np.int16]],
    factors: Sequence[tuple[int, int, int]],
    band: tuple[int, int, int, int],
    restart_interval: int,
    first_row: int,
    last_row: int,
    codes: NDArray[np.uint32],
) -> tuple[bytes, int, list[int]]: ...
def join_strips(strips: Sequence[tuple[bytes, int, list[int]]]) -> bytes: ...
