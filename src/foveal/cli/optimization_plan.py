"""What `foveal optimize` would do with a file, as `foveal inspect --plan` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from foveal.errors import FovealError
from foveal.optimization import OptimizeOptions, Rung, RungName, choose, plan


@dataclass(frozen=True, eq=False)
class Plan:
    """The rungs of the ladder for a file, or the reason why there are none.

    Parameters
    ----------
    rungs
        Rungs from "kept" to "re-encoded"; empty for a file that cannot be optimized.
    chosen
        Rung that is taken by default; None for a file that cannot be optimized.
    problem
        Reason why the file cannot be optimized; "" if it can.
    """

    rungs: tuple[Rung, ...]
    chosen: RungName | None
    problem: str = ""


def make_plan(data: bytes, max_pixels: int) -> Plan:
    """Make the files of all rungs with the default options."""
    options = OptimizeOptions(max_pixels=max_pixels)
    try:
        rungs = plan(data, options)
    except FovealError as error:
        return Plan((), None, str(error))
    kept, lossless, requantized, _ = rungs
    return Plan(rungs, choose(kept, lossless, requantized, min_saving=options.min_saving).name)


def plan_to_list(made: Plan) -> list[dict[str, Any]]:
    """Return a plan as a list for JSON, a dictionary for each rung."""
    return [
        {
            "rung": rung.name,
            "size_bytes": None if rung.data is None else len(rung.data),
            "quality": rung.quality,
            "taken": rung.name == made.chosen,
            "notes": list(rung.notes),
        }
        for rung in made.rungs
    ]


def format_plan(made: Plan, size_bytes: int) -> Iterator[str]:
    """Yield the lines of a plan, given the size of the file in bytes."""
    yield ""
    yield f"{'change':>12} {'bytes':>11}  rung of 'foveal optimize'"
    if made.problem:
        yield f"{'':>24}  none: {made.problem}"
    for rung in made.rungs:
        taken = ", taken by default" if rung.name == made.chosen else ""
        asked = ", only if asked" if rung.name == "re-encoded" else ""
        quality = "" if rung.quality is None else f", quality {rung.quality:g}"
        notes = "".join(f"; {note}" for note in rung.notes)
        if rung.data is None:
            yield f"{'':>12} {'none':>11}  {rung.name}{notes}"
        else:
            size = len(rung.data)
            change = f"{size / size_bytes - 1:+.1%}"
            yield f"{change:>12} {size:>11,}  {rung.name}{quality}{taken}{asked}{notes}"
