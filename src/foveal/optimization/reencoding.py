"""The last rung: the picture of a JPEG is decoded to pixels, reduced if asked, and encoded again."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

from foveal import jpeg, photo
from foveal.encoding import Encoded, EncodeOptions, encode_photo
from foveal.inspection.quality_estimate import estimate_quality
from foveal.optimization.options import OptimizeOptions
from foveal.photo import Photo
from foveal.photo.resizing import reduce_longer_side


def reencode(
    data: bytes, coefficients: jpeg.Coefficients, options: OptimizeOptions
) -> tuple[bytes, float, tuple[str, ...]]:
    """Decode a file and encode its pixels again.

    Without a quality or target, the quality is the default of `encode`, but not above that of the source, unless the
    picture is reduced.

    Returns
    -------
    data, quality, notes
        The file, its quality, and messages about what it does not hold.

    Raises
    ------
    FovealError
        The errors of `foveal.open` and `foveal.encode`.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        source = photo.open(io.BytesIO(data), max_pixels=options.max_pixels)
    notes = [str(each.message) for each in caught]
    if source.has_content_credentials:
        notes.append(_credentials_note(options))
        source = source if options.keep_c2pa else _without_content_credentials(source)
    reduced = source if options.resize is None else reduce_longer_side(source, options.resize)
    result = _encode(reduced, options, None)
    limit = estimate_quality(coefficients.tables).quality
    is_free = options.quality is None and options.target_size is None and options.target_score is None
    if is_free and reduced is source and result.quality > limit:
        result = _encode(reduced, options, limit)
    return result.data, result.quality, tuple(notes)


def _encode(source: Photo, options: OptimizeOptions, quality: float | None) -> Encoded:
    return encode_photo(
        source,
        EncodeOptions(
            quality=options.quality if quality is None else quality,
            target_size=options.target_size,
            target_score=options.target_score,
            saliency=options.saliency,
            strength=options.strength,
            effort=options.effort,
            threads=options.threads,
            metadata=options.metadata,
        ),
    )


def _credentials_note(options: OptimizeOptions) -> str:
    if options.keep_c2pa:
        return "the content credentials (C2PA) are kept, but no longer match the picture"
    return "the content credentials (C2PA), which would no longer match the picture, are left out"


def _without_content_credentials(source: Photo) -> Photo:
    segments = tuple(jpeg.Segment(*segment) for segment in source.extra_segments)
    signed = jpeg.application_data.content_credentials(segments)
    return replace(source, extra_segments=tuple(each for each in segments if each not in signed))
