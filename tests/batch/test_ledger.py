"""The ledger: what is stored, intents after a crash, locks, and files that are no ledgers."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from batch_jobs import CONVERTING, PLAIN

from foveal.batch import LocalStorage, Outcome
from foveal.batch.jobs import hash_of
from foveal.batch.ledger import Ledger, LedgerError

OUTCOME = Outcome(
    "job",
    "a.jpg",
    "b.jpg",
    "written",
    "settings",
    "",
    "lossless",
    9,
    5,
    0.5,
    "7",
    "8",
    "ab",
    "cd",
    3,
    4,
    80.5,
    ("x", "ü"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_outcomes_are_kept(path: Path) -> None:
    odd = replace(OUTCOME, target=os.fsdecode(b"\xff.jpg"), source=os.fsdecode(b"\xfe.jpg"), quality=None, warnings=())
    with closing(Ledger(path)) as ledger:
        assert ledger.start_run(PLAIN) is None
        for outcome in (OUTCOME, odd):
            ledger.finished(outcome)
        ledger.end_run("finished")
    with closing(Ledger(path, must_exist=True)) as ledger:
        assert ledger.outcome_of("b.jpg") == OUTCOME
        assert ledger.outcome_of(odd.target) == odd
        assert ledger.outcome_of("c.jpg") is None
        assert set(ledger.outcomes()) == {OUTCOME, odd}
        assert [run["state"] for run in ledger.runs()] == ["finished"]


def test_what_is_not_committed_is_not_kept(path: Path) -> None:
    with closing(Ledger(path)) as ledger, closing(Ledger(path, must_exist=True)) as reader:
        ledger.finished(OUTCOME)
        assert reader.outcome_of("b.jpg") is None
        ledger.commit()
        assert reader.outcome_of("b.jpg") == OUTCOME


def test_the_settings_of_the_last_run_are_compared(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        assert ledger.start_run(PLAIN) is None
        assert ledger.start_run(PLAIN) is None
        assert ledger.start_run(CONVERTING) == PLAIN.as_dict()


@pytest.mark.parametrize("present", ["output", "source", "other", "nothing"])
def test_an_intent_is_settled_by_the_bytes_of_the_target(present: str, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    contents = {"output": b"new", "source": b"old", "other": b"edited"}
    if present != "nothing":
        target.write_bytes(contents[present])
    intent = replace(OUTCOME, target=str(target), source_sha256=hash_of(b"old"), output_sha256=hash_of(b"new"))
    with closing(Ledger(path)) as ledger:
        ledger.start_run(PLAIN)
        ledger.intent(intent)
        ledger.commit()
    with closing(Ledger(path)) as ledger:
        settled = ledger.settle(LocalStorage())
        expected = [replace(intent, target_version=str(target.stat().st_mtime_ns))] if present == "output" else []
        assert settled == expected
        assert list(ledger.outcomes()) == expected
        assert ledger.settle(LocalStorage()) == []
        if present == "nothing":  # perhaps it cannot be reached now: the intent waits for it
            target.write_bytes(b"new")
            assert [each.target for each in ledger.settle(LocalStorage())] == [str(target)]
    assert target.read_bytes() == contents.get(present, b"new")


def test_a_ledger_in_use_is_refused_and_a_reader_is_not(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.finished(OUTCOME)
        ledger.commit()
        code = "import sys; from foveal.batch import ledger; ledger._LOCK_SECONDS = 0; ledger.Ledger(sys.argv[1])"
        finished = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
        assert "LedgerError" in finished.stderr
        assert "another batch is using this ledger" in finished.stderr
        with closing(Ledger(path, must_exist=True)) as reader:
            assert list(reader.outcomes()) == [OUTCOME]


@pytest.mark.parametrize("must_exist", [False, True])
@pytest.mark.parametrize("kind", ["text", "other database"])
def test_other_files_are_no_ledgers(kind: str, must_exist: bool, path: Path) -> None:
    if kind == "text":
        path.write_text("something else " * 100)
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE things (name)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(path, must_exist=must_exist)
    assert path.read_bytes() == before


def test_a_full_disk_is_an_error_of_the_system(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger._database.execute("PRAGMA max_page_count = 9")  # as small as the empty ledger or smaller
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as error:
            for number in range(1000):
                ledger.finished(replace(OUTCOME, target=f"{number}.jpg"))
        assert error.value.errno == errno.ENOSPC


def test_names_of_columns_are_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "batch.md").read_text()
    with closing(sqlite3.connect(":memory:")) as database:
        from foveal.batch import ledger

        database.executescript(ledger._SCHEMA)
        for table in ("runs", "outcomes", "intents"):
            for row in database.execute(f"PRAGMA table_info({table})"):
                assert f"`{row[1]}`" in page, f"{table}.{row[1]}"
