"""The GitHub Action, action.yml: its last step runs here, with a program in the place of foveal."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

ACTION = Path(__file__).parents[2] / "action.yml"


def last_script() -> str:
    """Return the script of the last step, which is the last block of the file."""
    return textwrap.dedent(ACTION.read_text().rpartition("run: |\n")[2])


def arguments_of_foveal(folder: Path, paths: str, options: str) -> list[str]:
    """Run the script with a foveal that writes down its arguments, one a line."""
    stand_in = folder / "foveal"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/arguments"\n')
    stand_in.chmod(0o755)
    chosen = {"PATH": f"{folder}:{os.environ['PATH']}", "RUNNER_TEMP": str(folder), "PATHS": paths, "OPTIONS": options}
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", last_script()]
    subprocess.run(script, cwd=folder, env=os.environ | chosen, check=True)
    return (folder / "arguments").read_text().splitlines()


@pytest.mark.parametrize(
    ("paths", "options", "expected_options", "expected_paths"),
    [
        (".", "", [], ["."]),
        ("docs images", "--lossless", ["--lossless"], ["docs", "images"]),
        ("-x", "--quality 80 --jobs 2", ["--quality", "80", "--jobs", "2"], ["-x"]),
        ("$(touch run) *; exit 1", "`touch run`", ["`touch", "run`"], ["$(touch", "run)", "*;", "exit", "1"]),
    ],
)
def test_inputs_become_arguments_and_are_not_run(
    tmp_path: Path, paths: str, options: str, expected_options: list[str], expected_paths: list[str]
) -> None:
    given = arguments_of_foveal(tmp_path, paths, options)
    ledger = ["--ledger", str(tmp_path / "foveal.sqlite")]
    assert given == ["batch", "--in-place", *ledger, *expected_options, "--", *expected_paths]
    assert not (tmp_path / "run").exists()
