"""Reconstruction of pixels from quantized coefficients (levels).

The stages are dequantization (ITU-T T.81 A.3.4, DCT coefficient quantization and dequantization), the inverse DCT
(A.3.3, FDCT and IDCT), up-sampling (A.1.1, Dimensions and sampling factors), and colour conversion (T.871 clause 7,
Conversion to and from RGB). Each rounds as libjpeg-turbo does by default, so that pixels are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import foveal._kernels as _kernels
from foveal.jpeg.color_model import ColorModel
from foveal.jpeg.frame import BLOCK_SIDE, Component, Frame
from foveal.jpeg.tables import QuantizationTable

_CHANNELS = {ColorModel.YCBCR: 3, ColorModel.RGB: 3, ColorModel.CMYK: 4, ColorModel.YCCK: 4}


class Reconstruction:
    """Reconstruction of a picture, strip by strip from top to bottom.

    Parameters
    ----------
    frame
        Frame of the picture: size and components.
    tables
        Quantization table of each component.
    model
        Colour model of the components.

    Attributes
    ----------
    pixels
        (H, W) uint8 for a grey picture, else (H, W, 3 or 4); complete after the last strip.
    """

    def __init__(self, frame: Frame, tables: Sequence[QuantizationTable], model: ColorModel) -> None:
        self._frame = frame
        self._model = model
        shape = (frame.height, frame.width)
        self.pixels = np.empty(shape if model is ColorModel.GREY else (*shape, _CHANNELS[model]), dtype=np.uint8)
        self._planes = [_PlaneStrip(frame, *pair) for pair in zip(frame.components, tables, strict=True)]
        self._finished_rows = 0

    def add(self, blocks: Sequence[NDArray[np.int16]], first_mcu_row: int, last_mcu_row: int) -> None:
        """Reconstruct the pixels of a strip, which must follow the strip of the previous call.

        Parameters
        ----------
        blocks
            For each component (rows, columns, 64) int16 levels in zig-zag order.
        first_mcu_row, last_mcu_row
            MCU rows [first, last) of the strip.
        """
        # The triangle filter needs the row of samples below, so the last v_max rows of pixels wait for the next strip.
        # From top to bottom:
        #
        #     levels    | strip 1        | strip 2        | strip 3   |
        #     pixels    | call 1     | call 2         | call 3        |
        #                            |<->| v_max rows
        frame = self._frame
        for plane, levels in zip(self._planes, blocks, strict=True):
            plane.load(levels, first_mcu_row)
        is_last = last_mcu_row == frame.mcu_rows
        first, last = self._finished_rows, frame.height if is_last else last_mcu_row * frame.mcu_height - frame.v_max
        self._convert_colors([plane.full_size_rows(first, last) for plane in self._planes], self.pixels[first:last])
        self._finished_rows = last

    def _convert_colors(self, planes: list[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
        if self._model is ColorModel.YCBCR:
            _kernels.ycbcr_to_rgb(planes, pixels)
        elif self._model is ColorModel.YCCK:
            rgb = np.empty((*pixels.shape[:2], 3), dtype=np.uint8)
            _kernels.ycbcr_to_rgb(planes[:3], rgb)
            np.subtract(255, rgb, out=pixels[:, :, :3])
            pixels[:, :, 3] = planes[3][:, : pixels.shape[1]]
        else:
            _kernels.interleave(planes, pixels.reshape(*pixels.shape[:2], -1))


class _PlaneStrip:
    """Samples of one component in the current strip, and the last rows of the previous strip.

        row 0                +---------------------------+
                             | rows of previous strip    |
        row kept_rows        +---------------------------+
                             | rows of this strip        |
        row filled_rows      +---------------------------+

    Parameters
    ----------
    frame
        Frame of the picture.
    component
        Component of the frame.
    table
        Quantization table of the component.
    """

    def __init__(self, frame: Frame, component: Component, table: QuantizationTable) -> None:
        self._frame = frame
        self._component = component
        self._steps = np.asarray(table.values, dtype=np.uint16)
        # `full_size_rows` begins v_max rows of pixels, or v_factor rows of samples, above the strip, and the triangle
        # filter needs one row of samples more. As its first row must be a multiple of v_factor, v_factor more are kept.
        self._kept_rows = 2 * component.v_factor
        self._samples = np.empty((0, 0), dtype=np.uint8)
        self._first_row = 0  # row of the component that is row 0 of the samples
        self._filled_rows = 0

    def load(self, levels: NDArray[np.int16], first_mcu_row: int) -> None:
        """Replace the samples by those of the next strip: dequantize its levels and apply the inverse DCT."""
        component, kept = self._component, self._kept_rows
        first_block_row = first_mcu_row * component.v_factor
        rows = min(levels.shape[0], component.block_rows - first_block_row)
        if self._filled_rows == 0:  # no later strip is higher than the first
            width = component.block_columns * BLOCK_SIDE
            self._samples = np.empty((kept + levels.shape[0] * BLOCK_SIDE, width), dtype=np.uint8)
        else:
            self._samples[:kept] = self._samples[self._filled_rows - kept : self._filled_rows]
        self._first_row = first_block_row * BLOCK_SIDE - kept
        self._filled_rows = kept + rows * BLOCK_SIDE
        blocks = levels[:rows, : component.block_columns]
        _kernels.inverse_dct(blocks, self._steps, self._samples[kept : self._filled_rows])

    def full_size_rows(self, first: int, last: int) -> NDArray[np.uint8]:
        """Return the samples of pixel rows [first, last), up-sampled; columns beyond the width are undefined."""
        component, frame = self._component, self._frame
        v, v_max = component.v_factor, frame.v_max
        across, down = frame.h_max / component.h_factor, v_max / v
        if across == down == 1:
            return self._samples[first - self._first_row : last - self._first_row]
        # Rows of samples [top, bottom) are up-sampled: those of the pixels and one more on each side for the triangle
        # filter. `top` is a multiple of v_factor, where a row of pixels begins, so that whole rows can be skipped.
        top = max(0, first * v // v_max - 1) // v * v
        bottom = min(component.sample_rows, (last - 1) * v // v_max + 2)
        plane = self._samples[top - self._first_row : bottom - self._first_row, : component.sample_columns]
        skipped_rows = first - top * v_max // v
        if _uses_triangle_filter(across, down, component.sample_columns):
            out = np.empty((last - first, int(across) * component.sample_columns), dtype=np.uint8)
            _kernels.upsample_triangle(plane, int(across), int(down), skipped_rows, out)
        else:
            out = np.empty((last - first, frame.width), dtype=np.uint8)
            factors = (component.h_factor, frame.h_max), (v, v_max)
            _kernels.upsample_replicate(plane, *factors, skipped_rows, out)
        return out


def _uses_triangle_filter(across: float, down: float, columns: int) -> bool:
    """Return whether libjpeg-turbo up-samples a component with the triangle filter ("fancy up-sampling").

    It does so for a factor of 2 down at any width, and for 2 across, or 2 across and down, from three columns on. In
    all other cases it repeats samples.
    """
    return (across, down) == (1, 2) or ((across, down) in ((2, 1), (2, 2)) and columns > 2)
