"""The C++ extension (kernels/bind_*.cpp bind it; a test compares the signatures).

Arrays are filled in place; ValueError where they do not fit each other. They are C-contiguous, but that rows of grids
(of blocks) and of planes of uint8 may be part of wider ones. Coefficients are int16 in sixteenths and levels int16,
both (..., 64) in zig-zag order; steps are float32 in sixteenths for coefficients, uint16 for levels.
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

USUAL_LOOK_BACK: int

def instruction_sets() -> list[str]:
    """Builds of the kernels that run on this machine, the fastest first."""

def use_instruction_set(name: str) -> None:
    """Choose one of them, for the whole process."""

def rgb_to_ycbcr(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None:
    """Fill planes (3, H, W) from pixels (h, w, 3), H >= h, W >= w."""

def grey_to_plane(pixels: NDArray[np.uint8 | np.uint16], planes: NDArray[np.float32]) -> None:
    """Fill planes (1, H, W) from pixels (h, w), H >= h, W >= w."""

def downsample(plane: NDArray[np.float32], h: int, v: int, out: NDArray[np.float32]) -> None:
    """Fill out (r, c) from plane (v r, h c): means of h x v samples, h and v 1 or 2."""

def sharpen(plane: NDArray[np.float32], h: int, v: int, gain: float, first_row: int, out: NDArray[np.float32]) -> None:
    """Fill out (r, c) from rows of plane (R, c) from first_row on.

    out = plane + gain (plane - blurred), blurred by (1, 6, 1) / 8 across if h is 2 and down if v is 2.
    """

def color_loss(pixels: NDArray[np.uint8 | np.uint16], first_row: int, out: NDArray[np.float32]) -> None:
    """Fill out (2, r, c): what halving Cb and Cr of pixels (h, w, 3) costs each block from row first_row of blocks on.

    Mean squared errors of the two middle rows of a block, in 8-bit units, where a triangle filter doubles the planes.
    """

def forward_dct(plane: NDArray[np.float32], blocks: NDArray[np.int16]) -> None:
    """Fill blocks (r, c, 64) with the coefficients of plane (8 r, 8 c)."""

def quantize(blocks: NDArray[np.int16], steps: NDArray[np.float32], zero_threshold: NDArray[np.float32]) -> None:
    """Turn blocks (n, 64) into levels; steps (64,); AC of less than zero_threshold (n,) steps becomes 0."""

def quantize_per_block(
    blocks: NDArray[np.int16],
    own_steps: NDArray[np.float32],
    table_index: NDArray[np.uint8],
    file_steps: NDArray[np.float32],
) -> None:
    """Turn blocks (n, 64) into levels; own_steps (tables, 64); table_index (n,); file_steps (64,)."""

def ac_strengths(
    blocks: NDArray[np.int16], every: NDArray[np.float32], coarse: NDArray[np.float32], fine: NDArray[np.float32]
) -> None:
    """Root mean square of coefficients 1 to 63, 1 to 5 and 15 to 63 of each of the blocks (n, 64): each (n,)."""

def trellis(
    blocks: NDArray[np.int16],
    steps: NDArray[np.float32],
    distortion_weight: NDArray[np.float32],
    frequency_weights: NDArray[np.float32],
    lift: float,
    run_size_bits: NDArray[np.float32],
    end_of_block_bits: float,
    look_back: int,
) -> None:
    """Turn blocks (n, 64) into levels; steps (64,); run_size_bits (11, 63).

    distortion_weight (n,): the bits that a squared error of a step is worth; times frequency_weights (64,).
    Errors of levels that are not 0 count from the magnitude plus `lift` steps.
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
    """Count symbols of MCU rows [first_row, last_row) into histogram (class, slot, symbol) = (2, slots, 256).

    grids: (rows, columns, 64) levels of 1 to 4 components, rows of a wider array or not; factors: h, v and table slot
    of each; band: Ss, Se, Ah, Al, with 0 and 63 for a sequential scan. Returns the bits that are not Huffman codes.
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
    """Do what `tally_scan` does, and return the symbols, too, a word each, at most 4 slots, in front of the bits."""

def write_recorded(words: NDArray[np.uint32], codes: NDArray[np.uint32]) -> tuple[bytes, int, list[int]]:
    """Code the words of `record_scan` with codes (2, slots, 256, 2) of (code, length).

    Returns bytes without stuffing, the number of bits in them, and the bits at which restart markers belong.
    """

def join_strips(strips: Sequence[tuple[bytes, int, list[int]]]) -> bytes:
    """Join what `write_recorded` returned for strips that follow each other; stuffing and restart markers go in."""

class DecodingTable:
    """A Huffman table to decode with."""

    def __init__(self, bits: Sequence[int], huffval: bytes) -> None:
        """Make it of the number of codes of length 1 to 16, and the symbols in the order of their codes."""

def unstuff_scan(file: bytes, offset: int, max_restarts: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], int, int]:
    """Take the entropy-coded data at an offset of a file, without stuffing, fill bytes and restart markers.

    Returns it with the padding (512 bytes) that `decode_scan` wants; of each of the first max_restarts restart markers
    (position in the data, offset in the file, number); how many there are in all; and the offset of the marker that
    ends the scan, or the size of the file.
    """

def stuffed_offset(file: bytes, offset: int, position: int) -> int:
    """Offset in the file of a byte of what `unstuff_scan` returns for an offset."""

class DecodingState:
    """How far the decoding of a scan is; the DC predictions are in it, too."""

    mcu: int
    bit_position: int
    eob_run: int
    unused_bytes: int

    def __init__(self) -> None:
        """At the beginning of a scan."""

class ScanFailure(Enum):
    """Why the decoding of a scan stopped."""

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
    """Decode MCUs from state.mcu to the end of the grids, which begin with MCU row first_row of the scan.

    intervals: (n, 2) first byte and end of each restart interval, -1 and -1 where one is missing; components: h, v, DC
    and AC table of each; grids: (rows, columns, 64) levels; block_bits: none, or (rows, columns) for each grid, laid
    out like it. At the first failure the state is where it happened.
    """

def inverse_dct(blocks: NDArray[np.int16], steps: NDArray[np.uint16], plane: NDArray[np.uint8]) -> None:
    """Fill plane (8 r, 8 c) with the samples of levels (r, c, 64), steps (64,), both in zig-zag order."""

def upsample_triangle(plane: NDArray[np.uint8], h: int, v: int, first_row: int, out: NDArray[np.uint8]) -> None:
    """Fill out (rows, h c) from plane (r, c), edges repeated: rows from first_row on of its v r; h and v 1 or 2."""

def upsample_replicate(
    plane: NDArray[np.uint8],
    across: tuple[int, int],
    down: tuple[int, int],
    first_row: int,
    out: NDArray[np.uint8],
) -> None:
    """Fill out by repeating samples: across = (h, h_max), down = (v, v_max); rows from first_row on."""

def ycbcr_to_rgb(planes: Sequence[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
    """Fill pixels (rows, columns, 3) from Y, Cb and Cr, each at least as large."""

def interleave(planes: Sequence[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
    """Fill pixels (rows, columns, n) from n planes, each at least as large."""

def linear_light(pixels: NDArray[np.uint8], table: NDArray[np.float32], linear: NDArray[np.float32]) -> None:
    """Fill linear (h, 3, w) from pixels (h, w, 3); table (256,): the light of each sample value."""

def halve(planes: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fill out, half of planes (rows, 3, columns) rounded up, with means of 2 x 2 samples, the last ones repeated."""

