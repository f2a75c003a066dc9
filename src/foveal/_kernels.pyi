"""Compiled kernels of the codec and of SSIMULACRA 2 (C++ extension; kernels/bind_*.cpp define the bindings).

Output arrays are filled in place. Arrays must be C-contiguous, except that the rows of block grids and of uint8 planes
may be part of wider arrays. Functions raise ValueError if their arrays do not fit each other, and release the GIL while
they work.

Coefficients are int16 in units of 1/16, levels (quantized coefficients) int16; both are (..., 64) in zig-zag order.
Quantizer steps are float32 in units of 1/16 for the encoder, uint16 for the decoder.
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

HAS_SATURATED_SAMPLE: int
HAS_SATURATED_PIXEL: int
USUAL_LOOK_BACK: int  # the fastest `look_back` of `trellis`; larger ones gain next to nothing

def instruction_sets() -> list[str]:
    """Return the names of the kernel builds that run on this machine, the fastest first."""

def instruction_set() -> str:
    """Return the name of the kernel build in use."""

def use_instruction_set(name: str) -> None:
    """Choose a kernel build by name, for the whole process."""

def rgb_to_ycbcr(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None:
    """Fill planes (3, H, W) with Y, Cb and Cr, centred on 0, of pixels (h, w, 3).

    H >= h and W >= w; the last column and row are repeated.
    """

def rgb_to_whole_ycbcr(pixels: NDArray[np.uint8], planes: NDArray[np.float32]) -> None:
    """Fill planes (3, H, W) like `rgb_to_ycbcr`, with samples rounded to whole levels as libjpeg rounds them."""

def grey_to_plane(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None:
    """Fill planes (1, H, W) with the samples, centred on 0, of pixels (h, w).

    H >= h and W >= w; the last column and row are repeated.
    """

def downsample(plane: NDArray[np.float32], h: int, v: int, out: NDArray[np.float32]) -> None:
    """Fill out (r, c) with means of h x v samples of plane (v r, h c).

    h and v are 1 or 2, not both 1.
    """

def sharpen(plane: NDArray[np.float32], h: int, v: int, gain: float, first_row: int, out: NDArray[np.float32]) -> None:
    """Fill out (r, c) with sharpened rows of a sub-sampled plane (R, c).

    out = plane + gain (plane - blurred), where the blur is (1, 6, 1) / 8 across if h is 2 and down if v is 2: what
    up-sampling by a triangle filter and averaging again make of the plane.

    Parameters
    ----------
    plane
        Plane to sharpen.
    h, v
        Factors of the sub-sampling, 1 or 2.
    gain
        Strength of the sharpening; 0 leaves the plane as it is.
    first_row
        Row of the plane that becomes the first row of `out`.
    out
        Sharpened rows.
    """

def color_loss(pixels: NDArray[np.uint8 | np.uint16], first_row: int, out: NDArray[np.float32]) -> None:
    """Fill out (2, r, c) with the loss of Cb and Cr in each block if both are halved across and down.

    The loss is the mean squared error of the two middle rows of a block, in 8-bit units, after a triangle filter has
    doubled the planes again.

    Parameters
    ----------
    pixels
        (h, w, 3) RGB.
    first_row
        Row of blocks that becomes the first row of `out`.
    out
        Loss of Cb, then of Cr, for rows of blocks; c blocks cover the width of the pixels.
    """

def forward_dct(plane: NDArray[np.float32], blocks: NDArray[np.int16]) -> None:
    """Fill blocks (r, c, 64) with the DCT coefficients of plane (8 r, 8 c), rounded to units of 1/16."""

def forward_dct_unrounded(plane: NDArray[np.float32], blocks: NDArray[np.float32]) -> None:
    """Fill blocks (r, c, 64) with the DCT coefficients of plane (8 r, 8 c)."""

def quantize(blocks: NDArray[np.int16], steps: NDArray[np.float32]) -> None:
    """Turn coefficients into levels by rounding, in place.

    Parameters
    ----------
    blocks
        (n, 64) coefficients, replaced by levels.
    steps
        (64,) quantizer steps.
    """

def quantize_dead_zones(
    blocks: NDArray[np.int16],
    steps: NDArray[np.float32],
    widths: NDArray[np.float32],
    factors: NDArray[np.float32],
    profile: NDArray[np.uint8],
) -> None:
    """Turn coefficients into levels by rounding, in place, except that AC coefficients in a dead zone become 0.

    The zone of coefficient k of block i ends at min(0.5 + widths[i] x factors[profile[i], k], 1.5) steps.

    Parameters
    ----------
    blocks
        (n, 64) coefficients, replaced by levels.
    steps
        (64,) quantizer steps.
    widths
        (n,) steps by which the dead zone of a block is wider than that of rounding, 0 or more.
    factors
        (profiles, 64) factors of these widths for each coefficient.
    profile
        (n,) row of `factors` for each block.
    """

def settle_dc(levels: NDArray[np.int16], dc: NDArray[np.int16], is_marked: NDArray[np.uint8], step: float) -> None:
    """Round DC to whole levels in blocks without AC, and to 0.75 levels in blocks that are marked.

    Where the steps are no finer than that, DC is just rounded to the nearest step.

    Parameters
    ----------
    levels
        (n, 64) levels in zig-zag order, of which DC is changed in place.
    dc
        (n,) DC coefficients of the same blocks, in sixteenths.
    is_marked
        (n,): not 0 for the blocks that are marked.
    step
        Quantizer step of DC, in sixteenths, above 0.
    """

def ground_parts(pixels: NDArray[np.uint8], width: int, contrast: int, out: NDArray[np.uint8]) -> None:
    """Set out (rows, columns) to the part of each 8x8-pixel block, 0 to 64, that is flat ground under a hard edge.

    Ground is what is within `width` levels of the darkest or of the lightest sample, whichever is more; a hard edge
    has at least `contrast` levels between these two. Of RGB pixels (h, w, 3), green counts; else pixels are (h, w).
    """

def mark_saturated(pixels: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Mark the 8x8-pixel blocks of pixels (h, w) or (h, w, 3) with a sample of 0 or 255 in out (rows, columns).

    The mark is HAS_SATURATED_PIXEL in a block with a pixel whose samples are all 0 or all 255, else
    HAS_SATURATED_SAMPLE; blocks without such a sample become 0.
    """

