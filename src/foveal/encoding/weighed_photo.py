"""A photo whose blocks have weights, ready to be encoded at any quality."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocation import Allocation, WeighedCoefficients
from foveal.allocate.effort import Effort
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.subsampling import Subsampling

_SAMPLED_PIXELS = 1_000_000  # of larger photos, patches of so many pixels in total stand for the whole
_PATCH_BLOCKS = 16  # on each side of a patch: 16 pixels are left of it at an eighth, where SSIMULACRA2 looks, too


@dataclass(frozen=True, eq=False)
class WeighedPhoto:
    """A photo with the weights of its blocks, and all that is decided before its quality.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous, as stored in the file.
    weights
        (rows, columns) float32 in (0, 1]: how much each 8x8-pixel block matters by its saliency.
    allocation
        Way to spend bits by weight.
    effort
        Search effort.
    settings
        Encoder settings: scripts, restart interval, threads and metadata. All others are replaced.
    subsampling
        Chroma subsampling of the photo's files.
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
        return coefficients.quantize_in_place(self.allocation.decide(coefficients, quality, self.effort))

    def estimate_size(self, quality: float, sample: WeighedPhoto) -> float:
        """Estimate the size of the file of a quality in bytes, by what the symbols of a sample take."""
        header_bytes, scan_bytes = jpeg.price(sample.quantize(quality), self.settings)
        return header_bytes + scan_bytes * self.pixels.size / sample.pixels.size

    def predict_score(self, quality: float) -> float:
        """Predict the SSIMULACRA2 of the file of a quality, see `score_prediction`."""
        coefficients = self._transform(quality)
        without_corrections = replace(self.effort, corrections=0)
        quantized = coefficients.quantize(self.allocation.decide(coefficients, quality, without_corrections))
        found = features(coefficients.blocks, quantized)
        return predicted_score(found, regression_for(self.subsampling.at(quality)))

    def without_saliency(self) -> WeighedPhoto:
        """Return the photo with weight 1 for every block."""
        return replace(self, weights=np.ones_like(self.weights))

    def with_subsampling_of(self, quality: float) -> WeighedPhoto:
        """Return the photo with the subsampling that it has at one quality fixed for all qualities."""
        return replace(self, subsampling=Subsampling(self.subsampling.at(quality)))

    def sample(self) -> WeighedPhoto:
        """Return patches of the photo, evenly spaced: enough to predict scores from, in a fraction of the time.

        They are laid side by side in about the photo's shape: SSIMULACRA2 of a strip can be ten points off.
        """
        height, width = self.pixels.shape[:2]
        if height * width <= _SAMPLED_PIXELS:
            return self
        share = math.sqrt(_SAMPLED_PIXELS / (height * width))
        rows, columns = _spread(height, share), _spread(width, share)
        if len(rows) <= len(columns):  # what one side cannot give up, as it is short, the other does
            columns = _spread(width, _SAMPLED_PIXELS / (len(rows) * width))
        else:
            rows = _spread(height, _SAMPLED_PIXELS / (height * len(columns)))
        of_blocks = np.ix_(rows[:: jpeg.BLOCK_SIDE] // jpeg.BLOCK_SIDE, columns[:: jpeg.BLOCK_SIDE] // jpeg.BLOCK_SIDE)
        pixels = np.ascontiguousarray(self.pixels[np.ix_(rows, columns)])
        return replace(self, pixels=pixels, weights=self.weights[of_blocks])

    def _transform(self, quality: float) -> WeighedCoefficients:
        frame = jpeg.frame_of(self.pixels, self.subsampling.at(quality))
        sharpening = self.allocation.sharpening_at(quality)
        blocks = jpeg.transform(self.pixels, frame, self.settings.threads, sharpening)
        return WeighedCoefficients(self.pixels, self.weights, frame, blocks, self.settings)


def _spread(length: int, share: float) -> NDArray[np.intp]:
    """Rows or columns of evenly spaced patches that hold at most this share of them all, but one patch at least."""
    side = _PATCH_BLOCKS * jpeg.BLOCK_SIDE
    patches = length // side
    kept = max(1, int(patches * share))
    if kept >= patches:
        return np.arange(length)  # too short to choose from
    chosen = (np.arange(kept) + 0.5) * patches // kept  # the middle one of every so many
    return np.add.outer(chosen.astype(np.intp) * side, np.arange(side)).ravel()
