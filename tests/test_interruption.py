"""Signals to the command: its exit code, its line, and the files that it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kills import FOVEAL, kill_many

from foveal import interruption

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


def test_kills_at_random_moments_leave_whole_files() -> None:
    """`python tests/kills.py 200` tries more moments."""
    report = kill_many(9)
    assert report.problems == []
    assert sum(report.outcomes.values()) == 9


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "terminated")],
)
@pytest.mark.parametrize("module", ["numpy", "click"])
def test_a_signal_while_modules_are_imported_ends_the_command_with_one_line(
    number: signal.Signals, code: int, line: str, module: str, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(f"import signal; signal.raise_signal({int(number)})")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path[1:]])}
    done = subprocess.run([*FOVEAL, "encode", "--help"], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"foveal: {line}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_the_parent_ignores_is_ignored(number: signal.Signals, tmp_path: Path) -> None:
    """As by nohup, and for the background jobs of a shell."""
    process = subprocess.Popen(
        [*FOVEAL, "encode", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    )
    time.sleep(1)
    process.send_signal(number)
    assert process.communicate()[1] == b"foveal: standard input: nothing to read\n"
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("original", "arguments", "expected"),
    [
        (["python", "-m", "foveal", "encode"], ["-m", "encode"], True),
        (["python", "-W", "ignore", "-m", "foveal"], ["-m"], True),
        (["python", "-mfoveal"], ["-m"], True),
        (["python", "-Im", "foveal", "-m"], ["-m", "-m"], True),
        (["python", "/usr/bin/foveal", "encode"], ["/usr/bin/foveal", "encode"], True),
        (["python", "-m", "pytest", "foveal"], ["-m", "foveal"], False),
        (["python", "tool.py", "-m", "foveal"], ["tool.py", "-m", "foveal"], False),
        (["python", "-m", "foveal.training"], ["-m"], False),
        (["python"], [""], False),
        (["python", "-c", "import foveal"], ["-c"], False),
    ],
)
def test_the_command_is_known_by_its_arguments(
    original: list[str], arguments: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", original)
    monkeypatch.setattr(sys, "argv", arguments)
    assert interruption.is_command() is expected


def test_programs_that_import_foveal_keep_their_handlers() -> None:
    program = (
        "import signal; before = signal.getsignal(2), signal.getsignal(15); import foveal, foveal.cli.main;"
        "print(before == (signal.getsignal(2), signal.getsignal(15)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_handlers_are_restored_and_those_of_the_program_kept() -> None:
    def own(*_: object) -> None:
        pass

    previous = signal.signal(signal.SIGTERM, own)
    try:
        with interruption.exit_on_signals():
            assert signal.getsignal(signal.SIGTERM) is own
            assert signal.getsignal(signal.SIGINT) is interruption._end
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, previous)
