"""Properties of the decoder: any bytes give a picture or a declared error, and writing and reading are lossless.

Also of the encoder: a decoded file differs from the original by no more than quantization and rounding explain.
"""

from __future__ import annotations

import warnings

import jpeg_files
import numpy as np
import pytest
import scipy.fft
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import original_planes, pictures

import foveal
from foveal import jpeg
from foveal.errors import FovealError
from foveal.jpeg import SAMPLING_FACTORS, annex_k_tables
from foveal.jpeg.tables import NATURAL_INDEX
from foveal.photo import as_photo

COLOR = [(2, 2), (1, 1), (1, 1)]
MAX_PIXELS = 1 << 16


def valid_files() -> list[bytes]:
    scripts = [
        jpeg.sequential_script,
        jpeg.non_interleaved_script,
        jpeg.spectral_selection_script,
        jpeg_files.successive_approximation_script,
    ]
    files = [jpeg_files.random_file(COLOR, (19, 37), script) for script in scripts]
    files += [jpeg_files.random_file(COLOR, (19, 37), script, restart_interval=2) for script in scripts]
    files.append(jpeg_files.random_file([(1, 1)], (19, 37)))
    files.append(jpeg_files.random_file([(1, 1)] * 4, (19, 37), segments=(jpeg_files.ADOBE_YCCK,)))
    files.append(jpeg_files.with_height_in_dnl(files[0]))
    return files


VALID_FILES = valid_files()


def use(data: bytes, *, strict: bool) -> None:
    """Call every function that reads a file: it must return a valid result or raise a declared error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = foveal.decode(data, strict=strict, max_pixels=MAX_PIXELS)
        except FovealError as error:
            assert "\n" not in str(error)
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 2 or pixels.shape[2] in (3, 4)
            assert 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS
        try:
            read = jpeg.read_coefficients(data, strict=strict, max_pixels=MAX_PIXELS)
        except FovealError:
            return
        again = jpeg.read_coefficients(jpeg.write_coefficients(read))
        jpeg_files.assert_same_blocks(read, again)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), strict=st.booleans())
@example(b"", False)
def test_any_bytes(data: bytes, strict: bool) -> None:
    use(data, strict=strict)
    use(b"\xff\xd8" + data, strict=strict)
    start = VALID_FILES[0].index(b"\xff\xda")
    use(VALID_FILES[0][: start + 14] + data, strict=strict)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Draw a valid file with bytes changed, removed, repeated, inserted, or replaced by the end of another file."""
    data = bytearray(draw(st.sampled_from(VALID_FILES)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["byte", "bit", "cut", "drop", "repeat", "insert", "splice"]))
        length = draw(st.integers(1, 40))
        if kind == "byte" and data:
            data[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xC0, 0xC2, 0xD0, 0xD8, 0xD9, 0xDA, 0xFE, 0xFF]))
        elif kind == "bit" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + length]
        elif kind == "repeat":
            data[at:at] = data[at : at + length]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=8))
        else:
            other = draw(st.sampled_from(VALID_FILES))
            data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@settings(max_examples=600, deadline=None)
@given(data=mutations(), strict=st.booleans())
def test_any_mutation_of_a_valid_file(data: bytes, strict: bool) -> None:
    use(data, strict=strict)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = foveal.inspect(data, max_pixels=MAX_PIXELS)
        except FovealError:
            return
    assert found.bits_map().shape == found.frame.block_grid
    found.to_dict()


