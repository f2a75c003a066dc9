"""The ledger: what became of every target, in a file of SQLite. `docs/batch.md` documents its tables.

Before a target is written, the outcome that it will have is stored as an intent, with the hashes of source and output.
Where a crash leaves an intent, the bytes of the target tell whether it was written: its hash is that of the output, or
it is not. So nothing is done twice, and no file is compressed again that was replaced already.

One process writes a ledger. It holds a lock, which its workers share, until the last of them has ended.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from foveal.batch.columns import from_column, to_column
from foveal.batch.jobs import BatchSettings, Outcome, hash_of
from foveal.batch.storage import Storage
from foveal.checks import escape
from foveal.errors import FovealError

DEFAULT_NAME = ".foveal-batch.sqlite"
RunState = Literal["running", "finished", "interrupted", "stopped"]

_LOCK_SECONDS, _LOCK_ATTEMPTS = 10.0, 100
_APPLICATION_ID = 0x666F7665  # "fove", in the header of the file
_VERSION = 1
_PATHS = ("source", "target")
_COLUMNS = tuple(each.name for each in fields(Outcome) if each.name != "stops_batch")
_SCHEMA = f"""
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, started TEXT, ended TEXT, state TEXT, settings_id TEXT, settings TEXT
);
CREATE TABLE outcomes (
    target PRIMARY KEY, run INTEGER, finished TEXT,
    {", ".join(name for name in _COLUMNS if name != "target")}
) WITHOUT ROWID;
CREATE INDEX outcomes_by_source ON outcomes (source);
CREATE INDEX outcomes_by_status ON outcomes (status);
CREATE TABLE intents (
    target PRIMARY KEY, source_sha256 TEXT, output_sha256 TEXT, outcome TEXT
) WITHOUT ROWID;
"""


class LedgerError(FovealError):
    """The ledger cannot be used: it is of another kind or version, or another batch is using it."""


class Ledger:
    """An open ledger; also the `Record` of jobs that are done in this process.

    Writing methods take effect with `commit`, which returns when everything is on disk.

    Parameters
    ----------
    path
        Path of the file; it is created if there is none, unless `must_exist` is given.
    must_exist
        Whether the file is only read, so that no lock is needed.

    Raises
    ------
    LedgerError
        The file is no ledger, or another batch is using it.
    OSError
        The file cannot be created or read.
    """

    def __init__(self, path: str | os.PathLike[str], *, must_exist: bool = False) -> None:
        self.path = Path(path)
        self.lock = None if must_exist else _lock(self.path)
        address = f"{self.path.absolute().as_uri()}?mode={'ro' if must_exist else 'rwc'}"
        self._run = 0
        try:
            with _as_errors(self.path):
                self._database = sqlite3.connect(address, uri=True, isolation_level=None, timeout=10)
                self._prepare(must_exist)
        except BaseException:
            self._release()
            raise

    def start_run(self, settings: BatchSettings) -> dict[str, Any] | None:
        """Note that a run begins; return the settings of the run before, None if it had the same or there is none."""
        with _as_errors(self.path):
            last = self._database.execute("SELECT settings_id, settings FROM runs ORDER BY run DESC LIMIT 1").fetchone()
            columns = (_now(), "running", settings.fingerprint(), json.dumps(settings.as_dict()))
            query = "INSERT INTO runs (started, state, settings_id, settings) VALUES (?, ?, ?, ?)"
            self._run = self._database.execute(query, columns).lastrowid or 0
        if last is None or last[0] == settings.fingerprint():
            return None
        return dict(json.loads(last[1]))

    def end_run(self, state: RunState) -> None:
        """Note that the run has ended."""
        self.commit()
        with _as_errors(self.path):
            self._database.execute("UPDATE runs SET ended = ?, state = ? WHERE run = ?", (_now(), state, self._run))

    def intent(self, outcome: Outcome) -> None:
        """Store the outcome that a target will have, see `Record.intent`."""
        column = to_column(outcome.target)
        values = (column, outcome.source_sha256, outcome.output_sha256, json.dumps(outcome.as_dict()))
        self._write("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?)", values)

    def finished(self, outcome: Outcome) -> None:
        """Store the outcome of a target, and remove its intent, see `Record.finished`.

        A target that is skipped or has failed keeps the size, version and hash of the file that an earlier run has
        written, so that a later run may replace it.
        """
        before = self.outcome_of(outcome.target) if outcome.status in ("skipped", "failed") else None
        if before is not None:
            known = {name: getattr(before, name) for name in ("size_bytes_after", "target_version", "output_sha256")}
            outcome = replace(outcome, **known)
        values = {**outcome.as_dict(), "run": self._run, "finished": _now()}
        del values["stops_batch"]
        values["warnings"] = json.dumps(values["warnings"])
        values |= {name: to_column(values[name]) for name in _PATHS}
        marks = ", ".join("?" * len(values))
        self._write(f"INSERT OR REPLACE INTO outcomes ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
        self._write("DELETE FROM intents WHERE target = ?", (to_column(outcome.target),))

    def commit(self) -> None:
        """Write what has been stored to disk."""
        if self._database.in_transaction:
            with _as_errors(self.path):
                self._database.execute("COMMIT")

    def outcome_of(self, target: str) -> Outcome | None:
        """Return what became of a target; None if it has no outcome yet."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM outcomes WHERE target = ?"  # noqa: S608 (names of columns)
        row = self._database.execute(query, (to_column(target),)).fetchone()
        return None if row is None else _outcome_of_row(row)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield all outcomes, those of a source together."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM outcomes ORDER BY source, width, target"  # noqa: S608
        yield from map(_outcome_of_row, self._database.execute(query))

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs by column, from the first to the last."""
        rows = self._database.execute("SELECT run, started, ended, state, settings_id, settings FROM runs ORDER BY run")
        names = ("run", "started", "ended", "state", "settings_id", "settings")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def settle(self, storage: Storage) -> list[Outcome]:
        """Turn all intents that a crash has left into outcomes if their targets were written; drop the others.

        Returns
        -------
        list of Outcome
            Outcomes of the targets that were written.
        """
        rows = self._database.execute("SELECT target FROM intents ORDER BY target").fetchall()
        settled = [self.settle_target(from_column(target), storage) for (target,) in rows]
        self.commit()
        return [outcome for outcome in settled if outcome is not None]

    def settle_target(self, target: str, storage: Storage) -> Outcome | None:
        """Do what `settle` does for one target; None if it has no intent or was not written."""
        query = "SELECT output_sha256, outcome FROM intents WHERE target = ?"
        row = self._database.execute(query, (to_column(target),)).fetchone()
        if row is None:
            return None
        with suppress(OSError):
            if hash_of(storage.read(target)) == row[0]:
                values = json.loads(row[1])
                outcome = Outcome(**{**values, "warnings": tuple(values["warnings"])})
                outcome = replace(outcome, target_version=storage.state(target).version)
                self.finished(outcome)
                return outcome
        self._write("DELETE FROM intents WHERE target = ?", (to_column(target),))
        return None

    def close(self) -> None:
        """Commit and close the file; the lock stays until the workers have ended, too."""
        try:
            self.commit()
        finally:
            self._database.close()
            self._release()

    def _release(self) -> None:
        """Close the lock, which stays in force until the workers have closed it, too."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _write(self, query: str, values: tuple[Any, ...]) -> None:
        with _as_errors(self.path):
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            self._database.execute(query, values)

    def _prepare(self, is_read_only: bool) -> None:
        """Create the tables of a new ledger, or check that the file is one."""
        (identity,) = self._database.execute("PRAGMA application_id").fetchone()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not is_read_only and not tables:
            self._database.execute("PRAGMA journal_mode = WAL")
            script = f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_VERSION};"
            self._database.executescript(f"BEGIN; {script} {_SCHEMA} COMMIT;")
        elif identity != _APPLICATION_ID or version != _VERSION:
            raise LedgerError(f"{escape(str(self.path))}: not a ledger of this version of foveal")
        self._database.execute("PRAGMA synchronous = FULL")  # an intent is on disk before its target is written


