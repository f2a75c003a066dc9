"""The efforts of `foveal.encode`: how long the encoder searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from foveal import jpeg


@dataclass(frozen=True)
class Effort:
    """How long the encoder searches.

    Parameters
    ----------
    quantizer
        Of allocation "rdo": makes what decides the levels, from the block weights, frequency weights and lifts of all
        components.
    scripts
        Scan scripts of a progressive file: the one that takes the fewest bytes is written.
    corrections
        Of allocation "rdo": how often the result is decoded and measured, and the weights of blocks are corrected by
        what their errors cost; see `allocate.closed_loop`.
    """

    quantizer: Callable[..., jpeg.Quantizer]
    scripts: tuple[jpeg.ScriptMaker, ...]
    corrections: int = 0


# Their smallest file is within 0.4 % of that of fourteen scripts.
_THREE_SCRIPTS = jpeg.luminance_refinement_script, jpeg.early_split_script, jpeg.sequential_script
EFFORTS = {  # from least to most work
    "fast": Effort(
        lambda block_weights, _frequency_weights, _lifts: jpeg.DeadZone(block_weights),
        (jpeg.spectral_selection_script,),
    ),
    "balanced": Effort(jpeg.Trellis, _THREE_SCRIPTS),
    "best": Effort(
        partial(jpeg.Trellis, look_back=jpeg.EXHAUSTIVE_LOOK_BACK),
        (*_THREE_SCRIPTS, jpeg.spectral_selection_script, jpeg.successive_approximation_script),
        corrections=2,
    ),
}
