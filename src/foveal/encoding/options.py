"""What can be asked of `foveal.encode`: every choice, its default and its check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.subsampling import AUTO
from foveal.checks import MAX_THREADS, check_choice, check_integer, check_number
from foveal.encoding.size_search import MAX_SIZE_BYTES
from foveal.errors import ParameterError
from foveal.photo.metadata_policy import POLICIES
from foveal.saliency import method_named

ALLOCATIONS = ("rdo", "quality-map")
SUBSAMPLINGS = (AUTO, *jpeg.SAMPLING_FACTORS)

Saliency = str | NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class EncodeOptions:
    """The options of `foveal.encode`; they are explained there.

    Raises
    ------
    ParameterError
        One of them is of the wrong kind or out of range.
    """

    quality: float | None = None
    target_size: int | None = None
    target_score: float | None = None
    verify: bool = False
    saliency: Saliency = "auto"
    strength: float = 0.5
    allocation: str = "rdo"
    subsampling: str | int = AUTO
    progressive: bool = True
    effort: str = "balanced"
    restart_interval: int = 0
    threads: int | None = None
    metadata: str = "keep"

    def __post_init__(self) -> None:
        if self.quality is not None:
            check_number("quality", self.quality, 0, 100)
        self._check_target()
        check_number("strength", self.strength, 0, 1)
        check_integer("restart_interval", self.restart_interval, 0, jpeg.MAX_RESTART_INTERVAL)
        if self.threads is not None:
            check_integer("threads", self.threads, 1, MAX_THREADS)
        if not isinstance(self.progressive, bool | np.bool_):
            raise ParameterError(f"progressive must be True or False, not {self.progressive!r}")
        check_choice("allocation", self.allocation, ALLOCATIONS)
        check_choice("effort", self.effort, tuple(EFFORTS))
        check_choice("metadata", self.metadata, POLICIES)
        check_choice("subsampling", self.subsampling_name, SUBSAMPLINGS)
        if isinstance(self.saliency, str):
            method_named(self.saliency)
        elif self.saliency is not None and not isinstance(self.saliency, np.ndarray):
            raise ParameterError(
                f"saliency must be the name of a method, an array or None, not {type(self.saliency).__name__}"
            )

    @property
    def subsampling_name(self) -> str:
        """Subsampling as "auto" or "4:x:y", of 420 and "420" too."""
        name = str(self.subsampling)
        return ":".join(name) if len(name) == 3 and name.isdigit() else name

    def _check_target(self) -> None:
        given = [name for name in ("quality", "target_size", "target_score") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ParameterError(f"give one of {', '.join(given)}")
        if self.target_size is not None:
            check_integer("target_size", self.target_size, 1, MAX_SIZE_BYTES)
        if self.target_score is not None:
            check_number("target_score", self.target_score, 0, 100)
        if not isinstance(self.verify, bool | np.bool_):
            raise ParameterError(f"verify must be True or False, not {self.verify!r}")
        if self.verify and self.target_score is None:
            raise ParameterError("verify needs a target_score")
