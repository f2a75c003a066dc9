"""A server that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from web_server import Client, png, running


@pytest.fixture(scope="session")
def server() -> Iterator[Client]:
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    with running() as client:
        yield client


@pytest.fixture(scope="session")
def small_png(coffee: np.ndarray) -> bytes:
    """A photograph of 200 x 160 pixels."""
    return png(np.ascontiguousarray(coffee[100:260, 200:400]))


@pytest.fixture
def photo(server: Client, small_png: bytes) -> Iterator[str]:
    """A photo that the server holds during a test."""
    key = server.add(small_png, "coffee.png")
    yield key
    server.request("DELETE", f"/api/photos/{key}")
