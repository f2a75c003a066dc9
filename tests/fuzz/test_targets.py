"""The targets of the fuzzer in Python hold for the files that it begins with."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

# The fuzzer is started in its own folder, which its modules import each other from.
sys.path.append(str(Path(__file__).parent))
import seeds
from targets import TARGETS

_SEEDS_OF_A_TARGET = 12


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    seeds.main(folder)
    return folder


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_pass(name: str, corpus: Path) -> None:
    target = TARGETS[name]
    files = sorted((corpus / name).iterdir())
    assert files
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is broken is warned of
        for path in files[:: max(1, len(files) // _SEEDS_OF_A_TARGET)]:
            target.check(path.read_bytes())