def _outcome_of_row(row: tuple[Any, ...]) -> Outcome:
    values = dict(zip(_COLUMNS, row, strict=True))
    values |= {name: from_column(values[name]) for name in _PATHS}
    values["warnings"] = tuple(json.loads(values["warnings"]))
    return Outcome(**values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _lock(path: Path) -> int | None:
    """Open a file and lock it for this process and its workers; None where the system has no such locks."""
    try:
        import fcntl  # not on Windows
    except ImportError:
        return None
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    for _ in range(_LOCK_ATTEMPTS):  # the workers of a batch that was killed finish their files
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_SECONDS / _LOCK_ATTEMPTS)
        else:
            return lock
    os.close(lock)
    raise LedgerError(f"{escape(str(path))}: another batch is using this ledger, or is finishing")


@contextmanager
def _as_errors(path: Path) -> Iterator[None]:
    """Convert the errors of SQLite to LedgerError, or to OSError if the disk is full or may not be written."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        numbers = {
            sqlite3.SQLITE_FULL: errno.ENOSPC,
            sqlite3.SQLITE_READONLY: errno.EROFS,
            sqlite3.SQLITE_IOERR: errno.EIO,
        }
        if code in numbers:
            raise OSError(numbers[code], os.strerror(numbers[code]), str(path)) from error
        if code == sqlite3.SQLITE_CANTOPEN:
            raise OSError(errno.ENOENT, "the ledger cannot be opened", str(path)) from error
        raise LedgerError(f"{escape(str(path))}: not a ledger, or a broken one ({error})") from error
