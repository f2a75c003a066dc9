"""Conversion of CMYK pixels to sRGB by their colour profile."""

from __future__ import annotations

import io

from PIL import Image

from foveal.errors import UnsupportedError
from foveal.photo import icc


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert a CMYK image to sRGB, by relative colorimetric intent with black point compensation.

    Raises
    ------
    UnsupportedError
        There is no CMYK profile, so that the colours of the inks are unknown, or it is broken.
    """
    if profile is None or icc.data_colour_space(profile) != "CMYK":
        raise UnsupportedError(
            "CMYK pixels without a CMYK colour profile are not supported, as it is unknown which colours they are; "
            "assign the profile of the printing process, or convert the picture to RGB first"
        )
    from PIL import ImageCms

    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError) as error:
        raise UnsupportedError("the CMYK colour profile is broken; convert the picture to RGB first") from error
    assert converted is not None  # noqa: S101 (it is None only if the image is converted in place)
    return converted
