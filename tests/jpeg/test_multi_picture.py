"""MPF indexes of rewritten files, and broken indexes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from jpeg_files import pillow_file, random_file
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal import jpeg
from foveal.jpeg.application_data import segment_kind
from foveal.jpeg.multi_picture import read_entries
from foveal.jpeg.segments import MPF, Segment


def multi_picture_file() -> tuple[bytes, list[np.ndarray]]:
    pictures = [noisy_gradient(64, 80), noisy_gradient(48, 40), noisy_gradient(16, 24)]
    images = [Image.fromarray(picture) for picture in pictures]
    data = pillow_file(images[0], kind="MPO", save_all=True, append_images=images[1:], quality=95)
    with Image.open(io.BytesIO(data)) as file:
        frames = []
        for index in range(3):
            file.seek(index)
            frames.append(np.asarray(file))
    return data, frames


def test_the_index_of_further_pictures_follows_what_is_written() -> None:
    data, frames = multi_picture_file()
    found = foveal.inspect(data)
    assert found.metadata.pictures == 3
    assert found.metadata.trailing_bytes > 0
    read = jpeg.read_coefficients(data)
    written = jpeg.write_coefficients(read, scripts=[jpeg.spectral_selection_script(3)])
    assert len(written) != len(data)
    with Image.open(io.BytesIO(written)) as file:
        assert (file.format, file.n_frames) == ("MPO", 3)
        for index, expected in enumerate(frames):
            file.seek(index)
            np.testing.assert_array_equal(np.asarray(file), expected)
    index = next(segment for segment in jpeg.read_coefficients(written).segments if segment_kind(segment) == "MPF")
    assert read_entries(index.payload)[0].size_bytes == len(written) - found.metadata.trailing_bytes
    assert jpeg.write_coefficients(jpeg.read_coefficients(written)) == written


@pytest.mark.parametrize("payload", [b"", b"XX*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"II"])
def test_a_broken_index_is_kept_as_it_is(payload: bytes) -> None:
    segment = Segment(0xE2, MPF + payload)
    data = random_file([(1, 1)], (8, 8), segments=(segment,)) + b"behind"
    assert read_entries(segment.payload) == []
    assert foveal.inspect(data).metadata.pictures == 0
    assert jpeg.write_coefficients(jpeg.read_coefficients(data)) == data
