"""`foveal pca`: compression by principal components, and a figure of what it does."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click
import numpy as np

from foveal.cli import files
from foveal.cli.shared_options import NumberRange, max_pixels_option, output_option, source_argument
from foveal.errors import UnsupportedError
from foveal.pca import decode as decode_photo
from foveal.pca.codec import EncodedPhoto, encode_photo
from foveal.pca.options import MODES, PcaMode, PcaOptions
from foveal.photo import Photo
from foveal.photo.writing import png_bytes


@click.group(short_help="Compress by principal components, as an .npz file.")
def pca() -> None:
    """Compress photos by their principal components, restore them, and see what is kept."""


@pca.command(short_help="Compress a photo.")
@source_argument
@output_option("OUT", "File to write; - is standard output. Default: IN with the ending .npz, which must not exist.")
@click.option(
    "--variance",
    type=NumberRange(0, 100),
    metavar="PERCENT",
    default=PcaOptions.variance,
    show_default=True,
    help="Keep at least so much of the variance: explained by components (rows), or with all errors counted (blocks).",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default=PcaOptions.mode,
    show_default=True,
    help="Rows of each channel, as the report does it; or 8x8-pixel blocks, quantized and entropy coded.",
)
@click.option(
    "--components",
    type=click.IntRange(1),
    metavar="L",
    help="Keep so many components of each channel, whatever the variance (rows); keep no more (blocks).",
)
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
def encode(
    source: str, output: str | None, variance: float, mode: PcaMode, components: int | None, background: str | None
) -> None:
    """Compress the photo IN by its principal components.

    The file is one of NumPy's: numpy.load(OUT, allow_pickle=False). It holds the photo as it is displayed, and its
    colour profile; other metadata is not kept.
    """
    target = files.default_target(source, ".npz") if output is None else output
    files.check_target(target, "NPZ", inputs=[source])
    photo = files.read_photo(source, background)
    with files.naming(source):
        encoded = encode_photo(photo, PcaOptions(variance, mode, components))
    files.write_bytes(target, encoded.data)
    files.report(_as_text(encoded, target), target)


def _as_text(encoded: EncodedPhoto, target: str) -> str:
    name = files.display_name(target, files.STANDARD_OUTPUT)
    counts = ", ".join(str(count) for count in encoded.component_counts)
    bits = 8 * encoded.photo.pixels.itemsize
    return "\n".join(
        [
            f"{name}: {len(encoded.data):,} bytes, {encoded.mode}, {counts} components, "
            f"{encoded.variance:.4f} % of the variance",
            f"compression ratio: {encoded.compression_ratio:.2f} ({encoded.original_bytes:,} bytes of {bits}-bit "
            "samples over the file, components included)",
            f"as the report counts: {encoded.ratio_without_components:.2f} (samples over scores, both as float16, "
            "components left out)",
        ]
    )


@pca.command(short_help="Restore a photo.")
@source_argument
@output_option("OUT", "PNG to write; - is standard output. Default: IN with the ending .png, which must not exist.")
@max_pixels_option
def decode(source: str, output: str | None, max_pixels: int) -> None:
    """Restore the photo of IN, a file of `foveal pca encode`."""
    target = files.default_target(source, ".png") if output is None else output
    files.check_target(target, "PNG", inputs=[source])
    data = files.read_bytes(source)
    with files.naming(source):
        photo = decode_photo(data, max_pixels=max_pixels)
        picture = _as_png(photo)
    files.write_bytes(target, picture)
    name = files.display_name(target, files.STANDARD_OUTPUT)
    files.report(f"{name}: {photo.width} x {photo.height}", target)


def _as_png(photo: Photo) -> bytes:
    if photo.pixels.ndim == 3 and photo.pixels.dtype == np.uint16:
        raise UnsupportedError("colour of 16 bits cannot be written as a PNG here; foveal.pca.decode gives its pixels")
    return png_bytes(photo.pixels, photo.fitting_profile)


def _with_option_before_each(arguments: list[str], options: Collection[str]) -> list[str]:
    """Repeat an option that takes several values: --images A B as --images A --images B."""
    spread: list[str] = []
    option, value_count = "", 0
    for argument in [*arguments, "--"]:
        if argument.startswith("-") and argument != files.STANDARD:
            if option and not value_count:
                raise click.BadOptionUsage(option, f"Option {option!r} requires an argument.")
            option, value_count = (argument if argument in options else ""), 0
            spread += [] if option else [argument]
        else:
            spread += [option, argument] if option else [argument]
            value_count += 1
    return spread[:-1]


class _SeveralValues(click.Command):
    """A command whose options --images and --variance take any number of values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _with_option_before_each(args, ("--images", "--variance")))


@pca.command(cls=_SeveralValues, short_help="Draw what is kept, and what it costs.")
@click.option(
    "--images",
    metavar="IN...",
    multiple=True,
    type=click.Path(readable=False),
    help="Photos. Default: two of scikit-image's.",
)
@click.option(
    "--variance",
    "variances",
    metavar="PERCENT...",
    multiple=True,
    type=NumberRange(0, 100),
    default=(95.0, 99.0, 99.99),
    show_default="95 99 99.99",
    help="How much of the variance to keep.",
)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(readable=False, allow_dash=True),
    help="PNG to write; - is standard output.",
)
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
def figure(images: tuple[str, ...], variances: tuple[float, ...], output: str, background: str | None) -> None:
    """Draw photos beside what rows of components keep of them, and sizes against SSIM, also of JPEG and PNG.

    Needs the extra `figure`: pip install 'foveal[figure]'.
    """
    files.check_target(output, "PNG", inputs=list(images))
    from foveal.pca.figure import draw, sample_photos

    named = {files.display_name(Path(path).name): files.read_photo(path, background) for path in images}
    picture = draw(named or sample_photos(), variances)
    files.write_bytes(output, picture)
    files.report(f"{files.display_name(output, files.STANDARD_OUTPUT)}: {len(picture):,} bytes", output)
