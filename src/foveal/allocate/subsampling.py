"""When colour is down-sampled: by what that would cost the photo where it costs most, and the quality it is to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg import block_grid
from foveal.threads import row_ranges, run_in_threads

SubsamplingName = Literal["auto", "4:4:4", "4:2:2", "4:4:0", "4:2:0"]
AUTO: SubsamplingName = "auto"
HALVED: SubsamplingName = "4:2:0"
FULL: SubsamplingName = "4:4:4"

# Quality from which a photo keeps all its colour samples, by its colour loss. Where 4:4:4 has the better SSIMULACRA2 at
# equal bytes: ordinary photographs lose less than 19 and reach that between 92 and 98; coloured text and lines lose 25
# (blue) to 60 (red) and reach it between 20 and 70.
_LOSSES, _QUALITIES = (0.0, 18.0, 30.0, 50.0), (99.0, 95.0, 60.0, 30.0)
_NO_LOSS = 0.5  # less than rounding: 4:4:4 would be the same picture
_WORST_SHARE = 1000  # one block of so many
_BLUE_WEIGHT = 0.25  # of errors of Cb: blue and yellow are seen less sharply than red and green
_PIXELS_PER_STRIP = 1 << 18
_PHASES = (0, 4)  # first row of the blocks: the kernel looks at their middle rows only, and lines may lie between those


@dataclass(frozen=True)
class Subsampling:
    """Subsampling of a photo's files: it changes once with their quality, from `below` to 4:4:4, or never.

    Parameters
    ----------
    below
        "4:x:y".
    full_from
        Quality from which it is 4:4:4 instead.
    """

    below: SubsamplingName
    full_from: float = float("inf")

    @property
    def changes(self) -> bool:
        """Whether it depends on the quality."""
        return self.full_from < float("inf")

    def at(self, quality: float) -> SubsamplingName:
        """Subsampling of the file of a quality."""
        return FULL if quality >= self.full_from else self.below


def choose_subsampling(name: SubsamplingName, pixels: NDArray[np.uint8 | np.uint16], threads: int) -> Subsampling:
    """Subsampling as it was asked for, or, for "auto", by the colour loss of the photo.

    Parameters
    ----------
    name
        "auto" or "4:x:y".
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    threads
        At most so many.
    """
    if pixels.ndim == 2:
        return Subsampling(HALVED)  # there is nothing to halve: all names mean the same
    if name != AUTO:
        return Subsampling(name)
    loss = colour_loss(pixels, threads)
    if loss < _NO_LOSS:
        return Subsampling(HALVED)
    return Subsampling(HALVED, float(np.interp(loss, _LOSSES, _QUALITIES)))


def colour_loss(pixels: NDArray[np.uint8 | np.uint16], threads: int = 1) -> float:
    """Error of colour that down-sampling leaves in the worst of a photo's blocks.

    What counts is one block of a thousand, so that a few red words on a page are not outvoted by the rest of it.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB, uint8 or uint16, C-contiguous.
    threads
        At most so many; the result does not depend on it.

    Returns
    -------
    float
        Root mean square in 8-bit units, of Cr and, less, of Cb: after averaging 2 x 2 samples and doubling them again
        as decoders do (libjpeg's "fancy up-sampling"), without quantization.
    """
    shifted = [pixels[first:] for first in _PHASES if first < pixels.shape[0]]
    strips = [(index, strip) for index, each in enumerate(shifted) for strip in _strips(each)]

    def errors_of(item: tuple[int, tuple[int, int]]) -> NDArray[np.float32]:
        index, (first, last) = item
        _, columns = block_grid(*pixels.shape[:2])
        blue_and_red = np.empty((2, last - first, columns), dtype=np.float32)
        _kernels.color_loss(shifted[index], first, blue_and_red)
        return np.asarray(_BLUE_WEIGHT * blue_and_red[0] + blue_and_red[1]).ravel()

    errors = np.sort(np.concatenate(run_in_threads(errors_of, strips, threads)))
    worst = errors[-max(1, len(errors) // _WORST_SHARE) :]
    return float(np.sqrt(worst.mean(dtype=np.float64)))


def _strips(pixels: NDArray[np.uint8 | np.uint16]) -> list[tuple[int, int]]:
    rows, columns = block_grid(*pixels.shape[:2])
    return row_ranges(rows, 64 * columns, _PIXELS_PER_STRIP)
