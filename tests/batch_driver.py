"""Batches that crash: `python -m batch_driver FOLDER WHO STEP NAME` optimizes a folder and dies at a step of one file.

WHO dies is the "worker" alone, or the "batch" with it, as in a power failure; "nobody" dies without a step. Without
FOLDER/out the files are replaced in place.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from pathlib import Path

from batch_jobs import PLAIN

from foveal.batch import FileState, LocalStorage, Outcome, Target
from foveal.batch.discovery import LeftAlone, Search
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.batch.naming import Naming
from foveal.batch.plan import Plan
from foveal.batch.run import Batch

WORKER_STEPS = ("found", "read", "encoded", "intent answered", "temporary written", "renamed")
LEDGER_STEPS = ("intent stored", "intent committed", "outcome stored", "outcome committed")


class CrashingStorage(LocalStorage):
    """Files of this machine; the process ends at a step of the file of a name."""

    def __init__(self, who: str, step: str, name: str) -> None:
        super().__init__()
        self._who, self._step, self._name, self._has_read = who, step, name, False

    def read(self, key: str) -> bytes:
        self._reach("found", key)
        data = super().read(key)
        self._has_read = True
        self._reach("read", key)
        return data

    def state(self, key: str) -> FileState:
        if self._has_read:
            self._reach("encoded", key)  # in place, before the intent
        return super().state(key)

    def write_new(self, key: str, data: bytes) -> FileState:
        self._reach("intent answered", key)
        self._crash_instead_of_renaming(key)
        written = super().write_new(key, data)
        self._reach("renamed", key)
        return written

    def replace(self, key: str, data: bytes, *, keep_times: bool = False) -> FileState:
        self._reach("intent answered", key)
        self._crash_instead_of_renaming(key)
        written = super().replace(key, data, keep_times=keep_times)
        self._reach("renamed", key)
        return written

    def _crash_instead_of_renaming(self, key: str) -> None:
        if self._step == "temporary written" and Path(key).name == self._name:
            Path.replace = os.link = lambda *_: self._die()  # type: ignore[assignment, method-assign]

    def _reach(self, step: str, key: str) -> None:
        if step == self._step and Path(key).name == self._name:
            self._die()

    def _die(self) -> None:
        if self._who == "batch":
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingLedger(Ledger):
    """A ledger whose process ends at a step of the file of a name."""

    def __init__(self, path: Path, step: str, name: str) -> None:
        super().__init__(path)
        self._step, self._name, self._dies_at_commit = step, name, False

    def intent(self, outcome: Outcome) -> None:
        super().intent(outcome)
        self._reach("intent", outcome)

    def finished(self, outcome: Outcome) -> None:
        super().finished(outcome)
        self._reach("outcome", outcome)

    def commit(self) -> None:
        super().commit()
        if self._dies_at_commit:
            os.kill(os.getpid(), signal.SIGKILL)

    def _reach(self, what: str, outcome: Outcome) -> None:
        if Path(outcome.target).name == self._name:
            if self._step == f"{what} stored":
                os.kill(os.getpid(), signal.SIGKILL)
            self._dies_at_commit = self._dies_at_commit or self._step == f"{what} committed"


def run_batch(folder: Path, who: str = "nobody", step: str = "", name: str = "", *, in_place: bool) -> Batch:
    """Optimize FOLDER/in, in place or into FOLDER/out, with one worker; the ledger is FOLDER/.foveal-batch.sqlite."""
    storage = LocalStorage() if who == "nobody" else CrashingStorage(who, step, name)
    naming = Naming(str(folder / "out"))
    with closing(Plan(in_place=in_place)) as plan:
        for found in Search((str(folder / "in"),)).find(LeftAlone()):
            targets = (Target(found.path),) if in_place else naming.targets_of(found.relative)
            plan.add(LocalStorage().state(found.path), targets)
        batch = Batch(plan, PLAIN, 1, storage=storage)
        with closing(CrashingLedger(folder / DEFAULT_NAME, step, name)) as ledger:
            ledger.start_run(PLAIN)
            for _ in batch.run(ledger, lambda: False):
                pass
            ledger.end_run("finished")
    return batch


if __name__ == "__main__":
    run_batch(Path(sys.argv[1]), *sys.argv[2:5], in_place=sys.argv[5] == "in place")
