"""What a colour profile is for (ICC.1:2010, 7.2): grey and RGB pixels need profiles of their own."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

_DATA_COLOUR_SPACE = slice(16, 20)  # 7.2.6
_SIGNATURE, _EXPECTED_SIGNATURE = slice(36, 40), b"acsp"  # 7.2.9


def colour_space(profile: bytes) -> str | None:
    """What values a profile explains: "RGB", "GRAY", "CMYK", ...; None of bytes that are no ICC profile."""
    if profile[_SIGNATURE] != _EXPECTED_SIGNATURE:
        return None
    return profile[_DATA_COLOUR_SPACE].decode("latin-1").rstrip()


def misfit(profile: bytes | None, pixels: NDArray[Any]) -> str | None:
    """Why a profile says nothing of (H, W) grey or (H, W, 3) RGB pixels; None where it may.

    Programs ignore a profile of another colour space, or refuse the file.
    """
    found = colour_space(profile) if profile else None
    needed, kind = ("GRAY", "grey") if pixels.ndim == 2 else ("RGB", "RGB")
    return None if found in (needed, None) else f"the colour profile is for {found} pixels, and the picture is {kind}"
