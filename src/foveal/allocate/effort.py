"""Search efforts of `foveal.encode`: how long the encoder searches for a smaller file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from foveal import jpeg

EffortName = Literal["fast", "balanced", "best"]


@dataclass(frozen=True)
class Effort:
    """A search effort: quantizer, scan script, and corrections of the coefficients.

    Parameters
    ----------
    quantizer
        Function that makes the quantizer of allocation "rdo" from the block weights, the frequency weights and the
        lifts of all components, and the frequency profiles, see `jpeg.Trellis`.
    script
        Function that makes the scan script of a progressive file, or a search for the cheapest one.
    corrections
        Number of times that allocation "rdo", with a trellis, decodes and measures its result and corrects the
        coefficients by what their errors cost, see `allocate.closed_loop`.
    """

    quantizer: Callable[..., jpeg.Quantizer]
    script: jpeg.ScriptMaker | jpeg.ScriptSearch
    corrections: int = 0


EFFORTS: dict[EffortName, Effort] = {  # from the fastest to the slowest
    "fast": Effort(
        lambda block_weights, _frequency_weights, _lifts, profiles: jpeg.DeadZone(block_weights, profiles),
        jpeg.spectral_selection_script,
    ),
    "balanced": Effort(jpeg.Trellis, jpeg.QUICK_SEARCH),
    "best": Effort(jpeg.Trellis, jpeg.THOROUGH_SEARCH, corrections=2),
}