def dering(
    blocks: NDArray[np.int16],
    is_marked: NDArray[np.uint8],
    steps: NDArray[np.float32],
    widths: NDArray[np.float32],
) -> None:
    """Let white and black ground overshoot in blocks that are marked, as decoders clamp it (kernels/deringing.hpp).

    Parameters
    ----------
    blocks
        (n, 64) luminance coefficients in zig-zag order, in sixteenths, changed in place.
    is_marked
        (n,): not 0 for the blocks that may be changed.
    steps
        (64,) quantizer steps, in sixteenths, at least 1.
    widths
        (n,) widths of dead zones that stand for the quantizer, see `quantize_dead_zones`.
    """

def quantize_per_block(
    blocks: NDArray[np.int16],
    own_steps: NDArray[np.float32],
    table_index: NDArray[np.uint8],
    file_steps: NDArray[np.float32],
) -> None:
    """Turn coefficients into levels of one table after quantizing each block with a table of its own, in place.

    Parameters
    ----------
    blocks
        (n, 64) coefficients, replaced by levels.
    own_steps
        (tables, 64) quantizer steps to choose from for a block.
    table_index
        (n,) index in `own_steps` for each block.
    file_steps
        (64,) quantizer steps of the levels, which are those in the file.
    """

def ac_strengths(
    blocks: NDArray[np.int16], every: NDArray[np.float32], coarse: NDArray[np.float32], fine: NDArray[np.float32]
) -> None:
    """Compute root mean squares of the AC coefficients of each block.

    Parameters
    ----------
    blocks
        (n, 64) coefficients.
    every
        (n,), filled with the root mean square of coefficients 1 to 63.
    coarse
        (n,), filled with that of the low frequencies, 1 to 5.
    fine
        (n,), filled with that of the high frequencies, 15 to 63.
    """

