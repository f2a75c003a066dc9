"""The commands `foveal pca`: compression of photos by principal components, and a figure of its sizes and losses."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
import numpy as np

from foveal.cli import files
from foveal.cli.messages import STANDARD_STREAM, add_name_to_errors, input_name, output_name, print_report
from foveal.cli.shared_options import (
    FILE_PATH,
    NumberRange,
    background_option,
    describe_default_target,
    max_pixels_option,
    output_option,
    source_argument,
)
from foveal.errors import UnsupportedError
from foveal.pca import decode as decode_photo
from foveal.pca.codec import EncodedPhoto, encode_photo
from foveal.pca.options import MODES, PcaMode, PcaOptions
from foveal.pca.rows import Standardization
from foveal.photo import Photo
from foveal.photo.writing import png_bytes

if TYPE_CHECKING:
    from foveal.pca.figure import Drawn, Published


@click.group()
def pca() -> None:
    """Compress photos by their principal components, restore them, and draw a figure of both."""


@pca.command(short_help="Compress a photo.")
@source_argument("PHOTO")
@output_option("OUT", f"NPZ file to write; '-' is standard output. {describe_default_target('.npz')}")
@click.option(
    "--variance",
    type=NumberRange(0, 100),
    metavar="PERCENT",
    default=PcaOptions.variance,
    show_default=True,
    help="Smallest share of the variance to keep. rows: the share that the components explain; blocks: the share that "
    "remains after all errors, including quantization.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default=PcaOptions.mode,
    show_default=True,
    help="rows: components of the rows of each channel, as in K. Kishore's report; blocks: components of 8x8-pixel "
    "blocks, quantized and entropy coded.",
)
@click.option(
    "--components",
    type=click.IntRange(1),
    metavar="L",
    help="Number of components of each channel. rows: keep L, whatever --variance says; blocks: keep at most L.",
)
@background_option
def encode(
    source: str, output: str | None, variance: float, mode: PcaMode, components: int | None, background: str | None
) -> None:
    """Compress a photo by its principal components.

    The file is read by numpy.load(OUT, allow_pickle=False). It contains the photo as displayed and its colour profile;
    other metadata is not kept.
    """
    target = files.default_target(source, ".npz") if output is None else output
    files.check_target(target, "NPZ", inputs=[source])
    photo = files.read_photo(source, background)
    with add_name_to_errors(source):
        encoded = encode_photo(photo, PcaOptions(variance, mode, components))
    files.write_bytes(target, encoded.data)
    print_report(_report_as_text(encoded, target), target)


def _report_as_text(encoded: EncodedPhoto, target: str) -> str:
    counts = ", ".join(str(count) for count in encoded.component_counts)
    bits = 8 * encoded.photo.pixels.itemsize
    return "\n".join(
        [
            f"{output_name(target)}: {len(encoded.data):,} bytes, {encoded.mode}, {counts} components, "
            f"{encoded.variance:.4f} % of the variance",
            f"compression ratio: {encoded.compression_ratio:.2f} ({encoded.original_bytes:,} bytes of {bits}-bit "
            "samples over the file, components included)",
            f"as the report counts: {encoded.ratio_without_components:.2f} (samples over scores, both as float16, "
            "components left out)",
        ]
    )


@pca.command(short_help="Restore a photo.")
@source_argument("NPZ")
@output_option("OUT", f"PNG to write; '-' is standard output. {describe_default_target('.png')}")
@max_pixels_option
def decode(source: str, output: str | None, max_pixels: int) -> None:
    """Restore the photo of a file that `foveal pca encode` wrote."""
    target = files.default_target(source, ".png") if output is None else output
    files.check_target(target, "PNG", inputs=[source])
    data = files.read_bytes(source)
    with add_name_to_errors(source):
        photo = decode_photo(data, max_pixels=max_pixels)
        picture = _encode_png(photo)
    files.write_bytes(target, picture)
    print_report(f"{output_name(target)}: {photo.width} x {photo.height}", target)


def _encode_png(photo: Photo) -> bytes:
    if photo.pixels.ndim == 3 and photo.pixels.dtype == np.uint16:
        raise UnsupportedError(
            "colour of 16 bits cannot be written as a PNG by this command; foveal.pca.decode returns its pixels"
        )
    return png_bytes(photo.pixels, photo.fitting_profile)


def _repeat_options(arguments: list[str], options: Collection[str]) -> list[str]:
    """Repeat an option before each of its values: --images A B becomes --images A --images B."""
    repeated: list[str] = []
    option, value_count = "", 0
    for argument in [*arguments, "--"]:
        if argument.startswith("-") and argument != STANDARD_STREAM:
            if option and not value_count:
                raise click.BadOptionUsage(option, f"Option {option!r} requires an argument.")
            option, value_count = (argument if argument in options else ""), 0
            repeated += [] if option else [argument]
        else:
            repeated += [option, argument] if option else [argument]
            value_count += 1
    return repeated[:-1]


class _FigureCommand(click.Command):
    """A command whose options --images and --variance take any number of values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _repeat_options(args, ("--images", "--variance")))


