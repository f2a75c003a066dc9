"""The options of `foveal.encode`, with their defaults and checks."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Literal, cast, get_args

import numpy as np

from foveal import jpeg
from foveal.allocate.allocation import AllocationName
from foveal.allocate.effort import EffortName
from foveal.allocate.subsampling import SubsamplingName
from foveal.checks import MAX_THREADS, check_choice, check_integer, check_number, check_size, describe
from foveal.encoding.size_search import MAX_SIZE_BYTES
from foveal.errors import ParameterError
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import Saliency, check_saliency

# Alternative spellings of SubsamplingName.
SubsamplingDigits = Literal["444", "422", "440", "420", 444, 422, 440, 420]


@dataclass(frozen=True, eq=False)
class EncodeOptions:
    """The options of `foveal.encode`, which documents them; they are checked when the object is made.

    Raises
    ------
    ParameterError
        An option has the wrong type or is out of range.
    """

    quality: float | None = None
    target_size: int | str | None = None
    target_score: float | None = None
    verify: bool = False
    saliency: Saliency = "auto"
    strength: float = 0.8
    allocation: AllocationName = "rdo"
    subsampling: SubsamplingName | SubsamplingDigits = "auto"
    progressive: bool = True
    effort: EffortName = "balanced"
    restart_interval: int = 0
    threads: int | None = None
    metadata: MetadataPolicy = "keep"

    def __post_init__(self) -> None:
        if self.quality is not None:
            check_number("quality", self.quality, 0, 100)
        self._check_target()
        check_number("strength", self.strength, 0, 1)
        check_integer("restart_interval", self.restart_interval, 0, jpeg.MAX_RESTART_INTERVAL)
        if self.threads is not None:
            check_integer("threads", self.threads, 1, MAX_THREADS)
        if not isinstance(self.progressive, bool | np.bool_):
            raise ParameterError(f"progressive must be True or False, not {describe(self.progressive)}")
        check_choice("allocation", self.allocation, get_args(AllocationName))
        check_choice("effort", self.effort, get_args(EffortName))
        check_choice("metadata", self.metadata, get_args(MetadataPolicy))
        digits: object = self.subsampling
        if not isinstance(digits, str) and not (isinstance(digits, Integral) and 0 <= int(digits) < 1000):
            raise ParameterError(f"subsampling must be such as '4:2:0' or 420, not {describe(digits)}")
        check_choice("subsampling", self.subsampling_name, get_args(SubsamplingName))
        check_saliency(self.saliency)

    @property
    def subsampling_name(self) -> SubsamplingName:
        """Subsampling as "auto" or "4:x:y", also if the option is 420 or "420"."""
        name = str(self.subsampling)
        return cast(SubsamplingName, ":".join(name) if len(name) == 3 and name.isdigit() else name)

    @property
    def size_limit(self) -> int | None:
        """The target size in bytes, also if it was given as a text such as "100KB"; None without one."""
        return None if self.target_size is None else check_size("target_size", self.target_size, MAX_SIZE_BYTES)

    def _check_target(self) -> None:
        given = [name for name in ("quality", "target_size", "target_score") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ParameterError(f"give one of {', '.join(given)}")
        if self.target_size is not None:
            check_size("target_size", self.target_size, MAX_SIZE_BYTES)
        if self.target_score is not None:
            check_number("target_score", self.target_score, 0, 100)
        if not isinstance(self.verify, bool | np.bool_):
            raise ParameterError(f"verify must be True or False, not {describe(self.verify)}")
        if self.verify and self.target_score is None:
            raise ParameterError("verify needs a target_score")