def trellis(
    blocks: NDArray[np.int16],
    steps: NDArray[np.float32],
    distortion_weight: NDArray[np.float32],
    frequency_weights: NDArray[np.float32],
    profile: NDArray[np.uint8],
    lift: float,
    run_size_bits: NDArray[np.float32],
    end_of_block_bits: float,
    look_back: int,
) -> None:
    """Turn coefficients into the levels of least rate-distortion cost, in place; DC is rounded.

    Parameters
    ----------
    blocks
        (n, 64) coefficients, replaced by levels.
    steps
        (64,) quantizer steps.
    distortion_weight
        (n,) bits that a squared error of one step is worth in each block.
    frequency_weights
        (profiles, 64) factors of `distortion_weight` for each coefficient.
    profile
        (n,) row of `frequency_weights` for each block.
    lift
        Errors of nonzero levels are measured from the magnitude plus this number of steps, 0 to 0.5.
    run_size_bits
        (11, 63) bits of an AC symbol by magnitude category and run of zeros, with its ZRL symbols and additional bits.
    end_of_block_bits
        Bits of EOB.
    look_back
        Nonzero positions before a coefficient that the search considers as its predecessor, at least 1.
    """

def tally_scan(
    grids: Sequence[NDArray[np.int16]],
    factors: Sequence[tuple[int, int, int]],
    band: tuple[int, int, int, int],
    restart_interval: int,
    first_row: int,
    last_row: int,
    histogram: NDArray[np.uint32],
) -> int:
    """Count the symbols of a range of MCU rows of a scan.

    Parameters
    ----------
    grids
        (rows, columns, 64) levels of 1 to 4 components.
    factors
        Sampling factors h and v and Huffman table slot of each component.
    band
        Ss, Se, Ah and Al of the scan header; Ss = 0 and Se = 63 for a sequential scan.
    restart_interval
        MCUs between restart markers, 0 for none.
    first_row, last_row
        Range of MCU rows, without last_row.
    histogram
        (2, slots, 256) counts by table class (DC, AC), slot and symbol, to which the symbols are added.

    Returns
    -------
    int
        Bits that are not Huffman codes: additional bits and correction bits.
    """

def record_scan(
    grids: Sequence[NDArray[np.int16]],
    factors: Sequence[tuple[int, int, int]],
    band: tuple[int, int, int, int],
    restart_interval: int,
    first_row: int,
    last_row: int,
    histogram: NDArray[np.uint32],
) -> tuple[NDArray[np.uint32], int]:
    """Count the symbols of a range of MCU rows as `tally_scan` does, and record them.

    The parameters are those of `tally_scan`; there may be at most 4 slots.

    Returns
    -------
    words
        (n,) uint32, the recorded symbols for `write_recorded`.
    raw_bits
        Bits that are not Huffman codes.
    """

def write_recorded(words: NDArray[np.uint32], codes: NDArray[np.uint32]) -> tuple[bytes, int, list[int]]:
    """Write recorded symbols as bits, without byte stuffing.

    Parameters
    ----------
    words
        (n,) words of `record_scan`.
    codes
        (2, slots, 256, 2) Huffman code and its length, by table class, slot and symbol.

    Returns
    -------
    data
        The bits, most significant first, padded to whole bytes.
    bit_count
        Number of bits in the data.
    restarts
        Bit positions of the restart markers.
    """

def join_strips(strips: Sequence[tuple[bytes, int, list[int]]]) -> bytes:
    """Join the outputs of `write_recorded` for consecutive strips; add byte stuffing and restart markers."""

class DecodingTable:
    """Huffman table for decoding."""

    def __init__(self, bits: Sequence[int], huffval: bytes) -> None:
        """Build the lookup table.

        Parameters
        ----------
        bits
            Number of codes of each length from 1 to 16 (BITS).
        huffval
            Symbols in the order of their codes (HUFFVAL).
        """

