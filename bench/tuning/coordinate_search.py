"""Coordinate search over tuned parameters: one parameter is moved at a time, and kept where that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

# Parameters with a limited range; values outside it are meaningless.
BOUNDS = {"lift": (0.0, 0.5), "red_green": (0.0, np.inf), "blue": (0.0, np.inf)}
FIRST_STEP, SHRINKING = 0.15, 0.6
SMALLEST_IMPROVEMENT = 0.02  # smallest decrease of the objective, in percent, for which a new value is kept


def list_parameters(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the parameters to search, as paths of keys in nested dictionaries.

    Profiles are left out, because `bench.tuning.sensitivity` measures them, and so are `usual_...` values, which
    `bench.tuning.usual_photos` measures.
    """
    for key, value in values.items():
        if isinstance(value, dict):
            yield from list_parameters(value, (*path, key))
        elif isinstance(value, float) and not key.startswith("usual"):
            yield (*path, key)


def move_parameter(values: dict[str, Any], path: tuple[str, ...], by: float) -> dict[str, Any]:
    """Return a copy of the values with one parameter changed by a step, within its BOUNDS."""
    result = deepcopy(values)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    least, most = BOUNDS.get(path[-1], (-np.inf, np.inf))
    inner[path[-1]] = min(max(round(inner[path[-1]] + by, 4), least), most)
    return result


def coordinate_search(
    objective: Callable[[dict[str, Any]], float], values: dict[str, Any], paths: list[tuple[str, ...]], sweeps: int
) -> dict[str, Any]:
    """Minimise an objective by a coordinate search over the parameters at `paths`, and return the best values."""
    best, step = objective(values), FIRST_STEP
    print(f"start: {best:+.2f} %")
    for sweep in range(sweeps):
        for path in paths:
            for by in (step, -step):
                candidate = move_parameter(values, path, by)
                result = objective(candidate)
                if result < best - SMALLEST_IMPROVEMENT:
                    best, values = result, candidate
                    print(f"sweep {sweep + 1}: {'.'.join(path)} {by:+.3f}: {best:+.2f} %", flush=True)
                    break
        step *= SHRINKING
    return values
