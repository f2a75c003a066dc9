"""A photo with weighted blocks, which can be encoded at any quality."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Allocation, Quantization, WeighedCoefficients
from foveal.allocate.effort import Effort
from foveal.allocate.finest import FINEST_QUALITY, FINEST_QUANTIZATION
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.subsampling import Subsampling

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
        rows, columns = _patch_indices(height, share), _patch_indices(width, share)
        # A short side keeps at least one patch, which may be more than its share: then the other side keeps less.
        if len(rows) <= len(columns):
            columns = _patch_indices(width, most_pixels / (len(rows) * width))
        else:
            rows = _patch_indices(height, most_pixels / (height * len(columns)))
        blocks = np.ix_(rows[:: jpeg.BLOCK_SIDE] // jpeg.BLOCK_SIDE, columns[:: jpeg.BLOCK_SIDE] // jpeg.BLOCK_SIDE)
        pixels = np.ascontiguousarray(self.pixels[np.ix_(rows, columns)])
        return replace(self, pixels=pixels, weights=self.weights[blocks])

    def _transform(self, quality: float) -> WeighedCoefficients:
        frame = jpeg.frame_of(self.pixels, self.subsampling.at(quality))
        sharpening = self.allocation.sharpening_at(quality)
        blocks = jpeg.transform(self.pixels, frame, self.settings.threads, sharpening)
        return WeighedCoefficients(self.pixels, self.weights, frame, blocks, self.settings)

    def _decide(self, coefficients: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        if quality >= FINEST_QUALITY:
            return FINEST_QUANTIZATION
        return self.allocation.decide(coefficients, quality, effort)


def _patch_indices(length: int, share: float) -> NDArray[np.intp]:
    """Return the indices of the rows or columns of evenly spaced patches along a side of `length` pixels.

    The patches hold at most the given share of the side, but there is one patch at least. A side too short for a
    selection of patches is returned whole.
    """
    side = _PATCH_BLOCKS * jpeg.BLOCK_SIDE
    patches = length // side
    kept = max(1, int(patches * share))
    if kept >= patches:
        return np.arange(length)
    selected = (np.arange(kept) + 0.5) * patches // kept  # the middle patch of each of `kept` equal groups
    return np.add.outer(selected.astype(np.intp) * side, np.arange(side)).ravel()
