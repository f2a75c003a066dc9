"""Chromium for tests of pages, driven by Playwright; tests are skipped where one of them is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def find_chromium() -> str | None:
    """Return the path of a Chromium that the system has, as Debian's package `chromium`."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start a browser without a window; its profile is in a temporary folder."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium; on Debian: apt install chromium")
    with playwright.sync_playwright() as driver:
        # Within containers, Chromium can open neither its sandbox nor a large /dev/shm.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()
