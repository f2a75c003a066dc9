"""CPU seconds of whole processes, from the start of Python to its end: the command, beside programs that do the same.

Processes are measured one after another in rounds, and the least of all rounds counts, as other programs share the
machine. Bytecode is cached in a folder of its own, which the first, unmeasured round fills: it neither matters whether
the modules have been compiled, nor does it matter whether they can be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from rich.table import Table

from foveal.jpeg import EightBitPixels

_CLICK = "import click"
_PACKAGES = "import click, numpy, PIL.Image"
_PILLOW = "from PIL import Image; Image.open({!r}).save('pillow.jpg', quality=75)"
_FOVEAL = [sys.executable, "-m", "foveal"]


def measure_start_up(pixels: EightBitPixels, rounds: int) -> Table:
    """Measure the commands on a small photo, and return a table of CPU seconds and ratios.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8 RGB of the photo, which is written as a PNG and as a JPEG.
    rounds
        Number of rounds, of which the least CPU seconds count.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in ("photo.png", "photo.jpg"):
            Image.fromarray(pixels).save(Path(folder) / name, quality=92)
        seconds = _measure({**_programs(), **_commands()}, Path(folder), rounds)
    table = Table(title=f"start-up: a photo of {pixels.shape[1]} x {pixels.shape[0]}, least of {rounds}")
    table.add_column("process", no_wrap=True)
    for heading in ("CPU s", "ratio", "to"):
        table.add_column(heading, justify="right")
    for name, own in seconds.items():
        other = _reference_of(name)
        table.add_row(name, f"{own:.3f}", f"{own / seconds[other]:.2f}" if other else "", other or "")
    return table


def _programs() -> dict[str, list[str]]:
    """Return the programs that the commands are compared with, and what Python takes to import packages alone."""
    programs = {_CLICK: _CLICK, _PACKAGES: _PACKAGES}
    programs |= {f"Pillow, {ending}": _PILLOW.format(f"photo.{ending}") for ending in ("png", "jpg")}
    return {name: [sys.executable, "-c", program] for name, program in programs.items()}


def _commands() -> dict[str, list[str]]:
    """Return the commands that are measured."""
    encode = [*_FOVEAL, "encode", "-q", "75", "-o", "foveal.jpg"]
    return {
        "foveal --version": [*_FOVEAL, "--version"],
        "foveal --help": [*_FOVEAL, "--help"],
        **{
            f"encode --saliency none, {each}": [*encode, "--saliency", "none", f"photo.{each}"]
            for each in ("png", "jpg")
        },
        **{f"encode, {each}": [*encode, f"photo.{each}"] for each in ("png", "jpg")},
    }


def _reference_of(name: str) -> str | None:
    """Return the program that a command is compared with; None for those programs themselves."""
    if name.startswith("foveal"):
        return _CLICK
    return f"Pillow, {name[-3:]}" if name.startswith("encode") else None


def _measure(processes: Mapping[str, list[str]], folder: Path, rounds: int) -> dict[str, float]:
    """Return the least CPU seconds of each process, run in a folder; the first round is not counted."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    seconds = dict.fromkeys(processes, float("inf"))
    for number in range(rounds + 1):
        for name, command in processes.items():
            own = _run(command, folder, environment)
            if number > 0:
                seconds[name] = min(seconds[name], own)
    return seconds


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Run a process, and return the CPU seconds, in user and in system mode, that it took."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime
