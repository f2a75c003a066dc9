"""CPUs of actors: tasks have room on every node, and wishes that cannot be met are refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.batch.ray_resources import SPLIT_CPUS, plan_actors
from foveal.errors import ParameterError


@pytest.mark.parametrize(
    ("nodes", "jobs", "actors", "cpus"),
    [([1.0, 1.0], None, 2, 0.9), ([2.0], None, 2, 0.9), ([2.0], 4, 4, 0.47), ([0.0, 64.0, 64.0], None, 128, 0.9)],
)
def test_there_is_an_actor_for_each_cpu(nodes: list[float], jobs: int | None, actors: int, cpus: float) -> None:
    plan = plan_actors(nodes, jobs)
    assert (plan.actors, plan.cpus_per_actor) == (actors, cpus)


@given(st.lists(st.integers(1, 128), min_size=1, max_size=20), st.none() | st.integers(1, 100))
def test_all_actors_fit_beside_a_task_on_each_node(nodes: list[int], jobs: int | None) -> None:
    try:
        plan = plan_actors([float(cpus) for cpus in nodes], jobs)
    except ParameterError:
        assert jobs is not None and jobs > sum(nodes) * 5
        return
    assert plan.actors == (sum(nodes) if jobs is None else jobs)
    room = sum(math.floor((cpus - SPLIT_CPUS) / plan.cpus_per_actor + 1e-9) for cpus in nodes)
    assert room >= plan.actors
    assert plan.cpus_per_actor >= 0.1


def test_what_would_wait_for_ever_is_refused() -> None:
    with pytest.raises(ParameterError, match="100 jobs are too many for the Ray cluster of 2 CPUs; it has room for 18"):
        plan_actors([1.0, 1.0], 100)
    with pytest.raises(ParameterError, match="no CPUs"):
        plan_actors([0.0])
