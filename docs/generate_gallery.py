"""Make the gallery: pictures and sliders in build/gallery, and the table of docs/gallery.md. `make figures` runs this.

The photographs are those in the wheels of scikit-image and scikit-learn. Each is encoded by foveal at quality 60, and
by MozJPEG at the highest quality that takes no more bytes, as by `foveal compare`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
import sklearn.datasets

import foveal
from foveal.comparison.scores import Scores
from foveal.drawing import maps

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "gallery.md"
FOLDER = ROOT / "build" / "gallery"
QUALITY = 60
WIDTH = 800  # larger photographs are reduced to so many pixels
IN_SCIKIT_IMAGE = (
    *("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "retina.jpg"),
    *("hubble_deep_field.jpg", "ihc.png", "camera.png", "moon.png", "coins.png", "cell.png"),
    *("microaneurysms.png", "page.png", "text.png", "brick.png", "grass.png", "gravel.png"),
)
IN_SCIKIT_LEARN = ("china.jpg", "flower.jpg")
OURS, OTHER = "foveal", "MozJPEG"


@dataclass(frozen=True)
class Exhibit:
    """A photograph by both encoders: its name, bytes and scores of both files."""

    name: str
    sizes: tuple[int, int]
    scores: tuple[Scores, Scores]

    @property
    def differences(self) -> tuple[float, ...]:
        """Our scores minus the other's: SSIMULACRA 2 of the whole and of its most salient part, and PSNR likewise."""
        return tuple(
            getattr(self.scores[0], name) - getattr(self.scores[1], name)
            for name in ("ssimulacra2", "salient_ssimulacra2", "psnr", "salient_psnr")
        )

    def row(self) -> str:
        """Return the row of the table."""
        whole, salient, decibels, salient_decibels = self.differences
        cells = (
            *(self.name, f"{self.sizes[0]:,}", f"{self.sizes[1]:,}"),
            *(f"{whole:+.1f}", f"{salient:+.1f}", f"{decibels:+.2f} dB", f"{salient_decibels:+.2f} dB"),
        )
        return "| " + " | ".join(cells) + " |"

    def sliders(self) -> str:
        """Return the photograph as HTML: original and map, and both files under a divider."""
        name = html.escape(self.name)
        first, second = (f"gallery/{name}-{kind}.jpg" for kind in ("foveal", "mozjpeg"))
        whole, salient, *_ = self.differences
        return (
            f'<h3 id="{name}">{name}</h3>'
            f"<p>{whole:+.1f} points of SSIMULACRA 2 in the whole, {salient:+.1f} where people look.</p>"
            f'<div class="exhibit"><img src="gallery/{name}-original.jpg" alt="{name}, original" loading="lazy">'
            f'<img src="gallery/{name}-map.jpg" alt="{name}, dim where nobody looks" loading="lazy"></div>'
            f'<div class="divider"><img src="{second}" alt="{name} by MozJPEG" loading="lazy">'
            f'<img src="{first}" alt="{name} by foveal" loading="lazy">'
            f'<input type="range" value="50" aria-label="Divider: foveal on the left, MozJPEG on the right"></div>'
        )


def paths() -> list[Path]:
    """Return the files of the photographs."""
    ours = Path(skimage.__file__).parent / "data"
    theirs = Path(sklearn.datasets.__file__).parent / "images"
    return [ours / name for name in IN_SCIKIT_IMAGE] + [theirs / name for name in IN_SCIKIT_LEARN]


def make_exhibit(path: Path) -> Exhibit:
    """Encode a photograph by both encoders, and write its four pictures."""
    photo = foveal.resize(foveal.open(path, background="white"), WIDTH)
    pixels = photo.pixels if photo.pixels.ndim == 3 else np.repeat(photo.pixels[..., None], 3, axis=2)
    found = foveal.compare(pixels, quality=QUALITY)
    entries = {entry.name: entry for entry in found.entries}
    ours, other = entries[OURS], entries[OTHER]
    overlay = maps.draw_over_photo(foveal.open(foveal.encode(pixels, quality=90)), found.saliency)
    pictures = {
        "original": foveal.encode(pixels, quality=92, saliency=None),
        "map": foveal.encode(overlay, quality=75, saliency=None),
        "foveal": ours.data,
        "mozjpeg": other.data,
    }
    for kind, data in pictures.items():
        (FOLDER / f"{path.stem}-{kind}.jpg").write_bytes(data)
    return Exhibit(path.stem, (len(ours.data), len(other.data)), (ours.scores, other.scores))


def renewed(page: str, exhibits: list[Exhibit]) -> str:
    """Return the text of the page with the rows of its table, and how much smaller MozJPEG's files are, made anew."""
    smaller = max(100 * (1 - other / ours) for ours, other in (exhibit.sizes for exhibit in exhibits))
    before, head, _ = page.partition("|---|---:|---:|---:|---:|---:|---:|\n")
    before = re.sub(r"up to [\d.]+ % smaller", f"up to {smaller:.1f} % smaller", before)
    return before + head + "".join(f"{exhibit.row()}\n" for exhibit in exhibits)


def main() -> None:
    """Make the pictures, the sliders and the table, worst first."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    exhibits = []
    for path in paths():
        exhibits.append(make_exhibit(path))
        print(exhibits[-1].row(), flush=True)
    exhibits.sort(key=lambda exhibit: exhibit.differences[1])
    (FOLDER / "sliders.html").write_text("\n".join(exhibit.sliders() for exhibit in exhibits))
    PAGE.write_text(renewed(PAGE.read_text(), exhibits))


if __name__ == "__main__":
    main()