def unstuff_scan(file: bytes, offset: int, max_restarts: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], int, int]:
    """Copy the entropy-coded data of a scan without byte stuffing, fill bytes and restart markers.

    Parameters
    ----------
    file
        Bytes of the file.
    offset
        Offset of the first byte of the entropy-coded data.
    max_restarts
        Number of restart markers to record at most.

    Returns
    -------
    data
        uint8, the data followed by 512 bytes of padding, as `decode_scan` needs it.
    restarts
        (n, 3) for each recorded restart marker: position in the data, offset in the file, number (0 to 7).
    restart_count
        Number of restart markers, recorded or not.
    end
        Offset of the marker that ends the scan, or the size of the file.
    """

def stuffed_offset(file: bytes, offset: int, position: int) -> int:
    """Return the offset in the file of a byte in the data of `unstuff_scan` for the same file and offset."""

class DecodingState:
    """Progress of the decoding of a scan, with its DC predictions.

    Attributes
    ----------
    mcu
        Index of the next MCU.
    bit_position
        Position of the next bit in the data.
    eob_run
        Blocks left of the last EOBn.
    unused_bytes
        Bytes between the last MCU of a restart interval and its end, summed over the intervals so far.
    """

    mcu: int
    bit_position: int
    eob_run: int
    unused_bytes: int

    def __init__(self) -> None:
        """Start at the beginning of a scan."""

class ScanFailure(Enum):
    """Reason why the decoding of a scan stopped."""

    NONE = ...
    NO_CODE = ...
    OUT_OF_RANGE = ...
    BEYOND_BLOCK = ...
    OUT_OF_DATA = ...
    NO_INTERVAL = ...

def decode_scan(
    data: NDArray[np.uint8],
    intervals: NDArray[np.int64],
    restart_interval: int,
    band: tuple[int, int, int, int],
    components: Sequence[tuple[int, int, DecodingTable | None, DecodingTable | None]],
    grids: Sequence[NDArray[np.int16]],
    first_row: int,
    state: DecodingState,
    block_bits: Sequence[NDArray[np.uint32]],
) -> ScanFailure:
    """Decode MCUs from state.mcu to the end of the grids, or up to the first failure.

    Parameters
    ----------
    data
        Data of `unstuff_scan`, with its padding.
    intervals
        (n, 2) first byte and end of each restart interval; -1 and -1 for a missing one.
    restart_interval
        MCUs between restart markers, 0 for none.
    band
        Ss, Se, Ah and Al of the scan header; Ss = 0 and Se = 63 for a sequential scan.
    components
        Sampling factors h and v, DC table and AC table of each component; None for a table that the scan does not use.
    grids
        (rows, columns, 64) levels of each component, which the scan fills or refines.
    first_row
        MCU row of the scan with which the grids begin.
    state
        Where to start; updated to the end, or to where the failure happened.
    block_bits
        Empty, or (rows, columns) for each grid: counters to which the bits of each block are added. Their rows are as
        far apart as those of the grid, in blocks.

    Returns
    -------
    ScanFailure
        NONE if all MCUs were decoded.
    """

def inverse_dct(blocks: NDArray[np.int16], steps: NDArray[np.uint16], plane: NDArray[np.uint8]) -> None:
    """Fill plane (8 r, 8 c) with the samples of levels (r, c, 64), dequantized by steps (64,) in zig-zag order."""

def upsample_triangle(plane: NDArray[np.uint8], h: int, v: int, first_row: int, out: NDArray[np.uint8]) -> None:
    """Fill out (rows, h c) with rows of plane (r, c) up-sampled by a triangle filter, edges repeated.

    Parameters
    ----------
    plane
        Sub-sampled plane.
    h, v
        Factors of the up-sampling across and down, 1 or 2, not both 1.
    first_row
        Row of the up-sampled plane, which has v r rows, that becomes the first row of `out`.
    out
        Rows of the up-sampled plane.
    """

