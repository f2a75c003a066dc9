"""The encoding pipeline: find the saliency of a photo, weight its blocks, and encode it to its target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal import jpeg
from foveal.allocate.allocation import Allocation, AllocationName
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.allocate.finest import FINEST_QUALITY
from foveal.allocate.quality_map import QualityMap
from foveal.allocate.rate_distortion import RateDistortion
from foveal.allocate.subsampling import SubsamplingName, choose_subsampling
from foveal.allocate.weights import block_weights
from foveal.encoding import targets
from foveal.encoding.options import EncodeOptions, SubsamplingDigits
from foveal.encoding.targets import ScoreSource, TargetResult
from foveal.encoding.weighed_photo import WeighedPhoto
from foveal.errors import ParameterError
from foveal.files import Source, is_source
from foveal.jpeg.frame import check_sides
from foveal.photo import Photo, as_photo, icc, orientation
from foveal.photo.background import Color
from foveal.photo.metadata_policy import MetadataPolicy, apply_policy, remove_replaced
from foveal.saliency import Saliency, find_saliency, prepare_to_look
from foveal.threads import available_threads, helper_threads

_ALLOCATIONS: dict[AllocationName, type[Allocation]] = {"rdo": RateDistortion, "quality-map": QualityMap}


@dataclass(frozen=True, eq=False)
class Encoded:
    """A JPEG file, and the decisions that were made to encode it.

    Parameters
    ----------
    data
        The JPEG file.
    photo
        Photo that was encoded, with its pixels in the stored orientation of the file.
    quality
        Quality of the file, 0 to 100 on libjpeg's scale: as given, or as found for a target.
    score
        SSIMULACRA2 of the whole photo if the target was a score; else None.
    score_is
        Source of the score: "predicted", "measured on a sample" (of at most a megapixel) or "measured"; None if there
        is no score.
    sharpening
        Gain with which down-sampled chroma was sharpened, see `jpeg.sampling.sharpen`.
    subsampling
        Chroma subsampling of the file, "4:x:y", or "grey" for a file of one component.
    saliency_name
        Method of the saliency map: "gaze", "spectral", ...; "map" for a map that the caller gave, "none" without a map.
    confidence
        Confidence of the map, 0 to 1, from which the factor of the strength comes. It is 1 for a map that the caller
        gave, None without a map.
    weights
        (rows, columns) float32 in (0, 1]: weight of each 8x8-pixel block in the stored orientation.
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
    image: Photo | Image.Image | NDArray[Any] | Source,
    *,
    quality: float | None = EncodeOptions.quality,
    target_size: int | str | None = EncodeOptions.target_size,
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
        A Photo; a Pillow image, whose pixels, colour profile and orientation are used; an array of uint8 or uint16:
        (H, W, 3) RGB, (H, W) or (H, W, 1) grey, or one of these with an alpha channel, (H, W, 4) or (H, W, 2), if
        `background` is given; or a picture file that `foveal.open` reads, with its metadata: its path, its bytes, or a
        binary file object. Values of arrays are nonlinear, with a transfer function such as that of sRGB, and are not
        converted. A Pillow image that was turned must not have the EXIF orientation of its file any more:
        `PIL.ImageOps.exif_transpose` removes it, `Image.rotate` does not.
    quality
        Quality of the salient part, 0 to 100 on libjpeg's scale (0 is the same as 1); the rest gets less. From 98 on,
        every quantizer step is 1, and saliency does not count: 98, 99 and 100 give the same file. If neither a
        quality nor a target is given, a quality from 60 to 95 is chosen: the one at which a sample of the photo,
        encoded without saliency, has a SSIMULACRA2 of 80 (`targets.DEFAULT_SCORE`), or a higher one where block borders
        would show in smooth areas.
    target_size
        Largest size of the file, instead of a quality: the highest quality whose file fits is used. A number of bytes,
        or a text such as "100KB" (1 KB = 1,000 bytes) or "1.5MiB" (1 MiB = 1,048,576 bytes).
    target_score
        SSIMULACRA2 of the whole photo, 0 to 100, instead of a quality. It is predicted from the quantization errors.
        Where a sample of the photo shows the prediction to be wrong, it is measured on the sample instead.
    verify
        Whether to measure the score of the whole photo, and to correct the quality until the score is within 1 of
        `target_score`.
    saliency
        Saliency method ("auto", "gaze", "msroi", "cam", "spectral" or "center", see `foveal.saliency_map`), or a
        saliency map: an (h, w) array of floats in [0, 1] or bools, of any size, that covers the whole photo in its
        displayed orientation. None to encode all parts of the photo alike.
    strength
        Strength of the saliency map, 0 (none, as with `saliency=None`) to 1: how far the quality of the rest may fall
        below that of the salient part. It is multiplied by a factor from 0 to 1 where little stands out.
    allocation
        Method that allocates bits by the map: "rdo" (rate-distortion optimization) or "quality-map" (a quality for each
        block, the published MS-ROI method).
    subsampling
        Chroma subsampling: "4:4:4", "4:2:2", "4:4:0" or "4:2:0" (420 and "420" are also accepted), or "auto": 4:2:0
        below a quality that depends on the photo, and 4:4:4 from that quality on. It is about 30 for red text, which
        would lose much colour, and 92 to 98 for photographs.
    progressive
        True for a progressive file, or for sequential scans (baseline) where "balanced" or "best" finds that they are
        smaller. False for one sequential scan.
    effort
        Search effort: "fast" (no search), "balanced", or "best" (two corrections of the coefficients by the effect of
        their errors on a score, and a longer search for scans; it takes 3 times as long as "balanced" on small photos,
        up to 20 times on large ones).
    restart_interval
        Number of MCUs between restart markers, up to 65,535; 0 for no restart markers.
    threads
        Number of threads, 1 to 1,024; None for the number of cores that this process may use. The file does not depend
        on it.
    metadata
        Metadata policy: "keep" writes all metadata of the photo; "safe" only colour profile, resolution, orientation,
        artist and copyright; "none" only the colour profile, with the pixels turned upright. Pixels that are not square
        keep their aspect ratio. A colour profile that does not fit the pixels, such as an RGB profile of a grey photo,
        is left out.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255.
    icc_profile, exif, xmp
        Metadata that replaces that of the photo; b"" removes it. `exif` is a TIFF structure, with or without the "Exif"
        signature of a JPEG segment.

    Returns
    -------
    bytes
        A JPEG file (ITU-T T.81, in the JFIF format of ITU-T T.871).

    Raises
    ------
    ParameterError
        An argument is out of range or has the wrong type, or `icc_profile` is for another colour space than the pixels.
    FormatError
        The picture file, or that of a Pillow image, is broken or of no known format.
    UnsupportedError
        The image has an alpha channel and there is no `background`, or a Pillow image has a colour model other than
        grey and RGB (CMYK, Lab, ...).
    LimitError
        The picture is too large, or a colour profile or comment does not fit the format.
    TargetError
        Even the smallest file is larger than `target_size`, or, with `verify`, no file has the `target_score`.
    ModelError
        The saliency network's file is missing or broken, or onnxruntime is not installed.
    MissingExtraError, OSError
        The picture file cannot be read, see `foveal.open`.

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
    if is_source(image):
        prepare_to_encode(options)
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
        extra_segments=remove_replaced(photo.extra_segments, exif=exif is not None, xmp=xmp is not None),
    )
    return encode_photo(photo, options).data


