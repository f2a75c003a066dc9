"""Every value that the search for parameters can reach gives a file."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from other_readers import pillow_pixels
from pictures import noisy_gradient

from bench.tuning import tune
from bench.tuning.trial_files import encode_trial, quantize_trial, write_trial
from bench.tuning.tune import list_parameters, move_parameter
from foveal.allocate.perception import Perception, perception
from foveal.comparison.peers import libjpeg_turbo

SHIPPED = asdict(perception())


@pytest.mark.parametrize("by", [-0.15, 0.15])
@pytest.mark.parametrize("path", list(list_parameters(SHIPPED)), ids=".".join)
def test_every_number_can_be_moved(path: tuple[str, ...], by: float) -> None:
    values = SHIPPED
    for _ in range(8):
        values = move_parameter(values, path, by)
    weights = np.full((3, 3), 0.1, np.float32)  # of a map, as the parameters of attention have no effect without one
    trial = quantize_trial(noisy_gradient(24, 24), 2.1, Perception.from_dict(values), weights=weights)
    data = write_trial(trial)
    assert pillow_pixels(data).shape == (24, 24, 3)


def test_moving_stops_at_bounds() -> None:
    lift = ("luminance", "lift")
    assert move_parameter(SHIPPED, lift, 0.15)["luminance"]["lift"] == pytest.approx(0.2)
    assert move_parameter(SHIPPED, lift, -0.15)["luminance"]["lift"] == 0
    assert move_parameter(SHIPPED, lift, 0.6)["luminance"]["lift"] == 0.5
    assert asdict(perception()) == SHIPPED


def test_profiles_and_what_is_usual_stay() -> None:
    names = {path[-1] for path in list_parameters(SHIPPED)}
    assert {"dc", "lift", "knee", "slope_by_grain"} <= names
    assert not {name for name in names if name == "profile" or name.startswith("usual")}


def test_levels_give_the_scores_of_libjpeg_in_the_mean_of_metrics(chelsea: np.ndarray) -> None:
    """By one metric, files of a level score as libjpeg-turbo's; by two, levels are the means of both."""
    pixels = np.ascontiguousarray(chelsea[:180, :200])
    levels = []
    for metrics in (("PSNR",), ("PSNR-HVS-M",), ("PSNR", "PSNR-HVS-M")):
        found = tune.measure_levels([pixels], perception(), metrics)
        assert found["qualities"] == [*tune.QUALITIES, tune.FINEST_QUALITY]
        assert found["levels"][-1] == tune.FINEST_LEVEL
        assert found["levels"] == sorted(found["levels"], reverse=True)
        levels.append(found["levels"])
    np.testing.assert_allclose(np.mean(levels[:2], axis=0), levels[2], atol=0.002)
    reference = tune.METRICS["PSNR"](pixels)
    for quality in (30, 75, 90):
        level = levels[0][tune.QUALITIES.index(quality)]
        ours, theirs = encode_trial(pixels, level, perception()), libjpeg_turbo(pixels, quality)
        scores = [reference.score(pillow_pixels(data)) for data in (ours, theirs)]
        assert scores[0] == pytest.approx(scores[1], abs=0.3)  # dB; levels are interpolated
