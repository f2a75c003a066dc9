"""Colour model of a file: the meaning of its components.

T.81 leaves it open. Three conventions give it, with precedence as in libjpeg: the JFIF segment (T.871), the transform
flag of Adobe's APP14 segment ("Supporting the DCT Filters in PostScript Level 2"), and component identifiers "RGB".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from foveal.errors import UnsupportedError
from foveal.jpeg import markers
from foveal.jpeg.frame import Frame
from foveal.jpeg.segments import ADOBE, JFIF, Segment

_JFIF_BYTES, _ADOBE_BYTES = 14, 12  # libjpeg ignores shorter payloads of these segments
_ASCII_RGB = tuple(b"RGB")


class ColorModel(Enum):
    """Meaning of the components of a frame."""

    GREY = "grey"
    YCBCR = "YCbCr"
    RGB = "RGB"
    CMYK = "CMYK"
    YCCK = "YCCK"


def find_color_model(frame: Frame, segments: Sequence[Segment]) -> ColorModel:
    """Return the colour model of a frame.

    Parameters
    ----------
    frame
        Frame whose number and identifiers of components count.
    segments
        Application segments before the first scan.

    Raises
    ------
    UnsupportedError
        The frame has two components: no convention gives them a meaning.
    """
    count, transform = len(frame.headers), adobe_transform(segments)
    if count == 1:
        return ColorModel.GREY
    if count == 3:
        return _three_component_model(frame, segments, transform)
    if count == 4:
        return ColorModel.CMYK if transform in (None, 0) else ColorModel.YCCK
    raise UnsupportedError("two components are not supported: no convention gives them a meaning")


def affects_color_model(segment: Segment) -> bool:
    """Return whether a segment is a JFIF or Adobe segment, which may decide the colour model."""
    return (segment.code == markers.APP0 and segment.payload.startswith(JFIF)) or (
        segment.code == markers.APP14 and segment.payload.startswith(ADOBE)
    )


def _three_component_model(frame: Frame, segments: Sequence[Segment], transform: int | None) -> ColorModel:
    if any(s.code == markers.APP0 and s.payload.startswith(JFIF) and len(s.payload) >= _JFIF_BYTES for s in segments):
        return ColorModel.YCBCR
    if transform is not None:
        return ColorModel.RGB if transform == 0 else ColorModel.YCBCR
    is_rgb = tuple(header.identifier for header in frame.headers) == _ASCII_RGB
    return ColorModel.RGB if is_rgb else ColorModel.YCBCR


def adobe_transform(segments: Sequence[Segment]) -> int | None:
    """Return the transform flag of the last Adobe segment: 0 none, 1 YCbCr, 2 YCCK; None without such a segment."""
    flags = [
        segment.payload[11]
        for segment in segments
        if segment.code == markers.APP14 and segment.payload.startswith(ADOBE) and len(segment.payload) >= _ADOBE_BYTES
    ]
    return flags[-1] if flags else None
