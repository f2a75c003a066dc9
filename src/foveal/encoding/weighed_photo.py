"""A photo whose blocks have their weights, ready to be encoded at any quality."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.allocations import Allocation, quality_map, rdo
from foveal.allocate.closed_loop import luminance_factors
from foveal.allocate.colour_sensitivity import colour_weights
from foveal.allocate.effort import EFFORTS
from foveal.allocate.masking import masking_weights, texture
from foveal.allocate.perception import Perception, level_of_quality, perception
from foveal.allocate.score_prediction import features, predicted_score, regression_for
from foveal.allocate.subsampling import Subsampling
from foveal.allocate.tailoring import character, tailored, tailored_to_map
from foveal.encoding.options import EncodeOptions
from foveal.jpeg import Pixels
from foveal.metrics.ssimulacra import MIN_SIDE

_SAMPLED_PIXELS = 1_000_000  # of larger photos, patches of so many pixels in total stand for the whole
_PATCH_BLOCKS = 16  # on each side of a patch: 16 pixels are left of it at an eighth, where SSIMULACRA2 looks, too

Blocks = tuple[NDArray[np.int16], ...]


class Trial(NamedTuple):
    """A photo's coefficients in sixteenths, what was decided about them, and the levels they became."""

    before: Blocks
    allocation: Allocation
    quantized: jpeg.Coefficients


@dataclass(frozen=True, eq=False)
class WeighedPhoto:
    """Pixels as stored, the weights of their blocks, and what is settled before a quality is.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    weights
        (rows, columns) float32 in (0, 1]: how much each 8x8-pixel block matters by its saliency.
    options
        Of `foveal.encode`: allocation and effort are heeded.
    settings
        Scripts, restart interval, threads and metadata; everything else in it is replaced.
    subsampling
        Of its files.
    """

    pixels: Pixels
    weights: NDArray[np.float32]
    options: EncodeOptions
    settings: jpeg.EncoderSettings
    subsampling: Subsampling

    def encode(self, quality: float) -> bytes:
        """Encode at a quality of 0 to 100 on libjpeg's scale."""
        return jpeg.write(self.quantized(quality), self.settings)

    def price(self, quality: float, sample: WeighedPhoto) -> float:
        """Bytes that the file of a quality will have, about, from what a sample's levels would take."""
        header_bytes, scan_bytes = jpeg.price(sample.quantized(quality), self.settings)
        return header_bytes + scan_bytes * self.pixels.size / sample.pixels.size

    def quantized(self, quality: float) -> jpeg.Coefficients:
        """Quantize at a quality of 0 to 100 on libjpeg's scale."""
        frame, blocks = self._transformed(quality)
        return self._quantized(quality, frame, blocks, self._measured_factors(quality, frame, blocks))

    def trial(self, level: float, tuned: Perception) -> Trial:
        """Quantize by "rdo" at a level of other numbers: for those who look for numbers."""
        frame = jpeg.frame_of(self.pixels, self.subsampling.at(0))
        blocks = jpeg.transform(self.pixels, frame, self.settings.threads, tuned.sharpening.at(level))
        before = tuple(grid.copy() for grid in blocks)
        allocation = self._rdo(level, tuned, frame, blocks)
        return Trial(before, allocation, self._quantized_by(allocation, frame, blocks))

    def predicted_score(self, quality: float) -> float:
        """Guess the SSIMULACRA2 of the file of a quality; see `score_prediction`."""
        frame, blocks = self._transformed(quality)
        before = tuple(grid.copy() for grid in blocks)  # they are quantized in place
        found = features(before, self._quantized(quality, frame, blocks))
        return predicted_score(found, regression_for(self.subsampling.at(quality)))

    def sharpening_at(self, quality: float) -> float:
        """How much down-sampled colour is sharpened, see `jpeg.sampling.sharpen`."""
        if self.options.allocation == "quality-map":
            return 0.0
        return perception().sharpening.at(level_of_quality(quality))

    def without_saliency(self) -> WeighedPhoto:
        """Return the photo with the weights of what is looked at everywhere."""
        return replace(self, weights=np.ones_like(self.weights))

    def with_subsampling_of(self, quality: float) -> WeighedPhoto:
        """Return the photo with the subsampling of a quality, whatever its quality will be."""
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

    def _transformed(self, quality: float) -> tuple[jpeg.Frame, Blocks]:
        frame = jpeg.frame_of(self.pixels, self.subsampling.at(quality))
        return frame, jpeg.transform(self.pixels, frame, self.settings.threads, self.sharpening_at(quality))

    def _quantized(
        self, quality: float, frame: jpeg.Frame, blocks: Blocks, factors: NDArray[np.float32] | float = 1.0
    ) -> jpeg.Coefficients:
        if self.options.allocation == "quality-map":
            return self._quantized_by(quality_map(quality, self.weights), frame, blocks)
        allocation = self._rdo(level_of_quality(quality), perception(), frame, blocks, factors)
        return self._quantized_by(allocation, frame, blocks)

    def _rdo(
        self,
        level: float,
        tuned: Perception,
        frame: jpeg.Frame,
        blocks: Blocks,
        factors: NDArray[np.float32] | float = 1.0,
    ) -> Allocation:
        threads = self.settings.threads
        luminance, *blue = (
            texture(grid, component, threads) for grid, component in zip(blocks[:2], frame.components[:2], strict=True)
        )
        if frame.h_max == frame.v_max == 1:
            tuned = tuned.without_down_sampling(level)
        tuned = tailored_to_map(tuned, self.weights, level)
        tuned = tailored(tuned, character(luminance, blue[0].strength if blue else None, tuned))
        visibility = colour_weights(blocks, frame, tuned)
        visibility[0] = visibility[0] * masking_weights(luminance, tuned.masking) * factors
        return rdo(level, self.weights, visibility, self.options.effort, tuned)

    def _quantized_by(self, allocation: Allocation, frame: jpeg.Frame, blocks: Blocks) -> jpeg.Coefficients:
        return jpeg.quantize(blocks, frame, self.settings.with_quantizer(allocation.tables, allocation.quantizer))

    def _measured_factors(self, quality: float, frame: jpeg.Frame, blocks: Blocks) -> NDArray[np.float32] | float:
        """What the closed loop finds for luminance's blocks, where the effort has one.

        Without saliency: it says what the eye notices; where people look is another matter. And by the search of
        "balanced", which is quicker.
        """
        corrections = EFFORTS[self.options.effort].corrections
        if not corrections or self.options.allocation != "rdo" or min(self.pixels.shape[:2]) < MIN_SIDE:
            return 1.0
        measured = replace(self.without_saliency(), options=replace(self.options, effort="balanced"))

        def allocate(factors: NDArray[np.float32]) -> Allocation:
            return measured._rdo(level_of_quality(quality), perception(), frame, blocks, factors)

        return luminance_factors(self.pixels, blocks, frame, self.settings, allocate, corrections)


def _spread(length: int, share: float) -> NDArray[np.intp]:
    """Rows or columns of evenly spaced patches that hold at most this share of them all, but one patch at least."""
    side = _PATCH_BLOCKS * jpeg.BLOCK_SIDE
    patches = length // side
    kept = max(1, int(patches * share))
    if kept >= patches:
        return np.arange(length)  # too short to choose from
    chosen = (np.arange(kept) + 0.5) * patches // kept  # the middle one of every so many
    return np.add.outer(chosen.astype(np.intp) * side, np.arange(side)).ravel()
