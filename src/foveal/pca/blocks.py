"""Beyond the report: 8x8-pixel blocks of Y, Cb and Cr are the samples, and each plane has components of its own.

This is the Karhunen-Loeve transform where JPEG has the discrete cosine transform: learned from the photo, and
therefore sent with it. The scores are quantized (`quantize.py`) and entropy coded (`level_stream.py`).
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
from foveal.pca.quantize import MIN_STEP, dequantized, levels_of, step_for
from foveal.threads import row_ranges

BLOCK_SIZE = BLOCK_SIDE * BLOCK_SIDE
_BASIS_PEAK = 127  # components are sent as int8
_MEAN_LIMIT = 256.0  # samples are -128 to 128
_STEP_LIMIT = 4096.0  # scores are at most 8 x 255
_PIXELS_PER_STRIP = 1 << 18


@dataclass(frozen=True, eq=False)
class BlockScores:
    """The blocks of a plane, seen along its principal components.

    Parameters
    ----------
    mean
        (64,) mean block.
    basis
        (k, 64) int8: the components as they are sent.
    scores
        (k, n) float32 of n blocks, in the order of rows.
    squared_sum
        Of what all samples differ from the mean block by: the variance that there is to keep, times their number.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.int8]
    scores: NDArray[np.float32]
    squared_sum: float


class KeptBlocks(NamedTuple):
    """What a file of this mode holds, how many components of each plane, and how much of the variance, in per cent."""

    arrays: dict[str, NDArray[Any]]
    component_counts: tuple[int, ...]
    variance: float


def keep(pixels: Pixels, variance: float, max_components: int | None) -> KeptBlocks:
    """Keep at least `variance` per cent of the variance of the planes, errors of quantization counted.

    Where `max_components` are given, that of what so many components of each plane hold. At the finest step
    (`MIN_STEP`) it can be less: nothing finer is written.

    Raises
    ------
    LimitError
        The blocks cover more than MAX_PIXELS.
    """
    grid = _checked_grid(*pixels.shape[:2])
    planes = to_planes(np.ascontiguousarray(pixels), grid[0] * BLOCK_SIDE, grid[1] * BLOCK_SIDE)
    analysed = [_analyse(plane, max_components) for plane in planes]
    total = sum(plane.squared_sum for plane in analysed)
    held = sum(_squared_sum(plane.scores) for plane in analysed)
    wanted = total if max_components is None else held
    step, error = step_for([plane.scores for plane in analysed], (100 - variance) / 100 * wanted - (wanted - held))

    content: dict[str, NDArray[Any]] = {"step": np.array(step, dtype=np.float32)}
    counts, wide_counts = [], []
    for index, plane in enumerate(analysed):
        levels = levels_of(plane.scores, step)
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
    return KeptBlocks(content, tuple(counts), kept)


def _checked_grid(height: int, width: int) -> tuple[int, int]:
    grid = block_grid(height, width)
    if grid[0] * grid[1] * BLOCK_SIZE > MAX_PIXELS:
        raise LimitError(f"blocks of {width:,} x {height:,} pixels cover more than {MAX_PIXELS:,}")
    return grid


def _analyse(plane: NDArray[np.float32], max_components: int | None) -> BlockScores:
    blocks = _split(plane)
    found = fit(blocks)
    mean, basis = found.mean.astype(np.float32), _as_sent(_completed(found.components)[:max_components])
    directions = orthonormal(basis)
    scores = directions @ blocks.T
    scores -= (directions @ mean)[:, np.newaxis]
    return BlockScores(mean, basis, scores, found.total_variance * max(len(blocks) - 1, 1))


def _split(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks (n, 64) of a plane (8 r, 8 c), n = r c."""
    rows, columns = plane.shape[0] // BLOCK_SIDE, plane.shape[1] // BLOCK_SIDE
    return plane.reshape(rows, BLOCK_SIDE, columns, BLOCK_SIDE).swapaxes(1, 2).reshape(-1, BLOCK_SIZE)


def _joined(blocks: NDArray[np.float32], grid: tuple[int, int]) -> NDArray[np.float32]:
    """Plane (8 r, 8 c) of blocks (n, 64)."""
    rows, columns = grid
    tiled = blocks.reshape(rows, columns, BLOCK_SIDE, BLOCK_SIDE).swapaxes(1, 2)
    return tiled.reshape(rows * BLOCK_SIDE, columns * BLOCK_SIDE)


def _completed(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Components (k, 64) and directions across all of them: 64 in all.

    A few blocks span fewer directions, but rounding (`_as_sent`) turns those a little out of what the blocks span.
    """
    across = np.linalg.qr(components.T, mode="complete")[0].T[len(components) :]
    return np.concatenate([components, across])


def _as_sent(components: NDArray[np.float64]) -> NDArray[np.int8]:
    """Round components (k, 64) to 8 bits, each scaled to use them all."""
    largest = np.abs(components).max(axis=1, keepdims=True)
    return np.asarray(np.rint(components * (_BASIS_PEAK / largest)), dtype=np.int8)


def orthonormal(basis: NDArray[np.int8]) -> NDArray[np.float32]:
    """Directions (k, 64), orthonormal again after rounding (Gram-Schmidt from the first on).

    Encoder and decoder both use these, so rounding costs a little of the best choice of directions and nothing else.
    """
    directions, triangle = np.linalg.qr(basis.T.astype(np.float64))
    turned: NDArray[np.float32] = (directions * np.where(np.diag(triangle) < 0, -1, 1)).T.astype(np.float32)
    return np.ascontiguousarray(turned)


def _squared_sum(scores: NDArray[np.float32]) -> float:
    return sum(float(np.square(row, dtype=np.float64).sum()) for row in scores)


def read_pixels(reader: ArrayReader, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Pixels:
    """Pixels (H, W, C) of a file of this mode.

    Raises
    ------
    FormatError
        Something is missing, of another shape or type, or out of range.
    LimitError
        The blocks cover more than MAX_PIXELS.
    """
    height, width, channel_count = shape
    grid = _checked_grid(height, width)
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
    count, wide_count = counts
    mean = reader.array(f"mean_{index}", np.float32, (BLOCK_SIZE,))
    if not np.abs(mean).max() <= _MEAN_LIMIT:  # so that NaN fails, too
        raise FormatError(f"mean_{index} is out of range")
    basis = reader.array(f"basis_{index}", np.int8, (count, BLOCK_SIZE))
    data = reader.octets(f"levels_{index}", level_stream.max_size_bytes(count, grid))
    levels = level_stream.unpack(level_stream.LevelStream(data, wide_count), count, grid)
    blocks = dequantized(levels, step).T @ orthonormal(basis)
    blocks += mean
    return _joined(blocks, grid)


def _to_pixels(planes: list[NDArray[np.float32]], dtype: np.dtype[Any]) -> Pixels:
    """Pixels (H, W, 1 or 3) of Y, or Y, Cb and Cr (T.871 clause 7), centred on 0, in 8-bit units."""
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
