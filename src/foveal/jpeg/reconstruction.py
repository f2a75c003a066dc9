"""Levels to pixels: dequantize, inverse DCT (ITU-T T.81 A.3.3, A.3.4), up-sample (A.1.1), convert colours (T.871 7).

Every step rounds as libjpeg-turbo does by default, so that pixels are the same to the last bit.
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
    """Makes pixels of levels, strip by strip from top to bottom.

    Parameters
    ----------
    frame
        Size and components.
    tables
        Quantization table of each component.
    model
        What the components stand for.
    """

    def __init__(self, frame: Frame, tables: Sequence[QuantizationTable], model: ColorModel) -> None:
        self._frame = frame
        self._model = model
        shape = (frame.height, frame.width)
        self.pixels = np.empty(shape if model is ColorModel.GREY else (*shape, _CHANNELS[model]), dtype=np.uint8)
        self._planes = [_Plane(frame, *pair) for pair in zip(frame.components, tables, strict=True)]
        self._finished_rows = 0

    def add(self, blocks: Sequence[NDArray[np.int16]], first_mcu_row: int, last_mcu_row: int) -> None:
        """Take the levels of MCU rows [first, last), for each component (rows, columns, 64), and make pixels of them.

        The filters look at the sample below the last one: the lowest rows of pixels wait for the next strip.
        """
        frame = self._frame
        for plane, levels in zip(self._planes, blocks, strict=True):
            plane.transform(levels, first_mcu_row)
        is_last = last_mcu_row == frame.mcu_rows
        first, last = self._finished_rows, frame.height if is_last else last_mcu_row * frame.mcu_height - frame.v_max
        self._convert([plane.rows(first, last) for plane in self._planes], self.pixels[first:last])
        self._finished_rows = last

    def _convert(self, planes: list[NDArray[np.uint8]], pixels: NDArray[np.uint8]) -> None:
        if self._model is ColorModel.YCBCR:
            _kernels.ycbcr_to_rgb(planes, pixels)
        elif self._model is ColorModel.YCCK:
            rgb = np.empty((*pixels.shape[:2], 3), dtype=np.uint8)
            _kernels.ycbcr_to_rgb(planes[:3], rgb)
            np.subtract(255, rgb, out=pixels[:, :, :3])
            pixels[:, :, 3] = planes[3][:, : pixels.shape[1]]
        else:
            _kernels.interleave(planes, pixels.reshape(*pixels.shape[:2], -1))


class _Plane:
    """The samples of a component that are needed at a time: those of a strip, and the last of the strip before it."""

    def __init__(self, frame: Frame, component: Component, table: QuantizationTable) -> None:
        self._frame = frame
        self._component = component
        self._steps = np.asarray(table.values, dtype=np.uint16)
        # The filters need a row above; `rows` begins v_max rows of the picture higher, and at a multiple of v_factor.
        self._kept_rows = 2 * component.v_factor
        self._samples = np.empty((0, 0), dtype=np.uint8)
        self._first_row = 0  # of the component, in row 0 of the samples
        self._filled_rows = 0

    def transform(self, levels: NDArray[np.int16], first_mcu_row: int) -> None:
        """Dequantize and transform the blocks of a strip."""
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

    def rows(self, first: int, last: int) -> NDArray[np.uint8]:
        """Rows [first, last) of the picture, at its resolution; columns beyond its width are undefined."""
        component, frame = self._component, self._frame
        v, v_max = component.v_factor, frame.v_max
        across, down = frame.h_max / component.h_factor, v_max / v
        if across == down == 1:
            return self._samples[first - self._first_row : last - self._first_row]
        # With a neighbour on each side, from a row on that begins where a row of the picture does: else what is skipped
        # would not be whole rows.
        top = max(0, first * v // v_max - 1) // v * v
        bottom = min(component.sample_rows, (last - 1) * v // v_max + 2)
        plane = self._samples[top - self._first_row : bottom - self._first_row, : component.sample_columns]
        skipped_rows = first - top * v_max // v
        if _uses_triangle(across, down, component.sample_columns):
            out = np.empty((last - first, int(across) * component.sample_columns), dtype=np.uint8)
            _kernels.upsample_triangle(plane, int(across), int(down), skipped_rows, out)
        else:
            out = np.empty((last - first, frame.width), dtype=np.uint8)
            factors = (component.h_factor, frame.h_max), (v, v_max)
            _kernels.upsample_replicate(plane, *factors, skipped_rows, out)
        return out


def _uses_triangle(across: float, down: float, columns: int) -> bool:
    """Whether libjpeg-turbo filters ("fancy" up-sampling): 2:1 in either or both directions, three columns or more.

    Down alone it does so at any width. Everything else repeats samples.
    """
    return (across, down) == (1, 2) or ((across, down) in ((2, 1), (2, 2)) and columns > 2)
