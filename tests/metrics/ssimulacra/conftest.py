"""Fixtures for the tests of SSIMULACRA 2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import foveal._kernels as _kernels


@pytest.fixture(params=_kernels.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test with the kernels of each instruction set that this processor has."""
    _kernels.use_instruction_set(request.param)
    yield request.param
    _kernels.use_instruction_set(_kernels.instruction_sets()[0])
