"""Rate-distortion benchmark: bytes that encoders need for the same quality, by several metrics.

`python -m bench.rd` compares all encoders. `compare_variants` compares variants of foveal's encoder with a peer:

>>> from functools import partial
>>> from pathlib import Path
>>> from bench import photos, rd
>>> variants = {effort: partial(rd.foveal_420, effort=effort) for effort in ("fast", "balanced")}
>>> comparison = rd.compare_variants(variants, photos.load([Path("photos")]))  # doctest: +SKIP
>>> comparison.summary("balanced", "SSIMULACRA2").mean  # doctest: +SKIP
"""

from bench.rd.bd_rate import bd_rate, summary
from bench.rd.compare import Comparison, compare_variants
from bench.rd.encoders import Encoder, foveal_420

__all__ = ["Comparison", "Encoder", "bd_rate", "compare_variants", "foveal_420", "summary"]
