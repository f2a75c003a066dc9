"""How many actors a Ray cluster can hold, and how much CPU each asks for.

Ray starts the actors of a pipeline first. If they ask for all CPUs, no task can read the manifest, and the pipeline
waits for ever (ray-project/ray#44687). Therefore each node keeps `SPLIT_CPUS` free for such a task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from foveal.errors import ParameterError

SPLIT_CPUS = 0.1  # of a task that reads the manifest; it waits for storage most of the time
_USUAL_CPUS = 0.9  # of an actor; one fits on a node of one CPU beside a task
_LEAST_CPUS = 0.1  # of an actor; smaller shares mean many actors that wait for each other
_STEP = 0.01


@dataclass(frozen=True)
class ActorPlan:
    """Actors of a batch.

    Parameters
    ----------
    actors
        Number of actors.
    cpus_per_actor
        Number of CPUs that each actor asks for. It decides how many are placed on a node, and limits nothing.
    """

    actors: int
    cpus_per_actor: float


def plan_actors(node_cpus: Sequence[float], jobs: int | None = None) -> ActorPlan:
    """Return a number of actors that leaves CPUs for tasks on every node, and the CPUs that each asks for.

    Parameters
    ----------
    node_cpus
        Number of CPUs of each node.
    jobs
        Wanted number of actors; None for as many as there are CPUs.

    Raises
    ------
    ParameterError
        The cluster has too few CPUs.
    """
    nodes = [cpus for cpus in node_cpus if cpus > SPLIT_CPUS]
    wanted = sum(max(1, math.floor(cpus)) for cpus in nodes) if jobs is None else jobs
    if not nodes:
        raise ParameterError("the Ray cluster has no CPUs; start its workers first")
    steps = round(_USUAL_CPUS / _STEP)
    while steps * _STEP >= _LEAST_CPUS:
        share = round(steps * _STEP, 2)
        if _capacity(nodes, share) >= wanted:
            return ActorPlan(wanted, share)
        steps -= 1
    most = _capacity(nodes, _LEAST_CPUS)
    raise ParameterError(
        f"{wanted:,} jobs are too many for the Ray cluster of {sum(nodes):g} CPUs; it has room for {most:,}"
    )


def _capacity(node_cpus: Sequence[float], share: float) -> int:
    """Return how many actors with this share of a CPU fit on the nodes, beside a task on each."""
    return sum(math.floor((cpus - SPLIT_CPUS) / share + 1e-9) for cpus in node_cpus)
