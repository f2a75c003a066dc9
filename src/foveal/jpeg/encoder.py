"""The JPEG encoder, stage by stage.

The stages are those of chapter 3 of the report that foveal grew from: K. Kishore, "AI in Image Processing", B.Tech
report, IIT Palakkad::

    pixels
      split         samples_of_strip     T.81 A.2.3, Interleaved order
      colour        color.to_planes      T.871 clause 7, Conversion to and from RGB
      downsample    sampling.downsample  T.81 A.1.1, Dimensions and sampling factors
      DCT           dct.forward          T.81 A.3.3, FDCT and IDCT
      quantize      quantize             T.81 A.3.4, DCT coefficient quantization and dequantization
      encode        write                T.81 F.1.2, Baseline Huffman encoding procedures, or
                                         T.81 G.1.2, Progressive encoding procedures with Huffman coding
    file
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.errors import ParameterError
from foveal.jpeg import color, dct, sampling
from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.file_writer import Price, check_restart_interval, price_file, write_file
from foveal.jpeg.frame import BLOCK_SIDE, SAMPLING_FACTORS, Component, Frame, block_grid
from foveal.jpeg.quantize import Quantizer, Rounding, run_plans
from foveal.jpeg.script import ScriptMaker, spectral_selection_script
from foveal.jpeg.script_search import ScriptSearch, choose_script
from foveal.jpeg.segments import Metadata, make_metadata_segments
from foveal.jpeg.tables import QuantizationTable, annex_k_tables
from foveal.threads import row_ranges, run_in_threads

_PIXELS_PER_STRIP = 1 << 18  # larger strips do not fit the cache, smaller ones spend time on Python calls


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoder: tables, quantizer, scan script, threads, metadata.

    Parameters
    ----------
    subsampling
        Chroma subsampling, a key of `SAMPLING_FACTORS`; grey pictures ignore it.
    sharpening
        Gain of `sampling.sharpen` for down-sampled components, 0 for no sharpening.
    tables
        One to three quantization tables, for Y, Cb and Cr; components without a table of their own share the last one.
    quantizer
        Quantizer that chooses the levels of each block.
    script
        Function that makes the scan script, given the number of components, or a search for the cheapest one. If the
        script of a function has too many blocks in an MCU, each component gets a scan of its own.
    restart_interval
        Number of MCUs between restart markers; 0 for no restart markers.
    threads
        Number of threads to use; the bytes of the file do not depend on it.
    metadata
        Application segments and comment, written before the picture.

    Raises
    ------
    ParameterError
        Unknown subsampling, restart interval out of range, or not one to three tables.
    """

    subsampling: str = "4:2:0"
    sharpening: float = 0.0
    tables: tuple[QuantizationTable, ...] = field(default_factory=lambda: annex_k_tables(80))
    quantizer: Quantizer = field(default_factory=Rounding)
    script: ScriptMaker | ScriptSearch = spectral_selection_script
    restart_interval: int = 0
    threads: int = 1
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        if self.subsampling not in SAMPLING_FACTORS:
            raise ParameterError(f"subsampling {self.subsampling!r} is not one of {', '.join(SAMPLING_FACTORS)}")
        check_restart_interval(self.restart_interval)
        if not 1 <= len(self.tables) <= 3:
            raise ParameterError(f"one to three quantization tables are needed, not {len(self.tables)}")

    def with_quantizer(self, tables: tuple[QuantizationTable, ...], quantizer: Quantizer) -> EncoderSettings:
        """Return a copy of the settings with other tables and another quantizer."""
        return replace(self, tables=tables, quantizer=quantizer)


def encode(pixels: color.Pixels, settings: EncoderSettings) -> bytes:
    """Encode a picture as a JPEG file.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    settings
        Encoder settings: tables, quantizer, scan script, threads, metadata.

    Returns
    -------
    bytes
        The file, from SOI to EOI.

    Raises
    ------
    LimitError
        The picture or its metadata is larger than the format allows.
    ParameterError
        The quantizer's block weights do not have the shape `Frame.block_grid`, or the scan script is not legal.
    """
    frame = frame_of(pixels, settings.subsampling)
    blocks = transform(pixels, frame, settings.threads, settings.sharpening)  # split, colour, downsample, DCT
    coefficients = quantize(blocks, frame, settings, blocks, find_saturated_blocks(pixels, settings.threads))
    return write(coefficients, settings)


def frame_of(pixels: color.Pixels, subsampling: str) -> Frame:
    """Make the frame of a picture: its size, its components and their sampling factors.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey.
    subsampling
        Chroma subsampling, a key of `SAMPLING_FACTORS`; grey pictures ignore it.
    """
    luma_factors = SAMPLING_FACTORS[subsampling] if pixels.ndim == 3 else None
    return Frame.of_picture(pixels.shape[0], pixels.shape[1], luma_factors)


