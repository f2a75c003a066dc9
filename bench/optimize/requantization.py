"""Compare requantization in the DCT domain with decoding and encoding again, by foveal and by MozJPEG.

    python -m bench.optimize.requantization [--images FOLDER...] [--gaze FOLDER] [--count 12]

Photographs are saved by libjpeg-turbo and MozJPEG, and each of these files is made smaller in three ways, at several
qualities. The table shows the mean differences of scores from decoding and encoding with foveal at equal bytes: first
those of requantization, then those of decoding and encoding with MozJPEG. Bytes are shares of those of the source after
lossless optimization. Scores are measured against the photograph, not against the source, and interpolated between
qualities. --gaze FOLDER holds photographs with fixations: the map "gaze" is found in the source, and scores count where
people looked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import PchipInterpolator

import foveal
from bench import photos
from bench.arguments import add_image_folders, new_parser
from bench.gaze.bd_rates import SCORES, GazeScorer
from bench.gaze.maps import choose_evenly
from bench.rd.scores import METRICS, Reference
from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels
from foveal.optimization.options import OptimizeOptions
from foveal.optimization.requantization import RequantizationSettings, requantize
from foveal.photo import as_photo
from foveal.saliency import SaliencyResult, look
from foveal.training.gaze_data import gaze_photos

QUALITIES = (40, 52, 62, 70, 77, 83, 88, 92, 95)
WHOLE_SCORES = ("SSIMULACRA2", "PSNR-HVS-M", "MS-SSIM", "PSNR")
SHARES = (0.85, 0.7, 0.5)  # of the bytes of the source, losslessly optimized
ANCHOR, OURS, MOZJPEG = "decode and encode, foveal", "requantize, foveal", "decode and encode, MozJPEG"
SETTINGS = jpeg.EncoderSettings(script=EFFORTS["balanced"].script)

Curve = list[tuple[int, tuple[float, ...]]]  # size in bytes and scores of each file
Encode = Callable[[float], bytes]


def save_by_libjpeg_turbo(pixels: EightBitPixels, quality: int) -> bytes:
    """Save with Pillow's defaults: 4:2:0, one scan."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


SOURCES: dict[str, Callable[[EightBitPixels], bytes]] = {
    **{f"libjpeg-turbo {quality}": partial(save_by_libjpeg_turbo, quality=quality) for quality in (75, 85, 95)},
    **{f"MozJPEG {quality}": partial(peers.mozjpeg, quality=quality) for quality in (75, 85, 95)},
}


def ways_to_encode(source: bytes, found: SaliencyResult | None) -> dict[str, Encode]:
    """Return the three ways to make a file smaller, by name; MozJPEG's knows no map."""
    coefficients, pixels = jpeg.read_coefficients(source), jpeg.decode(source)
    saliency = None if found is None else found.spending_map.astype(np.float32)
    strength = OptimizeOptions.strength * (1 if found is None else found.strength_factor)

    def requantized(quality: float) -> bytes:
        settings = RequantizationSettings(quality, saliency, strength, EFFORTS["balanced"], threads=1)
        return jpeg.write(requantize(coefficients, settings), SETTINGS)

    def encoded(quality: float) -> bytes:
        return foveal.encode(
            pixels, quality=quality, saliency=saliency, strength=strength, subsampling="4:2:0", threads=1
        )

    return {ANCHOR: encoded, OURS: requantized, MOZJPEG: partial(peers.mozjpeg, pixels)}


def scores_at(curve: Curve, size_bytes: float) -> np.ndarray:
    """Interpolate the scores of a curve at a size; NaN outside the curve."""
    by_size = dict(sorted(curve))  # one file of each size
    sizes, scores = np.log(list(by_size)), np.array(list(by_size.values()))
    return np.asarray(PchipInterpolator(sizes, scores, extrapolate=False)(np.log(size_bytes)))


def compare(
    source: bytes, found: SaliencyResult | None, measure: Callable[[bytes], tuple[int, tuple[float, ...]]]
) -> dict[float, dict[str, np.ndarray]]:
    """Return the differences of scores from the anchor by share of the bytes, of each other way."""
    size = len(jpeg.write(jpeg.read_coefficients(source), SETTINGS))
    curves = {
        name: [measure(encode(quality)) for quality in QUALITIES]
        for name, encode in ways_to_encode(source, found).items()
    }
    return {
        share: {
            name: scores_at(curves[name], share * size) - scores_at(curves[ANCHOR], share * size)
            for name in (OURS, MOZJPEG)
        }
        for share in SHARES
    }


def measure_whole(references: Sequence[Reference], data: bytes) -> tuple[int, tuple[float, ...]]:
    """Return the size of a file in bytes and its scores by the metrics of the references."""
    shown = peers.decode_for_viewing(data)
    return len(data), tuple(reference.score(shown) for reference in references)


def photos_of_folders(
    folders: list[Path], count: int
) -> Iterator[tuple[EightBitPixels, Callable[[bytes], tuple[int, tuple[float, ...]]]]]:
    """Yield photographs, evenly chosen, each with the function that scores a file of it."""
    loaded = list(photos.load(folders).values())
    for index in range(min(count, len(loaded))):
        pixels = loaded[index * len(loaded) // min(count, len(loaded))]
        yield pixels, partial(measure_whole, [METRICS[name](pixels) for name in WHOLE_SCORES])


def photos_with_fixations(
    folder: Path, count: int
) -> Iterator[tuple[EightBitPixels, Callable[[bytes], tuple[int, tuple[float, ...]]]]]:
    """Yield photographs with fixations, evenly chosen, each with the function that scores a file of it."""
    for photo in choose_evenly(gaze_photos(folder), count):
        scorer = GazeScorer(photo)
        yield scorer.pixels, scorer.measure


def print_table(
    differences: Mapping[tuple[str, float], Sequence[Mapping[str, np.ndarray]]], scores: Sequence[str]
) -> None:
    """Print mean differences in Markdown, and in how many files requantization is not below the anchor's first score.

    Files whose size no quality of an encoder reaches are left out.
    """
    print(f"| source | bytes | {' | '.join(scores)} | files | {scores[0]} not below |")
    print(f"|---|--:{'|--:' * (len(scores) + 2)}|")
    for (source, share), found in differences.items():
        rows = np.array([[row[OURS], row[MOZJPEG]] for row in found])
        rows = rows[np.isfinite(rows).all(axis=(1, 2))]
        if len(rows):
            means = [f"{ours:+.2f}, {mozjpeg:+.2f}" for ours, mozjpeg in rows.mean(axis=0).T]
            not_below = f"{(rows[:, 0, 0] >= 0).sum()}"
            print(f"| {' | '.join([source, f'{share:.0%}', *means, f'{len(rows)}', not_below])} |")


def main() -> None:
    """Run the benchmark."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--gaze", type=Path, help="folder of photographs with fixations, instead of --images")
    parser.add_argument("--count", type=int, default=12, help="number of photographs, evenly chosen")
    arguments = parser.parse_args()
    gaze = arguments.gaze is not None
    chosen = (
        photos_with_fixations(arguments.gaze, arguments.count)
        if gaze
        else photos_of_folders(arguments.images, arguments.count)
    )
    differences: dict[tuple[str, float], list[dict[str, np.ndarray]]] = {}
    for pixels, measure in chosen:
        for name, save in SOURCES.items():
            source = save(pixels)
            found = look(as_photo(jpeg.decode(source))) if gaze else None
            for share, difference in compare(source, found, measure).items():
                differences.setdefault((name, share), []).append(difference)
    print_table(differences, SCORES if gaze else WHOLE_SCORES)


if __name__ == "__main__":
    main()
