"""Principal components against scikit-learn and by hand; files of both modes; sizes as the report counts them."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base
from shared_data import SHARED_DATA
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import foveal
from foveal import pca
from foveal.errors import LimitError, ParameterError, UnsupportedError
from foveal.jpeg.color import to_planes
from foveal.metrics import psnr, ssim
from foveal.pca import blocks, level_stream
from foveal.pca.codec import EncodedPhoto, encode_photo
from foveal.pca.options import PcaOptions

PHOTOS = SHARED_DATA / "photos" / "pca"
MODES = ["rows", "blocks"]
# Of 16-bit samples at the finest step: 64 scores, each off by 0.6 x 1/8 at most, in luma and, 1.772 times, in blue.
BLOCKS_ERROR_LIMIT = 64**0.5 * 0.6 / 8 * (1 + 1.772) * 257


def encoded(
    pixels: np.ndarray, variance: float = 99, mode: str = "rows", components: int | None = None
) -> EncodedPhoto:
    return encode_photo(foveal.Photo(pixels), PcaOptions(variance, mode, components))


def restored(pixels: np.ndarray, variance: float = 99, mode: str = "rows") -> np.ndarray:
    return pca.decode(pca.encode(pixels, variance=variance, mode=mode)).pixels


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)


# ---- components


@pytest.mark.parametrize("shape", [(60, 9), (9, 60), (12, 12), (2, 5), (5, 1)])
def test_components_are_those_of_scikit_learn(shape: tuple[int, int]) -> None:
    samples = np.random.default_rng(3).normal(size=shape) @ np.diag(np.linspace(1, 4, shape[1])) + 5
    found, theirs = pca.fit(samples), PCA(svd_solver="full").fit(samples)
    count = len(found.components)
    assert count == np.linalg.matrix_rank(samples - samples.mean(axis=0))
    np.testing.assert_allclose(found.mean, theirs.mean_)
    np.testing.assert_allclose(found.variances, theirs.explained_variance_[:count], rtol=1e-9)
    np.testing.assert_allclose(np.abs((found.components * theirs.components_[:count]).sum(axis=1)), 1, rtol=1e-9)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(count), atol=1e-9)
    np.testing.assert_allclose(np.abs(found.scores(samples)), np.abs(theirs.transform(samples)[:, :count]), atol=1e-9)
    assert np.all(np.take_along_axis(found.components, np.abs(found.components).argmax(axis=1)[:, None], axis=1) > 0)
    for kept in (1, count):
        assert found.explained(kept) == pytest.approx(100 * theirs.explained_variance_ratio_[:kept].sum())


def test_the_directions_of_a_correlated_gaussian_are_recovered() -> None:
    """Figure 2.2 of the report: mean (1, 3), deviation 3 along (0.866, 0.5) and 1 across.

    With n samples, a variance is off by its root of 2 / n, the direction by 3 / 8 of the root of 1 / n (T. Anderson,
    "Asymptotic Theory for Principal Component Analysis", 1963): four times as much is allowed.
    """
    n = 20_000
    along, across = np.array([0.75**0.5, 0.5]), np.array([-0.5, 0.75**0.5])
    normal = np.random.default_rng(0).normal(size=(n, 2))
    found = pca.fit(np.array([1.0, 3.0]) + 3 * normal[:, :1] * along + normal[:, 1:] * across)
    np.testing.assert_allclose(found.mean, [1, 3], atol=4 * 3 / n**0.5)
    np.testing.assert_allclose(found.variances, [9, 1], rtol=4 * (2 / n) ** 0.5)
    assert abs(found.components[0] @ across) < 4 * (3 / 8) / n**0.5
    assert abs(found.components[1] @ along) < 4 * (3 / 8) / n**0.5


def test_a_case_by_hand() -> None:
    """(+-3, 0) and (0, +-1): squares 18 and 2 along the axes, so variances 6 and 2/3."""
    found = pca.fit(np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]]))
    np.testing.assert_allclose(found.components, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(found.variances, [6, 2 / 3])
    assert found.explained(1) == pytest.approx(90)


@pytest.mark.parametrize(
    ("variance", "count"), [(0, 1), (89.999, 1), (90, 1), (90.001, 2), (98, 2), (98.001, 3), (100, 3), (100.0, 3)]
)
def test_the_smallest_number_of_components_that_reaches_the_variance(variance: float, count: int) -> None:
    """Squares 90, 8 and 2: 90 %, 98 % and 100 % explained."""
    axes = np.diag([45.0, 4, 1]) ** 0.5
    assert pca.fit(np.concatenate([axes, -axes])).count_for(variance) == count


@pytest.mark.parametrize("variance", [-0.1, 100.1, float("nan"), "99", True])
def test_no_such_variance(variance: float) -> None:
    with pytest.raises(ParameterError, match="variance"):
        pca.fit(np.eye(3)).count_for(variance)
    with pytest.raises(ParameterError, match="variance"):
        pca.encode(np.zeros((8, 8), np.uint8), variance=variance)


@pytest.mark.parametrize(
    "samples", [[[1.0]], np.zeros(3), np.zeros((0, 3)), np.zeros((3, 0)), np.eye(2) * 1j, np.full((2, 2), np.inf)]
)
def test_what_are_no_samples(samples: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="samples must be"):
        pca.fit(samples)


def test_one_sample_and_samples_that_are_all_alike() -> None:
    for samples in (np.array([[3.0, 4]]), np.full((5, 2), 7.5)):
        found = pca.fit(samples)
        assert found.total_variance == 0
        assert found.variances.tolist() == [0]
        assert found.count_for(100) == 1
        assert found.explained(1) == 100
        assert np.linalg.norm(found.components[0]) == 1
        np.testing.assert_array_equal(found.scores(samples), 0)


# ---- rows


def test_rows_restore_what_scikit_learn_restores(chelsea: np.ndarray) -> None:
    file = encoded(chelsea, 97)
    ours = pca.decode(file.data).pixels
    for index, count in enumerate(file.component_counts):
        scaler, components = StandardScaler(), PCA(n_components=0.97, svd_solver="full")
        scores = components.fit_transform(scaler.fit_transform(chelsea[:, :, index].astype(float)))
        assert count == components.n_components_
        theirs = scaler.inverse_transform(components.inverse_transform(scores))
        assert np.abs(np.clip(theirs, 0, 255) - ours[:, :, index]).max() < 0.75  # rounding, and half precision
    assert 97 <= file.variance < 97.1


def test_the_file_of_rows_holds_all_that_is_needed(chelsea: np.ndarray) -> None:
    """Decoded by hand, as docs/pca.md says."""
    data = pca.encode(chelsea)
    content = arrays_of(data)
    assert (content["version"].tolist(), str(content["mode"]), str(content["dtype"])) == ([1], "rows", "uint8")
    assert content["shape"].tolist() == list(chelsea.shape)
    for index, pixels in enumerate(np.moveaxis(pca.decode(data).pixels, 2, 0)):
        scores, components = content[f"scores_{index}"], content[f"components_{index}"]
        assert scores.dtype == components.dtype == np.float16
        standardised = scores.astype(float) @ components.astype(float)
        by_hand = standardised * content[f"deviation_{index}"] + content[f"mean_{index}"]
        assert np.abs(np.clip(by_hand, 0, 255) - pixels).max() < 0.51


def test_a_picture_of_rank_one_needs_one_component() -> None:
    """Column x is 2 f(y) + x: standardised, all columns are f."""
    f, x = np.array([0, 10, 40, 25, 3]), np.arange(9)
    pixels = (2 * f[:, None] + x[None, :]).astype(np.uint8)
    file = encoded(pixels, 100)
    assert file.component_counts == (1,)
    assert file.variance == pytest.approx(100, abs=1e-9)
    np.testing.assert_array_equal(pca.decode(file.data).pixels, pixels)
    direction = arrays_of(file.data)["components_0"]
    np.testing.assert_allclose(direction, np.full((1, 9), 1 / 3), rtol=1e-3)


def test_a_constant_channel_keeps_one_component() -> None:
    pixels = noisy_gradient(20, 30)
    pixels[:, :, 1] = 77
    pixels[:, :10, 2] = 5  # some constant columns
    file = encoded(pixels, 100)
    assert file.component_counts == (19, 1, 19)
    np.testing.assert_array_equal(pca.decode(file.data).pixels, pixels)
    np.testing.assert_array_equal(restored(pixels, 50)[:, :, 1], 77)


def test_the_number_of_components_goes_before_the_variance(chelsea: np.ndarray) -> None:
    assert encoded(chelsea, 99.9, components=3).component_counts == (3, 3, 3)
    assert encoded(np.zeros((9, 5), np.uint8), components=5).component_counts == (1,)  # more than there are
    for components in (0, 6, True, 2.5):
        with pytest.raises(ParameterError, match="components"):
            pca.encode(np.zeros((9, 5), np.uint8), components=components)


def test_sizes_are_counted_as_they_are_and_as_the_report_does(chelsea: np.ndarray) -> None:
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


# ---- blocks


@pytest.mark.parametrize("variance", [80, 95, 99, 99.9])
def test_blocks_keep_the_variance_with_all_errors_counted(chelsea: np.ndarray, variance: float) -> None:
    """Measured on planes that are computed here: rounding pixels (1/12 in R, G and B) adds what reaches Y, Cb, Cr."""
    file = encoded(chelsea, variance, "blocks")
    assert variance <= file.variance < variance + 0.03 * (100 - variance)
    planes, decoded = (to_planes(pixels, 304, 456)[:, :300, :451] for pixels in (chelsea, pca.decode(file.data).pixels))
    spread = sum(((plane - plane.mean()) ** 2).sum() for plane in planes.astype(float))
    shares = [0.299**2 + 0.587**2 + 0.114**2, 0.169**2 + 0.331**2 + 0.5**2, 0.5**2 + 0.419**2 + 0.081**2]
    error = ((planes - decoded).astype(float) ** 2).sum() - planes[0].size * sum(shares) / 12
    assert 100 * (1 - error / spread) == pytest.approx(file.variance, abs=0.06 * (100 - variance))


def test_blocks_keep_more_pixels_right_with_more_variance(coffee: np.ndarray) -> None:
    files = [encoded(coffee, variance, "blocks") for variance in (90, 97, 99.5, 99.99)]
    sizes = [len(file.data) for file in files]
    qualities = [psnr(coffee, pca.decode(file.data).pixels) for file in files]
    assert sizes == sorted(sizes)
    assert qualities == sorted(qualities)
    assert qualities[0] + 20 < qualities[-1]


def test_blocks_with_few_components(chelsea: np.ndarray) -> None:
    few, more = (encoded(chelsea, 99, "blocks", components) for components in (2, 6))
    assert few.component_counts == (2, 2, 2)
    assert few.variance < more.variance < 99
    assert len(few.data) < len(more.data)
    with pytest.raises(ParameterError, match="components"):
        pca.encode(chelsea, mode="blocks", components=65)


def test_the_finest_step_restores_eight_bits() -> None:
    pixels = noisy_gradient(37, 53)
    assert np.abs(restored(pixels, 100, "blocks").astype(int) - pixels).max() <= 1
    deep = pixels.astype(np.uint16) * 257
    deep[:, :, 0] += 100
    error = restored(deep, 100, "blocks").astype(int) - deep
    assert np.square(error).mean() ** 0.5 < 0.1 * 257
    assert np.abs(error).max() < BLOCKS_ERROR_LIMIT


def test_rounded_directions_are_orthonormal_and_near() -> None:
    exact = np.linalg.qr(np.random.default_rng(1).normal(size=(64, 64)))[0]
    sent = np.rint(exact * 127 / np.abs(exact).max(axis=1, keepdims=True)).astype(np.int8)
    used = blocks.orthonormal(sent)
    np.testing.assert_allclose(used @ used.T, np.eye(64), atol=1e-5)
    assert np.abs(used - exact).max() < 0.02


@pytest.mark.parametrize("largest", [0, 127, 128, 16320])
@pytest.mark.parametrize("grid", [(1, 1), (1, 7), (7, 1), (5, 6)])
def test_levels_are_packed_without_loss(largest: int, grid: tuple[int, int]) -> None:
    levels = np.random.default_rng(largest).integers(-largest, largest + 1, (4, grid[0] * grid[1])).astype(np.int16)
    levels[:, 0], levels[:, -1], levels[3] = largest, -largest, 0
    stream = level_stream.pack(levels, grid)
    assert len(stream.data) <= level_stream.max_size_bytes(4, grid)
    np.testing.assert_array_equal(level_stream.unpack(stream, 4, grid), levels)
    assert stream.wide_count == (3 if largest > 127 else 0) or grid == (1, 1) or largest == 127


# ---- pictures of every kind


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
    with pytest.raises(UnsupportedError, match="alpha"):
        pca.encode(clear)
    np.testing.assert_array_equal(pca.decode(pca.encode(clear, background="white")).pixels, 255)


def test_blocks_that_cover_too_much() -> None:
    wide = np.broadcast_to(np.uint8(0), (1, 178_956_970 // 8))
    with pytest.raises(LimitError, match="blocks"):
        blocks.keep(wide, 99, None)


@pytest.mark.parametrize(
    "options", [{"mode": "columns"}, {"mode": None}, {"variance": None}, {"components": "3"}, {"components": 0}]
)
def test_wrong_options(options: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        pca.encode(np.zeros((8, 8), np.uint8), **options)


# ---- the module, the metric


def test_importing_foveal_leaves_this_part_out() -> None:
    program = (
        "import sys, foveal; assert 'foveal.pca' not in sys.modules; assert callable(foveal.pca.fit);"
        "assert 'foveal.pca' in sys.modules; assert not {'matplotlib', 'skimage', 'sklearn'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="pcb"):
        foveal.pcb  # noqa: B018