@pca.command(cls=_FigureCommand, short_help="Draw photos beside their restored versions, and sizes against SSIM.")
@click.option(
    "--images",
    metavar="PHOTO...",
    multiple=True,
    type=FILE_PATH,
    help="Photos to compress. Default: two photos of scikit-image.",
)
@click.option(
    "--variance",
    "variances",
    metavar="PERCENT...",
    multiple=True,
    type=NumberRange(0, 100),
    default=(95.0, 99.0, 99.99),
    show_default="95 99 99.99",
    help="Shares of the variance to keep, one picture for each.",
)
@click.option(
    "--standardize",
    type=click.Choice(get_args(Standardization)),
    default="channel",
    show_default=True,
    help="Standard deviation by which the centred columns of a channel are divided: channel, one for all columns, as "
    "in the report's figure; column, one for each, as `foveal pca encode` does and the report's text says.",
)
@output_option("OUT", "PNG to write; '-' is standard output.", required=True)
@background_option
def figure(
    images: tuple[str, ...],
    variances: tuple[float, ...],
    standardize: Standardization,
    output: str,
    background: str | None,
) -> None:
    """Draw photos beside versions restored from components of rows, the variance explained, and sizes against SSIM.

    The sizes are those of component files in both modes, of JPEG files and of PNG files. The numbers of each restored
    photo are printed, beside those that the report has published for it.

    Needs matplotlib and scikit-image: pip install 'foveal[figure]'.
    """
    files.check_target(output, "PNG", inputs=list(images))
    from foveal.pca.figure import draw, sample_photos  # imported late: it needs the extra `figure`

    named = {input_name(Path(path).name): files.read_photo(path, background) for path in images}
    picture, drawn = draw(named or sample_photos(), tuple(dict.fromkeys(variances)), standardize)
    files.write_bytes(output, picture)
    lines = [f"{output_name(output)}: {len(picture):,} bytes, standardised by {standardize}"]
    print_report("\n".join(lines + [line for each in drawn for line in _describe_drawn(each)]), output)


def _describe_drawn(drawn: Drawn) -> list[str]:
    """Return a line with the numbers of a restored photo, and one with those of the report if it has any."""
    ours = f"{drawn.name}, {drawn.asked_variance:g} %: "
    lines = [ours + _describe_numbers(drawn)]
    if drawn.published is not None:
        lines.append(f"{'the report':>{len(ours) - 2}}: {_describe_numbers(drawn.published)}")
    return lines


def _describe_numbers(numbers: Drawn | Published) -> str:
    counts = ", ".join(map(str, numbers.counts))
    return f"{counts} components, compression ratio without them {numbers.ratio:.4g}, SSIM {numbers.ssim:.4f}"
