"""The default allocation: rate-distortion optimised quantization in which errors count by saliency and visibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.closed_loop import luminance_factors
from foveal.allocate.colour_sensitivity import colour_weights
from foveal.allocate.effort import EFFORTS, Effort
from foveal.allocate.foveation import frequency_profiles
from foveal.allocate.generations import find_previous_table, keep_levels
from foveal.allocate.hard_edges import hard_edges
from foveal.allocate.masking import masking_weights, smoothness, texture
from foveal.allocate.perception import Perception, level_of_quality, perception
from foveal.allocate.tailoring import measure_blue_share, tailor_to_map, tailor_to_photo
from foveal.metrics import SSIMULACRA2_MIN_SIDE


@dataclass(frozen=True)
class RateDistortion:
    """Allocation that minimises weighted squared error + lambda x bits.

    The weight of a block is the product of its saliency and of how visible errors are in it, by texture and colour.

    Parameters
    ----------
    tuned
        Tuned numbers behind tables, masking and lambda; by default the shipped ones.
    """

    tuned: Perception = field(default_factory=perception)

    def sharpening_at(self, quality: float) -> float:
        """Return the gain with which down-sampled chroma is sharpened, see `Allocation.sharpening_at`."""
        return self.tuned.sharpening.at(level_of_quality(quality))

    def decide(self, photo: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a quality, see `Allocation.decide`."""
        decided = self.decide_anew(photo, quality, effort)
        previous = find_previous_table(photo.blocks[0], photo.frame.components[0], decided.tables[0])
        return decided if previous is None else keep_levels((previous, *decided.tables[1:]), photo.frame)

    def decide_anew(self, photo: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a quality, even if it comes from a file of that quality."""
        level = level_of_quality(quality)
        if not effort.corrections or min(photo.pixels.shape[:2]) < SSIMULACRA2_MIN_SIDE:
            return self.decide_at_level(photo, level, effort)
        return self.decide_at_level(photo, level, effort, self._measure_factors(photo, level, effort.corrections))

    def decide_at_level(
        self, photo: WeighedCoefficients, level: float, effort: Effort, factors: NDArray[np.float32] | float = 1.0
    ) -> Quantization:
        """Decide how a photo is quantized at a level of the tables, see `perception`.

        Parameters
        ----------
        photo
            Coefficients and weights of the photo.
        level
            Level of the tables, which is added to the logarithm of every quantizer step.
        effort
            Search effort, whose quantizer decides the levels.
        factors
            (rows, columns) float32 factors of the weights of luminance in 8x8-pixel blocks, or one factor for all.
        """
        frame, blocks, threads = photo.frame, photo.blocks, photo.settings.threads
        luminance, *blue = (
            texture(grid, component, threads) for grid, component in zip(blocks[:2], frame.components[:2], strict=True)
        )
        tuned = self.tuned
        if frame.h_max == frame.v_max == 1:
            tuned = tuned.without_down_sampling(level)
        smooth, hard = smoothness(luminance, tuned.smooth_areas.knee), hard_edges(photo.pixels, photo.ground, threads)
        # Borders of smooth blocks and ringing at hard edges draw the eye wherever they are: the map counts less there.
        # A block with little ground rings as far as one with much, so the map does not count where there is any.
        weights = np.asarray(photo.weights ** (1 - np.maximum(smooth, hard > 0)), dtype=np.float32)
        tuned = tailor_to_map(tuned, weights, level)
        tuned = tailor_to_photo(tuned, measure_blue_share(luminance, blue[0] if blue else None, tuned))
        visibility = colour_weights(blocks, frame, tuned, threads)
        masking = masking_weights(luminance, tuned.masking, level) ** (1 - hard)  # an edge hides nothing beside it
        gain = np.asarray(1 + (tuned.smooth_areas.gain - 1) * smooth, dtype=np.float32)
        # SSIMULACRA2 underrates block borders in smooth areas, so its corrections do not count there.
        visibility[0] = visibility[0] * masking * gain * np.power(factors, 1 - smooth)
        return quantization_by_visibility(level, weights, visibility, effort, tuned)

    def _measure_factors(self, photo: WeighedCoefficients, level: float, rounds: int) -> NDArray[np.float32]:
        """Measure in which blocks luminance errors cost most, see `closed_loop`.

        Saliency is left out, because the loop measures which errors are visible, not where people look. The loop
        searches with effort "balanced", which is faster than "best".
        """
        measured = photo.without_saliency()

        def decide(factors: NDArray[np.float32]) -> Quantization:
            return self.decide_at_level(measured, level, EFFORTS["balanced"], factors)

        return luminance_factors(measured, decide, rounds)


def quantization_by_visibility(
    level: float,
    weights: NDArray[np.float32],
    visibility: Sequence[NDArray[np.float32]],
    effort: Effort,
    tuned: Perception,
) -> Quantization:
    """Combine saliency and visibility into block weights, and make the tables for a level.

    Parameters
    ----------
    level
        Level of the tables, which is added to the logarithm of every quantizer step.
    weights
        (rows, columns) weight of each 8x8-pixel block by its saliency, in (0, 1].
    visibility
        For each component, (rows, columns) visibility of errors in each 8x8-pixel block.
    effort
        Search effort, whose quantizer decides the levels.
    tuned
        Tuned numbers behind tables and lambda.
    """
    # The trellis minimises block weight x squared error + bits, so weights are divided by lambda, exp(bit_worth).
    relative, spectra = _divide_by_root_mean(weights), tuned.spectra[: len(visibility)]
    block_weights = tuple(
        np.asarray(relative * seen / np.exp(spectrum.bit_worth.at(level)), dtype=np.float32)
        for spectrum, seen in zip(spectra, visibility, strict=True)
    )
    tables, by_frequency = zip(*(spectrum.table(level) for spectrum in spectra), strict=True)
    lifts = tuple(spectrum.lift for spectrum in spectra)
    profiles = frequency_profiles(weights, tuned.foveation, level)
    return Quantization(tables, effort.quantizer(block_weights, by_frequency, lifts, profiles))


def _divide_by_root_mean(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide weights by the square root of their mean, which multiplies lambda by that root.

    So lambda falls with the mean weight. If it did not, a map that lowers most weights would make the trellis set more
    levels to zero than is best for that size, both in the fixated part and in the whole photo. Measured by
    `bench.gaze.map_worth`, see docs/decisions/0002-weights-in-one-quantization.md.
    """
    return np.asarray(weights / np.sqrt(weights.mean(dtype=np.float64)), dtype=np.float32)
