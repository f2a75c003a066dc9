"""The hook of pre-commit: it makes photos smaller, fails if it changed one, and passes the second time."""

from __future__ import annotations

import os
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from shutil import which
from subprocess import run as run_program

import pytest
from command_line import PIXELS
from PIL import Image

import foveal
from foveal.cli import pre_commit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs the hook in a folder with photo.jpg, and returns its exit code."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PIXELS).resize((160, 120)).save("photo.jpg", quality=95)

    def run_hook(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["foveal-pre-commit", *arguments])
        with pytest.raises(SystemExit) as stopped:
            pre_commit.main()
        return int(stopped.value.code or 0)

    return run_hook


def test_the_hook_fails_where_it_changes_a_photo_and_passes_the_second_time(hook, capsys) -> None:
    before = Path("photo.jpg").read_bytes()
    Path("copy.jpg").write_bytes(before)
    assert hook("--lossless", "photo.jpg", "copy.jpg") == 1
    after = Path("photo.jpg").read_bytes()
    assert len(after) < len(before)
    assert (foveal.decode(after) == foveal.decode(before)).all()
    assert Path("copy.jpg").read_bytes() == after
    assert "photo.jpg" in capsys.readouterr().out
    for _ in range(2):
        assert hook("--lossless", "photo.jpg", "copy.jpg") == 0
        assert Path("photo.jpg").read_bytes() == after
    assert hook("photo.jpg") == 1  # without --lossless
    assert hook("photo.jpg") == 0
    assert len(Path("photo.jpg").read_bytes()) < len(after)


def test_one_bad_file_does_not_stop_the_others(hook, capsys) -> None:
    Path("broken.jpg").write_bytes(b"no picture")
    assert hook("--lossless", "broken.jpg", "none.jpg", "photo.jpg") == 1
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in errors] == ["broken.jpg", "none.jpg"]
    assert hook("--lossless", "photo.jpg") == 0
    assert hook() == 0


def test_wrong_options_are_wrong_usage(hook, capsys) -> None:
    before = Path("photo.jpg").read_bytes()
    assert hook("--lossles", "photo.jpg", "photo.jpg") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert hook("--min-saving=101%", "photo.jpg") == 2
    assert hook("--min-saving=99%", "photo.jpg") == 0
    assert Path("photo.jpg").read_bytes() == before


def test_the_entry_point_is_the_program() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert "entry: foveal-pre-commit\n" in hooks
    module, name = scripts["foveal-pre-commit"].split(":")
    assert getattr(import_module(module), name) is pre_commit.main


@pytest.mark.skipif(which("git") is None, reason="needs git")
def test_pre_commit_itself_accepts_the_hook_and_runs_it(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    checked = run_program(
        [sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], check=False
    )
    assert checked.returncode == 0
    Image.fromarray(PIXELS).save(tmp_path / "photo.jpg", quality=95)
    entry = f"{sys.executable} -c 'from foveal.cli.pre_commit import main; main()' --lossless"
    local = f'{{"id": "photos", "name": "photos", "entry": "{entry}", "language": "system", "types": ["jpeg"]}}'
    (tmp_path / ".pre-commit-config.yaml").write_text(f'{{"repos": [{{"repo": "local", "hooks": [{local}]}}]}}')
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "photos"]):
        run_program([*git, *command], cwd=tmp_path, check=True)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / ".cache")}
    command = [sys.executable, "-m", "pre_commit", "run", "-a"]
    runs = [run_program(command, cwd=tmp_path, env=environment, capture_output=True, check=False) for _ in range(2)]
    assert [done.returncode for done in runs] == [1, 0], runs
