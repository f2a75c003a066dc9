"""Files of both modes: every kind of picture, sizes as the report counts them, profiles, alpha and options."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from pca_files import BLOCKS_ERROR_LIMIT, MODES, arrays_of, encoded, restored
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base
from shared_data import SHARED_DATA

import foveal
from foveal import pca
from foveal.errors import ParameterError, UnsupportedError
from foveal.metrics import ssim

PHOTOS = SHARED_DATA / "photos" / "pca"


def test_ratios_of_whole_files_and_as_the_report_counts(chelsea: np.ndarray) -> None:
    height, width, _ = chelsea.shape
    file = encoded(chelsea, components=41)
    assert file.original_bytes == height * width * 3
    assert file.compression_ratio == height * width * 3 / len(file.data)
    assert file.ratio_without_components == width / 41  # H W float16 samples over H L float16 scores
    assert len(file.data) < 2 * 3 * 41 * (height + width) + 2 * 3 * 4 * width + 5000
    deep = chelsea.astype(np.uint16) * 257
    assert encoded(deep, components=41).original_bytes == height * width * 6


@pytest.mark.skipif(not PHOTOS.exists(), reason="the report's photographs are not here (../shared/data)")
@pytest.mark.parametrize(("name", "variance", "smaller"), [("kingfisher", 98.6, 30), ("peacock", 99.2, 13)])
def test_blocks_are_much_smaller_than_rows_at_the_same_ssim(name: str, variance: float, smaller: int) -> None:
    pixels = foveal.open(PHOTOS / f"{name}.png").pixels
    rows_file, blocks_file = encoded(pixels, 99), encoded(pixels, variance, "blocks")
    assert len(rows_file.data) > smaller * len(blocks_file.data)
    similarities = [ssim(pixels, pca.decode(file.data).pixels) for file in (rows_file, blocks_file)]
    assert similarities[1] >= similarities[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (1, 40, 3), (40, 1, 3), (8, 8), (9, 7, 3), (33, 50, 3)])
def test_every_shape_comes_back(mode: str, dtype: type, shape: tuple[int, ...]) -> None:
    full = np.iinfo(dtype).max
    pixels = np.random.default_rng(5).integers(0, full + 1, shape).astype(dtype)
    for variance in (30, 100):
        decoded = restored(pixels, variance, mode)
        assert (decoded.shape, decoded.dtype) == (pixels.shape, pixels.dtype)
    exact = dtype == np.uint8 or mode == "rows"
    assert np.abs(decoded.astype(int) - pixels).max() <= (1 if exact else BLOCKS_ERROR_LIMIT)
    flat = np.full(shape, full // 3, dtype)
    np.testing.assert_array_equal(restored(flat, 99, mode), flat)


@pytest.mark.parametrize("mode", MODES)
def test_a_grey_picture_gives_one_channel(mode: str) -> None:
    pixels = noisy_gradient(30, 41, None)
    file = encoded(pixels, 99, mode)
    assert len(file.component_counts) == 1
    assert pca.decode(file.data).pixels.shape == (30, 41)
    np.testing.assert_array_equal(pca.decode(pca.encode(pixels[:, :, None], mode=mode)).pixels.ndim, 2)


@pytest.mark.parametrize("mode", MODES)
def test_equal_photos_make_equal_files_that_numpy_opens(chelsea: np.ndarray, mode: str) -> None:
    data = pca.encode(chelsea, mode=mode)
    assert data == pca.encode(chelsea.copy(order="F"), mode=mode)
    assert {"version", "mode", "shape", "dtype", "component_counts"} < arrays_of(data).keys()
    resaved = io.BytesIO()
    np.savez(resaved, **{name: np.copy(array, order="F") for name, array in arrays_of(data).items()})
    np.testing.assert_array_equal(pca.decode(resaved.getvalue()).pixels, pca.decode(data).pixels)


def test_the_colour_profile_is_kept_and_the_orientation_applied() -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    photo = foveal.Photo(noisy_gradient(16, 24), icc_profile=b"profile", exif=tags.tobytes(), comment=b"x")
    decoded = pca.decode(pca.encode(photo, variance=100))
    assert decoded.icc_profile == b"profile"
    assert decoded.exif is None
    assert decoded.comment is None
    np.testing.assert_array_equal(decoded.pixels, photo.upright().pixels)


def test_alpha_needs_a_background() -> None:
    clear = np.zeros((9, 9, 4), np.uint8)
    with pytest.raises(UnsupportedError, match="transparent"):
        pca.encode(clear)
    np.testing.assert_array_equal(pca.decode(pca.encode(clear, background="white")).pixels, 255)


@pytest.mark.parametrize(
    "options", [{"mode": "columns"}, {"mode": None}, {"variance": None}, {"components": "3"}, {"components": 0}]
)
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        pca.encode(np.zeros((8, 8), np.uint8), **options)


def test_importing_foveal_does_not_import_pca() -> None:
    program = (
        "import sys, foveal; assert 'foveal.pca' not in sys.modules; assert callable(foveal.pca.fit);"
        "assert 'foveal.pca' in sys.modules; assert not {'matplotlib', 'skimage', 'sklearn'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="pcb"):
        foveal.pcb  # noqa: B018
