"""What ICC profiles (ICC.1:2010) say of pixels: the data colour space, and the transfer function where it is simple."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.photo.color_space import TransferCurve

_DATA_COLOUR_SPACE_FIELD = slice(16, 20)  # 7.2.6, Data colour space field
_SIGNATURE_FIELD, _SIGNATURE = slice(36, 40), b"acsp"  # 7.2.9, Profile file signature field
_TAG_COUNT_POSITION, _MAX_TAGS = 128, 100  # 7.3, Tag table
_CURVE_TAGS = {"RGB": (b"rTRC", b"gTRC", b"bTRC"), "GRAY": (b"kTRC",)}


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


def transfer_curve(profile: bytes | None) -> TransferCurve | None:
    """Return the transfer function of a grey or RGB profile if it is a gamma or a line and a power.

    None for a table of values, for channels that differ, and for a profile that has no curve or is broken.
    """
    tags = _CURVE_TAGS.get(data_colour_space(profile) or "", ()) if profile else ()
    if not profile or not tags or len(profile) < _TAG_COUNT_POSITION + 4:
        return None
    (count,) = struct.unpack_from(">I", profile, _TAG_COUNT_POSITION)
    table = profile[_TAG_COUNT_POSITION + 4 :][: 12 * min(count, _MAX_TAGS)]
    places = {tag: (start, size) for tag, start, size in struct.iter_unpack(">4sII", table[: len(table) // 12 * 12])}
    if not all(tag in places for tag in tags):
        return None
    elements = [profile[places[tag][0] :][: places[tag][1]] for tag in tags]
    curves = {_read_curve(element) for element in elements}
    curve = curves.pop() if len(curves) == 1 else None
    return curve if curve and _is_invertible(curve) else None


def _read_curve(element: bytes) -> TransferCurve | None:
    """Read an element of curveType (10.6) without a table, or of parametricCurveType (10.16), functions 0 and 3."""
    if len(element) < 12:
        return None
    kind, (function,), (count,) = (
        element[:4],
        struct.unpack_from(">H", element, 8),
        struct.unpack_from(">I", element, 8),
    )
    if kind == b"curv" and count == 0:
        return TransferCurve(1.0)
    if kind == b"curv" and count == 1 and len(element) >= 14:
        return TransferCurve(struct.unpack_from(">H", element, 12)[0] / 256)
    parameters = {0: 1, 3: 5}.get(function, 0) if kind == b"para" else 0
    if not parameters or len(element) < 12 + 4 * parameters:
        return None
    return TransferCurve(*(number / 65536 for number in struct.unpack_from(f">{parameters}i", element, 12)))


def _is_invertible(curve: TransferCurve) -> bool:
    """Return whether a curve rises from 0 to 1 and can be inverted."""
    if not (0.1 <= curve.gamma <= 10 and curve.a > 0 and 0 <= curve.d < 1 and (curve.c > 0 or curve.d == 0)):
        return False
    values = np.linspace(0, 1, 257)
    light = curve.to_linear(values)
    is_rising = bool((np.diff(light) >= 0).all())
    reaches_ends = abs(light[0]) < 1e-3 and abs(light[-1] - 1) < 1e-3
    return is_rising and reaches_ends and bool(np.abs(curve.from_linear(light) - values).max() < 1e-3)
