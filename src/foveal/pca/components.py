"""Principal components: the orthogonal directions along which samples vary most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveal.checks import check_number
from foveal.errors import ParameterError

_SAMPLES_AT_ONCE = 4096  # in double precision: what a large picture takes would not fit


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Where samples lie, and how they vary.

    Parameters
    ----------
    mean
        (d,) float64: mean of the samples.
    components
        (k, d) float64: orthonormal rows, that of the largest variance first. The largest entry of each is positive.
        There are as many as the rank of the centred samples, but one at least.
    variances
        (k,) float64: variance of the samples along each (divided by their number less one).
    total_variance
        Sum of the variances along all directions.
    rounding
        Share of the total variance that is nothing but rounding errors.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    total_variance: float
    rounding: float

    def count_for(self, variance: float) -> int:
        """How many components explain at least `variance` per cent of the variance: the smallest such number.

        It is 1 at least, also where nothing varies. What rounding errors may have added or taken counts as explained,
        so that 100 asks for as many components as the rank.

        Raises
        ------
        ParameterError
            Not a number from 0 to 100.
        """
        check_number("variance", variance, 0, 100)
        allowed = ((100 - variance) / 100 + self.rounding) * self.total_variance
        # Summed from the smallest on: what is left out by 1, 2, ... components.
        left_out = np.append(np.cumsum(self.variances[:0:-1])[::-1], 0.0)
        return 1 + int(np.argmax(left_out <= allowed))

    def explained(self, count: int) -> float:
        """Share of the variance that the leading components explain, in per cent; 100 where nothing varies."""
        if self.total_variance == 0:
            return 100.0
        return min(100.0, 100 * float(self.variances[:count].sum()) / self.total_variance)

    def scores(self, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Coordinates (n, k) of samples (n, d) along the components, from the mean."""
        return np.asarray((samples - self.mean) @ self.components.T)


def fit(samples: NDArray[Any]) -> PrincipalComponents:
    """Find the principal components of samples.

    They are the eigenvectors of the covariance matrix. Where there are fewer samples than dimensions, they come from
    the smaller matrix of inner products of the samples, which has the same eigenvalues.

    Parameters
    ----------
    samples
        (n, d) real numbers, n and d at least 1. They are centred, but not scaled.

    Returns
    -------
    PrincipalComponents
        All of them, in double precision.

    Raises
    ------
    ParameterError
        Not such an array, or not all finite.

    References
    ----------
    K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, section 2.1.
    """
    if not isinstance(samples, np.ndarray) or samples.ndim != 2 or samples.size == 0 or samples.dtype.kind not in "fiu":
        raise ParameterError("samples must be an array (n, d) of real numbers, n and d at least 1")
    if not np.isfinite(samples).all():
        raise ParameterError("samples must be finite")
    mean = samples.mean(axis=0, dtype=np.float64)
    found = _of_covariance if samples.shape[0] >= samples.shape[1] else _of_inner_products
    squares, components = found(samples, mean)
    total = float(squares.sum())
    rounding = max(samples.shape) * float(np.finfo(np.float64).eps)
    rank = max(1, int(np.count_nonzero(squares > rounding * total)))
    degrees = max(len(samples) - 1, 1)
    return PrincipalComponents(
        mean, _with_signs(components[:rank]), squares[:rank] / degrees, total / degrees, rounding
    )


def _of_covariance(samples: NDArray[Any], mean: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Squares summed along each component, the largest first, and the components (d, d)."""
    products = np.zeros((len(mean), len(mean)))
    for first in range(0, len(samples), _SAMPLES_AT_ONCE):
        centred = samples[first : first + _SAMPLES_AT_ONCE] - mean
        products += centred.T @ centred
    squares, vectors = np.linalg.eigh(products)
    return np.maximum(squares[::-1], 0), vectors.T[::-1]


def _of_inner_products(
    samples: NDArray[Any], mean: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As `_of_covariance`, components (n, d): Z Z' u = s u makes Z' u an eigenvector of Z' Z."""
    centred = samples - mean
    squares, vectors = np.linalg.eigh(centred @ centred.T)
    squares, components = np.maximum(squares[::-1], 0), vectors.T[::-1] @ centred
    lengths = np.linalg.norm(components, axis=1, keepdims=True)
    components /= np.where(lengths == 0, 1, lengths)
    if squares[0] == 0:
        components[0, 0] = 1  # nothing varies: any direction will do
    return squares, components


def _with_signs(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn components so that the largest entry of each is positive: either way is right, but one must be chosen."""
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    return np.asarray(components * np.where(largest < 0, -1, 1))
