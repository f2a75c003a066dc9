"""The one place that joins the stages: look, allocate, encode."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import exif as exif_tags
from foveal import jpeg
from foveal.allocate.spending import Spending, quality_map, rate_distortion
from foveal.allocate.weights import block_weights
from foveal.errors import ParameterError
from foveal.image import Color, Photo, as_photo
from foveal.metadata import chosen_metadata
from foveal.saliency import look, method_named

DEFAULT_QUALITY = 80
DEFAULT_STRENGTH = 0.6
FULL_COLOR_FROM_QUALITY = 90  # "auto" subsampling keeps all chrominance samples from here on
MAX_THREADS = 1024
EFFORTS = ("fast", "balanced", "best")
ALLOCATIONS = ("rdo", "quality-map")

Saliency = str | NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class EncodeOptions:
    """The keyword arguments of `foveal.encode`, checked; see there."""

    quality: float | None = None
    saliency: Saliency = "auto"
    strength: float = DEFAULT_STRENGTH
    allocation: str = "rdo"
    subsampling: str | int = "auto"
    progressive: bool = True
    effort: str = "balanced"
    restart_interval: int = 0
    threads: int | None = None
    metadata: str = "keep"

    def __post_init__(self) -> None:
        if self.quality is not None:
            _check_range("quality", self.quality, 0, 100)
        _check_range("strength", self.strength, 0, 1)
        _check_choice("effort", self.effort, EFFORTS)
        _check_choice("allocation", self.allocation, ALLOCATIONS)
        _check_integer("restart_interval", self.restart_interval, 0, jpeg.MAX_RESTART_INTERVAL)
        if self.threads is not None:
            _check_integer("threads", self.threads, 1, MAX_THREADS)
        if isinstance(self.saliency, str):
            method_named(self.saliency)

    @property
    def resolved_quality(self) -> float:
        """Quality with the default filled in."""
        return DEFAULT_QUALITY if self.quality is None else self.quality

    @property
    def resolved_subsampling(self) -> str:
        """Subsampling as "4:x:y"."""
        name = str(self.subsampling)
        if name == "auto":
            return "4:4:4" if self.resolved_quality >= FULL_COLOR_FROM_QUALITY else "4:2:0"
        return ":".join(name) if len(name) == 3 and name.isdigit() else name


@dataclass(frozen=True, eq=False)
class Encoded:
    """A file, and what was decided on the way.

    Parameters
    ----------
    data
        The JPEG file.
    photo
        What was encoded, pixels as stored in the file.
    quality, subsampling
        As resolved.
    saliency_name
        "spectral", "center", ..., "map" for one that was given, "none".
    weights
        Weight of each 8x8-pixel block of the stored picture.
    """

    data: bytes
    photo: Photo
    quality: float
    subsampling: str
    saliency_name: str
    weights: NDArray[np.float32]


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) <= most:
        raise ParameterError(f"{name} must be a number from {least} to {most}, not {value!r}")


def _check_integer(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise ParameterError(f"{name} must be an integer from {least} to {most:,}, not {value!r}")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ParameterError(f"{name} {value!r} is not one of {', '.join(choices)}")


def encode(
    image: Photo | Image.Image | NDArray[Any],
    *,
    quality: float | None = None,
    saliency: Saliency = "auto",
    strength: float = DEFAULT_STRENGTH,
    allocation: str = "rdo",
    subsampling: str | int = "auto",
    progressive: bool = True,
    effort: str = "balanced",
    restart_interval: int = 0,
    threads: int | None = None,
    background: Color | None = None,
    metadata: str = "keep",
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
) -> bytes:
    """Encode a photo as a JPEG that spends its bits where people look.

    Parameters
    ----------
    image
        A Photo, a Pillow image, or an array: (H, W, 3) RGB or (H, W) grey, uint8 or uint16.
    quality
        0 to 100 on libjpeg's scale (0 counts as 1): a promise for the salient part; the rest gets less. None means 80.
    saliency
        "auto", the name of a method, a map as an (h, w) array of floats in [0, 1] or bools, of any size, that covers
        the whole photo as displayed, or None for an encode that treats all blocks alike.
    strength
        0 (as with `saliency=None`) to 1 (the most).
    allocation
        "rdo" (least error and bits together) or "quality-map" (a quality for each block, the published MS-ROI method).
    subsampling
        "auto" (4:2:0 below quality 90, else 4:4:4), "4:4:4", "4:2:2", "4:4:0" or "4:2:0"; 420 and "420" do as well.
    progressive
        Progressive scans, or one sequential scan (baseline).
    effort
        "fast" (no search), "balanced", or "best" (exhaustive search, the smallest of several scan scripts). "fast" with
        `saliency=None` writes what plain rounding gives.
    restart_interval
        MCUs between restart markers; 0 for none.
    threads
        At most so many; None for as many as this process may use. The bytes do not depend on it.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    metadata
        "keep" writes what the photo brought; "safe" only colour profile, resolution, orientation, artist and copyright;
        "none" only the colour profile, with the pixels turned upright.
    icc_profile, exif, xmp
        Replace what the photo brought.

    Returns
    -------
    bytes
        A JPEG file (JFIF, ITU-T T.81).

    Raises
    ------
    ParameterError
        An argument is out of range or of the wrong kind.
    UnsupportedError
        The image has an alpha channel and no `background` was given.
    LimitError
        A side is longer than 65,535 pixels, or metadata does not fit the format.

    References
    ----------
    ITU-T T.81; A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    """
    photo = as_photo(image, background=background)
    given = {"icc_profile": icc_profile, "exif": exif, "xmp": xmp}
    for name, value in given.items():
        if value is not None and not isinstance(value, bytes):
            raise ParameterError(f"{name} must be bytes, not {type(value).__name__}")
    photo = replace(photo, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    options = EncodeOptions(
        quality=quality,
        saliency=saliency,
        strength=strength,
        allocation=allocation,
        subsampling=subsampling,
        progressive=progressive,
        effort=effort,
        restart_interval=restart_interval,
        threads=threads,
        metadata=metadata,
    )
    return encode_photo(photo, options).data


def encode_photo(photo: Photo, options: EncodeOptions) -> Encoded:
    """Look at a photo, weigh its blocks, encode it."""
    metadata = chosen_metadata(photo, options.metadata)
    if options.metadata == "none":
        photo = photo.upright()
    name, weights = _weigh(photo, options)
    spending = _spend(weights, options)
    settings = jpeg.EncoderSettings(
        subsampling=options.resolved_subsampling,
        tables=spending.tables,
        quantizer=spending.quantizer,
        scripts=_scripts(options),
        restart_interval=options.restart_interval,
        threads=options.threads or available_threads(),
        metadata=metadata,
    )
    data = jpeg.encode(photo.pixels, settings)
    subsampling = "grey" if photo.pixels.ndim == 2 else settings.subsampling
    return Encoded(data, photo, options.resolved_quality, subsampling, name, weights)


def available_threads() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _weigh(photo: Photo, options: EncodeOptions) -> tuple[str, NDArray[np.float32]]:
    """Name of the saliency method and the weight of each block of the stored picture."""
    height, width = photo.pixels.shape[:2]
    if options.saliency is None or options.strength == 0:
        return "none", np.ones((math.ceil(height / 8), math.ceil(width / 8)), dtype=np.float32)
    if isinstance(options.saliency, str):
        name, displayed = method_named(options.saliency), look(photo, options.saliency)
    else:
        name, displayed = "map", np.asarray(options.saliency)
    stored = exif_tags.to_stored(displayed, photo.orientation)
    return name, block_weights(stored, height, width, options.strength)


def _spend(weights: NDArray[np.float32], options: EncodeOptions) -> Spending:
    if options.allocation == "quality-map":
        return quality_map(options.resolved_quality, weights)
    return rate_distortion(options.resolved_quality, weights, options.effort)


def _scripts(options: EncodeOptions) -> tuple[jpeg.ScriptMaker, ...]:
    if not options.progressive:
        return (jpeg.sequential_script,)
    if options.effort == "best":
        return (jpeg.spectral_script, jpeg.successive_script)
    return (jpeg.spectral_script,)
