"""The files that a job makes of the bytes of its source: a pure function, without any reading or writing of files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from foveal import jpeg, photo
from foveal.batch.jobs import BatchSettings, Job, Status, Target
from foveal.encoding import EncodeOptions, encode_photo
from foveal.errors import FormatWarning, FovealError, TransparencyError
from foveal.jpeg import application_data
from foveal.optimization import OptimizeOptions, optimize_file
from foveal.photo import Photo, exif, formats, orientation
from foveal.photo.background import transparency_error
from foveal.photo.lenient import name_way_out
from foveal.photo.resizing import resize
from foveal.saliency import SaliencyResult, find_saliency

Options = TypeVar("Options", EncodeOptions, OptimizeOptions)

_SOI = b"\xff\xd8"  # the first bytes of every JPEG


@dataclass(frozen=True, eq=False)
class Picture:
    """The file for one target, or the reason why there is none.

    Parameters
    ----------
    target
        Target that the file is for.
    status
        "written", "kept" (the bytes of the source), "skipped" or "failed".
    data
        Bytes of the file; None for "skipped" and "failed".
    rung
        Rung of the ladder, or "encoded"; "" without a file. See `Outcome.rung`.
    reason
        Why there is no file; "" otherwise.
    width, height
        Size of the picture in pixels as displayed, with its EXIF orientation; 0 without a file.
    quality
        Quality of the file, 0 to 100 on libjpeg's scale, if it was requantized or encoded; else None.
    warnings
        What the source violates, and what the file does not hold.
    """

    target: Target
    status: Status
    data: bytes | None = field(default=None, repr=False)
    rung: str = ""
    reason: str = ""
    width: int = 0
    height: int = 0
    quality: float | None = None
    warnings: tuple[str, ...] = ()


def make_pictures(data: bytes, job: Job, settings: BatchSettings) -> Iterator[Picture]:
    """Make the files of a job, in the order of its targets.

    A JPEG that keeps its size is optimized, and everything else is encoded. However many targets there are, the source
    is decoded for encoding once, and the saliency of the whole photo is found once.

    Parameters
    ----------
    data
        Bytes of the source.
    job
        Job with its targets.
    settings
        Options of optimization and encoding.

    Yields
    ------
    Picture
        One for each target.

    Raises
    ------
    FovealError
        The source cannot be read. Errors that concern a single target are pictures with the status "failed".
    """
    is_jpeg = data.startswith(_SOI)
    if not is_jpeg and not settings.convert:
        formats.check_is_picture(data)
        reason = "in place, a file keeps its format" if job.in_place else "--convert encodes other pictures"
        for target in job.targets:
            yield Picture(target, "skipped", reason=f"no JPEG; {reason}")
    elif is_jpeg and all(target.width is None for target in job.targets):
        for target in job.targets:
            yield _optimize(data, target, settings.optimize)
    else:
        yield from _make_sizes(data if is_jpeg else None, _open(data, settings), job.targets, settings)


def _optimize(data: bytes, target: Target, options: OptimizeOptions) -> Picture:
    with name_way_out(data):
        result = optimize_file(data, options)
    is_same = result.data == data
    height, width = _displayed_size(result.data, options.max_pixels)
    return Picture(
        target,
        "kept" if is_same else "written",
        result.data,
        "kept" if is_same else result.rung,
        width=width,
        height=height,
        quality=result.quality,
        warnings=result.notes,
    )


def _displayed_size(data: bytes, max_pixels: int) -> tuple[int, int]:
    """Return the height and width of a JPEG as displayed, with its EXIF orientation."""
    reader = jpeg.open_reader(data, strict=False, max_pixels=max_pixels)
    jpeg.first_scan(reader)  # the height may follow the first scan, in a DNL segment
    stored = reader.frame.height, reader.frame.width
    is_turned = orientation.swaps_sides(exif.orientation(application_data.exif_data(reader.segments)))
    return stored[::-1] if is_turned else stored


@dataclass(frozen=True, eq=False)
class _OpenedPhoto:
    """A decoded photo, with its saliency and the warnings about its file."""

    photo: Photo
    saliency: SaliencyResult | None
    warnings: tuple[str, ...]


def _open(data: bytes, settings: BatchSettings) -> _OpenedPhoto:
    """Decode a photo, and find where people look in it."""
    with warnings.catch_warnings(record=True) as caught, name_way_out(data):
        warnings.simplefilter("always", FormatWarning)
        try:
            opened = photo.open(
                io.BytesIO(data), background=settings.background, max_pixels=settings.optimize.max_pixels
            )
        except TransparencyError as error:
            raise transparency_error("a background colour (--background)") from error
    notes = [str(each.message) for each in caught if issubclass(each.category, FormatWarning)]
    if opened.frame_count > 1 and opened.file_format != "JPEG":
        notes.append("the file holds further pictures; only the first is encoded")
    return _OpenedPhoto(opened, find_saliency(opened, settings.encode.saliency), tuple(notes))


def _make_sizes(
    source: bytes | None, opened: _OpenedPhoto, targets: tuple[Target, ...], settings: BatchSettings
) -> Iterator[Picture]:
    """Make the files of several sizes of a photo; `source` is its file if that is a JPEG.

    Photos are never enlarged. The smallest width from that of the photo on gets the photo in its own size, and larger
    widths are skipped.
    """
    photo_width = opened.photo.displayed_size[1]
    too_wide = [target.width for target in targets if target.width is not None and target.width >= photo_width]
    full_width = min(too_wide, default=None)
    for target in targets:
        if target.width is not None and target.width >= photo_width and target.width != full_width:
            yield Picture(target, "skipped", reason=f"the photo is only {photo_width:,} pixels wide")
            continue
        is_full = target.width is None or target.width >= photo_width
        try:
            if is_full and source is not None:
                yield _optimize(source, target, _with_map(settings.optimize, opened.saliency))
            else:
                yield _encode(opened, target, settings.encode)
        except FovealError as error:
            yield Picture(target, "failed", reason=str(error))


def _encode(opened: _OpenedPhoto, target: Target, options: EncodeOptions) -> Picture:
    sized = opened.photo if target.width is None else resize(opened.photo, target.width)
    result = encode_photo(sized, _with_map(options, opened.saliency))
    height, width = result.photo.displayed_size
    return Picture(
        target,
        "written",
        result.data,
        "encoded",
        width=width,
        height=height,
        quality=result.quality,
        warnings=opened.warnings,
    )


def _with_map(options: Options, found: SaliencyResult | None) -> Options:
    """Return options with the map that was found instead of a method; the strength is that of the method."""
    if found is None:
        return options
    return replace(options, saliency=found.spending_map, strength=options.strength * found.strength_factor)
