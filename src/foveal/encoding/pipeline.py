"""The one place that joins the stages: look, allocate, encode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.subsampling import chosen_subsampling
from foveal.allocate.weights import block_weights
from foveal.encoding import targets
from foveal.encoding.options import EncodeOptions, Saliency
from foveal.encoding.targets import MetTarget
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import ParameterError
from foveal.photo import Photo, as_photo, icc, orientation
from foveal.photo.background import Color
from foveal.photo.metadata_policy import apply_policy, without_extended_xmp
from foveal.saliency import Looked, look
from foveal.threads import available_threads, helper_threads


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
        As resolved; subsampling is "grey" for one component.
    score
        SSIMULACRA2 of the whole, where that was the target; else None.
    score_is
        "predicted", "measured on a sample" (of a megapixel at most), or "measured", where there is a score.
    sharpening
        Of down-sampled colour, see `jpeg.sampling.sharpen`.
    saliency_name
        "gaze", "spectral", ..., "map" for one that was given, "none".
    confidence
        Of the map, 0 to 1; 1 for one that was given, None where there is none. The strength was multiplied by it.
    weights
        (rows, columns) float32: weight of each 8x8-pixel block of the stored picture.
    """

    data: bytes
    photo: Photo
    quality: float
    score: float | None
    score_is: str | None
    sharpening: float
    subsampling: str
    saliency_name: str
    confidence: float | None
    weights: NDArray[np.float32]


