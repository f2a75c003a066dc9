"""What errors cost in each block of a photo at a level of the tables: the basis of its quantization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveal.allocate.allocation import Quantization
from foveal.allocate.effort import Effort
from foveal.allocate.foveation import frequency_profiles
from foveal.allocate.perception import Perception


@dataclass(frozen=True, eq=False)
class Weighing:
    """Saliency and visibility of errors in each block, and the numbers that turn them into tables and weights.

    Parameters
    ----------
    level
        Level of the tables, which is added to the logarithm of every quantizer step.
    saliency
        (rows, columns) weight of each 8x8-pixel block by its saliency, in (0, 1].
    visibility
        For each component, (rows, columns) visibility of errors in each 8x8-pixel block.
    tuned
        Tuned numbers behind tables and lambda.
    trust
        (rows, columns) share of its corrections that a closed loop applies to each 8x8-pixel block, 0 to 1.
    """

    level: float
    saliency: NDArray[np.float32]
    visibility: Sequence[NDArray[np.float32]]
    tuned: Perception
    trust: NDArray[np.float32]

    def quantization(self, effort: Effort) -> Quantization:
        """Return tables for the level, and the quantizer of an effort with the weights of the blocks."""
        relative, spectra = _divide_by_root_mean(self.saliency), self.tuned.spectra[: len(self.visibility)]
        block_weights = tuple(np.asarray(relative * each, dtype=np.float32) for each in self.bits_per_squared_error())
        tables, by_frequency = zip(*(spectrum.table(self.level) for spectrum in spectra), strict=True)
        lifts = tuple(spectrum.lift for spectrum in spectra)
        profiles = frequency_profiles(self.saliency, self.tuned.foveation, self.level)
        return Quantization(tables, effort.quantizer(block_weights, by_frequency, lifts, profiles))

    def bits_per_squared_error(self) -> tuple[NDArray[np.float32], ...]:
        """Return for each component the bits that a squared error of one step is worth in each block, by visibility.

        The trellis minimises block weight x squared error + bits, so visibility is divided by lambda, exp(bit_worth).
        """
        spectra = self.tuned.spectra[: len(self.visibility)]
        return tuple(
            np.asarray(seen / np.exp(spectrum.bit_worth.at(self.level)), dtype=np.float32)
            for spectrum, seen in zip(spectra, self.visibility, strict=True)
        )


def _divide_by_root_mean(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide weights by the square root of their mean, which multiplies lambda by that root.

    So lambda falls with the mean weight. If it did not, a map that lowers most weights would make the trellis set more
    levels to zero than is best for that size, both in the fixated part and in the whole photo. Measured by
    `bench.gaze.map_worth`, see docs/decisions/0002-weights-in-one-quantization.md.
    """
    return np.asarray(weights / np.sqrt(weights.mean(dtype=np.float64)), dtype=np.float32)
