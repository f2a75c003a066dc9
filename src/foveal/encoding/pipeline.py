"""The way of a photo through all stages: find its saliency, weigh its blocks, encode it to its target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import jpeg
from foveal.allocate.allocation import Allocation, AllocationName
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.allocate.quality_map import QualityMap
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.subsampling import SubsamplingName, choose_subsampling
from foveal.allocate.weights import block_weights
from foveal.encoding import targets
from foveal.encoding.options import EncodeOptions, SubsamplingDigits
from foveal.encoding.targets import ScoreSource, TargetResult
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import ParameterError
from foveal.photo import Photo, as_photo, icc, orientation
from foveal.photo.background import Color
from foveal.photo.metadata_policy import MetadataPolicy, apply_policy, without_extended_xmp
from foveal.saliency import Saliency, find_saliency
from foveal.threads import available_threads, helper_threads

_ALLOCATIONS: dict[AllocationName, type[Allocation]] = {"rdo": RateDistortion, "quality-map": QualityMap}


@dataclass(frozen=True, eq=False)
class Encoded:
    """A JPEG file, and the decisions that made it.

    Parameters
    ----------
    data
        The JPEG file.
    photo
        The photo that was encoded, pixels as stored in the file.
    quality
        Quality of the file, 0 to 100, as given or as found for a target.
    score
        SSIMULACRA2 of the whole photo, where that was the target; else None.
    score_is
        How the score was found: "predicted", "measured on a sample" (of at most a megapixel) or "measured"; None
        without a score.
    sharpening
        How much down-sampled colour was sharpened, see `jpeg.sampling.sharpen`.
    subsampling
        Chroma subsampling of the file, "4:x:y"; "grey" for one component.
    saliency_name
        Method of the saliency map: "gaze", "spectral", ...; "map" for a map that was given, "none" without a map.
    confidence
        Confidence of the map, 0 to 1, by which the strength was multiplied; 1 for a map that was given, None without.
    weights
        (rows, columns) float32: weight of each 8x8-pixel block of the stored picture.
    """

    data: bytes
    photo: Photo
    quality: float
    score: float | None
    score_is: ScoreSource | None
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
    allocation: AllocationName = EncodeOptions.allocation,
    subsampling: SubsamplingName | SubsamplingDigits = EncodeOptions.subsampling,
    progressive: bool = EncodeOptions.progressive,
    effort: EffortName = EncodeOptions.effort,
    restart_interval: int = EncodeOptions.restart_interval,
    threads: int | None = EncodeOptions.threads,
    metadata: MetadataPolicy = EncodeOptions.metadata,
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
        Quality of the salient part, 0 to 100 on libjpeg's scale (0 counts as 1); the rest gets less. Without a quality
        or a target, the salient part gets a predicted score of `targets.DEFAULT_SCORE`.
    target_size
        Largest size of the file in bytes, instead of a quality: the highest quality that fits is used.
    target_score
        SSIMULACRA2 of the whole photo, 0 to 100, instead of a quality. It is predicted from the quantization errors, or
        measured on a sample where that shows the prediction to be wrong.
    verify
        Whether to measure the score, and correct the quality until it is within 1 of `target_score`.
    saliency
        "auto", the name of a method, or a map: an (h, w) array of floats in [0, 1] or bools, of any size, that covers
        the whole photo as displayed. None where all of the photo matters alike.
    strength
        How much less the rest may get: 0 (as with `saliency=None`) to 1. It is multiplied by the confidence of the map.
    allocation
        "rdo" (rate-distortion optimisation) or "quality-map" (a quality for each block, the published MS-ROI method).
    subsampling
        "4:4:4", "4:2:2", "4:4:0" or "4:2:0", also written 420 or "420". "auto" is 4:2:0 up to some quality and 4:4:4
        from there on: the more colour the photo would lose where it loses most, the lower that quality (about 30 for
        red text, 92 to 99 for photographs).
    progressive
        Whether to write progressive scans; else one sequential scan (baseline).
    effort
        "fast" (no search), "balanced", or "best" (an exhaustive search, and weights of blocks corrected twice by what
        their errors cost in the score of the result; it takes several times as long as "balanced").
    restart_interval
        Number of MCUs between restart markers, up to 65,535; 0 for none.
    threads
        Number of threads, 1 to 1,024; None for as many as this process may use. The file does not depend on it.
    metadata
        "keep" writes the metadata of the photo; "safe" only colour profile, resolution, orientation, artist and
        copyright; "none" only the colour profile, with the pixels turned upright. A colour profile for other pixels,
        such as one for RGB in a grey photo, is left out.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    icc_profile, exif, xmp
        Metadata that replaces that of the photo.

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
    """Encode a photo with checked options; raises LimitError, TargetError and ModelError like `encode`."""
    photo, metadata = apply_policy(photo, options.metadata)
    weighting = _weigh_blocks(photo, options)
    settings = jpeg.EncoderSettings(
        scripts=EFFORTS[options.effort].scripts if options.progressive else (jpeg.sequential_script,),
        restart_interval=options.restart_interval,
        threads=options.threads or available_threads(),
        metadata=metadata,
    )
    with helper_threads(settings.threads):
        weighed_photo = WeighedPhoto(
            pixels=photo.pixels,
            weights=weighting.weights,
            allocation=_ALLOCATIONS[options.allocation](),
            effort=EFFORTS[options.effort],
            settings=settings,
            subsampling=choose_subsampling(options.subsampling_name, photo.pixels, settings.threads),
        )
        result = _encode_to_target(weighed_photo, options)
    return Encoded(
        data=result.data,
        photo=photo,
        quality=result.quality,
        score=result.score,
        score_is=result.score_is,
        sharpening=weighed_photo.allocation.sharpening_at(result.quality),
        subsampling="grey" if photo.pixels.ndim == 2 else result.photo.subsampling.at(result.quality),
        saliency_name=weighting.method,
        confidence=weighting.confidence,
        weights=weighting.weights,
    )


def encode_content_blind(photo: Photo, options: EncodeOptions, size_bytes: int) -> Encoded:
    """Encode a photo with the same options but without saliency, in at most as many bytes as another file has.

    Raises
    ------
    TargetError
        Even the smallest file is larger.
    """
    blind = replace(options, saliency=None, quality=None, target_size=size_bytes, target_score=None, verify=False)
    return encode_photo(photo, blind)


class _Weighting(NamedTuple):
    """Weights of the blocks of the stored picture, and the method and confidence of the map behind them."""

    method: str
    confidence: float | None
    weights: NDArray[np.float32]


def _weigh_blocks(photo: Photo, options: EncodeOptions) -> _Weighting:
    saliency = find_saliency(photo, options.saliency)
    if saliency is None:
        return _Weighting("none", None, np.ones(jpeg.block_grid(photo.height, photo.width), dtype=np.float32))
    displayed = saliency.spending_map
    # Maps are as displayed, blocks as stored; an array of other than two dimensions is refused by `block_weights`.
    stored = orientation.to_stored(displayed, photo.orientation) if displayed.ndim == 2 else displayed
    strength = float(options.strength) * saliency.confidence
    weights = block_weights(stored, photo.height, photo.width, strength)
    return _Weighting(saliency.method, saliency.confidence, weights)


def _encode_to_target(photo: WeighedPhoto, options: EncodeOptions) -> TargetResult:
    if options.quality is not None:
        return TargetResult(photo, photo.encode(options.quality), float(options.quality))
    if options.target_size is not None:
        return targets.encode_to_size(photo, options.target_size)
    if options.target_score is None:
        return targets.encode_to_default_score(photo)
    if options.verify:
        return targets.encode_to_measured_score(photo, options.target_score)
    return targets.encode_to_predicted_score(photo, options.target_score)
