"""Checks of the fields of a `Photo`, which programs may make themselves."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from foveal.checks import describe
from foveal.errors import ParameterError
from foveal.jpeg import markers

_BYTES_FIELDS = ("icc_profile", "exif", "xmp", "comment")


def check_fields(photo: Any) -> None:
    """Raise ParameterError, which names the field, if metadata of a Photo is of a kind that cannot be written."""
    for name in _BYTES_FIELDS:
        value = getattr(photo, name)
        if value is not None and not isinstance(value, bytes):
            raise ParameterError(f"{name} must be bytes or None, not {describe(value)}")
    if photo.dots_per_inch is not None and not _is_resolution(photo.dots_per_inch):
        found = describe(photo.dots_per_inch)
        raise ParameterError(f"dots_per_inch must be two integers from 1 to 65,535, or None, not {found}")
    if photo.pixel_aspect is not None and not _is_resolution(photo.pixel_aspect):
        found = describe(photo.pixel_aspect)
        raise ParameterError(f"pixel_aspect must be two integers from 1 to 65,535, or None, not {found}")
    if not isinstance(photo.extra_segments, tuple | list) or not all(map(_is_segment, photo.extra_segments)):
        found = describe(photo.extra_segments)
        raise ParameterError(f"extra_segments must be pairs of a code (0xE0 to 0xEF, 0xFE) and bytes, not {found}")
    if photo.file_format is not None and not isinstance(photo.file_format, str):
        raise ParameterError(f"file_format must be a string or None, not {describe(photo.file_format)}")
    if isinstance(photo.frame_count, bool) or not isinstance(photo.frame_count, Integral) or int(photo.frame_count) < 1:
        raise ParameterError(f"frame_count must be an integer from 1, not {describe(photo.frame_count)}")


def _is_resolution(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(
            isinstance(each, Integral) and not isinstance(each, bool) and 1 <= int(each) <= 65_535 for each in value
        )
    )


def _is_segment(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and isinstance(value[0], Integral)
        and markers.is_application(int(value[0]))
        and isinstance(value[1], bytes)
    )
