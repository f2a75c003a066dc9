"""The data colour space of ICC profiles (ICC.1:2010, 7.2, Profile header): grey and RGB pixels need different ones."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

_DATA_COLOUR_SPACE_FIELD = slice(16, 20)  # 7.2.6, Data colour space field
_SIGNATURE_FIELD, _SIGNATURE = slice(36, 40), b"acsp"  # 7.2.9, Profile file signature field


def data_colour_space(profile: bytes) -> str | None:
    """Return the data colour space of a profile: "RGB", "GRAY", "CMYK", ...; None if it is not an ICC profile."""
    if profile[_SIGNATURE_FIELD] != _SIGNATURE:
        return None
    return profile[_DATA_COLOUR_SPACE_FIELD].decode("latin-1").rstrip()


def misfit(profile: bytes | None, pixels: NDArray[Any]) -> str | None:
    """Return why a profile cannot apply to (H, W) grey or (H, W, 3) RGB pixels; None if it can.

    Programs ignore a profile of another data colour space, or refuse the file. Bytes that are not an ICC profile are
    not judged.
    """
    found = data_colour_space(profile) if profile else None
    needed, kind = ("GRAY", "grey") if pixels.ndim == 2 else ("RGB", "RGB")
    return None if found in (needed, None) else f"the colour profile is for {found} pixels, and the picture is {kind}"
