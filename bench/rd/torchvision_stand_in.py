"""Stand-in for the parts of torchvision that CVVDP and piq import, so that torchvision need not be installed.

CVVDP blurs with `torchvision.transforms.GaussianBlur`. Everything else that the two packages import (networks, layers)
belongs to metrics that the benchmark does not use; here it is an empty class.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _AnyAttribute(type):
    """Class of classes that have every public attribute: another `_Unused`."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Unused


class _Unused(metaclass=_AnyAttribute):
    """Any class or function that is imported, perhaps inherited from, but never used."""


class _StandIn(ModuleType):
    """Module in which every public name that was not set is `_Unused`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Unused


class GaussianBlur:
    """Blur of (..., H, W) tensors by a Gaussian kernel, edges reflected.

    Parameters
    ----------
    kernel_size
        Side of the kernel in pixels, odd.
    sigma
        Standard deviation in pixels.
    """

    def __init__(self, kernel_size: int, sigma: float) -> None:
        import torch

        offsets = torch.arange(kernel_size) - kernel_size // 2
        window = torch.exp(-((offsets / sigma) ** 2) / 2)
        self._window, self._margin = window / window.sum(), kernel_size // 2

    def __call__(self, picture: Any) -> Any:
        """Return the blurred picture, of the same shape."""
        from torch.nn import functional

        window = self._window.to(picture)
        planes = picture.reshape(-1, 1, *picture.shape[-2:])
        planes = functional.pad(planes, [self._margin] * 4, mode="reflect")
        down = functional.conv2d(planes, window[None, None, :, None])
        return functional.conv2d(down, window[None, None, None, :]).reshape(picture.shape)

    forward = __call__


def provide() -> None:
    """Make the stand-in importable as torchvision, unless torchvision itself has been imported.

    An installed torchvision is not used, because one made for another build of torch cannot be imported.
    """
    if "torchvision" in sys.modules:
        return
    package = _StandIn("torchvision")
    package.__path__ = []
    sys.modules["torchvision"] = package
    for name in ("models", "models.utils", "ops", "transforms"):
        module = sys.modules[f"torchvision.{name}"] = _StandIn(f"torchvision.{name}")
        if "." not in name:
            setattr(package, name, module)
    sys.modules["torchvision.transforms"].__dict__["GaussianBlur"] = GaussianBlur
