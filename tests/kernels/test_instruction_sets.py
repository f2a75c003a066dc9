"""The choice of the kernel build: by the processor, and by the environment variable FOVEAL_KERNELS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import foveal._kernels as _kernels

NEEDED_FLAGS = {"avx2", "fma", "bmi1", "bmi2"}
CPU_INFO = Path("/proc/cpuinfo")


def import_kernels(environment: str | None) -> subprocess.CompletedProcess[str]:
    """Import the extension in a process of its own, and print the build in use."""
    inherited = {name: value for name, value in os.environ.items() if name != "FOVEAL_KERNELS"}
    chosen = {} if environment is None else {"FOVEAL_KERNELS": environment}
    code = "import foveal._kernels as kernels; print(kernels.instruction_set())"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=inherited | chosen, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", _kernels.instruction_sets())
def test_the_environment_chooses_the_build(name: str) -> None:
    assert import_kernels(name).stdout == f"{name}\n"


@pytest.mark.parametrize("environment", [None, ""])
def test_the_fastest_build_is_used_where_the_environment_names_none(environment: str | None) -> None:
    assert import_kernels(environment).stdout == f"{_kernels.instruction_sets()[0]}\n"


@pytest.mark.parametrize("environment", ["sse9", "Baseline", "baseline "])
def test_an_unknown_build_in_the_environment_is_an_error_that_names_the_known_ones(environment: str) -> None:
    finished = import_kernels(environment)
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1] == (
        "ImportError: FOVEAL_KERNELS names kernels that this machine lacks; it has: "
        + ", ".join(_kernels.instruction_sets())
    )


def test_an_unknown_build_is_one_line_on_the_command_line(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"")
    command = [sys.executable, "-m", "foveal", "encode", str(photo)]
    environment = os.environ | {"FOVEAL_KERNELS": "sse9"}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("foveal: FOVEAL_KERNELS names kernels that this machine lacks")


def test_the_baseline_runs_everywhere_and_is_the_last_choice() -> None:
    assert _kernels.instruction_sets()[-1] == "baseline"


@pytest.mark.skipif(not CPU_INFO.exists(), reason="the kernel's list of the processor's features is Linux's")
def test_avx2_is_used_where_the_operating_system_lists_its_instructions() -> None:
    flags = {flag for line in CPU_INFO.read_text().splitlines() if line.startswith("flags") for flag in line.split()}
    assert ("avx2" in _kernels.instruction_sets()) == (flags >= NEEDED_FLAGS)


def test_the_build_in_use_is_the_one_that_was_chosen() -> None:
    names = _kernels.instruction_sets()
    try:
        for name in names:
            _kernels.use_instruction_set(name)
            assert _kernels.instruction_set() == name
    finally:
        _kernels.use_instruction_set(names[0])
    with pytest.raises(ValueError, match="sse9"):
        _kernels.use_instruction_set("sse9")
