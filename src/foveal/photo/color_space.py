"""Colour spaces that a file describes by numbers instead of an ICC profile, as PNG, TIFF and HEIF files can.

A JPEG can only carry an ICC profile, and programs take pixels without one for sRGB. So pixels with the primaries of
sRGB are converted to its transfer function, and others get a profile of their primaries.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foveal.errors import FormatError
from foveal.jpeg import Pixels

FloatArray = TypeVar("FloatArray", NDArray[np.float32], NDArray[np.float64])

Chromaticities = tuple[float, ...]  # x and y of white, red, green and blue

_D65, _C, _DCI = (0.3127, 0.329), (0.31, 0.316), (0.314, 0.351)
_D50_XYZ = (0.9642, 1.0, 0.8249)  # ICC.1:2010, 7.2.16, PCS illuminant field
# ITU-T H.273, table 2, Interpretation of colour primaries: all but 2 (unspecified) and what is reserved.
_PRIMARIES: dict[int, Chromaticities] = {
    1: (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06),  # BT.709, sRGB
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    10: (1 / 3, 1 / 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),  # SMPTE ST 428-1: X, Y and Z of CIE 1931
    11: (*_DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
SRGB_PRIMARIES = _PRIMARIES[1]
_PRIMARIES_TOLERANCE = 0.003
_NEAR_GAMMA = 0.05  # libpng's PNG_GAMMA_THRESHOLD: gammas this close, by ratio, are not told apart
_PERCEPTUAL_GAMMAS = (1.7, 2.9)  # curves with which 8 bits are enough


@dataclass(frozen=True)
class TransferCurve:
    """Transfer function from stored values to linear light, both 0 to 1: (a x + b) ** gamma from d on, c x below.

    This is function type 3 of ICC's parametricCurveType (ICC.1:2010, 10.16).
    """

    gamma: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def to_linear(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the linear light of stored values."""
        powers = np.maximum(self.a * values + self.b, 0) ** self.gamma
        return np.where(values >= self.d, powers, self.c * values)

    def from_linear(self, light: FloatArray) -> FloatArray:
        """Return the stored values of linear light from 0 on; the inverse of `to_linear`."""
        powers = (light ** (1 / self.gamma) - self.b) / self.a
        return powers if self.d == 0 else np.where(light > self.c * self.d, powers, light / self.c)

    @property
    def is_near_srgb(self) -> bool:
        """Whether pixels of this transfer function pass for sRGB, as those of gamma 2.2 do."""
        is_power = self.d == 0 and self.b == 0
        return self == SRGB_CURVE or (is_power and abs(self.gamma / 2.2 - 1) < _NEAR_GAMMA)


