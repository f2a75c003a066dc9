"""The interface of allocations, which decide how the coefficients of a photo are quantized, and its data types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.effort import Effort
from foveal.allocate.hard_edges import GROUND_OF_ORIGINALS, Ground

AllocationName = Literal["rdo", "quality-map"]


@dataclass(frozen=True)
class Quantization:
    """Decisions about the quantization of a photo.

    Parameters
    ----------
    tables
        Quantization tables of the file.
    quantizer
        Quantizer that decides its levels.
    corrected
        For each component, coefficients to quantize instead of those of the photo, of the same shape; None for those of
        the photo.
    """

    tables: tuple[jpeg.QuantizationTable, ...]
    quantizer: jpeg.Quantizer
    corrected: tuple[NDArray[np.int16], ...] | None = None


@dataclass(frozen=True, eq=False)
class WeighedCoefficients:
    """DCT coefficients of a photo, and the weight of each of its blocks.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous: samples of the photo.
    weights
        (rows, columns) float32 in (0, 1]: weight of each 8x8-pixel block by its saliency.
    frame
        Size and components of the photo.
    blocks
        For each component, coefficients in units of 1/16, as `jpeg.transform` returns them.
    settings
        Encoder settings; tables and quantizer are replaced by those of a `Quantization`.
    ground
        Flat ground under hard edges in the pixels, see `hard_edges`.
    """

    pixels: jpeg.Pixels
    weights: NDArray[np.float32]
    frame: jpeg.Frame
    blocks: tuple[NDArray[np.int16], ...]
    settings: jpeg.EncoderSettings
    ground: Ground = GROUND_OF_ORIGINALS

    def quantize(self, quantization: Quantization) -> jpeg.Coefficients:
        """Quantize the coefficients as an allocation decided."""
        return self._quantize(quantization, out=None)

    def quantize_in_place(self, quantization: Quantization) -> jpeg.Coefficients:
        """Quantize like `quantize`, but overwrite the coefficients with their levels, which saves memory."""
        return self._quantize(quantization, out=self.blocks)

    def _quantize(self, quantization: Quantization, out: tuple[NDArray[np.int16], ...] | None) -> jpeg.Coefficients:
        settings = self.settings.with_quantizer(quantization.tables, quantization.quantizer)
        saturated = jpeg.find_saturated_blocks(self.pixels, settings.threads)
        blocks = self.blocks if quantization.corrected is None else quantization.corrected
        return jpeg.quantize(blocks, self.frame, settings, out, saturated)


class Allocation(Protocol):
    """A method of distributing bits over the blocks of a photo by their weights."""

    def sharpening_at(self, quality: float) -> float:
        """Return the gain with which chroma is sharpened at a quality of 0 to 100, see `jpeg.sampling.sharpen`."""

    def decide(self, photo: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a quality of 0 to 100 on libjpeg's scale."""