def encode(
    image: Photo | Image.Image | NDArray[Any],
    *,
    quality: float | None = EncodeOptions.quality,
    target_size: int | None = EncodeOptions.target_size,
    target_score: float | None = EncodeOptions.target_score,
    verify: bool = EncodeOptions.verify,
    saliency: Saliency = EncodeOptions.saliency,
    strength: float = EncodeOptions.strength,
    allocation: str = EncodeOptions.allocation,
    subsampling: str | int = EncodeOptions.subsampling,
    progressive: bool = EncodeOptions.progressive,
    effort: str = EncodeOptions.effort,
    restart_interval: int = EncodeOptions.restart_interval,
    threads: int | None = EncodeOptions.threads,
    metadata: str = EncodeOptions.metadata,
    background: Color | None = None,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
) -> bytes:
    """Encode a photo as a JPEG that spends its bits where people look.

    Parameters
    ----------
    image
        A Photo, a Pillow image (of which pixels and colour profile are taken), or an array: (H, W, 3) RGB, (H, W) or
        (H, W, 1) grey, uint8 or uint16; with a channel more for alpha where `background` is given.
    quality
        0 to 100 on libjpeg's scale (0 counts as 1): a promise for the salient part; the rest gets less. Without one,
        and without a target, the salient part gets a predicted score of `targets.DEFAULT_SCORE`.
    target_size
        Instead of a quality: the largest one whose file has no more than so many bytes.
    target_score
        Instead of a quality: one that gives the whole photo this SSIMULACRA2, 0 to 100, as predicted from the
        quantization errors; or as measured on a sample, where that shows the prediction to be wrong.
    verify
        Measure the score and correct the quality until it is within 1 of `target_score`.
    saliency
        "auto", the name of a method, a map as an (h, w) array of floats in [0, 1] or bools, of any size, that covers
        the whole photo as displayed, or None where all of it matters alike.
    strength
        0 (as with `saliency=None`) to 1 (the most). It is multiplied by the confidence of the method that something
        stands out in the photo.
    allocation
        "rdo" (least error and bits together) or "quality-map" (a quality for each block, the published MS-ROI method).
    subsampling
        "4:4:4", "4:2:2", "4:4:0" or "4:2:0"; 420 and "420" do as well. "auto" is 4:2:0, and from some quality on
        4:4:4: the lower, the more colour the photo would lose where it would lose most (red text from about 30,
        photographs from 92 to 99).
    progressive
        Progressive scans, or one sequential scan (baseline).
    effort
        "fast" (no search), "balanced", or "best" (an exhaustive search; weights of blocks corrected twice by what
        errors do to the score of the result; more than ten times as long as "balanced").
    restart_interval
        MCUs between restart markers, up to 65,535; 0 for none.
    threads
        At most so many, 1 to 1,024; None for as many as this process may use. The bytes do not depend on it.
    metadata
        "keep" writes what the photo brought; "safe" only colour profile, resolution, orientation, artist and copyright;
        "none" only the colour profile, with the pixels turned upright. A profile of the photo that is not for such
        pixels, as one for RGB where they are grey, is left out.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    icc_profile, exif, xmp
        Replace what the photo brought.

    Returns
    -------
    bytes
        A JPEG file (JFIF, ITU-T T.81).

    Raises
    ------
    ParameterError
        An argument is out of range or of the wrong kind, or `icc_profile` is not for such pixels.
    UnsupportedError
        An alpha channel without `background`, or a Pillow image of another colour model (CMYK, Lab, ...).
    LimitError
        A side is longer than 65,535 pixels, or metadata does not fit the format.
    TargetError
        No file is as small as `target_size`, or, with `verify`, scores `target_score`.
    ModelError
        The saliency network's file is missing or broken, or onnxruntime is not installed.

    References
    ----------
    ITU-T T.81; A. Prakash et al., "Semantic Perceptual Image Compression using Deep Convolution Networks", DCC 2017.
    """
    options = EncodeOptions(
        quality=quality,
        target_size=target_size,
        target_score=target_score,
        verify=verify,
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
    photo = as_photo(image, background=background)
    for name, value in {"icc_profile": icc_profile, "exif": exif, "xmp": xmp}.items():
        if value is not None and not isinstance(value, bytes):
            raise ParameterError(f"{name} must be bytes, not {type(value).__name__}")
    problem = icc.misfit(icc_profile, photo.pixels)
    if problem:
        raise ParameterError(f"icc_profile: {problem}")
    photo = replace(
        photo,
        icc_profile=photo.icc_profile if icc_profile is None else icc_profile,
        exif=photo.exif if exif is None else exif,
        xmp=photo.xmp if xmp is None else xmp,
        extra_segments=photo.extra_segments if xmp is None else without_extended_xmp(photo.extra_segments),
    )
    return encode_photo(photo, options).data


def encode_photo(photo: Photo, options: EncodeOptions) -> Encoded:
    """Look at a photo, weigh its blocks, encode it; raises LimitError and ModelError like `encode`."""
    photo, metadata = apply_policy(photo, options.metadata)
    saliency = _weigh(photo, options)
    settings = jpeg.EncoderSettings(
        scripts=_scripts(options),
        restart_interval=options.restart_interval,
        threads=options.threads or available_threads(),
        metadata=metadata,
    )
    with helper_threads(settings.threads):
        subsampling = chosen_subsampling(options.subsampling_name, photo.pixels, settings.threads)
        met = _met_target(WeighedPhoto(photo.pixels, saliency.weights, options, settings, subsampling))
    return Encoded(
        data=met.data,
        photo=photo,
        quality=met.quality,
        score=met.score,
        score_is=met.score_is,
        sharpening=met.photo.sharpening_at(met.quality),
        subsampling="grey" if photo.pixels.ndim == 2 else met.photo.subsampling.at(met.quality),
        saliency_name=saliency.name,
        confidence=saliency.confidence,
        weights=saliency.weights,
    )


class _Weighed(NamedTuple):
    """Name and confidence of the saliency method, and the weight of each block of the stored picture."""

    name: str
    confidence: float | None
    weights: NDArray[np.float32]


def _weigh(photo: Photo, options: EncodeOptions) -> _Weighed:
    if options.saliency is None:
        return _Weighed("none", None, np.ones(jpeg.block_grid(photo.height, photo.width), dtype=np.float32))
    given = options.saliency
    looked = look(photo, given) if isinstance(given, str) else Looked("map", given)
    spent = looked.spending_map
    stored = orientation.to_stored(spent, photo.orientation) if spent.ndim == 2 else spent
    strength = float(options.strength) * looked.confidence
    return _Weighed(looked.method, looked.confidence, block_weights(stored, photo.height, photo.width, strength))


def _met_target(photo: WeighedPhoto) -> MetTarget:
    options = photo.options
    if options.quality is not None:
        return MetTarget(photo, photo.encode(options.quality), float(options.quality))
    if options.target_size is not None:
        return targets.of_size(photo, options.target_size)
    if options.target_score is None:
        return targets.of_default_score(photo)
    if options.verify:
        return targets.of_measured_score(photo, options.target_score)
    return targets.of_predicted_score(photo, options.target_score)


def _scripts(options: EncodeOptions) -> tuple[jpeg.ScriptMaker, ...]:
    return EFFORTS[options.effort].scripts if options.progressive else (jpeg.sequential_script,)