@settings(max_examples=100, deadline=None)
@given(
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    factors=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4),
    interval=st.integers(0, 12),
    seed=st.integers(0, 1000),
    data=st.data(),
)
def test_writing_and_reading_is_lossless(
    size: tuple[int, int], factors: list[tuple[int, int]], interval: int, seed: int, data: st.DataObject
) -> None:
    scripts = [jpeg.non_interleaved_script]
    if len(factors) == 1 or sum(h * v for h, v in factors) <= 10:
        scripts += [jpeg.sequential_script, jpeg.spectral_selection_script, jpeg_files.successive_approximation_script]
    script = data.draw(st.sampled_from(scripts))(len(factors))
    meant = jpeg_files.random_coefficients(factors, size, seed=seed)
    read = jpeg.read_coefficients(jpeg.write_coefficients(meant, scripts=[script], restart_interval=interval))
    assert (read.frame, read.tables, read.segments) == (meant.frame, meant.tables, meant.segments)
    assert (read.script, read.restart_interval) == (script, interval)
    jpeg_files.assert_same_blocks(meant, read)


def coefficients_of(pixels: np.ndarray, across: int, down: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Return the DCT coefficients of each component by SciPy: (rows, columns, 64) in zig-zag order.

    Edges are repeated up to `size`, and chrominance is averaged over `across` x `down` samples.
    """
    result = []
    for index, plane in enumerate(original_planes(pixels)):
        padded = (
            np.pad(plane, [(0, full - had) for full, had in zip(size, plane.shape, strict=True)], mode="edge") - 128
        )
        if index > 0:
            padded = padded.reshape(size[0] // down, down, size[1] // across, across).mean(axis=(1, 3))
        blocks = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).swapaxes(1, 2)
        transformed = scipy.fft.dctn(blocks, axes=(2, 3), norm="ortho")
        result.append(transformed.reshape(*blocks.shape[:2], 64)[:, :, NATURAL_INDEX])
    return result


def settings_of_encoder(subsampling: str, quality: int) -> jpeg.EncoderSettings:
    return jpeg.EncoderSettings(subsampling=subsampling, tables=annex_k_tables(quality))


@settings(max_examples=150, deadline=None)
@given(pixels=pictures(), quality=st.integers(0, 100), subsampling=st.sampled_from(list(SAMPLING_FACTORS)))
def test_what_quantization_explains_at_every_sampling(pixels: np.ndarray, quality: int, subsampling: str) -> None:
    """Coefficients differ by at most half a step and 1/32, pixels from an exact inverse DCT by rounding.

    1/32 is half a sixteenth, the unit of the encoder's coefficients.
    """
    data = jpeg.encode(as_photo(pixels).pixels, settings_of_encoder(subsampling, quality))
    read = jpeg.read_coefficients(data)
    frame = read.frame
    size = frame.mcu_rows * frame.mcu_height, frame.padded_width
    tables = annex_k_tables(quality)
    originals = coefficients_of(pixels, frame.h_max, frame.v_max, size)
    for component, levels, original in zip(frame.components, read.blocks, originals, strict=True):
        steps = np.array(tables[component.table_slot].values)
        inside = np.s_[: component.block_rows, : component.block_columns]
        error = np.abs(levels[inside] * steps - original[inside])
        clamped = np.abs(levels[inside]) >= 1023
        assert (clamped | (error <= steps / 2 + 1 / 32 + 1e-3)).all()

    if frame.h_max == frame.v_max == 1 and pixels.ndim == 2:
        flat = np.zeros((*read.blocks[0].shape[:2], 64))
        flat[:, :, NATURAL_INDEX] = read.blocks[0] * np.array(tables[0].values)
        exact = scipy.fft.idctn(flat.reshape(*flat.shape[:2], 8, 8), axes=(2, 3), norm="ortho") + 128
        plane = np.clip(exact.swapaxes(1, 2).reshape(size), 0, 255)[: pixels.shape[0], : pixels.shape[1]]
        assert np.abs(foveal.decode(data) - plane).max() <= 1.0  # rounding of the pixels, and within the integer DCT


def test_the_mutations_reach_the_decoder() -> None:
    """Every valid file decodes; otherwise its mutations would test the reading of headers only."""
    for data in VALID_FILES:
        assert foveal.decode(data).shape[:2] == (19, 37)
        with pytest.raises(FovealError):
            foveal.decode(data[: len(data) // 2])
