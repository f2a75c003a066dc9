"""What a quality on libjpeg's scale means for our tables."""

from __future__ import annotations

import numpy as np

from foveal.allocate.perception import levels_of_qualities


def level_of_quality(quality: float) -> float:
    """Level at which our files look as good as libjpeg's of that quality, 0 to 100 (0 counts as 1).

    Measured: with 4:2:0 and without saliency, by the SSIMULACRA2 of photographs, in the mean without the extremes
    (`python -m bench.tune`), and then interpolated. It falls with quality, so that files grow with it. With 4:4:4 it is
    the same, as with libjpeg: so they also grow where the subsampling changes.
    """
    qualities, levels = levels_of_qualities()
    return float(np.interp(quality, qualities, levels))
