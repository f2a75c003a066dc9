"""What of a photo's metadata goes into the file."""

from __future__ import annotations

from typing import Literal, get_args

from foveal.errors import ParameterError
from foveal.jpeg import Metadata, markers
from foveal.photo import exif
from foveal.photo.photo import Photo

MetadataPolicy = Literal["keep", "safe", "none"]


def apply_policy(photo: Photo, policy: MetadataPolicy) -> tuple[Photo, Metadata]:
    """Choose what is written, and turn the photo where nothing in the file will say that it is to be turned.

    Parameters
    ----------
    photo
        What is to be encoded.
    policy
        "keep": everything; "safe": colour profile, resolution, orientation, artist and copyright, so no place, time or
        device; "none": the colour profile, without which the colours would change, and nothing else.
        A profile for pixels of another kind goes, as it explains nothing.

    Returns
    -------
    photo, metadata
        The photo, upright under "none", and what goes into the file with it.

    Raises
    ------
    ParameterError
        No such policy.
    """
    if policy == "keep":
        return photo, Metadata(
            icc_profile=photo.fitting_profile,
            exif=exif.without_signature(photo.exif) if photo.exif else None,
            xmp=photo.xmp,
            comment=photo.comment,
            dots_per_inch=photo.dots_per_inch,
            extra_segments=photo.extra_segments,
        )
    if policy == "safe":
        return photo, Metadata(
            icc_profile=photo.fitting_profile,
            exif=exif.safe_to_publish(photo.exif),
            dots_per_inch=photo.dots_per_inch,
        )
    if policy == "none":
        return photo.upright(), Metadata(icc_profile=photo.fitting_profile)
    raise ParameterError(f"metadata {policy!r} is not one of {', '.join(get_args(MetadataPolicy))}")


def without_extended_xmp(segments: tuple[tuple[int, bytes], ...]) -> tuple[tuple[int, bytes], ...]:
    """Further segments of a JPEG without those (APP1) that continue its XMP packet."""
    return tuple((code, payload) for code, payload in segments if code != markers.APP1)
