"""Principal component analysis: eigenvectors of the covariance matrix of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.checks import check_number
from foveal.errors import ParameterError

_SAMPLES_AT_ONCE = 4096  # centred in double precision at a time, to bound the memory for large pictures


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Mean and principal components of samples, with the variance along each component.

    Parameters
    ----------
    mean
        (d,) float64: mean of the samples.
    components
        (k, d) float64: orthonormal eigenvectors of the covariance matrix, by falling variance. The entry of largest
        magnitude is positive in each. k is the rank of the centred samples, but at least 1.
    variances
        (k,) float64: eigenvalues of the covariance matrix, which is the unbiased one (n - 1 degrees of freedom).
    total_variance
        Sum of the variances along all d directions.
    rounding
        Share of the total variance that rounding errors may account for.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    total_variance: float
    rounding: float

    def count_for(self, variance: float) -> int:
        """Return the smallest number of components that explain at least `variance` percent of the variance.

        It is at least 1, even for constant samples. A share of `rounding` counts as explained, so that 100 percent
        needs as many components as the rank.

        Raises
        ------
        ParameterError
            `variance` is not a number from 0 to 100.
        """
        check_number("variance", variance, 0, 100)
        allowed = ((100 - variance) / 100 + self.rounding) * self.total_variance
        # Variance that 1, 2, ... components leave unexplained, summed from the smallest eigenvalue for accuracy.
        left_out = np.append(np.cumsum(self.variances[:0:-1])[::-1], 0.0)
        return 1 + int(np.argmax(left_out <= allowed))

    def explained(self, count: int) -> float:
        """Return the explained variance of the leading `count` components in percent; 100 for constant samples."""
        if self.total_variance == 0:
            return 100.0
        return min(100.0, 100 * float(self.variances[:count].sum()) / self.total_variance)

    def scores(self, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Return the scores (n, k) of samples (n, d): coordinates along the components, with the mean as origin."""
        return np.asarray((samples - self.mean) @ self.components.T)


def fit(samples: NDArray[Any]) -> PrincipalComponents:
    """Find the principal components of samples.

    They are the eigenvectors of the covariance matrix. For fewer samples than dimensions they are computed from the
    smaller matrix of inner products of the samples, which has the same nonzero eigenvalues.

    Parameters
    ----------
    samples
        (n, d) array of real numbers, n and d at least 1. The columns are centred, but not scaled.

    Returns
    -------
    PrincipalComponents
        All components, in double precision.

    Raises
    ------
    ParameterError
        `samples` is not such an array, or not all of its values are finite.

    References
    ----------
    K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, section 2.1.
    """
    if not isinstance(samples, np.ndarray) or samples.ndim != 2 or samples.size == 0 or samples.dtype.kind not in "fiu":
        raise ParameterError("samples must be an array (n, d) of real numbers, n and d at least 1")
    if not np.isfinite(samples).all():
        raise ParameterError("samples must be finite")
    mean = samples.mean(axis=0, dtype=np.float64)
    decompose = _decompose_covariance if samples.shape[0] >= samples.shape[1] else _decompose_inner_products
    squares, components = decompose(samples, mean)
    total = float(squares.sum())
    rounding = max(samples.shape) * float(np.finfo(np.float64).eps)
    rank = max(1, int(np.count_nonzero(squares > rounding * total)))
    degrees = max(len(samples) - 1, 1)
    return PrincipalComponents(
        mean, _normalise_signs(components[:rank]), squares[:rank] / degrees, total / degrees, rounding
    )


def _decompose_covariance(
    samples: NDArray[Any], mean: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the summed squared scores (d,) of the components, largest first, and the components (d, d)."""
    products = np.zeros((len(mean), len(mean)))
    for first in range(0, len(samples), _SAMPLES_AT_ONCE):
        centred = samples[first : first + _SAMPLES_AT_ONCE] - mean
        products += centred.T @ centred
    squares, vectors = np.linalg.eigh(products)
    return np.maximum(squares[::-1], 0), vectors.T[::-1]


def _decompose_inner_products(
    samples: NDArray[Any], mean: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what `_decompose_covariance` does, for n < d samples: n sums of squares and components (n, d)."""
    # For centred samples Z (n, d), Z Z' u = s u implies Z' Z (Z' u) = s (Z' u): an n x n problem gives the same answer.
    centred = samples - mean
    squares, vectors = np.linalg.eigh(centred @ centred.T)
    squares, components = np.maximum(squares[::-1], 0), vectors.T[::-1] @ centred
    lengths = np.linalg.norm(components, axis=1, keepdims=True)
    components /= np.where(lengths == 0, 1, lengths)
    if squares[0] == 0:
        components[0, 0] = 1  # the samples are constant: any direction will do
    return squares, components


def _normalise_signs(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flip components so that the entry of largest magnitude is positive: an eigenvector's sign is arbitrary."""
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    return np.asarray(components * np.where(largest < 0, -1, 1))
