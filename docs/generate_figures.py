"""Draw the pictures in docs/images anew, by the commands that the pages name. `make figures` runs this.

Pages are drawn in a browser by Playwright, which the extra `docs-figures` installs, and a Chromium of the system
(Debian: `apt install chromium`); without them their pictures stay as they are. Two pictures are drawn by benchmarks
that take hours and photographs that are not in this repository, see `BENCHMARKS`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import skimage.data
from PIL import Image

import foveal

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
BENCHMARKS = {
    "rate-distortion.png": "python -m bench.rd --images kodak --encoders foveal-blind mozjpeg mozjpeg-annex-k jpegli",
    "map-worth.png": "python -m bench.gaze.map_worth osie/ --save build/map-worth",
}
COMPONENTS_WIDTH = 1300  # of the figure of principal components, in pixels


def run(*command: str) -> None:
    """Run a module of Python in the repository."""
    print("$ python -m", *command, flush=True)
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def save_photo(name: str, folder: Path) -> str:
    """Write a photograph of scikit-image as a PNG, and return its path."""
    path = folder / f"{name}.png"
    Image.fromarray(getattr(skimage.data, name)()).save(path)
    return str(path)


def save_as_jpeg(picture: str | Path | Image.Image, name: str, quality: int = 85) -> None:
    """Write a picture into docs/images as a JPEG."""
    opened = picture if isinstance(picture, Image.Image) else Image.open(picture)
    (IMAGES / name).write_bytes(foveal.encode(opened.convert("RGB"), quality=quality, saliency=None))


def draw_comparison(folder: Path) -> None:
    """Draw compare.png, the first picture of the README."""
    run("foveal", "compare", save_photo("coffee", folder), "-o", str(IMAGES / "compare.png"), "-q", "60")


def draw_bits_map(folder: Path) -> None:
    """Draw bits-map.jpg: a JPEG of quality 75 as decoded, and the bits of its blocks."""
    jpeg, bits = folder / "coffee.jpg", folder / "bits.png"
    run("foveal", "encode", save_photo("coffee", folder), "-o", str(jpeg), "-q", "75")
    run("foveal", "inspect", str(jpeg), "--bits-map", str(bits))
    save_as_jpeg(side_by_side(Image.open(jpeg), Image.open(bits).convert("RGB")), "bits-map.jpg")


def draw_methods(folder: Path) -> None:
    """Draw methods.jpg: the maps of four methods."""
    sheet = folder / "methods.png"
    run("foveal", "saliency", save_photo("astronaut", folder), "--compare", str(sheet))
    save_as_jpeg(sheet, "methods.jpg")


def draw_components(folder: Path) -> None:
    """Draw pca.jpg, the like of figure 2.4 of the report."""
    figure = folder / "pca.png"
    run("foveal", "pca", "figure", "-o", str(figure))
    save_as_jpeg(Image.fromarray(foveal.resize(str(figure), COMPONENTS_WIDTH).pixels), "pca.jpg", quality=75)


def draw_crops(_: Path) -> None:
    """Draw crop.jpg: photographs with their best windows, and the crops."""
    run("bench.crop_sheet", str(IMAGES / "crop.jpg"))


def draw_explanation(folder: Path) -> None:
    """Draw explain.jpg: two sections of the page about a photo, side by side, in a browser."""
    from playwright.sync_api import sync_playwright

    page_path = folder / "page.html"
    run("foveal", "explain", save_photo("astronaut", folder), "-o", str(page_path), "-q", "60", "--block", "28,17")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 860, "height": 900}, color_scheme="light")
        page.goto(page_path.as_uri())
        pictures = []
        for section in ("block", "codes"):
            page.locator(f"section#{section}").evaluate("section => scrollTo(0, section.offsetTop)")
            page.screenshot(path=folder / f"{section}.png")
            pictures.append(Image.open(folder / f"{section}.png"))
        browser.close()
    save_as_jpeg(side_by_side(*pictures), "explain.jpg")


def draw_local_page(_: Path) -> None:
    """Draw serve.jpg: the page of `foveal serve`, in a browser."""
    subprocess.run([sys.executable, ROOT / "docs" / "generate_screenshot.py"], check=True)  # noqa: S603


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Return two pictures beside each other on white."""
    sheet = Image.new("RGB", (left.width + right.width, max(left.height, right.height)), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width, 0))
    return sheet


def chromium() -> str | None:
    """Return the path of the system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("google-chrome")


FIGURES: dict[str, Callable[[Path], None]] = {
    "bits-map.jpg": draw_bits_map,
    "compare.png": draw_comparison,
    "crop.jpg": draw_crops,
    "explain.jpg": draw_explanation,
    "methods.jpg": draw_methods,
    "pca.jpg": draw_components,
    "serve.jpg": draw_local_page,
}
IN_BROWSER = ("explain.jpg", "serve.jpg")


def main() -> None:
    """Draw the pictures that are named, or all."""
    has_browser = chromium() is not None and importlib.util.find_spec("playwright") is not None
    for name in sys.argv[1:] or FIGURES:
        if name in IN_BROWSER and not has_browser:
            print(f"{name} stays: it needs Playwright and Chromium")
            continue
        with tempfile.TemporaryDirectory() as folder:
            FIGURES[name](Path(folder))
    for name, command in BENCHMARKS.items():
        print(f"{name} stays: it is drawn by {command}")


if __name__ == "__main__":
    main()
