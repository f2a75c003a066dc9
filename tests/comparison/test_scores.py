"""The scores of a comparison, against Pillow and scikit-image."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from other_readers import pillow_pixels
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import foveal
from foveal import metrics
from foveal.comparison import Comparison, compare
from foveal.saliency import look


def test_scores_are_those_of_the_files_as_pillow_decodes_them(comparison: Comparison, photo: np.ndarray) -> None:
    result = look(foveal.Photo(photo))
    weights = Image.fromarray(result.spending_map).resize((153, 101), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(comparison.saliency, weights, atol=1e-6)
    rows, columns = comparison.regions[0].slices
    for entry in comparison.entries:
        decoded = pillow_pixels(entry.data)
        scores = entry.scores
        assert scores.psnr == pytest.approx(peak_signal_noise_ratio(photo, decoded))
        error = ((photo.astype(float) - decoded) ** 2).mean(axis=2)
        weighted = np.average(error, weights=comparison.saliency)
        assert scores.salient_psnr == pytest.approx(10 * np.log10(255**2 / weighted))
        options = {"channel_axis": 2, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        mean, each = structural_similarity(photo, decoded, full=True, **options)
        assert scores.ssim == pytest.approx(mean)
        inside = np.s_[5:-5, 5:-5]
        expected = np.average(each.mean(axis=2)[inside], weights=comparison.saliency[inside])
        assert scores.salient_ssim == pytest.approx(expected)
        assert scores.ssimulacra2 == metrics.ssimulacra2(photo, decoded)
        part = np.ascontiguousarray(photo[rows, columns]), np.ascontiguousarray(decoded[rows, columns])
        assert scores.salient_ssimulacra2 == metrics.ssimulacra2(*part)


def test_the_map_raises_the_salient_scores(comparison: Comparison) -> None:
    scores = {entry.name: entry.scores for entry in comparison.entries}
    assert scores["foveal"].salient_psnr > scores["foveal, content-blind"].salient_psnr
    assert scores["foveal"].salient_ssim > scores["foveal, content-blind"].salient_ssim


def test_without_scikit_image_there_is_no_ssim(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    found = compare(photo, quality=60, saliency="center")
    assert found.left_out == ("SSIM is left out: it needs scikit-image (pip install 'foveal[compare]')",)
    assert {(entry.scores.ssim, entry.scores.salient_ssim) for entry in found.entries} == {(None, None)}
    assert len(found.entries) == 5
    assert found.entries[0].scores.psnr > 20