def upsample_replicate(
    plane: NDArray[np.uint8],
    across: tuple[int, int],
    down: tuple[int, int],
    first_row: int,
    out: NDArray[np.uint8],
) -> None:
    """Fill out (rows, columns) with rows of a plane up-sampled by repeating samples.

    Parameters
    ----------
    plane
        Sub-sampled plane.
    across
        Horizontal sampling factor of the component, and the largest one of the frame.
    down
        Vertical sampling factor of the component, and the largest one of the frame.
    first_row
        Row of the up-sampled plane that becomes the first row of `out`.
    out
        Rows of the up-sampled plane.
    """

def ycbcr_to_rgb(planes: Sequence[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
    """Fill pixels (rows, columns, 3) with RGB from planes Y, Cb and Cr, each at least as large."""

def interleave(planes: Sequence[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
    """Fill pixels (rows, columns, n) with the samples of n planes, each at least as large."""

def linear_light(pixels: NDArray[np.uint8], table: NDArray[np.float32], linear: NDArray[np.float32]) -> None:
    """Fill linear (h, 3, w) with the light of pixels (h, w, 3), looked up in table (256,) by sample value."""

def halve(planes: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fill out with means of 2 x 2 samples of planes (rows, 3, columns).

    The sides of `out` are half as long, rounded up; if a side is odd, its last row or column counts twice.
    """

def linear_to_xyb(planes: NDArray[np.float32]) -> None:
    """Convert planes (rows, 3, columns) from linear RGB in [0, 1] to XYB as scaled by SSIMULACRA 2, in place."""

def error_sums(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    channel: int,
    gaussian: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Sum the three error maps of SSIMULACRA 2 over a channel.

    Parameters
    ----------
    first, second
        (rows, 3, columns) XYB of the original and of the distorted picture.
    channel
        Index of the channel, 0 to 2.
    gaussian
        (3, 2) gain and feedback of each cosine of the blur.
    sums
        (6,), filled with the sum of the errors and the sum of their fourth powers, for each map: structure, edges
        gained (artifacts), edges lost (blur).
    """

def error_slopes(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    channel: int,
    blur_taps: NDArray[np.float32],
    prices: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Fill a channel of out with derivatives of a weighted sum of errors by samples of the second picture.

    Parameters
    ----------
    first, second
        (rows, 3, columns) XYB of the original and of the distorted picture.
    channel
        Index of the channel, 0 to 2.
    blur_taps
        (5,) weights of the blur, from its middle outwards.
    prices
        (2, 3): the derivative of the sum by an error e of map m is prices[0, m] + prices[1, m] e^3; maps as in
        `error_sums`.
    out
        (rows, 3, columns) derivatives, of which the channel is filled.
    """

def xyb_to_linear_slopes(xyb: NDArray[np.float32], slopes: NDArray[np.float32]) -> None:
    """Turn slopes from derivatives by XYB into derivatives by linear light, in place.

    Parameters
    ----------
    xyb
        (rows, 3, columns) output of `linear_to_xyb`.
    slopes
        (rows, 3, columns) derivatives.
    """

def add_slopes_of_half(half: NDArray[np.float32], slopes: NDArray[np.float32]) -> None:
    """Add derivatives by halved planes to derivatives by the planes that `halve` averaged.

    Parameters
    ----------
    half
        Derivatives by the output of `halve`.
    slopes
        (rows, 3, columns) derivatives by its input.
    """

def linear_to_sample_slopes(
    pixels: NDArray[np.uint8], light_slopes: NDArray[np.float32], slopes: NDArray[np.float32]
) -> None:
    """Turn slopes from derivatives by linear light into derivatives by sample values, in place.

    Parameters
    ----------
    pixels
        (h, w, 3) sample values.
    light_slopes
        (256,) derivative of light at each sample value.
    slopes
        (h, 3, w) derivatives.
    """

def area_means(pixels: NDArray[np.uint8 | np.uint16], out: NDArray[np.uint8]) -> None:
    """Fill out with means of equal areas of pixels, exact and rounded half up.

    Parameters
    ----------
    pixels
        (h, w) or (h, w, n), 8 or 16 bits.
    out
        (r, c) or (r, c, n), r <= h and c <= w; always 8 bits.
    """
