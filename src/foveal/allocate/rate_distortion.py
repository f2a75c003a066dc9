"""The default allocation: rate-distortion optimised quantization in which errors count by saliency and visibility."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from foveal.allocate.allocation import Quantization, WeighedCoefficients
from foveal.allocate.closed_loop import can_be_judged, quantize_in_closed_loop
from foveal.allocate.colour_sensitivity import colour_weights
from foveal.allocate.effort import Effort
from foveal.allocate.generations import find_previous_table, keep_levels
from foveal.allocate.hard_edges import hard_edges
from foveal.allocate.masking import masking_weights, smoothness, texture
from foveal.allocate.perception import Perception, level_of_quality, perception
from foveal.allocate.tailoring import measure_blue_share, tailor_to_map, tailor_to_photo
from foveal.allocate.weighing import Weighing


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
        decided = self._decide_anew(photo, quality, effort)
        previous = find_previous_table(photo.blocks[0], photo.frame.components[0], decided.tables[0])
        return decided if previous is None else keep_levels((previous, *decided.tables[1:]), photo.frame)

    def _decide_anew(self, photo: WeighedCoefficients, quality: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a quality, even if it comes from a file of that quality."""
        level = level_of_quality(quality)
        if not effort.corrections or not can_be_judged(photo):
            return self.decide_at_level(photo, level, effort)
        corrected = RateDistortion(self.tuned.with_corrected_colour())
        return quantize_in_closed_loop(photo, corrected.weigh(photo, level), effort)

    def decide_at_level(self, photo: WeighedCoefficients, level: float, effort: Effort) -> Quantization:
        """Decide how a photo is quantized at a level of the tables, without corrections.

        Parameters
        ----------
        photo
            Coefficients and weights of the photo.
        level
            Level of the tables, see `perception`.
        effort
            Search effort, whose quantizer decides the levels.
        """
        return self.weigh(photo, level).quantization(effort)

    def weigh(self, photo: WeighedCoefficients, level: float) -> Weighing:
        """Weigh the errors in each block of a photo at a level of the tables, see `perception`."""
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
        visibility[0] = visibility[0] * masking * gain
        # SSIMULACRA2 underrates block borders in smooth areas, and deringing knows hard edges better than a gradient.
        trust = np.asarray((1 - smooth) * (1 - hard), dtype=np.float32)
        return Weighing(level, weights, visibility, tuned, trust)
