"""What of a photo's metadata goes into the file."""

from __future__ import annotations

from foveal import exif as exif_tags
from foveal.errors import ParameterError
from foveal.image import Photo
from foveal.jpeg.segments import Metadata

POLICIES = ("keep", "safe", "none")


def chosen_metadata(photo: Photo, policy: str) -> Metadata:
    """Metadata of a photo under a policy.

    Parameters
    ----------
    photo
        With "none", already turned upright: nothing in the file would say that it has to be.
    policy
        "keep": everything; "safe": colour profile, resolution, orientation, artist and copyright, so no place, time or
        device; "none": the colour profile, without which the colours would change, and nothing else.

    Raises
    ------
    ParameterError
        No such policy.
    """
    if policy == "keep":
        return Metadata(
            icc_profile=photo.icc_profile,
            exif=exif_tags.without_signature(photo.exif) if photo.exif else None,
            xmp=photo.xmp,
            comment=photo.comment,
            dots_per_inch=photo.dots_per_inch,
            extra_segments=photo.extra_segments,
        )
    if policy == "safe":
        return Metadata(
            icc_profile=photo.icc_profile,
            exif=exif_tags.safe_to_publish(photo.exif),
            dots_per_inch=photo.dots_per_inch,
        )
    if policy == "none":
        return Metadata(icc_profile=photo.icc_profile)
    raise ParameterError(f"metadata {policy!r} is not one of {', '.join(POLICIES)}")
