"""Options of `foveal.pca.encode`: defaults and validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from foveal.checks import check_choice, check_integer, check_number
from foveal.jpeg import MAX_PIXELS

PcaMode = Literal["rows", "blocks"]
MODES = get_args(PcaMode)


@dataclass(frozen=True)
class PcaOptions:
    """The options of `foveal.pca.encode`, which documents them.

    Raises
    ------
    ParameterError
        An option is of the wrong kind or out of range.
    """

    variance: float = 99.0
    mode: PcaMode = "rows"
    components: int | None = None

    def __post_init__(self) -> None:
        check_number("variance", self.variance, 0, 100)
        check_choice("mode", self.mode, MODES)
        if self.components is not None:
            check_integer("components", self.components, 1, MAX_PIXELS)
