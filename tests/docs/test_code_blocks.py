"""Every code block of the README and of docs runs, or says why it does not.

Blocks of Python are executed in the order of the page, with names that readers are expected to have (`photo`, `data`,
...). Lines `$ foveal ...` of consoles are run in a temporary folder with small photographs. What pages print below a
command is compared with its output, numbers aside: they are those of larger photographs. Lines of other programs are
not run: their targets of make, extras and modules must exist.

A block that cannot run stands below a comment with the reason: `<!-- not run: reason -->`.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import foveal
from foveal.batch.jobs import Job, Outcome
from foveal.batch.local_pool import Log, Pool
from foveal.batch.shard import process_shard
from foveal.cli.main import run

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "docs" / "cli.md"  # help texts alone
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = [page for page in PAGES if page != GENERATED and page.exists()]

BLOCK = re.compile(r"(?:^<!-- not run: ([^>]+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d[\d,.]*")
SHOWN = (
    "dockerfile",
    "html",
    "json",
    "mermaid",
    "sql",
    "yaml",
    "",
)  # what files or outputs hold, of which JSON is parsed
HOME = "/home/me"  # the current folder in pages
SERVING = "serve"  # a command that runs until it is stopped; tests/web run it
OTHER_PROGRAMS = ("make", "pip", "python", "pre-commit", ".venv/bin/python", ".ci/run", "tests/fuzz/run")


@dataclass(frozen=True)
class Block:
    """A code block: its language, its text, where it begins, and why it is not run (or None)."""

    language: str
    text: str
    place: str
    reason: str | None


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        reason, language, code = found.groups()
        line = text.count("\n", 0, found.start(3)) + 1
        yield Block(language, code, f"{page.relative_to(ROOT)}:{line}", reason)


def commands_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block, without its comment, and the lines that it prints."""
    joined = text.replace("\\\n", " ")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, *printed = part.splitlines()
        yield command, [line for line in printed if line.strip()]


@cache
def extras() -> set[str]:
    """Return the names of the optional dependencies."""
    return set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])


@cache
def targets_of_make() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def check_other_program(arguments: list[str]) -> None:
    """Check that what a command of another program names exists: targets of make, extras."""
    assert arguments[0] in OTHER_PROGRAMS, f"neither foveal nor a program of the list: {arguments[0]}"
    if arguments[0] == "make":
        named = [each for each in arguments[1:] if "=" not in each]
        assert set(named) <= targets_of_make()
    if arguments[0] == "pip":
        for names in re.findall(r"\[([\w,]+)\]", " ".join(arguments)):
            assert set(names.split(",")) <= extras()


def without_numbers(line: str) -> str:
    """Return a line of output with `#` for each number, and single spaces."""
    return re.sub(r"\s+", " ", NUMBER.sub("#", line)).strip()


def run_command(arguments: list[str], printed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a line of a console, and compare what it prints with the page; `...` stands for lines that are left out."""
    while re.match(r"[A-Z_]+=", arguments[0]):  # a variable; those of foveal are read when it is imported
        arguments = arguments[1:]
    if arguments[0] != "foveal":
        check_other_program(arguments)
        return
    if arguments[1] == SERVING:
        assert run([SERVING, "--help"]) == 0
        return
    if arguments[1] == "encode" and "-o" not in arguments:
        Path(arguments[2]).with_suffix(".jpg").unlink(missing_ok=True)  # it would not be replaced
    expanded = [name for each in arguments[1:] for name in (sorted(map(str, Path().glob(each))) or [each])]
    capsys.readouterr()
    status = run(expanded)
    out, err = capsys.readouterr()
    assert status == 0, err
    lines = [without_numbers(line.replace(str(Path.cwd()), HOME)) for line in (out + err).splitlines()]
    missing = [line for line in printed if line != "..." and without_numbers(line) not in lines]
    assert not missing, (missing, out, err)


class PoolHere(Pool):
    """A pool that does its jobs in this process: workers take seconds to start, and have tests of their own."""

    def run(self, jobs: Iterator[Job], ledger: Log, must_stop: Callable[[], bool]) -> Iterator[Outcome]:
        for outcome in process_shard(jobs, self.settings, self.storage, ledger):
            ledger.commit()
            yield outcome


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Make the files that pages begin with in the current folder; return the names that their programs begin with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("foveal.batch.run.Pool", PoolHere)
    coffee = Image.fromarray(request.getfixturevalue("coffee"))
    page = request.node.callspec.params.get("page")
    width, height = (416, 304) if page == ROOT / "docs" / "crop.md" else (240, 152)
    small = coffee.crop((200, 80, 200 + width, 80 + height))
    for folder in ("photos/2026", "holiday"):
        Path(folder).mkdir(parents=True)
    for name in ("photos/astronaut.jpg", "photos/2026/chelsea.png"):
        coffee.crop((100, 100, 460, 180)).save(name, **({"quality": 95} if name.endswith("jpg") else {}))
    coffee.crop((150, 80, 500, 280)).save("photos/coffee.jpg", quality=95)
    for name in ("photo.png", "photo.tif"):
        small.save(name)
    for name in ("photo.jpg", "old.jpg"):
        small.save(name, quality=95)
    small.convert("L").save("mask.png")
    shutil.copy(ROOT / "src" / "foveal" / "saliency" / "network.onnx", "mine.onnx")
    photo = foveal.open("photo.png")
    return {
        "foveal": foveal,
        "numpy": np,
        "photo": photo,
        "data": Path("photo.jpg").read_bytes(),
        "samples": photo.pixels.reshape(-1, 3).astype(float),
        "where": np.full(photo.pixels.shape[:2], 0.5, dtype=np.float32),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(page: Path, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks_of(page):
        if block.reason is not None:
            continue
        try:
            run_block(block, names, capsys)
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{block.place}: {error!r}") from error


def run_block(block: Block, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a block, or check what can be checked of it."""
    if block.language == "python":
        exec(compile(block.text, block.place, "exec"), names)  # noqa: S102
    elif block.language == "console":
        commands = list(commands_of(block.text))
        assert commands, "a console without a command"
        for command, printed in commands:
            run_command(shlex.split(command, comments=True), printed, capsys)
    else:
        assert block.language in SHOWN
        if block.language == "json":
            json.loads(block.text)


def test_the_collector_finds_all_blocks() -> None:
    for page in PAGES:
        assert page.read_text().count("\n```") == 2 * len(list(blocks_of(page))), page


def test_blocks_that_do_not_run_are_few() -> None:
    reasons = [block.reason for page in PAGES for block in blocks_of(page) if block.reason]
    assert len(reasons) <= 16
    assert all(len(reason.split()) >= 2 for reason in reasons)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "1 / 0"),
        ("python", "none_of_this_name"),
        ("console", "$ foveal encode none.png"),
        ("console", "$ foveal saliency photo.png -o m.png\nm.png: 9 x 9 fields"),
        ("console", "$ make none"),
        ("console", "$ pip install 'foveal[none]'"),
        ("console", "$ none"),
        ("console", "no command"),
        ("json", "{"),
        ("none", "text"),
    ],
)
def test_what_does_not_run_is_found(
    language: str, text: str, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((ArithmeticError, AssertionError, NameError, ValueError)):
        run_block(Block(language, text + "\n", "page:1", None), names, capsys)
