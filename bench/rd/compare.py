"""BD-rates of encoders against an anchor on each photo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rd import encoders, scores
from bench.rd.bd_rate import Summary, bd_rate, summary
from bench.rd.encoders import Encoder
from bench.rd.measure import Curves, measure_curves
from foveal.jpeg import EightBitPixels

CACHE_FOLDER = Path("build/rd/cache")


@dataclass(frozen=True)
class Comparison:
    """Rate-distortion curves of all photos by name, and the encoder that others are compared with."""

    anchor: str
    curves: Mapping[str, Curves]

    def bd_rates(self, encoder: str, metric: str) -> dict[str, float]:
        """Return the BD-rate of an encoder against the anchor for each photo that it encoded, in percent or NaN."""

        def curve(photo: str, name: str) -> list[tuple[float, float]]:
            return [(point.size_bytes, point.scores[metric]) for point in self.curves[photo][name]]

        encoded = [photo for photo, curves in self.curves.items() if {encoder, self.anchor} <= curves.keys()]
        return {photo: bd_rate(curve(photo, self.anchor), curve(photo, encoder)) for photo in encoded}

    def summary(self, encoder: str, metric: str) -> Summary:
        """Return mean, quantiles and number of an encoder's BD-rates over photos."""
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
    """Compare variants of an encoder with an anchor, as in an ablation.

    The anchor's measurements are cached; variants are measured again each time. `encoders.foveal_420` has options to
    vary.

    Parameters
    ----------
    variants
        Functions by name, from (H, W, 3) uint8 pixels and a quality from 20 to 95 to a JPEG file.
    photos
        Pixels (H, W, 3) uint8 by name, as from `bench.photos.load`.
    anchor
        Name of the encoder to compare with, from `encoders.NAMES`.
    settings
        Number of qualities at which each encoder is measured. BD-rates are comparable only for equal numbers.
    metrics
        Names of metrics from `scores.METRICS`.
    cache_folder
        Folder for the anchor's measurements.

    Raises
    ------
    MissingPeerError
        The anchor is not installed.
    """
    uncached = [Encoder(name, None, encode, encoders.qualities(settings)) for name, encode in variants.items()]
    compared = [encoders.find_encoder(anchor, settings), *uncached]
    curves = {name: measure_curves(pixels, compared, cache_folder, metrics) for name, pixels in photos.items()}
    return Comparison(anchor, curves)
