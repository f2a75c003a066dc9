"""A JPEG codec that spends its bits where people look.

>>> import foveal
>>> data = foveal.encode(foveal.open("photo.png"), quality=80)   # doctest: +SKIP

`encode` and `decode` write and read JPEG files, `optimize` makes existing ones smaller, `saliency_map` predicts where
people look, `best_crop` finds the crop that keeps it, `inspect` reports what a JPEG file contains, `compare` compares
encoders at equal file sizes, and `pca` compresses photos by principal components.
"""

from foveal import interruption as interruption  # before the others, which take time to import

# isort: split
from typing import TYPE_CHECKING, Any

from foveal import errors
from foveal.encoding import encode
from foveal.errors import FovealError
from foveal.inspection import Inspection, inspect
from foveal.jpeg import decode
from foveal.photo import Photo, open  # noqa: A004 (the natural name for what it does)
from foveal.saliency import SaliencyModel, saliency_map

if TYPE_CHECKING:
    from foveal import pca
    from foveal.comparison.compare import compare
    from foveal.crop import best_crop
    from foveal.optimization import Optimized, optimize

__version__ = "0.1.0"

__all__ = [
    "FovealError",
    "Inspection",
    "Optimized",
    "Photo",
    "SaliencyModel",
    "best_crop",
    "compare",
    "decode",
    "encode",
    "errors",
    "inspect",
    "open",
    "optimize",
    "pca",
    "saliency_map",
]


def __getattr__(name: str) -> Any:
    """Import `pca`, `compare`, `best_crop` and `optimize` at their first use: few programs need them."""
    from importlib import import_module

    if name == "pca":
        return import_module("foveal.pca")
    if name == "compare":
        return import_module("foveal.comparison").compare
    if name == "best_crop":
        return import_module("foveal.crop").best_crop
    if name in ("optimize", "Optimized"):
        return getattr(import_module("foveal.optimization"), name)
    raise AttributeError(f"module 'foveal' has no attribute {name!r}")
