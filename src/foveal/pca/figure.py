"""The figure 2.4 of K. Kishore, "AI in Image Processing": photos at several explained variances, with sizes.

Each photo gets a row of pictures (the original and its decoded versions) and two plots: explained variance against the
number of components, and SSIM against file size. The module needs the extra `figure`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import MissingExtraError, ParameterError
from foveal.metrics import SSIM_MIN_SIDE, ssim
from foveal.pca import rows
from foveal.pca.codec import EncodedPhoto, decode, encode_photo, encode_rows
from foveal.pca.options import PcaOptions
from foveal.pca.rows import StandardisedChannel, Standardization
from foveal.photo import Photo, to_eight_bits
from foveal.photo.writing import png_bytes

try:
    import skimage.data
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
except ImportError as error:
    raise MissingExtraError("the figure needs matplotlib and scikit-image: pip install 'foveal[figure]'") from error

_CURVE_VARIANCES = (70.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.9, 99.99)
_JPEG_QUALITIES = (5, 10, 20, 30, 50, 70, 80, 90, 95, 98)
_MANY_NINES = 99.9  # from this percentage upwards, titles have two more decimals
_MOST_NINES = 4.5  # the axis of variance ends at 99.997 %
_WIDTH_INCHES, _CURVES_INCHES, _CAPTION_INCHES, _TITLE_INCHES = 13.0, 3.3, 1.25, 0.6
_DOTS_PER_INCH = 150
_INK, _PALE = "#222222", "#8a8a8a"
_CHANNEL_COLORS = {1: ("#444444",), 3: ("#c23b3b", "#2f8f4e", "#3562b5")}
_CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}


@dataclass(frozen=True)
class Point:
    """Size of a file in bytes, and SSIM of its decoded picture."""

    size_bytes: int
    ssim: float


@dataclass(frozen=True)
class Published:
    """Numbers of the report's figure 2.4 for a photo.

    Parameters
    ----------
    counts
        Number of components of R, G and B.
    ratio
        Compression ratio as the report counts it: without the components.
    ssim
        SSIM of the restored photo.
    """

    counts: tuple[int, ...]
    ratio: float
    ssim: float


# By name of the photo without ending, its size (width, height), and percentage of the variance.
PUBLISHED = {("kingfisher", (1280, 853), 99.0): Published((190, 265, 213), 5.8, 0.9325)}


@dataclass(frozen=True)
class Drawn:
    """A photo restored from its components, as the figure shows it.

    Parameters
    ----------
    name
        Name of the photo.
    asked_variance
        Percentage of the variance that was asked for.
    counts
        Number of components of each channel.
    ratio
        Compression ratio as the report counts it: without the components.
    ssim
        SSIM of the restored photo.
    published
        The report's numbers, None for all other photos and percentages.
    """

    name: str
    asked_variance: float
    counts: tuple[int, ...]
    ratio: float
    ssim: float
    published: Published | None


def sample_photos() -> dict[str, Photo]:
    """Return two photographs from scikit-image by name."""
    data: Any = skimage.data  # has no type annotations
    return {"astronaut": Photo(data.astronaut()), "coffee": Photo(data.coffee())}


def draw(
    photos: Mapping[str, Photo], variances: Sequence[float], standardize: Standardization = "channel"
) -> tuple[bytes, list[Drawn]]:
    """Draw the figure as a PNG file.

    Parameters
    ----------
    photos
        Photos by name, at least 11 pixels on each side. 16-bit photos are reduced to 8 bits.
    variances
        Percentages of the variance to keep, one column of pictures for each value; at least one.
    standardize
        Standard deviation by which columns are divided, see `rows.analyse`; the report's figure has "channel".

    Returns
    -------
    data, drawn
        The PNG file, and the numbers of each restored photo.

    Raises
    ------
    ParameterError
        A photo is too small, or a variance out of range.
    """
    shown = {name: Photo(to_eight_bits(photo.upright().pixels)) for name, photo in photos.items()}
    for name, photo in shown.items():
        if min(photo.height, photo.width) < SSIM_MIN_SIDE:
            raise ParameterError(f"{name} has less than {SSIM_MIN_SIDE} pixels on a side, which SSIM needs")
    column_inches = _WIDTH_INCHES / (1 + len(variances))
    picture_inches = [column_inches * photo.height / photo.width + _CAPTION_INCHES for photo in shown.values()]
    height = sum(inches + _CURVES_INCHES for inches in picture_inches) + _TITLE_INCHES
    figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=_DOTS_PER_INCH, facecolor="white")
    figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.06)
    drawn: list[Drawn] = []
    figure.suptitle("Photographs by their principal components", fontsize=16, color=_INK, fontweight="bold")
    bands = figure.subfigures(len(shown), 1, squeeze=False, height_ratios=[i + _CURVES_INCHES for i in picture_inches])
    for band, (name, photo), inches in zip(bands[:, 0], shown.items(), picture_inches, strict=True):
        pictures, curves = band.subfigures(2, 1, height_ratios=[inches, _CURVES_INCHES])
        channels = rows.analyse(photo.pixels, standardize)
        files = [encode_rows(photo, channels, PcaOptions(variance)) for variance in variances]
        drawn += _draw_pictures(pictures, name, dict(zip(variances, files, strict=True)))
        left, right = curves.subplots(1, 2)
        _draw_variance(left, channels, variances)
        _draw_sizes(right, photo, channels)
    file = io.BytesIO()
    FigureCanvasAgg(figure)  # draws without a display
    figure.savefig(file, format="png")
    return file.getvalue(), drawn


def _draw_pictures(area: SubFigure, name: str, files: Mapping[float, EncodedPhoto]) -> list[Drawn]:
    """Draw a photo and its restored versions, by the percentage that was asked for, and return their numbers."""
    drawn = []
    photo = next(iter(files.values())).photo
    axes = area.subplots(1, 1 + len(files), squeeze=False)[0]
    _show_image(
        axes[0], photo.pixels, name, f"{photo.width} x {photo.height}\n{_kilobytes(photo.pixels.nbytes)} of pixels\n"
    )
    for axis, (variance, encoded) in zip(axes[1:], files.items(), strict=True):
        restored = decode(encoded.data).pixels
        published = PUBLISHED.get((PurePath(name).stem, (photo.width, photo.height), float(variance)))
        similarity = ssim(photo.pixels, restored)
        ratio = encoded.ratio_without_components
        drawn.append(Drawn(name, variance, encoded.component_counts, ratio, similarity, published))
        title = f"{encoded.variance:.{2 if encoded.variance < _MANY_NINES else 4}f} % of the variance"
        _show_image(axis, restored, title, _caption(encoded, similarity))
    return drawn


def _caption(encoded: EncodedPhoto, similarity: float) -> str:
    counts = ", ".join(str(count) for count in encoded.component_counts)
    return (
        f"CR {encoded.compression_ratio:.2f}   SSIM {similarity:.4f}\n"
        f"{counts} components\n"
        f"CR without components, float16: {encoded.ratio_without_components:.1f}"
    )


def _show_image(axis: Axes, pixels: NDArray[Any], title: str, caption: str) -> None:
    axis.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
    axis.set_title(title, fontsize=12, color=_INK, fontweight="bold")
    axis.set_xlabel(caption, fontsize=9.5, color=_INK, linespacing=1.35)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)


def _draw_variance(axis: Axes, channels: list[StandardisedChannel], variances: Sequence[float]) -> None:
    """Plot explained variance against the number of components, on a logarithmic axis of the unexplained share."""
    styles = zip(channels, _CHANNEL_NAMES[len(channels)], _CHANNEL_COLORS[len(channels)], strict=True)
    for channel, name, color in styles:
        principal = channel.principal
        counts = np.arange(1, len(principal.variances) + 1)
        explained = [principal.explained(int(count)) for count in counts]
        axis.plot(counts, _nines(explained), color=color, label=name, linewidth=1.8)
        chosen = [principal.count_for(variance) for variance in variances]
        axis.plot(chosen, _nines([principal.explained(count) for count in chosen]), "o", color=color, markersize=5)
    ticks = [50, 90, 99, 99.9, 99.99]
    axis.yaxis.set_major_locator(FixedLocator(_nines(ticks)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 - 100 * 10**-value:.4g} %"))
    axis.set(
        ylim=(0, _MOST_NINES), xlim=(0, None), xlabel="components", title="Variance explained by components of rows"
    )
    axis.legend(loc="lower right", frameon=False, fontsize=9.5)
    _style_axis(axis)


def _nines(percents: Sequence[float]) -> list[float]:
    """Return -log10 of the unexplained share: 1 for 90 %, 2 for 99 %, ..."""
    missing = np.maximum(1 - np.asarray(percents, dtype=np.float64) / 100, 10**-_MOST_NINES / 2)
    return [float(value) for value in -np.log10(missing)]


def _draw_sizes(axis: Axes, photo: Photo, channels: list[StandardisedChannel]) -> None:
    def by_rows(variance: float) -> EncodedPhoto:
        return encode_rows(photo, channels, PcaOptions(variance))

    def by_blocks(variance: float) -> EncodedPhoto:
        return encode_photo(photo, PcaOptions(variance, "blocks"))

    encoders: dict[str, tuple[str, list[Point]]] = {
        "rows": ("#c23b3b", [_measure(by_rows(variance)) for variance in _CURVE_VARIANCES]),
        "blocks": ("#3562b5", [_measure(by_blocks(variance)) for variance in _CURVE_VARIANCES]),
        "JPEG 4:4:4": ("#d98b1f", [_measure_jpeg(photo, quality) for quality in _JPEG_QUALITIES]),
    }
    for name, (color, points) in encoders.items():
        sizes = [point.size_bytes / 1000 for point in points]
        axis.plot(sizes, [point.ssim for point in points], "o-", color=color, label=name, markersize=3.5, linewidth=1.8)
    axis.plot(
        len(png_bytes(photo.pixels)) / 1000,
        1,
        "D",
        color=_INK,
        label="PNG",
        markersize=6,
        linestyle="none",
        clip_on=False,
    )
    axis.axvline(photo.pixels.nbytes / 1000, color=_PALE, linestyle="--", linewidth=1.2, label="pixels")
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set(ylim=(None, 1.01), xlabel="size of the file in kB", title="SSIM at a size")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9.5)
    _style_axis(axis)


def _measure(encoded: EncodedPhoto) -> Point:
    return Point(len(encoded.data), ssim(encoded.photo.pixels, decode(encoded.data).pixels))


def _measure_jpeg(photo: Photo, quality: int) -> Point:
    """Measure libjpeg-turbo (by Pillow): 4:4:4 like both modes, progressive, optimised Huffman tables."""
    file = io.BytesIO()
    Image.fromarray(photo.pixels).save(file, "JPEG", quality=quality, subsampling=0, progressive=True, optimize=True)
    with Image.open(file) as image:
        return Point(len(file.getvalue()), ssim(photo.pixels, np.asarray(image)))


def _style_axis(axis: Axes) -> None:
    axis.title.set(fontsize=12, color=_INK)
    axis.grid(visible=True, color="#e4e4e4", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(colors=_INK, labelsize=9.5)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _kilobytes(size_bytes: int) -> str:
    return f"{size_bytes / 1000:,.0f} kB"
