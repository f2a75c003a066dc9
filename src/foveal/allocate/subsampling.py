"""The choice of chroma subsampling, by the colour that it would cost a photo and by the quality of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.allocate.finest import FINEST_QUALITY
from foveal.jpeg import block_grid
from foveal.threads import row_ranges, run_in_threads

SubsamplingName = Literal["auto", "4:4:4", "4:2:2", "4:4:0", "4:2:0"]
AUTO: SubsamplingName = "auto"
HALVED: SubsamplingName = "4:2:0"
FULL: SubsamplingName = "4:4:4"

# Quality from which a photo keeps all its chroma samples, by its colour loss: there 4:4:4 has the better SSIMULACRA2 at
# equal bytes. Ordinary photographs lose less than 19 and reach that point between qualities 92 and 98. Coloured text
# and lines lose 25 (blue) to 60 (red) and reach it between 20 and 70.
_LOSSES, _QUALITIES = (0.0, 18.0, 30.0, 50.0), (99.0, 95.0, 60.0, 30.0)
_NEGLIGIBLE_LOSS = 0.5  # less than rounding: 4:4:4 would give the same picture
_BLOCKS_PER_WORST = 1000  # the worst block of every thousand counts
_CB_WEIGHT = 0.25  # of squared errors of Cb: blue against yellow is seen less sharply than red against green
_PIXELS_PER_STRIP = 1 << 18
# First row of the blocks. The kernel measures only the two middle rows of each block. So that it does not miss a thin
# line between them, it measures the blocks that begin 4 rows further down as well.
_FIRST_ROWS = (0, 4)


@dataclass(frozen=True)
class Subsampling:
    """Chroma subsampling of a photo's files, which may change once to 4:4:4 as their quality rises.

    Parameters
    ----------
    below
        Subsampling at qualities below `full_from`, as "4:x:y".
    full_from
        Quality from which files are 4:4:4 instead; infinite if the subsampling never changes.
    """

    below: SubsamplingName
    full_from: float = float("inf")

    @property
    def changes(self) -> bool:
        """Whether the subsampling depends on the quality."""
        return self.full_from < float("inf")

    def at(self, quality: float) -> SubsamplingName:
        """Return the subsampling of a file that is encoded at a quality."""
        return FULL if quality >= self.full_from else self.below


def choose_subsampling(name: SubsamplingName, pixels: NDArray[np.uint8 | np.uint16], threads: int) -> Subsampling:
    """Return the subsampling that was asked for or, for "auto", choose one by the colour loss of the photo.

    Parameters
    ----------
    name
        "auto" or a subsampling "4:x:y".
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    threads
        Largest number of threads.
    """
    if pixels.ndim == 2:
        return Subsampling(HALVED)  # without chroma planes, all names mean the same
    if name != AUTO:
        return Subsampling(name)
    loss = colour_loss(pixels, threads)
    if loss < _NEGLIGIBLE_LOSS:
        return Subsampling(HALVED)
    return Subsampling(HALVED, min(float(np.interp(loss, _LOSSES, _QUALITIES)), FINEST_QUALITY))


def colour_loss(pixels: NDArray[np.uint8 | np.uint16], threads: int = 1) -> float:
    """Return the error of chroma that down-sampling leaves in the worst thousandth of a photo's blocks.

    The worst blocks count, so that a few red words on a page are not averaged away.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB, uint8 or uint16, C-contiguous.
    threads
        Largest number of threads; the result does not depend on it.

    Returns
    -------
    float
        Root of the mean squared error of Cr plus a quarter of that of Cb, in 8-bit units, after 2 x 2 samples are
        averaged and up-sampled again as decoders do (libjpeg's "fancy up-sampling"), without quantization.
    """
    shifted = [pixels[first:] for first in _FIRST_ROWS if first < pixels.shape[0]]
    strips = [(index, strip) for index, each in enumerate(shifted) for strip in _block_row_strips(each)]

    def errors_of(item: tuple[int, tuple[int, int]]) -> NDArray[np.float32]:
        index, (first, last) = item
        _, columns = block_grid(*pixels.shape[:2])
        cb_and_cr = np.empty((2, last - first, columns), dtype=np.float32)
        _kernels.color_loss(shifted[index], first, cb_and_cr)
        return np.asarray(_CB_WEIGHT * cb_and_cr[0] + cb_and_cr[1]).ravel()

    errors = np.concatenate(run_in_threads(errors_of, strips, threads))
    count = max(1, len(errors) // _BLOCKS_PER_WORST)
    # Sorted, because the rounding of the mean depends on the order, in which a partition leaves them at will.
    worst = np.sort(np.partition(errors, -count)[-count:])
    return float(np.sqrt(worst.mean(dtype=np.float64)))


def _block_row_strips(pixels: NDArray[np.uint8 | np.uint16]) -> list[tuple[int, int]]:
    """Split a picture into ranges of block rows [first, last), each measured by one thread."""
    rows, columns = block_grid(*pixels.shape[:2])
    return row_ranges(rows, 64 * columns, _PIXELS_PER_STRIP)
