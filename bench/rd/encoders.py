"""The encoders that are compared: one small interface for all of them."""

from __future__ import annotations

import hashlib
import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from PIL import features

import foveal
import foveal._kernels as _kernels
from bench.rd import guetzli, mixed_qualities
from foveal.allocate.effort import EffortName
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.jpeg.tables import quality_scale
from foveal.saliency import Saliency

ANCHOR = "jpegli"
SETTINGS = 8
QUALITIES = (20, 95)  # on libjpeg's scale, which all encoders here follow more or less


@dataclass(frozen=True)
class Encoder:
    """A way to make a JPEG.

    Parameters
    ----------
    name
        As the tables show it.
    version
        Changes whenever the files might; None for what is being worked on: then nothing is kept on disk.
    encode
        From (H, W, 3) uint8 and a setting to a file. Encoders that run in several processes must be picklable.
    settings
        Where it is measured.
    most_photos
        No more than so many photos, for the very slow.
    """

    name: str
    version: str | None
    encode: Callable[[EightBitPixels, float], bytes]
    settings: tuple[float, ...]
    most_photos: int | None = None


class MissingPeerError(Exception):
    """An encoder is not installed here; the message says what is missing."""


def foveal_420(
    pixels: EightBitPixels,
    quality: float,
    *,
    effort: EffortName = "balanced",
    saliency: Saliency = None,
    **options: Any,
) -> bytes:
    """Ours, as its peers are run: 4:2:0, one thread; blind unless told otherwise."""
    return foveal.encode(
        pixels, quality=quality, effort=effort, saliency=saliency, subsampling="4:2:0", threads=1, **options
    )


def named(name: str, settings: int = SETTINGS) -> Encoder:
    """Look up an encoder of `NAMES`, to be measured at so many settings.

    Raises
    ------
    MissingPeerError
        It is not installed.
    """
    entry = _ENTRIES[name]
    return Encoder(
        name,
        version=f"{entry.version()} {_source_digest(entry.encode)}",
        encode=entry.encode,
        settings=qualities(settings, entry.qualities),
        most_photos=entry.most_photos,
    )


def qualities(count: int, bounds: tuple[int, int] = QUALITIES) -> tuple[float, ...]:
    """So many whole qualities, two and what lies between them; fewer where there are no more.

    Each multiplies libjpeg's quantizer steps by the same factor, so that files grow about evenly: 92 to 95 is as far as
    32 to 50.
    """
    percent_of_steps = np.geomspace(quality_scale(bounds[0]), quality_scale(bounds[1]), count)
    found = np.where(percent_of_steps > 100, 5000 / percent_of_steps, 100 - percent_of_steps / 2)
    return tuple(dict.fromkeys(np.rint(found).tolist()))


@cache
def foveal_version() -> str:
    """Our version, and a digest of the installed package's modules, data and compiled kernels."""
    package = Path(foveal.__file__).parent
    compiled_from = package / "kernels"
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and compiled_from not in path.parents
    ]
    digests = [_digest(path.read_bytes()) for path in [*files, Path(_kernels.__file__)]]
    return f"foveal {foveal.__version__} {_digest(''.join(digests).encode())}"


def _pillow_version() -> str:
    return f"Pillow {PIL.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}"


def _packages_version(*names: str) -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as error:
        raise MissingPeerError(f"the package {error.name} is not installed") from None


def _program_version(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise MissingPeerError(f"the program {name} is not installed")
    return f"{name} {_digest(Path(path).read_bytes())}"


def _source_digest(encode: Callable[..., bytes]) -> str:
    """Of the function that says how an encoder is run, and of what it is given."""
    function, options = (encode.func, repr(encode.keywords)) if isinstance(encode, partial) else (encode, "")
    return _digest((inspect.getsource(function) + options).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class _Entry:
    encode: Callable[[EightBitPixels, float], bytes]
    version: Callable[[], str]
    qualities: tuple[int, int] = QUALITIES
    most_photos: int | None = None


_ENTRIES = {
    "foveal-blind": _Entry(foveal_420, foveal_version),
    "foveal-fast": _Entry(partial(foveal_420, effort="fast"), foveal_version),
    "foveal-best": _Entry(partial(foveal_420, effort="best"), foveal_version),
    "foveal-aware": _Entry(partial(foveal_420, saliency="auto"), foveal_version),
    "pillow": _Entry(peers.libjpeg_turbo, _pillow_version),
    "mozjpeg": _Entry(peers.mozjpeg, partial(_packages_version, *peers.MOZJPEG.packages)),
    "jpegli": _Entry(peers.jpegli, partial(_packages_version, *peers.JPEGLI.packages)),
    "guetzli": _Entry(guetzli.encode, partial(_program_version, "guetzli"), qualities=(84, 98), most_photos=3),
    "msroi-mix": _Entry(mixed_qualities.encode, foveal_version),
}
NAMES = tuple(_ENTRIES)
