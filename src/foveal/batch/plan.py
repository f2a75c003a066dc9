"""The plan of a batch: all jobs, checked before any work starts.

It is kept in a temporary database of SQLite, on disk where it is large, so that memory does not grow with the number of
files.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

from foveal.batch.columns import from_column, to_column
from foveal.batch.jobs import FileState, Job, Target
from foveal.checks import escape
from foveal.errors import FovealError

_SCHEMA = """
CREATE TABLE jobs (job INTEGER PRIMARY KEY, source, size_bytes INTEGER, version TEXT);
CREATE INDEX jobs_by_source ON jobs (source);
CREATE TABLE targets (target PRIMARY KEY, job INTEGER, width INTEGER) WITHOUT ROWID;
CREATE INDEX targets_by_job ON targets (job);
"""


class PlanError(FovealError):
    """The targets of a batch would overwrite each other, or its sources."""


class Plan:
    """The jobs of a batch.

    Parameters
    ----------
    in_place
        Whether the sources are replaced; then the target of every job is its source.
    """

    def __init__(self, *, in_place: bool = False) -> None:
        self.in_place = in_place
        self._collisions = 0
        self._first_collision = ""
        self._database = sqlite3.connect("", isolation_level=None)  # a temporary file, which SQLite removes
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def add(self, source: FileState, targets: tuple[Target, ...]) -> None:
        """Add the job of a source; a job that is in the plan already is passed over."""
        columns = (to_column(source.key), source.size_bytes, source.version)
        job = self._database.execute(
            "INSERT INTO jobs (source, size_bytes, version) VALUES (?, ?, ?)", columns
        ).lastrowid
        added = [self._claim(source, target, job) for target in targets]
        if not any(added):
            self._database.execute("DELETE FROM jobs WHERE job = ?", (job,))

    def check(self) -> None:
        """Raise PlanError if two sources have the same target, or a target is a source."""
        if self._collisions:
            more = f" ({self._collisions - 1:,} more such pairs)" if self._collisions > 1 else ""
            raise PlanError(f"{self._first_collision}{more}; nothing was done")
        if self.in_place:
            return
        overwritten = self._database.execute(
            "SELECT target FROM targets JOIN jobs ON source = target LIMIT 1"
        ).fetchone()
        if overwritten is not None:
            raise PlanError(
                f"{escape(from_column(overwritten[0]))} is a source and would be overwritten; nothing was done"
            )

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM jobs").fetchone()[0])

    def __contains__(self, target: str) -> bool:
        query = "SELECT 1 FROM targets WHERE target = ?"
        return self._database.execute(query, (to_column(target),)).fetchone() is not None

    @property
    def target_count(self) -> int:
        """Number of targets of all jobs."""
        return int(self._database.execute("SELECT count(*) FROM targets").fetchone()[0])

    @property
    def size_bytes(self) -> int:
        """Size of all sources together in bytes."""
        return int(self._database.execute("SELECT coalesce(sum(size_bytes), 0) FROM jobs").fetchone()[0])

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs in the order in which they were added."""
        for row in self._database.execute("SELECT job, source, size_bytes, version FROM jobs ORDER BY job"):
            yield self._job(*row)

    def sample(self, count: int) -> list[Job]:
        """Return jobs chosen evenly at random, in the order of the plan; the same ones every time."""
        chosen = sorted(random.Random(0).sample(range(1, len(self) + 1), min(count, len(self))))  # noqa: S311
        query = "SELECT job, source, size_bytes, version FROM jobs WHERE job = ?"  # they are numbered without gaps
        return [self._job(*self._database.execute(query, (number,)).fetchone()) for number in chosen]

    def close(self) -> None:
        """Close the temporary database, which removes it."""
        self._database.close()

    def _job(self, job: int, source: str | bytes, size_bytes: int, version: str) -> Job:
        query = "SELECT target, width FROM targets WHERE job = ? ORDER BY width, target"
        targets = tuple(Target(from_column(key), width) for key, width in self._database.execute(query, (job,)))
        return Job(FileState(from_column(source), size_bytes, version), targets, in_place=self.in_place)

    def _claim(self, source: FileState, target: Target, job: int | None) -> bool:
        """Enter a target, and return whether it is new; note a collision with the target of another source."""
        column = to_column(target.key)
        try:
            self._database.execute("INSERT INTO targets VALUES (?, ?, ?)", (column, job, target.width))
        except sqlite3.IntegrityError:
            query = "SELECT source FROM targets JOIN jobs USING (job) WHERE target = ?"
            other = from_column(self._database.execute(query, (column,)).fetchone()[0])
            if other != source.key:
                self._collisions += 1
                both = f"{escape(other)} and {escape(source.key)}"
                self._first_collision = self._first_collision or f"{both} would both be written to {escape(target.key)}"
            return False
        return True
