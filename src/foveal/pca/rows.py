"""The `rows` mode, the report's method: each row of a channel is a sample, each column a dimension.

K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, section 2.2. The columns are standardised to Z, W are
the eigenvectors of the covariance matrix of Z, and the scores on the first L of them are stored: T_L = Z W_L. The
decoder computes T_L W_L' and undoes the standardisation. The report's figure 2.4 was made with columns that are
centred, but divided by the standard deviation of the whole channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError
from foveal.jpeg import Pixels
from foveal.pca.components import PrincipalComponents, fit
from foveal.pca.container import ArrayReader

Standardization = Literal["channel", "column"]

# Type of the stored scores and components, by type of the pixels. Half precision has 11 bits.
_STORED_TYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.float16), "uint16": np.dtype(np.float32)}


@dataclass(frozen=True, eq=False)
class StandardisedChannel:
    """A channel with standardised columns, and the principal components of its rows.

    Parameters
    ----------
    mean
        (W,) mean of each column.
    deviation
        (W,) standard deviation by which each column is divided: its own, or that of the channel; 0 if it is constant.
    principal
        Principal components of the rows of `standardised`.
    standardised
        (H, W) float64: the channel with columns of mean 0, divided by `deviation`.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    principal: PrincipalComponents
    standardised: NDArray[np.float64]


def analyse(pixels: Pixels, standardize: Standardization = "column") -> list[StandardisedChannel]:
    """Standardise each channel of pixels (H, W) or (H, W, C), and find the principal components of its rows.

    Parameters
    ----------
    pixels
        (H, W) or (H, W, C) samples.
    standardize
        Standard deviation by which the centred columns are divided: that of each "column", or of the whole "channel".
    """
    return [_analyse_channel(channel, standardize) for channel in np.moveaxis(np.atleast_3d(pixels), 2, 0)]


def choose_count(channel: StandardisedChannel, variance: float, components: int | None) -> int:
    """Return the number of components to keep: `components`, at most the rank, or if None what `variance` needs."""
    if components is None:
        return channel.principal.count_for(variance)
    return min(components, len(channel.principal.components))


def _analyse_channel(channel: Pixels, standardize: Standardization) -> StandardisedChannel:
    mean = channel.mean(axis=0).astype(np.float32)
    deviation = channel.std(axis=0).astype(np.float32)
    if standardize == "channel":
        deviation = np.full_like(deviation, channel.std())
    standardised = (channel - mean.astype(np.float64)) / np.where(deviation == 0, 1, deviation)
    standardised[:, deviation == 0] = 0
    return StandardisedChannel(mean, deviation, fit(standardised), standardised)


def to_arrays(channels: list[StandardisedChannel], counts: list[int], dtype: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file that keeps the first `counts` components of the channels of `dtype` pixels."""
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
    """Decode the pixels (H, W, C) of a `rows` file.

    Raises
    ------
    FormatError
        An array is missing, has an unexpected shape or type, or holds values out of range.
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
    # The squares of a standardised channel sum to H W, so no score exceeds the square root of H W.
    score_limit = (height * width) ** 0.5
    mean = _read_bounded(reader, f"mean_{index}", np.dtype(np.float32), (width,), peak)
    deviation = _read_bounded(reader, f"deviation_{index}", np.dtype(np.float32), (width,), peak)
    components = _read_bounded(reader, f"components_{index}", stored, (count, width), 1)
    scores = _read_bounded(reader, f"scores_{index}", stored, (height, count), score_limit)
    restored = scores @ components
    restored *= deviation
    restored += mean
    return np.clip(np.rint(restored, out=restored), 0, peak, out=restored)


def _read_bounded(
    reader: ArrayReader, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], limit: float
) -> NDArray[np.float32]:
    """Read an array of finite values in [-limit, limit], with a tolerance of 0.1 % for rounding."""
    values = reader.array(name, dtype, shape).astype(np.float32)
    if not np.abs(values).max() <= limit * 1.001:  # written so that NaN also fails
        raise FormatError(f"{name} is out of range")
    return values
