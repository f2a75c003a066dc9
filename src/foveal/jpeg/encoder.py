"""The encoder, stage by stage (ITU-T T.81).

It follows chapter 3 of the report that foveal grew from: K. Kishore, "AI in Image Processing", B.Tech report, IIT
Palakkad.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.errors import ParameterError
from foveal.jpeg import color, dct, sampling
from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.file_writer import Price, check_restart_interval, file_of_levels, price_of_levels
from foveal.jpeg.frame import SAMPLING_FACTORS, Frame, block_grid
from foveal.jpeg.quantize import Quantizer, Rounding, run_plans
from foveal.jpeg.script import Script, ScriptMaker, spectral_selection_script
from foveal.jpeg.segments import Metadata, metadata_segments
from foveal.jpeg.tables import QuantizationTable, annex_k_tables
from foveal.threads import row_ranges, run_in_threads

_PIXELS_PER_STRIP = 1 << 18  # larger ones leave the cache, smaller ones keep Python busy


@dataclass(frozen=True)
class EncoderSettings:
    """How to encode.

    Parameters
    ----------
    subsampling
        A key of `SAMPLING_FACTORS`; grey pictures ignore it.
    sharpening
        How much of the correction of `sampling.sharpen` down-sampled components get.
    tables
        Quantization tables of Y, Cb and Cr, one to three; the last serves the components that have none of their own.
    quantizer
        Decides the levels.
    scripts
        Scan scripts by number of components; of several, the one that takes the fewest bytes is written.
    restart_interval
        MCUs between restart markers, 0 for none.
    threads
        Threads to work on; the bytes do not depend on it.
    metadata
        What goes before the picture.

    Raises
    ------
    ParameterError
        Unknown subsampling, restart interval out of range, no script, or not one to three tables.
    """

    subsampling: str = "4:2:0"
    sharpening: float = 0.0
    tables: tuple[QuantizationTable, ...] = field(default_factory=lambda: annex_k_tables(80))
    quantizer: Quantizer = field(default_factory=Rounding)
    scripts: tuple[ScriptMaker, ...] = (spectral_selection_script,)
    restart_interval: int = 0
    threads: int = 1
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        if self.subsampling not in SAMPLING_FACTORS:
            raise ParameterError(f"subsampling {self.subsampling!r} is not one of {', '.join(SAMPLING_FACTORS)}")
        check_restart_interval(self.restart_interval)
        if not 1 <= len(self.tables) <= 3:
            raise ParameterError(f"one to three quantization tables are needed, not {len(self.tables)}")
        if not self.scripts:
            raise ParameterError("at least one scan script is needed")

    def with_quantizer(self, tables: tuple[QuantizationTable, ...], quantizer: Quantizer) -> EncoderSettings:
        """Return the settings with other tables and another quantizer."""
        return replace(self, tables=tables, quantizer=quantizer)


def encode(pixels: color.Pixels, settings: EncoderSettings) -> bytes:
    """Encode a picture as a JPEG file.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    settings
        How.

    Raises
    ------
    LimitError
        The picture or its metadata is larger than the format allows.
    ParameterError
        The quantizer's weights do not fit the picture, or a script is not legal.
    """
    frame = frame_of(pixels, settings.subsampling)
    blocks = transform(pixels, frame, settings.threads, settings.sharpening)
    return write(quantize(blocks, frame, settings, blocks, find_saturated_blocks(pixels)), settings)


def frame_of(pixels: color.Pixels, subsampling: str) -> Frame:
    """Frame of a picture, colour or grey."""
    luma_factors = SAMPLING_FACTORS[subsampling] if pixels.ndim == 3 else None
    return Frame.of_picture(pixels.shape[0], pixels.shape[1], luma_factors)


def write(coefficients: Coefficients, settings: EncoderSettings) -> bytes:
    """Levels to a file, by the cheapest of the scripts."""
    scripts = _scripts(coefficients, settings)
    return file_of_levels(coefficients, scripts, settings.restart_interval, settings.threads)  # B.2, F.1.2, G.1.2


def price(coefficients: Coefficients, settings: EncoderSettings) -> Price:
    """Bytes of the file that `write` makes, about, from histograms of its symbols: in less time than it takes."""
    scripts = _scripts(coefficients, settings)
    return price_of_levels(coefficients, scripts, settings.restart_interval, settings.threads)


def _scripts(coefficients: Coefficients, settings: EncoderSettings) -> list[Script]:
    return [make_script(len(coefficients.frame.headers)) for make_script in settings.scripts]


def transform(
    pixels: color.Pixels, frame: Frame, threads: int, sharpening: float = 0.0
) -> tuple[NDArray[np.int16], ...]:
    """Pixels to DCT coefficients in sixteenths, strip by strip; for each component like `Coefficients.blocks`."""
    blocks = tuple(np.empty((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)

    def transform_strip(mcu_rows: tuple[int, int]) -> None:
        first, last = mcu_rows
        strip = samples_of_strip(pixels, frame, mcu_rows, sharpening)
        for samples, component, component_blocks in zip(strip, frame.components, blocks, strict=True):
            dct.forward(samples, component_blocks[first * component.v_factor : last * component.v_factor])  # A.3.3

    pixels_per_row = frame.mcu_height * frame.padded_width
    run_in_threads(transform_strip, row_ranges(frame.mcu_rows, pixels_per_row, _PIXELS_PER_STRIP), threads)
    _flatten_padding(frame, blocks)
    return blocks


def samples_of_strip(
    pixels: color.Pixels, frame: Frame, mcu_rows: tuple[int, int], sharpening: float
) -> Iterator[NDArray[np.float32]]:
    """Samples of each component, centred on 0, in a range [first, last) of rows of MCUs."""
    top, bottom = (row * frame.mcu_height for row in mcu_rows)
    halo = sampling.halo_pixels(frame) if sharpening else 0
    above, below = min(halo, top), halo if mcu_rows[1] < frame.mcu_rows else 0
    strip = pixels[top - above : bottom + below]  # A.2.3: split into MCUs
    planes = color.to_samples(strip, above + bottom - top + below, frame.padded_width)  # T.871 7
    for plane, component in zip(planes, frame.components, strict=True):
        samples = sampling.downsample(plane, frame, component)  # A.1.1
        rows = sampling.rows_of_strip(frame, component, above, bottom - top)
        yield sampling.sharpen(samples, frame, component, sharpening, rows)


def _flatten_padding(frame: Frame, blocks: tuple[NDArray[np.int16], ...]) -> None:
    """Make blocks wholly beyond the picture (A.2.4) cost nothing: the DC of the block coded before them, and no AC."""
    for component, grid in zip(frame.components, blocks, strict=True):
        rows, columns = component.block_rows, component.block_columns
        if columns < grid.shape[1]:
            grid[:, columns:, 1:] = 0
            grid[:, columns:, 0] = grid[:, columns - 1 : columns, 0]
        if rows < grid.shape[0]:
            last_of_mcu = grid[rows - 1, component.h_factor - 1 :: component.h_factor, 0]
            grid[rows:, :, 1:] = 0
            grid[rows:, :, 0] = np.repeat(last_of_mcu, component.h_factor)


def quantize(
    blocks: tuple[NDArray[np.int16], ...],
    frame: Frame,
    settings: EncoderSettings,
    out: tuple[NDArray[np.int16], ...] | None = None,
    saturated: NDArray[np.uint8] | None = None,
) -> Coefficients:
    """Quantize coefficients (T.81 A.3.4, DCT coefficient quantization) with the tables and quantizer of some settings.

    Parameters
    ----------
    blocks
        Coefficients in sixteenths, as `transform` returns them.
    frame
        Size and components of the picture.
    settings
        Encoder settings: tables, quantizer, threads, metadata and restart interval.
    out
        Arrays to fill with levels, of the shapes of `blocks`; None for new ones. Give `blocks` themselves to quantize
        them in place, which saves the memory and the time of a copy.
    saturated
        (rows, columns) of 8x8-pixel blocks, see `find_saturated_blocks`: settles DC, unless the quantizer is plain
        `Rounding`. None for pixels of 16 bits, of which decoders may show more than whole levels.
    """
    levels = tuple(np.empty_like(grid) for grid in blocks) if out is None else out
    slots = [min(index, len(settings.tables) - 1) for index in range(len(frame.components))]
    frame = frame.with_table_slots(slots)
    tables = tuple(settings.tables[slot] for slot in slots)
    parts = list(zip(blocks, frame.components, tables, strict=True))
    plans = run_in_threads(
        lambda part: settings.quantizer.plan(part[0], frame, part[1], part[2]), parts, settings.threads
    )
    marks = [
        None if saturated is None else frame.largest_of_covered_blocks(saturated, component)
        for component in frame.components
    ]
    run_plans(plans, levels, marks, settings.threads)
    return Coefficients(
        frame=frame,
        tables=tables,
        blocks=levels,
        segments=metadata_segments(settings.metadata),
        restart_interval=settings.restart_interval,
    )


def find_saturated_blocks(pixels: color.Pixels) -> NDArray[np.uint8] | None:
    """Mark the 8x8-pixel blocks with a sample of 0 or 255, which a decoder may have clamped; None for 16-bit pixels.

    Returns
    -------
    ndarray or None
        (rows, columns) uint8: 1 for a block that is marked.
    """
    if pixels.dtype != np.uint8:
        return None
    marks = np.empty(block_grid(*pixels.shape[:2]), dtype=np.uint8)
    _kernels.mark_saturated(pixels, marks)
    if pixels.shape[0] % 8:
        marks[-1] = 1
    if pixels.shape[1] % 8:
        marks[:, -1] = 1
    return marks
