"""Principal components against scikit-learn, and against cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from foveal import pca
from foveal.errors import ParameterError


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
    """Figure 2.2 of the report: mean (1, 3), standard deviation 3 along (0.866, 0.5) and 1 across.

    For n samples, the relative standard error of a variance is sqrt(2 / n), and that of the direction is
    3 / 8 sqrt(1 / n) (T. Anderson, "Asymptotic Theory for Principal Component Analysis", 1963). Four times as much is
    allowed.
    """
    n = 20_000
    along, across = np.array([0.75**0.5, 0.5]), np.array([-0.5, 0.75**0.5])
    normal = np.random.default_rng(0).normal(size=(n, 2))
    found = pca.fit(np.array([1.0, 3.0]) + 3 * normal[:, :1] * along + normal[:, 1:] * across)
    np.testing.assert_allclose(found.mean, [1, 3], atol=4 * 3 / n**0.5)
    np.testing.assert_allclose(found.variances, [9, 1], rtol=4 * (2 / n) ** 0.5)
    assert abs(found.components[0] @ across) < 4 * (3 / 8) / n**0.5
    assert abs(found.components[1] @ along) < 4 * (3 / 8) / n**0.5


def test_four_samples_by_hand() -> None:
    """(+-3, 0) and (0, +-1): sums of squares 18 and 2 along the axes, so variances 6 and 2/3."""
    found = pca.fit(np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]]))
    np.testing.assert_allclose(found.components, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(found.variances, [6, 2 / 3])
    assert found.explained(1) == pytest.approx(90)


@pytest.mark.parametrize(
    ("variance", "count"), [(0, 1), (89.999, 1), (90, 1), (90.001, 2), (98, 2), (98.001, 3), (100, 3), (100.0, 3)]
)
def test_the_smallest_number_of_components_that_reaches_the_variance(variance: float, count: int) -> None:
    """Sums of squares 90, 8 and 2: 90 %, 98 % and 100 % of the variance are explained."""
    axes = np.diag([45.0, 4, 1]) ** 0.5
    assert pca.fit(np.concatenate([axes, -axes])).count_for(variance) == count


@pytest.mark.parametrize("variance", [-0.1, 100.1, float("nan"), "99", True])
def test_a_variance_out_of_range_is_refused(variance: float) -> None:
    with pytest.raises(ParameterError, match="variance"):
        pca.fit(np.eye(3)).count_for(variance)
    with pytest.raises(ParameterError, match="variance"):
        pca.encode(np.zeros((8, 8), np.uint8), variance=variance)


@pytest.mark.parametrize(
    "samples", [[[1.0]], np.zeros(3), np.zeros((0, 3)), np.zeros((3, 0)), np.eye(2) * 1j, np.full((2, 2), np.inf)]
)
def test_arrays_that_are_no_samples_are_refused(samples: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="samples must be"):
        pca.fit(samples)


def test_one_sample_and_equal_samples() -> None:
    for samples in (np.array([[3.0, 4]]), np.full((5, 2), 7.5)):
        found = pca.fit(samples)
        assert found.total_variance == 0
        assert found.variances.tolist() == [0]
        assert found.count_for(100) == 1
        assert found.explained(1) == 100
        assert np.linalg.norm(found.components[0]) == 1
        np.testing.assert_array_equal(found.scores(samples), 0)
