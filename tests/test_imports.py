"""Imports that import-linter (pyproject.toml) cannot check, and the number of files directly in the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "foveal"
MAX_FILES = 10  # directly in the package, so that they are found at a glance


def names_imported_from_root(source: str) -> Iterator[str]:
    """Yield the names that a module imports from `foveal` itself, not from a module in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "foveal":
            modules = {path.stem for path in PACKAGE.iterdir()}
            yield from (alias.name for alias in node.names if alias.name not in modules - {"_kernels"})
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name == "foveal")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from foveal import __version__", ["__version__"]),
        ("from foveal import _kernels, jpeg", ["_kernels"]),
        ("def f():\n    import foveal", ["foveal"]),
        ("import foveal._kernels as _kernels\nfrom foveal import jpeg\nfrom foveal.jpeg import encode", []),
    ],
)
def test_the_check_finds_imports_of_the_root(source: str, names: list[str]) -> None:
    assert list(names_imported_from_root(source)) == names


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_from_the_root(path: Path) -> None:
    if path != PACKAGE / "__init__.py":
        assert not list(names_imported_from_root(path.read_text()))


def test_few_files_are_directly_in_the_package() -> None:
    files = [path.name for path in PACKAGE.iterdir() if path.is_file() and not path.name.startswith(".")]
    assert len(files) <= MAX_FILES


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "foveal", "--version"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.startswith("foveal, version ")
