"""Checks of the options of `foveal.optimize`."""

from __future__ import annotations

import pytest

import foveal
from foveal.errors import ParameterError
from foveal.optimization import OptimizeOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": 101}, "quality must be a number from 0 to 100"),
        ({"target_score": -1}, "target_score must be a number"),
        ({"target_size": "much"}, "target_size"),
        ({"min_saving": 1.01}, "min_saving must be a number from 0 to 1"),
        ({"min_saving": "2%"}, "min_saving must be a number"),
        ({"strength": 2}, "strength must be"),
        ({"threads": 0}, "threads must be"),
        ({"resize": 0}, "resize must be an integer from 1 to 65,535"),
        ({"effort": "more"}, "effort"),
        ({"metadata": "some"}, "metadata"),
        ({"saliency": "nobody"}, "no saliency method"),
        ({"saliency": "none"}, "no saliency method 'none'.* None, without quotes, stands for no saliency map"),
        ({"lossless": "yes"}, "lossless must be True or False"),
        ({"keep_c2pa": 1}, "keep_c2pa must be True or False"),
        ({"reencode": None}, "reencode must be True or False"),
        ({"quality": 80, "target_size": 1000}, "give one of quality, target_size"),
        ({"lossless": True, "quality": 80}, "lossless and quality cannot be given together"),
        ({"lossless": True, "resize": 80}, "lossless and resize cannot be given together"),
        ({"lossless": True, "reencode": True}, "lossless and reencode cannot be given together"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        OptimizeOptions(**options)
    with pytest.raises(ParameterError, match=message):
        foveal.optimize(b"", **options)


def test_limits_are_accepted() -> None:
    OptimizeOptions(quality=0, min_saving=0, strength=0, threads=1, resize=1)
    OptimizeOptions(target_score=100, min_saving=1, strength=1, threads=1024, resize=65_535)
    assert OptimizeOptions(target_size="100KB").size_limit == 100_000
    assert OptimizeOptions().size_limit is None