def linear_to_xyb(planes: NDArray[np.float32]) -> None:
    """Turn planes (rows, 3, columns) of linear RGB in [0, 1] into XYB as SSIMULACRA 2 stretches it."""

def error_sums(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    channel: int,
    gaussian: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Fill sums (6,) with those of three error maps of a channel and of their fourth powers.

    The maps of SSIMULACRA 2: structure, edges gained, edges lost. first, second: (rows, 3, columns) XYB; gaussian
    (3, 2): gain and feedback of each cosine of the blur.
    """

def error_slopes(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    channel: int,
    blur_taps: NDArray[np.float32],
    prices: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Fill a channel of out (rows, 3, columns) with what its errors, at these prices, change by with second.

    first, second: as of `error_sums`; blur_taps (5,): of the blur, from its middle outwards; prices (2, 3): of an error
    of each map, and of its cube.
    """

def xyb_to_linear_slopes(xyb: NDArray[np.float32], slopes: NDArray[np.float32]) -> None:
    """Turn slopes (rows, 3, columns) by XYB into those by linear light; xyb: what `linear_to_xyb` made."""

def add_slopes_of_half(half: NDArray[np.float32], slopes: NDArray[np.float32]) -> None:
    """Add to slopes (rows, 3, columns) those by the means that `halve` makes of such planes."""

def linear_to_sample_slopes(
    pixels: NDArray[np.uint8], light_slopes: NDArray[np.float32], slopes: NDArray[np.float32]
) -> None:
    """Turn slopes (h, 3, w) by linear light into those by sample values; pixels (h, w, 3); light_slopes (256,)."""

def area_means(pixels: NDArray[np.uint8 | np.uint16], out: NDArray[np.uint8]) -> None:
    """Fill out (r, c), r <= h, c <= w, from pixels (h, w), or (r, c, n) from (h, w, n): exact means of equal areas.

    Rounded half up; pixels of 16 bits become 8.
    """
