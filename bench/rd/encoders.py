"""The encoders that are compared, behind one interface."""

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
QUALITIES = (20, 95)  # on libjpeg's scale, which all these encoders roughly follow


@dataclass(frozen=True)
class Encoder:
    """An encoder, its version, and the settings at which it is measured.

    Parameters
    ----------
    name
        Name in the tables.
    version
        Version that changes whenever the files might change; None to disable the cache.
    encode
        Function from (H, W, 3) uint8 pixels and a setting to a JPEG file. It must be picklable to run in several
        processes.
    settings
        Settings at which the encoder is measured.
    most_photos
        Largest number of photos that a very slow encoder gets; None for all.
    """

    name: str
    version: str | None
    encode: Callable[[EightBitPixels, float], bytes]
    settings: tuple[float, ...]
    most_photos: int | None = None


class MissingPeerError(Exception):
    """An encoder is not installed; the message says what is missing."""


def foveal_420(
    pixels: EightBitPixels,
    quality: float,
    *,
    effort: EffortName = "balanced",
    saliency: Saliency = None,
    **options: Any,
) -> bytes:
    """Encode with foveal in the way its peers are run: 4:2:0 and one thread, without saliency by default."""
    return foveal.encode(
        pixels, quality=quality, effort=effort, saliency=saliency, subsampling="4:2:0", threads=1, **options
    )


def find_encoder(name: str, settings: int = SETTINGS) -> Encoder:
    """Return an encoder of `NAMES` with the given number of settings.

    Raises
    ------
    MissingPeerError
        The encoder is not installed.
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
    """Return `count` integer qualities from the first to the second of `bounds`, without duplicates.

    From each quality to the next, libjpeg's quantizer steps change by about the same factor, so that file sizes grow
    evenly: 92 to 95 is as far as 32 to 50.
    """
    percent_of_steps = np.geomspace(quality_scale(bounds[0]), quality_scale(bounds[1]), count)
    found = np.where(percent_of_steps > 100, 5000 / percent_of_steps, 100 - percent_of_steps / 2)
    return tuple(dict.fromkeys(np.rint(found).tolist()))


@cache
def foveal_version() -> str:
    """Return foveal's version with a digest of its installed modules, data and compiled kernels."""
    package = Path(foveal.__file__).parent
    kernel_sources = package / "kernels"
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and kernel_sources not in path.parents
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
    """Return a digest of an encoder function's source and its bound options."""
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
    "mozjpeg-annex-k": _Entry(
        partial(peers.mozjpeg, quant_table=0), partial(_packages_version, *peers.MOZJPEG.packages)
    ),
    "jpegli": _Entry(peers.jpegli, partial(_packages_version, *peers.JPEGLI.packages)),
    "guetzli": _Entry(guetzli.encode, partial(_program_version, "guetzli"), qualities=(84, 98), most_photos=3),
    "msroi-mix": _Entry(mixed_qualities.encode, foveal_version),
}
NAMES = tuple(_ENTRIES)
