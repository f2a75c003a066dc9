"""Maps of MS-ROI in training, and NSS by cells."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from foveal.training import lessons, losses  # noqa: E402
from foveal.training.scores import nss  # noqa: E402


def test_msroi_keeps_the_probable_classes_or_the_most_probable_one() -> None:
    maps = torch.arange(1, 4)[None, :, None, None].expand(2, 3, 2, 2).float()
    logits = torch.logit(torch.tensor([[0.6, 0.3, 0.1], [0.1, 0.05, 0.04]]))
    kept = lessons.thresholded_map(losses.ClassMaps(maps, logits, torch.zeros(3)), 0.25)
    assert kept[:, 0, 0].tolist() == [1 + 2, 1]
    seen = lessons.probability_weighted_map(losses.ClassMaps(maps, logits, torch.zeros(3)))
    assert seen[:, 0, 0].tolist() == pytest.approx([0.6 + 0.6 + 0.3, 0.1 + 0.1 + 0.12])


def test_nss_of_cells_is_nss() -> None:
    """With fixations in the middle of cells; and 0 for a map of one value."""
    found = np.random.default_rng(3).random((5, 7)).astype(np.float32)
    fixations = np.array([[4, 4], [20, 36], [20, 36]])
    density = np.zeros((40, 56), np.float32)
    np.add.at(density, (fixations[:, 0], fixations[:, 1]), 1)
    expected = nss(found, fixations // 8)
    of_cells = lessons.nss_of_cells(torch.from_numpy(found)[None], torch.from_numpy(density)[None])
    assert of_cells.item() == pytest.approx(expected, abs=1e-5)
    assert lessons.nss_of_cells(torch.ones(1, 5, 7), torch.from_numpy(density)[None]).item() == 0
