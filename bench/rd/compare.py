"""BD-rates of encoders against an anchor on each photo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rd import encoders
from bench.rd.bd_rate import Summary, bd_rate, summary
from bench.rd.encoders import Encoder
from bench.rd.measure import Curves, measure_curves
from foveal.jpeg import EightBitPixels

CACHE_FOLDER = Path("build/rd/cache")
BANDS = {  # bits per pixel of the anchor's files, by name
    "< 0.5": (0.0, 0.5),
    "0.5..1.5": (0.5, 1.5),
    "> 1.5": (1.5, float("inf")),
}


@dataclass(frozen=True)
class Comparison:
    """Rate-distortion curves of all photos by name, and the encoder that others are compared with.

    Parameters
    ----------
    anchor
        Name of the encoder that others are compared with.
    curves
        Curves of each photo.
    pixel_counts
        Number of pixels of each photo, by which sizes become bits per pixel.
    """

    anchor: str
    curves: Mapping[str, Curves]
    pixel_counts: Mapping[str, int]

    def bd_rates(self, encoder: str, metric: str, band: str | None = None) -> dict[str, float]:
        """Return the BD-rate of an encoder against the anchor for each photo that it encoded, in percent or NaN.

        With the name of one of BANDS, only scores count that the anchor reaches within its range of bits per pixel.
        """

        def curve(photo: str, name: str) -> list[tuple[float, float]]:
            return [(point.size_bytes, point.scores[metric]) for point in self.curves[photo][name]]

        def sizes(photo: str) -> tuple[float, float]:
            low, high = BANDS[band] if band else (0.0, float("inf"))
            return low * self.pixel_counts[photo] / 8, high * self.pixel_counts[photo] / 8

        encoded = [photo for photo, curves in self.curves.items() if {encoder, self.anchor} <= curves.keys()]
        return {photo: bd_rate(curve(photo, self.anchor), curve(photo, encoder), sizes(photo)) for photo in encoded}

    def summary(self, encoder: str, metric: str, band: str | None = None) -> Summary:
        """Return mean, quantiles and number of an encoder's BD-rates over photos, of all sizes or of one of BANDS."""
        return summary(self.bd_rates(encoder, metric, band).values())


def count_pixels(photos: Mapping[str, EightBitPixels]) -> dict[str, int]:
    """Return the number of pixels of each photo."""
    return {name: pixels.shape[0] * pixels.shape[1] for name, pixels in photos.items()}


def compare_variants(
    variants: Mapping[str, Callable[[EightBitPixels, float], bytes]],
    photos: Mapping[str, EightBitPixels],
    *,
    anchor: str = encoders.ANCHOR,
    settings: int = encoders.SETTINGS,
    metrics: Collection[str] | None = None,
    cache_folder: Path = CACHE_FOLDER,
) -> Comparison:
    """Compare variants of an encoder with an anchor, as in an ablation.

    The anchor's files are measured once. Variants are encoded again each time, and scored where they changed.
    `encoders.foveal_420` has options to vary.

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
        Names of metrics from `scores.METRICS`; by default all that are installed.
    cache_folder
        Folder for the anchor's sizes and for all scores.

    Raises
    ------
    MissingPeerError
        The anchor is not installed.
    """
    uncached = [Encoder(name, None, encode, encoders.qualities(settings)) for name, encode in variants.items()]
    compared = [encoders.find_encoder(anchor, settings), *uncached]
    curves = {name: measure_curves(pixels, compared, cache_folder, metrics) for name, pixels in photos.items()}
    return Comparison(anchor, curves, count_pixels(photos))