def encode_photo(photo: Photo, options: EncodeOptions) -> Encoded:
    """Encode a photo, and return the file and the decisions made to encode it; errors are those of `encode`."""
    check_sides(photo.height, photo.width)  # before the work of finding where people look
    photo, metadata = apply_policy(photo, options.metadata)
    weighting = _weigh_blocks(photo, options)
    settings = jpeg.EncoderSettings(
        script=EFFORTS[options.effort].script if options.progressive else jpeg.sequential_script,
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
    if result.quality >= FINEST_QUALITY:
        weighting = _weigh_alike(photo)  # saliency did not count
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


def prepare_to_encode(options: EncodeOptions) -> None:
    """Begin to load the network in the background, if these options need it: meanwhile the photo can be decoded."""
    prepare_to_look(_saliency_that_counts(options))


def encode_content_blind(photo: Photo, options: EncodeOptions, size_bytes: int) -> Encoded:
    """Encode a photo without saliency, with its other options unchanged, in at most `size_bytes` bytes.

    The result is the content-blind file that a file encoded by saliency is compared with.

    Parameters
    ----------
    photo
        Photo to encode.
    options
        Options of `encode`; its saliency, quality and targets are ignored.
    size_bytes
        Largest size of the file in bytes.

    Raises
    ------
    TargetError
        Even the smallest file is larger than `size_bytes`.
    """
    blind = replace(options, saliency=None, quality=None, target_size=size_bytes, target_score=None, verify=False)
    return encode_photo(photo, blind)


class _Weighting(NamedTuple):
    """Weights of the blocks in the stored orientation, with the method and confidence of their saliency map."""

    method: str
    confidence: float | None
    weights: NDArray[np.float32]


def _weigh_blocks(photo: Photo, options: EncodeOptions) -> _Weighting:
    saliency = find_saliency(photo, _saliency_that_counts(options))
    if saliency is None:
        return _weigh_alike(photo)
    displayed = saliency.spending_map
    # Maps have the displayed orientation, blocks the stored one. Arrays that are not two-dimensional cannot be turned;
    # `block_weights` refuses them.
    stored = orientation.to_stored(displayed, photo.orientation) if displayed.ndim == 2 else displayed
    strength = float(options.strength) * saliency.strength_factor
    weights = block_weights(stored, photo.height, photo.width, strength)
    return _Weighting(saliency.method, saliency.confidence, weights)


def _saliency_that_counts(options: EncodeOptions) -> Saliency:
    """Return the saliency of the options; None where the quality is so high that it does not count."""
    is_finest = options.quality is not None and options.quality >= FINEST_QUALITY
    return None if is_finest else options.saliency


def _weigh_alike(photo: Photo) -> _Weighting:
    return _Weighting("none", None, np.ones(jpeg.block_grid(photo.height, photo.width), dtype=np.float32))


def _encode_to_target(photo: WeighedPhoto, options: EncodeOptions) -> TargetResult:
    if options.quality is not None:
        return TargetResult(photo, photo.encode(options.quality), float(options.quality))
    if options.size_limit is not None:
        return targets.encode_to_size(photo, options.size_limit)
    if options.target_score is None:
        return targets.encode_to_default_score(photo)
    if options.verify:
        return targets.encode_to_measured_score(photo, options.target_score)
    return targets.encode_to_predicted_score(photo, options.target_score)
