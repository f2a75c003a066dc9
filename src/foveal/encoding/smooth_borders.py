"""Block borders in the smooth areas of a photo, measured in its files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.block_borders import extra_border_step, smooth_blocks
from foveal.allocate.masking import texture
from foveal.encoding.weighed_photo import WeighedPhoto


class SmoothBorders:
    """Measures how much files of a photo add to the steps across block borders in its smooth areas.

    Parameters
    ----------
    photo
        Photo whose files are measured, usually a sample (`WeighedPhoto.sample`).
    """

    def __init__(self, photo: WeighedPhoto) -> None:
        self._photo = photo
        frame, threads = jpeg.frame_of(photo.pixels, "4:4:4"), photo.settings.threads
        blocks = jpeg.transform(photo.pixels, frame, threads)
        self._smooth = smooth_blocks(texture(blocks[0], frame.components[0], threads).high)
        self._original = _luminance(photo.pixels)

    @property
    def share(self) -> float:
        """Share of the photo's blocks that are smooth, 0 to 1."""
        return float(self._smooth.mean())

    def measure_step(self, quality: float) -> float:
        """Return the extra step in the file at a quality, in 8-bit levels, see `block_borders.extra_border_step`."""
        decoded = jpeg.reconstruct(self._photo.quantize(quality))
        return extra_border_step(self._original, _luminance(decoded), self._smooth)


def _luminance(pixels: jpeg.Pixels) -> NDArray[np.float32]:
    """Return the luminance of pixels, (h, w) in 8-bit units, centred on 0."""
    return np.asarray(jpeg.to_planes(pixels, *pixels.shape[:2])[0])
