"""The options of `foveal.optimize`, with their defaults and checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from foveal.allocate.effort import EffortName
from foveal.allocate.weights import check_map
from foveal.checks import MAX_THREADS, check_choice, check_integer, check_number, check_size, describe
from foveal.encoding import EncodeOptions
from foveal.encoding.size_search import MAX_SIZE_BYTES
from foveal.errors import ParameterError
from foveal.jpeg import MAX_PIXELS, MAX_SIDE
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import Saliency, check_saliency

RungName = Literal["kept", "lossless", "requantized", "re-encoded"]


@dataclass(frozen=True, eq=False)
class OptimizeOptions:
    """The options of `foveal.optimize`, which documents them; they are checked when the object is made.

    Raises
    ------
    ParameterError
        An option has the wrong type or is out of range, or options contradict each other.
    """

    lossless: bool = False
    quality: float | None = None
    target_size: int | str | None = None
    target_score: float | None = None
    min_saving: float = 0.02
    saliency: Saliency = "auto"
    strength: float = EncodeOptions.strength
    effort: EffortName = "balanced"
    threads: int | None = None
    metadata: MetadataPolicy = "keep"
    keep_c2pa: bool = False
    reencode: bool = False
    resize: int | None = None
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        for name in ("lossless", "keep_c2pa", "reencode"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise ParameterError(f"{name} must be True or False, not {describe(getattr(self, name))}")
        if self.quality is not None:
            check_number("quality", self.quality, 0, 100)
        if self.target_size is not None:
            check_size("target_size", self.target_size, MAX_SIZE_BYTES)
        if self.target_score is not None:
            check_number("target_score", self.target_score, 0, 100)
        check_number("min_saving", self.min_saving, 0, 1)
        check_number("strength", self.strength, 0, 1)
        if self.threads is not None:
            check_integer("threads", self.threads, 1, MAX_THREADS)
        if self.resize is not None:
            check_integer("resize", self.resize, 1, MAX_SIDE)
        check_choice("effort", self.effort, get_args(EffortName))
        check_choice("metadata", self.metadata, get_args(MetadataPolicy))
        check_saliency(self.saliency)
        if isinstance(self.saliency, np.ndarray):
            check_map(self.saliency)  # here, because not every file is changed by it
        self._check_combination()

    @property
    def size_limit(self) -> int | None:
        """The target size in bytes, also if it was given as a text such as "100KB"; None without one."""
        return None if self.target_size is None else check_size("target_size", self.target_size, MAX_SIZE_BYTES)

    @property
    def from_pixels(self) -> bool:
        """Whether the picture may be encoded again from pixels."""
        return self.reencode or self.resize is not None

    def _check_combination(self) -> None:
        given = [name for name in ("quality", "target_size", "target_score") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ParameterError(f"give one of {', '.join(given)}")
        if self.lossless and (given or self.from_pixels):
            others = [*given, *(["reencode"] if self.reencode else []), *(["resize"] if self.resize else [])]
            raise ParameterError(f"lossless and {others[0]} cannot be given together")
