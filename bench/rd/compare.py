"""BD-rates of encoders against an anchor, photo by photo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rd import encoders, scores
from bench.rd.bd_rate import Summary, bd_rate, summary
from bench.rd.encoders import Encoder
from bench.rd.measure import Curves, curves_of
from foveal.jpeg import EightBitPixels

CACHE_FOLDER = Path("build/rd/cache")


@dataclass(frozen=True)
class Comparison:
    """Curves of all photos, by name, and the encoder that others are compared with."""

    anchor: str
    curves: Mapping[str, Curves]

    def bd_rates(self, encoder: str, metric: str) -> dict[str, float]:
        """BD-rate of an encoder against the anchor in percent, of every photo that it encoded; NaN as in `bd_rate`."""

        def curve(photo: str, name: str) -> list[tuple[float, float]]:
            return [(point.size_bytes, point.scores[metric]) for point in self.curves[photo][name]]

        encoded = [photo for photo, curves in self.curves.items() if {encoder, self.anchor} <= curves.keys()]
        return {photo: bd_rate(curve(photo, self.anchor), curve(photo, encoder)) for photo in encoded}

    def summary(self, encoder: str, metric: str) -> Summary:
        """Mean, median and spread of its BD-rates."""
        return summary(self.bd_rates(encoder, metric).values())


def compare_variants(
    variants: Mapping[str, Callable[[EightBitPixels, float], bytes]],
    photos: Mapping[str, EightBitPixels],
    *,
    anchor: str = encoders.ANCHOR,
    settings: int = encoders.SETTINGS,
    metrics: Collection[str] = tuple(scores.METRICS),
    cache_folder: Path = CACHE_FOLDER,
) -> Comparison:
    """Compare ways to encode that are being worked on with an encoder that is not: an ablation in a few lines.

    The anchor is measured once and kept on disk; variants are measured anew each time. `encoders.foveal_420` is made to
    be varied.

    Parameters
    ----------
    variants
        By name: from (H, W, 3) uint8 and a quality from 20 to 95 to a JPEG file.
    photos
        (H, W, 3) uint8 by name, as `bench.photos.load` gives them.
    anchor
        A name of `encoders.NAMES`.
    settings
        At how many qualities each is measured; compare only what was measured at as many.
    metrics
        Names of `scores.METRICS`.
    cache_folder
        Where measurements of the anchor are kept.

    Raises
    ------
    MissingPeerError
        The anchor is not installed.
    """
    worked_on = [Encoder(name, None, encode, encoders.qualities(settings)) for name, encode in variants.items()]
    compared = [encoders.named(anchor, settings), *worked_on]
    curves = {name: curves_of(pixels, compared, cache_folder, metrics) for name, pixels in photos.items()}
    return Comparison(anchor, curves)
