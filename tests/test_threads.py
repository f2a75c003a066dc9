"""Splitting of rows into strips, and running them on several threads."""

from __future__ import annotations

import threading

import pytest

from foveal.threads import helper_threads, lazy_property, row_ranges, run_in_threads


def test_row_ranges_cover_every_row_once() -> None:
    for rows in (1, 2, 7, 100):
        for per_row in (1, 10, 1000):
            ranges = row_ranges(rows, per_row, 100)
            assert [row for first, last in ranges for row in range(first, last)] == list(range(rows))


def test_results_of_threads_come_in_order() -> None:
    for threads in (1, 2, 7):
        assert run_in_threads(lambda item: item * item, range(100), threads) == [item * item for item in range(100)]
    assert run_in_threads(lambda item: item, [], 3) == []


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def fail(item: int) -> None:
        raise RuntimeError(f"item {item}")

    for threads in (1, 2, 5):
        with pytest.raises(RuntimeError, match="item"):
            run_in_threads(fail, [1, 2, 3], threads)


def test_an_error_stops_the_work() -> None:
    done = []

    def fail_first(item: int) -> None:
        done.append(item)
        if item == 0:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run_in_threads(fail_first, range(100), 1)
    assert done == [0]


def test_helpers_are_kept_for_several_stages() -> None:
    def name(barrier: threading.Barrier) -> str:
        barrier.wait(timeout=10)  # waits for three threads, so each one takes an item
        return threading.current_thread().name

    with helper_threads(3):
        seen = [set(run_in_threads(name, [threading.Barrier(3)] * 3, 3)) for _ in range(5)]
        inner = run_in_threads(lambda item: run_in_threads(lambda other: item * other, [1, 2, 3], 3), [10, 20], 3)
    assert seen == [seen[0]] * 5
    assert len(seen[0]) == 3
    assert inner == [[10, 20, 30], [20, 40, 60]]
    alive = {thread.name for thread in threading.enumerate()}
    assert alive & seen[0] == {threading.current_thread().name}


def test_work_is_done_without_helpers_where_no_thread_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert run_in_threads(lambda item: 2 * item, range(5), 3) == [0, 2, 4, 6, 8]


class Numbers:
    """An object with a lazy property, which counts how often it is computed."""

    def __init__(self) -> None:
        self.computed = 0

    @lazy_property
    def answer(self) -> list[int]:
        """The answer."""
        self.computed += 1
        return [42]


def test_a_lazy_property_is_computed_once() -> None:
    first, second = Numbers(), Numbers()
    assert "answer" not in vars(first)
    assert first.answer is first.answer
    assert (first.computed, second.computed) == (1, 0)
    assert Numbers.answer.__doc__ == "The answer."


def test_threads_that_compute_a_lazy_property_at_once_share_what_is_ready_first() -> None:
    barrier = threading.Barrier(4)

    class Slow:
        @lazy_property
        def value(self) -> object:
            barrier.wait(timeout=10)  # nobody waits for another thread's value: a lock would be held over a fork
            return object()

    slow = Slow()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(slow.value)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(id, found))) == 1
