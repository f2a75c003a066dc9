"""The `blocks` mode: a Karhunen-Loeve transform of 8x8-pixel blocks.

This mode is not part of K. Kishore's report. The blocks of each plane (Y, Cb, Cr) are samples of 64 dimensions, and
their principal components take the place of JPEG's discrete cosine transform. The basis is learned from the photo, so
it is stored in the file. The scores are quantized (`quantize.py`) and entropy coded (`level_stream.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError, LimitError
from foveal.jpeg import BLOCK_SIDE, MAX_PIXELS, Pixels, block_grid, to_planes
from foveal.pca import level_stream
from foveal.pca.components import fit
from foveal.pca.container import ArrayReader
from foveal.pca.quantize import MIN_STEP, choose_step, dequantize, quantize
from foveal.threads import row_ranges

BLOCK_SIZE = BLOCK_SIDE * BLOCK_SIDE
_BASIS_PEAK = 127  # components are stored as int8
_MEAN_LIMIT = 256.0  # accepted magnitude of a mean; samples lie in [-128, 128]
_STEP_LIMIT = 4096.0  # largest accepted step; scores are at most 8 x 255
_PIXELS_PER_STRIP = 1 << 18


@dataclass(frozen=True, eq=False)
class BlockScores:
    """Scores of a plane's blocks on their principal components.

    Parameters
    ----------
    mean
        (64,) mean block.
    basis
        (k, 64) int8: principal components as the file stores them.
    scores
        (k, n) float32: scores of the n blocks, in raster order.
    squared_sum
        Sum of squared differences between all blocks and the mean block: the total variance times the number of blocks.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.int8]
    scores: NDArray[np.float32]
    squared_sum: float


class EncodedBlocks(NamedTuple):
    """Arrays of a `blocks` file, number of components of each plane, and percentage of the variance that they keep."""

    arrays: dict[str, NDArray[Any]]
    component_counts: tuple[int, ...]
    variance: float


def encode_blocks(pixels: Pixels, variance: float, max_components: int | None) -> EncodedBlocks:
    """Transform and quantize pixels so that at least `variance` percent of the planes' variance is kept.

    Parameters
    ----------
    pixels
        (H, W) or (H, W, 1) grey, or (H, W, 3) RGB, uint8 or uint16.
    variance
        Percentage of the variance to keep, 0 to 100; quantization errors count as lost. With `max_components`, it is a
        percentage of the variance that the leading `max_components` components of each plane explain. At the finest
        step, `MIN_STEP`, the result can fall short of it.
    max_components
        Largest number of components per plane, or None for all 64.

    Raises
    ------
    LimitError
        The blocks cover more than MAX_PIXELS.
    """
    grid = _find_grid(*pixels.shape[:2])
    planes = to_planes(np.ascontiguousarray(pixels), grid[0] * BLOCK_SIDE, grid[1] * BLOCK_SIDE)
    analysed = [_analyse_plane(plane, max_components) for plane in planes]
    total = sum(plane.squared_sum for plane in analysed)
    held = sum(_sum_squares(plane.scores) for plane in analysed)
    wanted = total if max_components is None else held
    # The components that are dropped lose `total - held` in any case; quantization may lose the rest of the allowance.
    step, error = choose_step([plane.scores for plane in analysed], (100 - variance) / 100 * wanted - (wanted - held))

    content: dict[str, NDArray[Any]] = {"step": np.array(step, dtype=np.float32)}
    counts, wide_counts = [], []
    for index, plane in enumerate(analysed):
        levels = quantize(plane.scores, step)
        stream = level_stream.pack(levels, grid)
        content |= {
            f"mean_{index}": plane.mean,
            f"basis_{index}": plane.basis[: len(levels)],
            f"levels_{index}": np.frombuffer(stream.data, dtype=np.uint8),
        }
        counts.append(len(levels))
        wide_counts.append(stream.wide_count)
    content |= {"component_counts": np.array(counts), "wide_counts": np.array(wide_counts)}
    kept = 100.0 if total == 0 else max(0.0, 100 * (1 - (total - held + error) / total))
    return EncodedBlocks(content, tuple(counts), kept)


