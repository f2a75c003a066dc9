"""Measure where 4:4:4 is better than 4:2:0: SSIMULACRA2 at equal size, beside the colour loss that "auto" uses.

python -m bench.tuning.subsampling [--images DIR ...]

The pictures are photographs, and text and lines that the script draws. Each line of the table shows a picture's colour
loss (foveal.allocate.subsampling), the quality from which "auto" is 4:4:4, and for several qualities of the 4:2:0 file
how much more a 4:4:4 file of the same size scores.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

import foveal
from bench import photos
from bench.arguments import add_image_folders, new_parser
from foveal.allocate.subsampling import AUTO, FULL, HALVED, SubsamplingName, choose_subsampling, colour_loss
from foveal.comparison.peers import decode_for_viewing
from foveal.encoding.size_search import find_largest_file
from foveal.jpeg import EightBitPixels
from foveal.metrics import Ssimulacra2Reference

QUALITIES = (40, 60, 75, 90, 96)
HEIGHT, WIDTH = 320, 480
TEXT_COLOURS = (
    ("red", "white"),
    ("red", "black"),
    ("blue", "white"),
    ("#c00000", "white"),
    ("white", "#b00020"),
    ("#e06060", "#f0f0f0"),
    ("black", "white"),
)


def text(colour: str, background: str) -> EightBitPixels:
    """Draw lines of text."""
    image = Image.new("RGB", (WIDTH, HEIGHT), background)
    draw = ImageDraw.Draw(image)
    for line in range(HEIGHT // 22):
        words = "The quick brown fox jumps over the lazy dog 0123456789"
        draw.text((8 + line % 7, 6 + 22 * line), words, fill=colour, font=ImageFont.load_default(15))
    return np.asarray(image)


def page_with_a_word(colour: str) -> EightBitPixels:
    """Draw black text with one coloured word."""
    image = Image.fromarray(text("black", "white"))
    draw = ImageDraw.Draw(image)
    draw.rectangle((200, 90, 290, 114), fill="white")
    draw.text((202, 94), "WARNING", fill=colour, font=ImageFont.load_default(15))
    return np.asarray(image)


def chart() -> EightBitPixels:
    """Draw curves of four colours."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, across = ImageDraw.Draw(image), np.arange(WIDTH)
    for index, colour in enumerate(("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")):
        down = HEIGHT / 2 + 60 * np.sin(across / 40 + index) + 30 * index - 45
        draw.line(list(zip(across.tolist(), down.tolist(), strict=True)), fill=colour, width=2)
    return np.asarray(image)


def make_drawings() -> dict[str, EightBitPixels]:
    """Draw all test pictures, and return them by name."""
    texts = {f"text, {colour} on {background}": text(colour, background) for colour, background in TEXT_COLOURS}
    return texts | {f"page, a word in {c}": page_with_a_word(c) for c in ("red", "blue")} | {"chart": chart()}


def gains(pixels: EightBitPixels) -> list[float]:
    """Measure the gain in SSIMULACRA2 of 4:4:4 over 4:2:0 at equal size, for each of QUALITIES.

    The 4:4:4 file is the largest that is no larger than the 4:2:0 file of the quality; NaN if there is none.
    """
    reference = Ssimulacra2Reference(pixels)

    def encode(subsampling: SubsamplingName, quality: float) -> bytes:
        return foveal.encode(pixels, quality=quality, saliency=None, subsampling=subsampling)

    differences = []
    for quality in QUALITIES:
        halved = encode(HALVED, quality)
        full = find_largest_file(lambda other: encode(FULL, other), len(halved), near=quality)
        differences.append(
            reference.score(decode_for_viewing(full.data)) - reference.score(decode_for_viewing(halved))
            if full is not None
            else np.nan
        )
    return differences


def main() -> None:
    """Measure all pictures, and print the table."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    arguments = parser.parse_args()
    pictures = {
        name: np.ascontiguousarray(each) for name, each in (make_drawings() | photos.load(arguments.images)).items()
    }

    table = Table(title="SSIMULACRA2 of 4:4:4 less that of 4:2:0, at equal bytes")
    for heading in ("picture", "loss", "4:4:4 from", *(f"q {quality}" for quality in QUALITIES)):
        table.add_column(heading, justify="left" if heading == "picture" else "right", no_wrap=True)
    for name in sorted(pictures, key=lambda name: -colour_loss(pictures[name])):
        full_from = choose_subsampling(AUTO, pictures[name], 1).full_from
        numbers = (f"{colour_loss(pictures[name]):.1f}", f"{full_from:.0f}" if np.isfinite(full_from) else "never")
        table.add_row(name, *numbers, *(f"{gain:+.1f}" for gain in gains(pictures[name])))
    Console().print(table)


if __name__ == "__main__":
    main()
