"""What foveal does to one photograph, against libjpeg-turbo at the same bytes.

python -m bench.demo [PHOTO] [--quality 40] [--output build/demo]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

import foveal
from bench import peers
from foveal import metrics, overlay

CROP_SIDE = 112
ZOOM = 2
GAP = 8
SALIENT_SHARE = 0.2  # of the pixels: what counts as the subject in the table

Pixels = NDArray[np.uint8]


def window(saliency: NDArray[np.float32], side: int, *, most: bool) -> tuple[slice, slice]:
    """Return the square of the map with the most (or the least) saliency in it."""
    sums = np.pad(saliency.astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    totals = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(totals.argmax() if most else totals.argmin(), totals.shape)
    return np.s_[int(top) : int(top) + side, int(left) : int(left) + side]


def side_by_side(columns: dict[str, Pixels], saliency: NDArray[np.float32]) -> Image.Image:
    """Each picture whole, with its most and its least salient part below, enlarged."""
    side = min(CROP_SIDE, *saliency.shape)
    crops = [window(saliency, side, most=most) for most in (True, False)]
    font = ImageFont.load_default(size=15)
    pictures = []
    for pixels in columns.values():
        enlarged = [Image.fromarray(np.kron(pixels[crop], np.ones((ZOOM, ZOOM, 1), np.uint8))) for crop in crops]
        width = 2 * enlarged[0].width + GAP
        whole = Image.fromarray(pixels)
        whole = whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)
        picture = Image.new("RGB", (width, whole.height + GAP + enlarged[0].height), "white")
        picture.paste(whole, (0, 0))
        for index, part in enumerate(enlarged):
            picture.paste(part, (index * (part.width + GAP), whole.height + GAP))
        pictures.append(picture)
    width, height = pictures[0].size
    label_height = 26
    sheet = Image.new("RGB", (len(pictures) * (width + 2 * GAP) + GAP, height + label_height + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (label, picture) in enumerate(zip(columns, pictures, strict=True)):
        left = GAP + index * (width + 2 * GAP)
        draw.text((left, 4), label, fill="black", font=font)
        sheet.paste(picture, (left, label_height))
    return sheet


def main() -> None:
    """Encode, compare, print a table, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("photo", type=Path, nargs="?", help="default: the cat of scikit-image")
    parser.add_argument("--quality", type=float, default=40, help="low enough to see a difference")
    parser.add_argument("--output", type=Path, default=Path("build/demo"))
    arguments = parser.parse_args()

    photo = foveal.open(arguments.photo).upright() if arguments.photo else foveal.Photo(skimage.data.astronaut())
    pixels = np.asarray(Image.fromarray(foveal.image.eight_bits(photo.pixels)).convert("RGB"))
    saliency = foveal.saliency_map(pixels)
    ours = foveal.encode(pixels, quality=arguments.quality, subsampling="4:2:0")
    theirs, their_quality = peers.smallest_above(lambda quality: peers.libjpeg_turbo(pixels, quality), len(ours))
    files = {f"foveal, quality {arguments.quality:g}": ours, f"libjpeg-turbo, quality {their_quality:.1f}": theirs}

    table = Table(title=f"{pixels.shape[1]} x {pixels.shape[0]} pixels at the same bytes, 4:2:0, progressive")
    table.add_column("encoder", no_wrap=True)
    for heading in ("bytes", "SSIMULACRA2", "subject PSNR", "PSNR"):
        table.add_column(heading, justify="right")
    subject = (saliency >= np.quantile(saliency, 1 - SALIENT_SHARE)).astype(np.float64)
    for name, data in files.items():
        decoded = peers.decoded(data)
        table.add_row(
            name,
            f"{len(data):,}",
            f"{metrics.ssimulacra2(pixels, decoded):.1f}",
            f"{metrics.psnr(pixels, decoded, subject):.2f} dB",
            f"{metrics.psnr(pixels, decoded):.2f} dB",
        )
    Console().print(table)

    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "foveal.jpg").write_bytes(ours)
    (arguments.output / "libjpeg-turbo.jpg").write_bytes(theirs)
    drawn = overlay.drawn_over(foveal.Photo(pixels), saliency)
    (arguments.output / "saliency.png").write_bytes(overlay.png_bytes(drawn))
    columns = {"where people look": drawn, "original": pixels}
    columns |= {f"{name}: {len(data):,} bytes": peers.decoded(data) for name, data in files.items()}
    side_by_side(columns, saliency).save(arguments.output / "side-by-side.png")
    Console().print(f"In {arguments.output}: foveal.jpg, libjpeg-turbo.jpg, saliency.png, side-by-side.png")


if __name__ == "__main__":
    main()
