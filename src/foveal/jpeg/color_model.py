"""What the components of a file stand for (T.871; Adobe's APP14, "Supporting the DCT Filters in PostScript Level 2").

The rules, and their order, are those of libjpeg.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from foveal.errors import UnsupportedError
from foveal.jpeg import markers
from foveal.jpeg.frame import Frame
from foveal.jpeg.segments import ADOBE, JFIF, Segment

_JFIF_BYTES, _ADOBE_BYTES = 14, 12  # libjpeg takes no shorter payloads for these segments
_ASCII_RGB = tuple(b"RGB")


class ColorModel(Enum):
    """What the components of a frame stand for."""

    GREY = "grey"
    YCBCR = "YCbCr"
    RGB = "RGB"
    CMYK = "CMYK"
    YCCK = "YCCK"


def find_color_model(frame: Frame, segments: Sequence[Segment]) -> ColorModel:
    """Colour model of a frame, from the application segments before it.

    Raises
    ------
    UnsupportedError
        Two components, which no convention gives a meaning.
    """
    count, transform = len(frame.headers), adobe_transform(segments)
    if count == 1:
        return ColorModel.GREY
    if count == 3:
        return _of_three(frame, segments, transform)
    if count == 4:
        return ColorModel.CMYK if transform in (None, 0) else ColorModel.YCCK
    raise UnsupportedError("two components stand for no colours that are known")


def says_color_model(segment: Segment) -> bool:
    """Whether a segment may decide the colour model: JFIF or Adobe."""
    return (segment.code == markers.APP0 and segment.payload.startswith(JFIF)) or (
        segment.code == markers.APP14 and segment.payload.startswith(ADOBE)
    )


def _of_three(frame: Frame, segments: Sequence[Segment], transform: int | None) -> ColorModel:
    if any(s.code == markers.APP0 and s.payload.startswith(JFIF) and len(s.payload) >= _JFIF_BYTES for s in segments):
        return ColorModel.YCBCR
    if transform is not None:
        return ColorModel.RGB if transform == 0 else ColorModel.YCBCR
    is_rgb = tuple(header.identifier for header in frame.headers) == _ASCII_RGB
    return ColorModel.RGB if is_rgb else ColorModel.YCBCR


def adobe_transform(segments: Sequence[Segment]) -> int | None:
    """Transform flag of the last Adobe segment: 0 none, 1 YCbCr, 2 YCCK; None where there is no such segment."""
    flags = [
        segment.payload[11]
        for segment in segments
        if segment.code == markers.APP14 and segment.payload.startswith(ADOBE) and len(segment.payload) >= _ADOBE_BYTES
    ]
    return flags[-1] if flags else None
