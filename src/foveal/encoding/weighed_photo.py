"""A photo with weighted blocks, which can be encoded at any quality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Allocation, Quantization, WeighedCoefficients
from foveal.allocate.effort import Effort
from foveal.allocate.finest import FINEST_QUALITY, FINEST_QUANTIZATION
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.subsampling import Subsampling

Scalar = TypeVar("Scalar", bound=np.generic)

_PATCH_BLOCKS = 16  # blocks on each side of a patch: 16 pixels at 1/8 of the size, a scale of SSIMULACRA2


@dataclass(frozen=True, eq=False)
class WeighedPhoto:
    """A photo with the weights of its blocks, and all encoding decisions except the quality.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous, in the stored orientation.
    weights
        (rows, columns) float32 in (0, 1]: weight of each 8x8-pixel block, from its saliency.
    allocation
        Method that allocates bits by the weights, below `finest.FINEST_QUALITY`.
    effort
        Search effort of the quantizer; the scan script is in `settings`.
    settings
        Encoder settings: scan script, restart interval, threads and metadata. The other settings are replaced.
    subsampling
        Chroma subsampling by quality.
    """

    pixels: jpeg.Pixels
    weights: NDArray[np.float32]
    allocation: Allocation
    effort: Effort
    settings: jpeg.EncoderSettings
    subsampling: Subsampling

    def encode(self, quality: float) -> bytes:
        """Encode the photo at a quality of 0 to 100 on libjpeg's scale."""
        return jpeg.write(self.quantize(quality), self.settings)

    def quantize(self, quality: float) -> jpeg.Coefficients:
        """Quantize the photo at a quality of 0 to 100 on libjpeg's scale."""
        coefficients = self._transform(quality)
        return coefficients.quantize_in_place(self._decide(coefficients, quality, self.effort))

    def estimate_size(self, quality: float, sample: WeighedPhoto) -> float:
        """Estimate the size in bytes of the file at a quality, from the entropy-coded size of a sample."""
        header_bytes, scan_bytes = jpeg.price(sample.quantize(quality), self.settings)
        return header_bytes + scan_bytes * self.pixels.size / sample.pixels.size

    def predict_score(self, quality: float) -> float:
        """Predict the SSIMULACRA2 of the file at a quality, see `allocate.score_prediction`."""
        coefficients = self._transform(quality)
        without_corrections = replace(self.effort, corrections=0)
        quantized = coefficients.quantize(self._decide(coefficients, quality, without_corrections))
        found = features(coefficients.blocks, quantized)
        return predicted_score(found, regression_for(self.subsampling.at(quality)))

    def without_saliency(self) -> WeighedPhoto:
        """Return a copy of the photo with weight 1 for every block."""
        return replace(self, weights=np.ones_like(self.weights))

    def with_subsampling_of(self, quality: float) -> WeighedPhoto:
        """Return a copy of the photo whose subsampling at all qualities is that at one quality."""
        return replace(self, subsampling=Subsampling(self.subsampling.at(quality)))

    def sample(self, most_pixels: int) -> WeighedPhoto:
        """Return a smaller photo of evenly spaced patches, for estimating scores and sizes in less time.

        It has about `most_pixels` pixels; photos that are not larger are returned whole. The patches are joined in
        about the aspect ratio of the photo, because SSIMULACRA2 of a strip can be off by ten points.
        """
        height, width = self.pixels.shape[:2]
        if height * width <= most_pixels:
            return self
        share = math.sqrt(most_pixels / (height * width))
        rows, columns = _select_patches(height, share), _select_patches(width, share)
        # A short side keeps at least one patch, which may be more than its share: then the other side keeps less.
        if _total_length(rows) <= _total_length(columns):
            columns = _select_patches(width, most_pixels / (_total_length(rows) * width))
        else:
            rows = _select_patches(height, most_pixels / (height * _total_length(columns)))
        return replace(
            self,
            pixels=_join_patches(self.pixels, rows, columns),
            weights=_join_patches(self.weights, _in_blocks(rows), _in_blocks(columns)),
        )

    def _transform(self, quality: float) -> WeighedCoefficients:
        frame = jpeg.frame_of(self.pixels, self.subsampling.at(quality))
        sharpening = self.allocation.sharpening_at(quality)
        blocks = jpeg.transform(self.pixels, frame, self.settings.threads, sharpening)
        return WeighedCoefficients(self.pixels, self.weights, frame, blocks, self.settings)

    def _decide(self, coefficients: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        if quality >= FINEST_QUALITY:
            return FINEST_QUANTIZATION
        return self.allocation.decide(coefficients, quality, effort)


def _select_patches(length: int, share: float) -> list[slice]:
    """Return the parts of a side of `length` pixels that evenly spaced patches take.

    The patches hold at most the given share of the side, but there is one patch at least. A side too short for a
    selection of patches is returned whole.
    """
    side = _PATCH_BLOCKS * jpeg.BLOCK_SIDE
    patches = length // side
    kept = max(1, int(patches * share))
    if kept >= patches:
        return [slice(0, length)]
    # The middle patch of each of `kept` equal groups.
    firsts = [int((index + 0.5) * patches // kept) * side for index in range(kept)]
    return [slice(first, first + side) for first in firsts]


def _total_length(parts: Sequence[slice]) -> int:
    return sum(part.stop - part.start for part in parts)


def _in_blocks(parts: Sequence[slice]) -> list[slice]:
    """Return the blocks that parts of a side in pixels cover."""
    return [slice(part.start // jpeg.BLOCK_SIDE, -(-part.stop // jpeg.BLOCK_SIDE)) for part in parts]


def _join_patches(values: NDArray[Scalar], rows: Sequence[slice], columns: Sequence[slice]) -> NDArray[Scalar]:
    return np.concatenate([np.concatenate([values[down, across] for across in columns], axis=1) for down in rows])
