#!/usr/bin/env python3
"""Runs a Python target under libFuzzer: `fuzz.py TARGET [OPTIONS OR FILES OF LIBFUZZER]`, started by `run`.

The kernels must be instrumented, as `run` builds them.
"""

from __future__ import annotations

import signal
import sys
import warnings
from pathlib import Path
from random import Random

import atheris

# Counting coverage in Python takes time: not in modules that only write.
_WRITERS = ("scan_encoder", "script", "file_writer", "huffman", "frame")

with atheris.instrument_imports(include=["foveal"], exclude=[f"foveal.jpeg.{name}" for name in _WRITERS]):
    from targets import TARGETS, Target

    import foveal
    import foveal._kernels as _kernels

_FOLDER = Path(__file__).parent


def main() -> None:
    code = Path(_kernels.__file__).read_bytes()
    assert b"__asan_init" in code and b"__sanitizer_cov" in code, "the kernels are not instrumented"
    script, name, *options = sys.argv
    target = TARGETS[name]
    # Without len_control, mutations may be as long as they like from the start: cut off, no archive can be opened.
    options += [f"-max_len={target.max_bytes}", "-len_control=0"]
    if target.dictionary:
        options.append(f"-dict={_FOLDER / target.dictionary}")
    if name in ("open", "exif"):
        warnings.simplefilter("ignore")  # Pillow warns of what it reads in spite of errors
    else:
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", foveal.errors.FormatWarning)

    def check(data: bytes) -> None:
        try:
            target.check(data)
        except Exception:
            # Stop libFuzzer's timer: Python ignores its handler while it exits, and would end before the input is kept.
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise

    # To minimise, libFuzzer starts the program again with its own options: the target's name must be among them.
    atheris.Setup([f"{script} {name}", *options], check, custom_mutator=_mutator_of(target))
    atheris.Fuzz()


def _mutator_of(target: Target):
    """Return the mutator as Atheris wants it: half of its changes are libFuzzer's own."""

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 (not for cryptography)
        if target.mutator is None or random.randrange(2):
            return atheris.Mutate(data, max_size)
        return target.mutator(bytes(data), random)[:max_size]

    return mutate


if __name__ == "__main__":
    main()
