"""The plan of a batch: collisions before any work, order, samples, and names that are no text."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from foveal.batch.jobs import FileState, Target
from foveal.batch.plan import Plan, PlanError


def source(key: str, size_bytes: int = 10) -> FileState:
    return FileState(key, size_bytes, "1")


def test_jobs_come_in_the_order_in_which_they_were_added() -> None:
    names = ["b", "a", os.fsdecode(b"\xff"), "c"]
    with closing(Plan()) as plan:
        for number, name in enumerate(names):
            plan.add(source(name, number), (Target(f"out/{name}", 9), Target(f"out/{name}-", 5)))
        plan.check()
        jobs = list(plan.jobs())
        assert [job.source for job in jobs] == [source(name, number) for number, name in enumerate(names)]
        assert jobs[0].targets == (Target("out/b-", 5), Target("out/b", 9))
        assert (len(plan), plan.target_count, plan.size_bytes) == (4, 8, 6)
        assert f"out/{names[2]}" in plan
        assert "a" not in plan


def test_two_sources_of_one_target_are_an_error_that_names_them() -> None:
    with closing(Plan()) as plan:
        for name in ("a.png", "b.png", "a.webp", "b.webp"):
            plan.add(source(name), (Target(name[0] + ".jpg"),))
        with pytest.raises(PlanError, match=r"^a.png and a.webp would both be written to a.jpg \(1 more such pairs\)"):
            plan.check()


def test_a_source_that_is_named_twice_is_done_once() -> None:
    with closing(Plan()) as plan:
        for name in ("a", "b", "a", "c"):
            plan.add(source(name), (Target(f"out/{name}"),))
        plan.check()
        assert [job.source.key for job in plan.jobs()] == ["a", "b", "c"]
        assert [job.source.key for job in plan.sample(9)] == ["a", "b", "c"]


def test_a_target_that_is_a_source_is_an_error() -> None:
    with closing(Plan()) as plan:
        plan.add(source("a.jpg"), (Target("out/a.jpg"),))
        plan.add(source("out/a.jpg"), (Target("out/out/a.jpg"),))
        with pytest.raises(PlanError, match=r"out/a\.jpg is a source"):
            plan.check()
    with closing(Plan(in_place=True)) as plan:
        plan.add(source("a.jpg"), (Target("a.jpg"),))
        plan.check()
        assert [job.in_place for job in plan.jobs()] == [True]


def test_samples_are_the_same_every_time_and_spread_over_the_plan() -> None:
    with closing(Plan()) as plan:
        for number in range(1000):
            plan.add(source(str(number)), (Target(f"out/{number}"),))
        first = [int(job.source.key) for job in plan.sample(100)]
        assert first == [int(job.source.key) for job in plan.sample(100)]
        assert first == sorted(set(first))
        assert len(first) == 100
        assert 350 < sum(first) / 100 < 650
