"""A photo whose blocks have their weights, ready to be encoded at any quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocations import quality_map, rdo
from foveal.allocate.levels import level_of_quality
from foveal.allocate.masking import activity, strength
from foveal.allocate.perception import Perception, perception
from foveal.allocate.tailoring import colourfulness, tailored
from foveal.jpeg.color import Pixels


@dataclass(frozen=True, eq=False)
class WeighedPhoto:
    """Pixels as stored, the weights of their blocks, and what is settled before a quality is.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    weights
        (rows, columns) float32 in (0, 1]: how much each 8x8-pixel block matters by its saliency.
    allocation
        "rdo" or "quality-map", see `foveal.encode`.
    effort
        "fast", "balanced" or "best".
    settings
        Everything else; its tables, quantizer and sharpening are replaced.
    """

    pixels: Pixels
    weights: NDArray[np.float32]
    allocation: str
    effort: str
    settings: jpeg.EncoderSettings

    def encode(self, quality: float) -> bytes:
        """Encode at a quality of 0 to 100 on libjpeg's scale."""
        return jpeg.write(self.coefficients(quality), self.settings)

    def coefficients(self, quality: float) -> jpeg.Coefficients:
        """Quantize at a quality of 0 to 100 on libjpeg's scale."""
        if self.allocation == "quality-map":
            frame, blocks = self._transformed(sharpening=0)
            spending = quality_map(quality, self.weights)
            return jpeg.quantize(blocks, frame, self.settings.spending(spending.tables, spending.quantizer))
        return self.coefficients_at(level_of_quality(quality, self.settings.subsampling), perception())

    def coefficients_at(self, level: float, tuned: Perception) -> jpeg.Coefficients:
        """Quantize by "rdo" with tables of a level, see `Perception`."""
        frame, blocks = self._transformed(tuned.sharpening.at(level))
        numbers = tailored(tuned, colourfulness(blocks, frame, tuned))
        busy = activity(strength(blocks[0], frame.components[0]))
        spending = rdo(level, self.weights, busy, self.effort, numbers)
        return jpeg.quantize(blocks, frame, self.settings.spending(spending.tables, spending.quantizer))

    def _transformed(self, sharpening: float) -> tuple[jpeg.Frame, tuple[NDArray[np.int16], ...]]:
        frame = jpeg.frame_of(self.pixels, self.settings.subsampling)
        return frame, jpeg.transform(self.pixels, frame, self.settings.threads, sharpening)
