"""Every value that the coordinate search can reach gives a file."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from other_readers import pillow_pixels
from pictures import noisy_gradient

from bench.tuning.coordinate_search import list_parameters, move_parameter
from bench.tuning.trial_files import quantize_trial, write_trial
from foveal.allocate.perception import Perception, perception

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
    assert move_parameter(SHIPPED, lift, 0.15)["luminance"]["lift"] == pytest.approx(0.15 + perception().luminance.lift)
    assert move_parameter(SHIPPED, lift, -0.15)["luminance"]["lift"] == 0
    assert move_parameter(SHIPPED, lift, 0.6)["luminance"]["lift"] == 0.5
    assert asdict(perception()) == SHIPPED


def test_profiles_and_what_is_usual_stay() -> None:
    names = {path[-1] for path in list_parameters(SHIPPED)}
    assert {"dc", "lift", "knee", "cb_by_share"} <= names
    assert not {name for name in names if name == "profile" or name.startswith("usual")}
