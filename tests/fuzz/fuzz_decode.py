#!/usr/bin/env python3
"""Fuzz target for the decoder, called by libFuzzer with mutations of the seeds; see docs/fuzzing.md.

A file may be refused with a FovealError. Any other exception, a finding of the sanitizers, and exceeding the limits on
time and memory end the run, which saves the file.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import atheris
import numpy as np

# Modules that read nothing are not instrumented, because counting coverage in Python takes time.
_WRITERS = ("frame", "huffman", "scan_encoder", "script", "file_writer")

with atheris.instrument_imports(include=["foveal"], exclude=[f"foveal.jpeg.{name}" for name in _WRITERS]):
    import jpeg_files  # imports foveal, too

    import foveal
    import foveal._kernels as _kernels
    from foveal import jpeg
    from foveal.jpeg import decoder
    from foveal.jpeg.multi_picture import is_index

_MAX_PIXELS = 1 << 16
_PIXELS_PER_STRIP = decoder._PIXELS_PER_STRIP
_INSTRUCTION_SETS = _kernels.instruction_sets()

Result = TypeVar("Result")


def check(data: bytes) -> None:
    """Read a file with every reading function, and check that the results agree."""
    pixels = _read(_decode_in_small_steps, data, strict=False)
    strict_pixels = _read(foveal.decode, data, strict=True)
    coefficients = _read(jpeg.read_coefficients, data, strict=False)
    _inspect(data)
    if strict_pixels is not None:
        assert pixels is not None, "strict reading takes what lenient reading refuses"
        assert np.array_equal(strict_pixels, pixels), "pixels depend on strictness, strips or the instruction set"
    if pixels is not None:
        assert coefficients is not None, "pixels without coefficients"
    if coefficients is not None:
        written = jpeg.write_coefficients(coefficients)
        _check_same(jpeg.read_coefficients(written, max_pixels=_MAX_PIXELS), coefficients)
        if strict_pixels is not None:
            assert np.array_equal(foveal.decode(written, max_pixels=_MAX_PIXELS), strict_pixels), "pixels changed"


def _read(function: Callable[..., Result], data: bytes, *, strict: bool) -> Result | None:
    """Return the result of a function for a file, or None if it refuses the file."""
    try:
        return function(data, strict=strict, max_pixels=_MAX_PIXELS)
    except foveal.FovealError:
        return None


def _decode_in_small_steps(data: bytes, *, strict: bool, max_pixels: int) -> np.ndarray:
    """Decode in strips of one MCU row with the slowest kernels; otherwise such small pictures are a single strip."""
    decoder._PIXELS_PER_STRIP = 1
    _kernels.use_instruction_set(_INSTRUCTION_SETS[-1])
    try:
        return foveal.decode(data, strict=strict, max_pixels=max_pixels)
    finally:
        decoder._PIXELS_PER_STRIP = _PIXELS_PER_STRIP
        _kernels.use_instruction_set(_INSTRUCTION_SETS[0])


def _inspect(data: bytes) -> None:
    try:
        found = foveal.inspect(data, max_pixels=_MAX_PIXELS)
    except foveal.FovealError:
        return
    json.dumps(found.to_dict())
    found.bits_map()


def _check_same(after: jpeg.Coefficients, before: jpeg.Coefficients) -> None:
    """Compare the coefficients read from a rewritten file with those that were written."""
    jpeg_files.assert_same_blocks(before, after)
    assert after.tables == before.tables, "quantization tables changed"
    assert _without_index(after.segments) == _without_index(before.segments), "segments changed"
    assert after.trailing == before.trailing, "what follows the picture changed"


def _without_index(segments: tuple[jpeg.Segment, ...]) -> list[jpeg.Segment]:
    """Return the segments without the MPF index, whose offsets change with the size of the picture."""
    return [segment for segment in segments if not is_index(segment)]


if __name__ == "__main__":
    code = Path(_kernels.__file__).read_bytes()
    assert b"__asan_init" in code and b"__sanitizer_cov" in code, "the kernels are not instrumented"
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", foveal.errors.FormatWarning)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
