"""Metadata policies: which metadata of a photo is written to the encoded file."""

from __future__ import annotations

from typing import Literal, get_args

from foveal.checks import describe
from foveal.errors import ParameterError
from foveal.jpeg import Metadata, Segment, application_data
from foveal.photo import exif
from foveal.photo.density import whole_aspect
from foveal.photo.photo import Photo

MetadataPolicy = Literal["keep", "safe", "none"]


def apply_policy(photo: Photo, policy: MetadataPolicy) -> tuple[Photo, Metadata]:
    """Select the metadata to write, and turn the photo upright if the file will not record its orientation.

    Parameters
    ----------
    photo
        Photo to encode.
    policy
        "keep": all metadata; "safe": colour profile, resolution, orientation, artist and copyright, which reveal no
        place, time or device; "none": only the colour profile, because colours would change without it, and the aspect
        ratio of pixels that are not square. A colour profile of another data colour space than the pixels' is always
        left out.

    Returns
    -------
    photo, metadata
        The photo, turned upright for "none", and the metadata to write to its file.

    Raises
    ------
    ParameterError
        `policy` is not one of these three.
    """
    if policy == "keep":
        return photo, Metadata(
            icc_profile=photo.fitting_profile,
            exif=exif.with_plain_orientation(photo.exif) if photo.exif else None,
            xmp=photo.xmp,
            comment=photo.comment,
            dots_per_inch=photo.dots_per_inch,
            pixel_aspect=photo.pixel_aspect,
            extra_segments=photo.extra_segments,
        )
    if policy == "safe":
        return photo, Metadata(
            icc_profile=photo.fitting_profile,
            exif=exif.select_safe(photo.exif),
            dots_per_inch=photo.dots_per_inch,
            pixel_aspect=photo.pixel_aspect,
        )
    if policy == "none":
        upright = photo.upright()
        aspect = whole_aspect(upright.dots_per_inch) or upright.pixel_aspect
        return upright, Metadata(icc_profile=upright.fitting_profile, pixel_aspect=aspect)
    raise ParameterError(f"metadata {describe(policy)} is not one of {', '.join(get_args(MetadataPolicy))}")


def remove_replaced(segments: tuple[tuple[int, bytes], ...], *, exif: bool, xmp: bool) -> tuple[tuple[int, bytes], ...]:
    """Return the extra segments of a photo without those whose contents are replaced: EXIF data, or XMP."""
    kinds = [*(["EXIF"] if exif else []), *(["XMP", "extended XMP"] if xmp else [])]
    return tuple(segment for segment in segments if application_data.segment_kind(Segment(*segment)) not in kinds)
