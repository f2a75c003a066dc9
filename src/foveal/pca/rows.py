"""The report's method: each row of a channel is a sample, each column a dimension.

K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, section 2.2: columns are standardised (Z), the
covariance matrix of Z has eigenvectors W, and the scores on the first L of them are kept, T_L = Z W_L. The picture
comes back as T_L W_L', scaled and shifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError
from foveal.jpeg import Pixels
from foveal.pca.components import PrincipalComponents, fit
from foveal.pca.container import ArrayReader

# What scores and components are stored as, by the type of the pixels. Half precision has 11 bits.
_STORED_TYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.float16), "uint16": np.dtype(np.float32)}


@dataclass(frozen=True, eq=False)
class StandardisedChannel:
    """A channel whose columns have mean 0 and deviation 1, and its principal components.

    Parameters
    ----------
    mean, deviation
        (W,) of each column; a constant column has deviation 0.
    principal
        Of the rows of `standardised`.
    standardised
        (H, W) float64.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    principal: PrincipalComponents
    standardised: NDArray[np.float64]


def analyse(pixels: Pixels) -> list[StandardisedChannel]:
    """Standardise the columns of each channel of pixels (H, W) or (H, W, C), and find the components of its rows."""
    return [_analyse_channel(channel) for channel in np.moveaxis(np.atleast_3d(pixels), 2, 0)]


def count_for(channel: StandardisedChannel, variance: float, components: int | None) -> int:
    """How many components of a channel to keep: so many, as far as there are, or what the variance asks for."""
    if components is None:
        return channel.principal.count_for(variance)
    return min(components, len(channel.principal.components))


def _analyse_channel(channel: Pixels) -> StandardisedChannel:
    mean = channel.mean(axis=0).astype(np.float32)
    deviation = channel.std(axis=0).astype(np.float32)
    standardised = (channel - mean.astype(np.float64)) / np.where(deviation == 0, 1, deviation)
    standardised[:, deviation == 0] = 0
    return StandardisedChannel(mean, deviation, fit(standardised), standardised)


def arrays(channels: list[StandardisedChannel], counts: list[int], dtype: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    """Arrays of a file that keeps so many components of each channel of pixels of type `dtype`."""
    stored = _STORED_TYPES[dtype.name]
    content: dict[str, NDArray[Any]] = {"component_counts": np.array(counts, dtype=np.int64)}
    for index, (channel, count) in enumerate(zip(channels, counts, strict=True)):
        components = channel.principal.components[:count]
        content |= {
            f"mean_{index}": channel.mean,
            f"deviation_{index}": channel.deviation,
            f"components_{index}": components.astype(stored),
            f"scores_{index}": (channel.standardised @ components.T).astype(stored),
        }
    return content


def read_pixels(reader: ArrayReader, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Pixels:
    """Pixels (H, W, C) of a file of this mode.

    Raises
    ------
    FormatError
        Something is missing, of another shape or type, or out of range.
    """
    height, width, channel_count = shape
    counts = reader.integers("component_counts", channel_count, 1, min(height, width))
    pixels: Pixels = np.empty(shape, dtype=dtype)
    for index, count in enumerate(counts):
        pixels[:, :, index] = _read_channel(reader, index, count, shape, dtype)
    return pixels


def _read_channel(
    reader: ArrayReader, index: int, count: int, shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> NDArray[np.float32]:
    height, width, _ = shape
    peak, stored = int(np.iinfo(dtype).max), _STORED_TYPES[dtype.name]
    # The squares of a standardised channel add up to H W, so no score is larger than the root of that.
    score_limit = (height * width) ** 0.5
    mean = _within(reader, f"mean_{index}", np.dtype(np.float32), (width,), peak)
    deviation = _within(reader, f"deviation_{index}", np.dtype(np.float32), (width,), peak)
    components = _within(reader, f"components_{index}", stored, (count, width), 1)
    scores = _within(reader, f"scores_{index}", stored, (height, count), score_limit)
    restored = scores @ components
    restored *= deviation
    restored += mean
    return np.clip(np.rint(restored, out=restored), 0, peak, out=restored)


def _within(
    reader: ArrayReader, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], limit: float
) -> NDArray[np.float32]:
    """Read an array that is finite and, but for rounding, in [-limit, limit]."""
    values = reader.array(name, dtype, shape).astype(np.float32)
    if not np.abs(values).max() <= limit * 1.001:  # so that NaN fails, too
        raise FormatError(f"{name} is out of range")
    return values