def write(coefficients: Coefficients, settings: EncoderSettings) -> bytes:
    """Encode levels as a JPEG file.

    The scans follow T.81 F.1.2, Baseline Huffman encoding procedures, or G.1.2, Progressive encoding procedures with
    Huffman coding.

    Parameters
    ----------
    coefficients
        Levels from `quantize`.
    settings
        Encoder settings: scan script, restart interval, threads.
    """
    script = choose_script(settings.script, coefficients, settings.restart_interval, settings.threads)
    return write_file(coefficients, script, settings.restart_interval, settings.threads)


def price(coefficients: Coefficients, settings: EncoderSettings) -> Price:
    """Estimate the size in bytes of the file that `write` makes, faster than `write` does, by counting its symbols.

    Parameters
    ----------
    coefficients
        Levels from `quantize`.
    settings
        Encoder settings: scan script, restart interval, threads.
    """
    script = choose_script(settings.script, coefficients, settings.restart_interval, settings.threads)
    return price_file(coefficients, script, settings.restart_interval, settings.threads)


def transform(
    pixels: color.Pixels, frame: Frame, threads: int, sharpening: float = 0.0
) -> tuple[NDArray[np.int16], ...]:
    """Turn pixels into DCT coefficients: split, colour transform, down-sampling, DCT.

    The picture is transformed in strips of MCU rows that fit the cache.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    frame
        Size and components of the picture, from `frame_of`.
    threads
        Number of threads to use.
    sharpening
        Gain of `sampling.sharpen`, 0 for no sharpening.

    Returns
    -------
    tuple of ndarray
        Coefficients of each component in units of 1/16: (padded_block_rows, padded_block_columns, 64) int16 in zig-zag
        order.
    """
    blocks = tuple(np.empty((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)

    def transform_strip(mcu_rows: tuple[int, int]) -> None:
        first, last = mcu_rows
        strip = samples_of_strip(pixels, frame, mcu_rows, sharpening)
        for samples, component, component_blocks in zip(strip, frame.components, blocks, strict=True):
            strip_blocks = component_blocks[first * component.v_factor : last * component.v_factor]
            dct.forward(samples, strip_blocks)  # DCT: T.81 A.3.3, FDCT and IDCT

    pixels_per_row = frame.mcu_height * frame.padded_width
    run_in_threads(transform_strip, row_ranges(frame.mcu_rows, pixels_per_row, _PIXELS_PER_STRIP), threads)
    fill_padding_blocks(frame, blocks)
    return blocks


def samples_of_strip(
    pixels: color.Pixels, frame: Frame, mcu_rows: tuple[int, int], sharpening: float
) -> Iterator[NDArray[np.float32]]:
    """Yield the samples of each component in a strip: split, colour transform, down-sampling.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous: the whole picture.
    frame
        Size and components of the picture.
    mcu_rows
        Rows of MCUs [first, last) of the strip.
    sharpening
        Gain of `sampling.sharpen`, 0 for no sharpening.

    Yields
    ------
    ndarray
        (8 x block rows of the strip, 8 x padded_block_columns) float32 samples of a component, centred on 0.
    """
    top, bottom = (row * frame.mcu_height for row in mcu_rows)
    halo = sampling.halo_rows(frame) if sharpening else 0
    above, below = min(halo, top), halo if mcu_rows[1] < frame.mcu_rows else 0
    strip = pixels[top - above : bottom + below]  # split: T.81 A.2.3, Interleaved order
    # Colour: T.871 clause 7, Conversion to and from RGB
    planes = color.to_samples(strip, above + bottom - top + below, frame.padded_width)
    for plane, component in zip(planes, frame.components, strict=True):
        # Downsample: T.81 A.1.1, Dimensions and sampling factors
        samples = sampling.downsample(plane, frame, component)
        rows = sampling.strip_rows(frame, component, above, bottom - top)
        yield sampling.sharpen(samples, frame, component, sharpening, rows)


def fill_padding_blocks(frame: Frame, blocks: tuple[NDArray[np.int16], ...]) -> None:
    """Fill the blocks beyond the picture with values that take few bits (T.81 A.2.4, Completion of partial MCU).

    Decoders discard these blocks. Each gets the DC of the block that is coded before it and no AC, so that its code is
    a DC difference of 0 and an EOB.
    """
    # Y of a 4:2:0 picture of 3 x 3 blocks, numbered in coding order, padding blocks in brackets:
    #
    #      0    1  |   4  [ 5]        5 has the DC of 4
    #      2    3  |   6  [ 7]        7 has the DC of 6
    #    ----------+----------
    #      8    9  |  12  [13]        13 has the DC of 12
    #    [10] [11] | [14] [15]        10 and 11 have the DC of 9, 14 and 15 that of 13
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
    """Quantize coefficients (T.81 A.3.4, DCT coefficient quantization and dequantization).

    Parameters
    ----------
    blocks
        Coefficients in units of 1/16, as `transform` returns them.
    frame
        Size and components of the picture.
    settings
        Encoder settings: tables, quantizer, threads, metadata and restart interval.
    out
        Arrays of the shapes of `blocks` that are filled with the levels; None to allocate them. Pass `blocks` itself to
        quantize in place, which saves the memory and the time of a copy.
    saturated
        (rows, columns) uint8 of 8x8-pixel blocks: not 0 where a decoder may clamp samples, see `find_saturated_blocks`.
        There, in blocks that the edge of the picture cuts, and in blocks without AC, DC is settled
        (kernels/settle_dc.hpp), so that the decoded picture, encoded again, gives the same DC. In luminance blocks with
        white or black pixels, these may get whiter or blacker if that lowers the errors of the others, because decoders
        clamp them (kernels/deringing.hpp). Plain `Rounding` does neither. None leaves the coefficients as they are.
    """
    levels = tuple(np.empty_like(grid) for grid in blocks) if out is None else out
    slots = [min(index, len(settings.tables) - 1) for index in range(len(frame.components))]
    frame = frame.with_table_slots(slots)
    tables = tuple(settings.tables[slot] for slot in slots)
    parts = list(zip(blocks, frame.components, tables, strict=True))
    plans = run_in_threads(
        lambda part: settings.quantizer.plan(part[0], frame, part[1], part[2]), parts, settings.threads
    )
    marks = [None if saturated is None else _mark_moving_blocks(saturated, frame, each) for each in frame.components]
    run_plans(plans, levels, marks, settings.threads)
    if saturated is not None:
        fill_padding_blocks(frame, levels)  # the blocks coded before them may have got another DC
    return Coefficients(
        frame=frame,
        tables=tables,
        blocks=levels,
        segments=make_metadata_segments(settings.metadata),
        restart_interval=settings.restart_interval,
    )


def find_saturated_blocks(pixels: color.Pixels, threads: int = 1) -> NDArray[np.uint8] | None:
    """Find the 8x8-pixel blocks with a sample of 0 or 255.

    There a decoder may clamp ringing, which makes the block brighter or darker.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB or (h, w) grey, uint8 or uint16, C-contiguous.
    threads
        Largest number of threads; the result does not depend on it.

    Returns
    -------
    ndarray or None
        (rows, columns) uint8: HAS_SATURATED_PIXEL for a block with a white or black pixel, all samples of which are
        255 or 0; HAS_SATURATED_SAMPLE for another block that is found; 0 for the rest. None for pixels of 16 bits:
        decoders of more than 8 bits do not clamp them at 8-bit white and black.
    """
    if pixels.dtype != np.uint8:
        return None
    found = np.empty(block_grid(*pixels.shape[:2]), dtype=np.uint8)
    fill_block_rows(_kernels.mark_saturated, cast(color.EightBitPixels, pixels), found, threads)
    return found


def fill_block_rows(
    kernel: Callable[[color.EightBitPixels, NDArray[np.uint8]], None],
    pixels: color.EightBitPixels,
    out: NDArray[np.uint8],
    threads: int,
) -> None:
    """Fill an array that has a value for each 8x8-pixel block by a kernel, strip by strip in several threads.

    Parameters
    ----------
    kernel
        Function that fills the values of some rows of blocks, given their pixels and a part of `out`.
    pixels
        (h, w, 3) RGB or (h, w) grey, C-contiguous: the whole picture.
    out
        Array of the shape `frame.block_grid`.
    threads
        Number of threads to use.
    """

    def fill(rows: tuple[int, int]) -> None:
        first, last = rows
        kernel(pixels[BLOCK_SIDE * first : BLOCK_SIDE * last], out[first:last])

    pixels_per_row = BLOCK_SIDE * pixels.shape[1]
    run_in_threads(fill, row_ranges(out.shape[0], pixels_per_row, _PIXELS_PER_STRIP), threads)


def _mark_moving_blocks(saturated: NDArray[np.uint8], frame: Frame, component: Component) -> NDArray[np.uint8]:
    """Mark the blocks whose mean can change when the decoded picture is encoded again.

    These are saturated blocks, and blocks that the edge of the picture cuts, whose padding is not stored. Only in
    luminance, blocks with white or black pixels keep the mark HAS_SATURATED_PIXEL.
    """
    marks = frame.largest_of_covered_blocks(saturated, component)
    if component is not frame.components[0]:
        np.minimum(marks, _kernels.HAS_SATURATED_SAMPLE, out=marks)
    for side, cut in (
        (marks[component.block_rows - 1], component.sample_rows),
        (marks[:, component.block_columns - 1], component.sample_columns),
    ):
        if cut % BLOCK_SIDE:
            np.maximum(side, _kernels.HAS_SATURATED_SAMPLE, out=side)
    return marks
