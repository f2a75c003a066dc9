"""Write docs/images/serve.jpg, a picture of the page of `foveal serve`. Run `python docs/generate_screenshot.py`.

Needs the extra `docs-figures` and a Chromium of the system (Debian: `apt install chromium`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import skimage.data
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import foveal

PICTURE = Path(__file__).parent / "images" / "serve.jpg"
SIZE = {"width": 1120, "height": 1010}


@contextmanager
def served(photo: Path) -> Iterator[str]:
    """Start the command with a photo, and yield the address of its page."""
    command = [sys.executable, "-m", "foveal", "serve", "--port", "0", str(photo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        try:
            yield process.stdout.readline().split(" ")[0]
        finally:
            process.terminate()


def steer(page: Page) -> None:
    """Choose a size, show the importance, and take it from a part of the table by the brush."""
    page.wait_for_selector("#command:has-text('coffee')")
    page.select_option("#goal", "target_size")
    page.fill("#target-size", "25KB")
    page.check("input[name=tool][value=brush]", force=True)
    page.fill("#brush-size", "12")
    box = page.locator("#canvas").bounding_box()
    assert box is not None  # noqa: S101 (the element is visible)
    page.mouse.move(box["x"] + 0.68 * box["width"], box["y"] + 0.62 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.74 * box["width"], box["y"] + 0.5 * box["height"], steps=20)
    page.mouse.up()
    page.wait_for_selector("#command:has-text('coffee-map.png')")
    page.wait_for_selector("#state:not(:has-text('…')):not(:has-text('preview'))", state="attached")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def main() -> None:
    """Make the picture."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        photo = Path(folder) / "coffee.png"
        Image.fromarray(skimage.data.coffee()).save(photo)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served(photo) as address:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(address)
            steer(page)
            page.screenshot(path=Path(folder) / "page.png")
        browser.close()
        PICTURE.write_bytes(foveal.encode(foveal.open(Path(folder) / "page.png"), quality=75, metadata="none"))


if __name__ == "__main__":
    main()