SRGB_CURVE = TransferCurve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE = TransferCurve(1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_SMPTE_240M_CURVE = TransferCurve(1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0912)
# A selection of ITU-T H.273, table 3, Interpretation of transfer characteristics: the curves from 0 to 1 that
# `TransferCurve` can hold. Left out are logarithms (9, 10), negative light (11, 12) and SMPTE ST 428-1 (17).
_CURVES = dict.fromkeys((1, 6, 14, 15), _BT709_CURVE) | {7: _SMPTE_240M_CURVE}
_CURVES |= {2: SRGB_CURVE, 4: TransferCurve(2.2), 5: TransferCurve(2.8), 8: TransferCurve(1.0), 13: SRGB_CURVE}
_HDR_CURVES = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class ColorSpace:
    """A colour space: chromaticities of white, red, green and blue, and the transfer function."""

    chromaticities: Chromaticities = SRGB_PRIMARIES
    curve: TransferCurve = SRGB_CURVE

    @property
    def has_srgb_primaries(self) -> bool:
        """Whether the primaries are those of sRGB."""
        pairs = zip(self.chromaticities, SRGB_PRIMARIES, strict=True)
        return all(abs(found - srgb) <= _PRIMARIES_TOLERANCE for found, srgb in pairs)


def from_gamma(gamma: float | None, chromaticities: Chromaticities | None) -> tuple[ColorSpace | None, str | None]:
    """Return the colour space of PNG's gAMA and cHRM, and a warning; the space is None where it cannot be used.

    Parameters
    ----------
    gamma
        Exponent from light to stored values, such as 1 / 2.2, or None.
    chromaticities
        Chromaticities, or None for those of sRGB.
    """
    if gamma is not None and not 0.1 <= gamma <= 10:
        return None, f"the gamma of {gamma:g} makes no sense and is ignored"
    curve = SRGB_CURVE if gamma is None else TransferCurve(1 / gamma)
    space = ColorSpace(chromaticities or SRGB_PRIMARIES, curve)
    if _rgb_to_xyz(space.chromaticities) is None:
        return None, "the primary colours (chromaticities) make no sense and are ignored"
    return space, None


def from_code_points(primaries: int, transfer: int) -> tuple[ColorSpace | None, str | None]:
    """Return the colour space of code points of ITU-T H.273, and a warning; the space is None if it cannot be used."""
    if transfer in _HDR_CURVES:
        return None, (
            f"the picture is HDR ({_HDR_CURVES[transfer]}), which is not converted: a JPEG of it looks "
            "dull; tone-map it to SDR first"
        )
    if primaries == 2 and transfer in (2, 13):  # 2: unspecified
        return ColorSpace(), None
    if (primaries != 2 and primaries not in _PRIMARIES) or transfer not in _CURVES:
        found = f"primaries {primaries}, transfer {transfer} of H.273"
        return None, f"the colour space ({found}) is not among those that are converted, and is ignored"
    return ColorSpace(_PRIMARIES.get(primaries, SRGB_PRIMARIES), _CURVES[transfer]), None


def to_tagged(pixels: Pixels, space: ColorSpace) -> tuple[Pixels, bytes | None]:
    """Return pixels and ICC profile with which pixels of a colour space keep their colours; None stands for sRGB.

    Parameters
    ----------
    pixels
        (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGB and alpha.
    space
        Colour space of the pixels.
    """
    is_grey = pixels.ndim == 2 or pixels.shape[2] == 2
    curve = space.curve
    if is_grey or space.has_srgb_primaries:
        return (pixels if curve.is_near_srgb else _to_srgb_curve(pixels, curve)), None
    if not _PERCEPTUAL_GAMMAS[0] <= curve.gamma <= _PERCEPTUAL_GAMMAS[1]:
        pixels, curve = _to_srgb_curve(pixels, curve), SRGB_CURVE
    return pixels, build_profile(ColorSpace(space.chromaticities, curve))


def widen_range(pixels: Pixels) -> Pixels:
    """Convert pixels of narrow range (16 to 235 of 255, as in video) to full range; alpha is always full."""
    full = int(np.iinfo(pixels.dtype).max)
    unit = (full + 1) // 256
    values = np.arange(full + 1, dtype=np.float64)
    table = np.clip(np.rint((values - 16 * unit) * full / (219 * unit)), 0, full).astype(pixels.dtype)
    return _map_colors(pixels, table)


def _to_srgb_curve(pixels: Pixels, curve: TransferCurve) -> Pixels:
    """Convert the colour channels from a transfer function to that of sRGB."""
    full = int(np.iinfo(pixels.dtype).max)
    light = curve.to_linear(np.arange(full + 1) / full)
    return _map_colors(pixels, np.clip(np.rint(SRGB_CURVE.from_linear(light) * full), 0, full).astype(pixels.dtype))


def _map_colors(pixels: Pixels, table: Pixels) -> Pixels:
    mapped: Pixels = table[pixels]
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        mapped[:, :, -1] = pixels[:, :, -1]
    return mapped


def _rgb_to_xyz(chromaticities: Chromaticities) -> NDArray[np.float64] | None:
    """Return the matrix from linear RGB to XYZ, with white at Y = 1; None if the primaries span no colours."""
    points = np.array(chromaticities, dtype=np.float64).reshape(4, 2)
    if not (np.isfinite(points).all() and (points >= 0).all() and points[0, 1] > 0.01):
        return None
    xyz = np.column_stack([points, 1 - points.sum(axis=1)])
    primaries, white = xyz[1:].T, xyz[0] / xyz[0, 1]
    if abs(np.linalg.det(primaries)) < 1e-3:
        return None
    scales = np.linalg.solve(primaries, white)
    return primaries * scales if (scales > 0).all() else None


def build_profile(space: ColorSpace) -> bytes:
    """Return an ICC profile (version 4, display, matrix and curves) of a colour space.

    Raises
    ------
    FormatError
        The primaries span no colours.
    """
    matrix = _rgb_to_xyz(space.chromaticities)
    if matrix is None:
        raise FormatError("the primary colours (chromaticities) span no colours")
    adaptation = _bradford(matrix.sum(axis=1))
    adapted = adaptation @ matrix
    curve = space.curve
    parameters = (curve.gamma, curve.a, curve.b, curve.c, curve.d)
    trc = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(parameters)
    tags = {
        b"desc": _text("RGB of the original file"),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50_XYZ),
        b"chad": b"sf32\0\0\0\0" + _fixed(adaptation.ravel()),
    }
    for name, column in zip((b"r", b"g", b"b"), adapted.T, strict=True):
        tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(column)
        tags[name + b"TRC"] = trc
    return _write_profile(tags)


def _bradford(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix of Bradford's chromatic adaptation from a white to D50 (ICC.1:2010, annex E)."""
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    ratio = (cones @ np.array(_D50_XYZ)) / (cones @ white)
    return np.asarray(np.linalg.solve(cones, ratio[:, np.newaxis] * cones))


def _fixed(numbers: object) -> bytes:
    """Pack numbers as s15Fixed16Number (ICC.1:2010, 4.6)."""
    return np.rint(np.asarray(numbers, dtype=np.float64) * 65536).astype(">i4").tobytes()


def _text(text: str) -> bytes:
    """Pack a multiLocalizedUnicodeType in English (ICC.1:2010, 10.13)."""
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(encoded), 28) + encoded


def _write_profile(tags: dict[bytes, bytes]) -> bytes:
    """Write the header, the tag table and the tagged element data (ICC.1:2010, 7); equal data is shared."""
    start = 128 + 4 + 12 * len(tags)
    table, data, places = bytearray(), bytearray(), {}
    for name, element in tags.items():
        if element not in places:
            places[element] = start + len(data)
            data += element + b"\0" * (-len(element) % 4)
        table += name + struct.pack(">II", places[element], len(element))
    header = struct.pack(
        ">I4sI4s4s4s12s4s4sI4sIQI12s",
        *(start + len(data), b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ "),
        *(struct.pack(">6H", 2024, 1, 1, 0, 0, 0), b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", 0, 0, 1),
        _fixed(_D50_XYZ),
    )
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + bytes(table) + bytes(data)