def _find_grid(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of the grid of blocks; raise LimitError if they cover too many pixels."""
    grid = block_grid(height, width)
    if grid[0] * grid[1] * BLOCK_SIZE > MAX_PIXELS:
        raise LimitError(f"blocks of {width:,} x {height:,} pixels cover more than {MAX_PIXELS:,}")
    return grid


def _analyse_plane(plane: NDArray[np.float32], max_components: int | None) -> BlockScores:
    """Find the principal components of the blocks of a plane, and their scores."""
    blocks = _split(plane)
    principal = fit(blocks)
    mean, basis = principal.mean.astype(np.float32), _to_int8(_complete_basis(principal.components)[:max_components])
    directions = orthonormalise(basis)
    scores = directions @ blocks.T
    scores -= (directions @ mean)[:, np.newaxis]
    return BlockScores(mean, basis, scores, principal.total_variance * max(len(blocks) - 1, 1))


def _split(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Split a plane (8 r, 8 c) into blocks (r c, 64) in raster order."""
    rows, columns = plane.shape[0] // BLOCK_SIDE, plane.shape[1] // BLOCK_SIDE
    return plane.reshape(rows, BLOCK_SIDE, columns, BLOCK_SIDE).swapaxes(1, 2).reshape(-1, BLOCK_SIZE)


def _join(blocks: NDArray[np.float32], grid: tuple[int, int]) -> NDArray[np.float32]:
    """Join blocks (r c, 64) in raster order to a plane (8 r, 8 c)."""
    rows, columns = grid
    tiled = blocks.reshape(rows, columns, BLOCK_SIDE, BLOCK_SIDE).swapaxes(1, 2)
    return tiled.reshape(rows * BLOCK_SIDE, columns * BLOCK_SIDE)


def _complete_basis(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Extend components (k, 64) to an orthonormal basis of 64 directions.

    Fewer than 64 blocks span fewer than 64 directions. Rounding (`_to_int8`) then tilts the components slightly out of
    the space that the blocks span; the added directions represent the remainder.
    """
    complement = np.linalg.qr(components.T, mode="complete")[0].T[len(components) :]
    return np.concatenate([components, complement])


def _to_int8(components: NDArray[np.float64]) -> NDArray[np.int8]:
    """Round components (k, 64) to int8, each scaled so that its largest magnitude is 127."""
    largest = np.abs(components).max(axis=1, keepdims=True)
    return np.asarray(np.rint(components * (_BASIS_PEAK / largest)), dtype=np.int8)


def orthonormalise(basis: NDArray[np.int8]) -> NDArray[np.float32]:
    """Orthonormalise rounded components (k, 64), in order from the first.

    Encoder and decoder both use the result, so rounding adds no error of its own: the directions are only slightly
    worse than the exact principal components.
    """
    # QR decomposition is Gram-Schmidt up to the sign of each direction.
    directions, triangle = np.linalg.qr(basis.T.astype(np.float64))
    oriented: NDArray[np.float32] = (directions * np.where(np.diag(triangle) < 0, -1, 1)).T.astype(np.float32)
    return np.ascontiguousarray(oriented)


def _sum_squares(scores: NDArray[np.float32]) -> float:
    """Return the sum of the squared scores in double precision."""
    return sum(float(np.square(row, dtype=np.float64).sum()) for row in scores)


def read_pixels(reader: ArrayReader, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Pixels:
    """Decode the pixels (H, W, C) of a `blocks` file.

    Raises
    ------
    FormatError
        An array is missing, has an unexpected shape or type, or holds values out of range.
    LimitError
        The blocks cover more than MAX_PIXELS.
    """
    height, width, channel_count = shape
    grid = _find_grid(height, width)
    step = float(reader.array("step", np.float32, ()))
    if not MIN_STEP <= step <= _STEP_LIMIT:
        raise FormatError("step is out of range")
    counts = reader.integers("component_counts", channel_count, 0, BLOCK_SIZE)
    wide_counts = reader.integers("wide_counts", channel_count, 0, BLOCK_SIZE)
    planes = [
        _read_plane(reader, index, (count, wide_count), grid, step)[:height, :width]
        for index, (count, wide_count) in enumerate(zip(counts, wide_counts, strict=True))
    ]
    return _to_pixels(planes, dtype)


def _read_plane(
    reader: ArrayReader, index: int, counts: tuple[int, int], grid: tuple[int, int], step: float
) -> NDArray[np.float32]:
    """Decode a plane from its arrays; `counts` are its numbers of components and of components with high bytes."""
    count, wide_count = counts
    mean = reader.array(f"mean_{index}", np.float32, (BLOCK_SIZE,))
    if not np.abs(mean).max() <= _MEAN_LIMIT:  # written so that NaN also fails
        raise FormatError(f"mean_{index} is out of range")
    basis = reader.array(f"basis_{index}", np.int8, (count, BLOCK_SIZE))
    data = reader.octets(f"levels_{index}", level_stream.max_size_bytes(count, grid))
    levels = level_stream.unpack(level_stream.LevelStream(data, wide_count), count, grid)
    blocks = dequantize(levels, step).T @ orthonormalise(basis)
    blocks += mean
    return _join(blocks, grid)


def _to_pixels(planes: list[NDArray[np.float32]], dtype: np.dtype[Any]) -> Pixels:
    """Convert planes to pixels (H, W, 1 or 3): Y alone, or Y, Cb and Cr by T.871 clause 7, Conversion to and from RGB.

    The planes are centred on 0 and in 8-bit units for any `dtype`.
    """
    height, width = planes[0].shape
    peak = int(np.iinfo(dtype).max)
    pixels: Pixels = np.empty((height, width, len(planes)), dtype=dtype)
    for first, last in row_ranges(height, width, _PIXELS_PER_STRIP):
        luma, *chroma = (plane[first:last] for plane in planes)
        channels = [luma]
        if chroma:
            blue, red = chroma
            channels = [luma + 1.402 * red, luma - 0.344136286 * blue - 0.714136286 * red, luma + 1.772 * blue]
        for index, channel in enumerate(channels):
            scaled = (channel + 128) * np.float32(peak / 255)
            pixels[first:last, :, index] = np.clip(np.rint(scaled, out=scaled), 0, peak, out=scaled)
    return pixels
