"""A JPEG codec that spends its bits where people look.

>>> import foveal
>>> data = foveal.encode(foveal.open("photo.png"), quality=80)   # doctest: +SKIP

`encode` and `decode` write and read JPEG files, `optimize` makes existing ones smaller, `saliency_map` predicts where
people look, `best_crop` finds the crop that keeps it, `resize` makes photos smaller, `inspect` reports what a JPEG
file contains, `compare` compares encoders at equal file sizes, and `pca` compresses photos by principal components.
"""

from __future__ import annotations

from foveal import interruption as interruption  # before the others, which take time to import

# isort: split
from foveal.threads import loading

TYPE_CHECKING = False  # as in `typing`, which takes time to import
if TYPE_CHECKING:
    from typing import Any

    from foveal import errors, pca
    from foveal.comparison.compare import compare
    from foveal.crop import best_crop, crop_photo
    from foveal.encoding import encode
    from foveal.errors import FovealError
    from foveal.inspection import Inspection, inspect
    from foveal.jpeg import decode
    from foveal.optimization import Optimized, optimize
    from foveal.photo import Photo, open  # noqa: A004 (the natural name for what it does)
    from foveal.photo.resizing import resize
    from foveal.saliency import SaliencyModel, saliency_map

__version__ = "0.2.0"

__all__ = [
    "FovealError",
    "Inspection",
    "Optimized",
    "Photo",
    "SaliencyModel",
    "best_crop",
    "compare",
    "crop_photo",
    "decode",
    "encode",
    "errors",
    "inspect",
    "open",
    "optimize",
    "pca",
    "resize",
    "saliency_map",
]

# Modules of the public names, which are imported at the first use of one of their names: most programs need few of
# them, and importing all takes a quarter of a second.
_HOMES = {
    "FovealError": "errors",
    "Inspection": "inspection",
    "Optimized": "optimization",
    "Photo": "photo",
    "SaliencyModel": "saliency",
    "best_crop": "crop",
    "compare": "comparison",
    "crop_photo": "crop",
    "decode": "jpeg",
    "encode": "encoding",
    "inspect": "inspection",
    "open": "photo",
    "optimize": "optimization",
    "resize": "photo.resizing",
    "saliency_map": "saliency",
}
_MODULES = ("encoding", "errors", "inspection", "jpeg", "metrics", "optimization", "pca", "photo", "saliency")


def __getattr__(name: str) -> Any:
    """Import a public name, or a module that holds one, at its first use (PEP 562)."""
    from importlib import import_module

    if name not in _HOMES and name not in _MODULES:
        raise AttributeError(f"module 'foveal' has no attribute {name!r}")
    with loading:
        module = import_module(f"foveal.{_HOMES.get(name, name)}")
    value = getattr(module, name) if name in _HOMES else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
