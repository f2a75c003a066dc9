"""Search efforts of `foveal.encode`: how long the encoder searches for a smaller file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from foveal import jpeg

EffortName = Literal["fast", "balanced", "best"]


@dataclass(frozen=True)
class Effort:
    """A search effort: quantizer, candidate scan scripts, and corrections of the block weights.

    Parameters
    ----------
    quantizer
        Function that makes the quantizer of allocation "rdo" from the block weights, the frequency weights and the
        lifts of all components, and the frequency profiles, see `jpeg.Trellis`.
    scripts
        Candidate scan scripts of a progressive file. The one that takes the fewest bytes is written.
    corrections
        Number of times that allocation "rdo" decodes and measures its result and corrects the block weights by the cost
        of their errors, see `allocate.closed_loop`.
    """

    quantizer: Callable[..., jpeg.Quantizer]
    scripts: tuple[jpeg.ScriptMaker, ...]
    corrections: int = 0


# The best of these three scripts gives files within 0.4 % of the best of fourteen.
_THREE_SCRIPTS = jpeg.luminance_refinement_script, jpeg.early_split_script, jpeg.sequential_script
EFFORTS: dict[EffortName, Effort] = {  # from the fastest to the slowest
    "fast": Effort(
        lambda block_weights, _frequency_weights, _lifts, profiles: jpeg.DeadZone(block_weights, profiles),
        (jpeg.spectral_selection_script,),
    ),
    "balanced": Effort(jpeg.Trellis, _THREE_SCRIPTS),
    "best": Effort(
        partial(jpeg.Trellis, look_back=jpeg.EXHAUSTIVE_LOOK_BACK),
        (*_THREE_SCRIPTS, jpeg.spectral_selection_script, jpeg.successive_approximation_script),
        corrections=2,
    ),
}
