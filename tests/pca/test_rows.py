"""Files of the mode `rows` against scikit-learn, and decoded by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pca_files import arrays_of, encoded, restored
from pictures import noisy_gradient
from shared_data import SHARED_DATA
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import foveal
from foveal import pca
from foveal.errors import ParameterError
from foveal.pca import rows
from foveal.pca.codec import encode_rows
from foveal.pca.figure import PUBLISHED
from foveal.pca.options import PcaOptions
from foveal.photo import Photo

KINGFISHER = SHARED_DATA / "photos" / "pca" / "kingfisher.png"


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


def test_channels_divided_by_their_own_deviation_have_the_components_of_scikit_learn(chelsea: np.ndarray) -> None:
    channels = rows.analyse(chelsea, "channel")
    file = encode_rows(Photo(chelsea), channels, PcaOptions(97))
    ours = pca.decode(file.data).pixels
    for index, count in enumerate(file.component_counts):
        whole = chelsea[:, :, index].astype(float)
        standardised = (whole - whole.mean()) / whole.std()
        components = PCA(n_components=0.97, svd_solver="full").fit(standardised)
        assert count == components.n_components_
        theirs = components.inverse_transform(components.transform(standardised)) * whole.std() + whole.mean()
        assert np.abs(np.clip(theirs, 0, 255) - ours[:, :, index]).max() < 0.75  # rounding, and half precision


@pytest.mark.skipif(not KINGFISHER.exists(), reason=f"needs {KINGFISHER}")
def test_the_kingfisher_has_the_components_of_the_report() -> None:
    pixels = foveal.open(KINGFISHER).pixels
    published = PUBLISHED["kingfisher", (pixels.shape[1], pixels.shape[0]), 99.0]
    channels = rows.analyse(pixels, "channel")
    file = encode_rows(Photo(pixels), channels, PcaOptions(99))
    assert file.component_counts == published.counts == (190, 265, 213)
    assert file.ratio_without_components == pytest.approx(1280 / ((190 + 265 + 213) / 3))  # 5.75; the report: 5.8
    assert foveal.metrics.ssim(pixels, pca.decode(file.data).pixels) == pytest.approx(published.ssim, abs=0.0005)


def test_the_file_of_rows_holds_all_that_is_needed(chelsea: np.ndarray) -> None:
    """The file is decoded by hand as docs/pca.md describes."""
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
    """Column x is 2 f(y) + x, so that all columns are equal once they are standardised."""
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


def test_a_number_of_components_overrides_the_variance(chelsea: np.ndarray) -> None:
    assert encoded(chelsea, 99.9, components=3).component_counts == (3, 3, 3)
    assert encoded(np.zeros((9, 5), np.uint8), components=5).component_counts == (1,)  # more than there are
    for components in (0, 6, True, 2.5):
        with pytest.raises(ParameterError, match="components"):
            pca.encode(np.zeros((9, 5), np.uint8), components=components)
