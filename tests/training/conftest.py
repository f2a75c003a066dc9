"""A tiny data set, and networks trained on it for a few steps; PyTorch is imported only where it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixation_sets import write_scene_set
from shapes import write_zip

from foveal.training.photos import LabelledPhotos, load_photos

if TYPE_CHECKING:
    from foveal.training.network import SaliencyNetwork


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> LabelledPhotos:
    folder = tmp_path_factory.mktemp("photos")
    write_zip(folder / "shapes.zip", photos_of_class=10)
    return load_photos([folder / "shapes.zip"])


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of a zip of labelled photos and a set of fixations."""
    folder = tmp_path_factory.mktemp("data")
    write_zip(folder / "shapes.zip", photos_of_class=10)
    write_scene_set(folder / "discs", 20)
    return folder


@pytest.fixture(scope="session")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of a few steps on a backbone of random weights."""
    import torch

    from foveal.training import run
    from foveal.training.backbone import Backbone

    torch.set_num_threads(1)
    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "load_backbone", Backbone)
        patch.setattr(run, "imagenet_names", lambda: tuple(f"class {number}" for number in range(1000)))
        effort = run.Effort(gaze_heads=2, gaze_steps=2, msroi_steps=2, scenes=8)
        run.train(run.Sources.among([data]), out, seed=1, effort=effort, say=lambda line: None)
    return out


@pytest.fixture(scope="session")
def network() -> SaliencyNetwork:
    """Return a network of random weights, whose normalisation is not the identity."""
    import torch

    from foveal.training.backbone import Backbone
    from foveal.training.heads import GazeHead, MsRoiHead
    from foveal.training.network import SaliencyNetwork

    torch.manual_seed(3)
    made = SaliencyNetwork(Backbone(), [GazeHead(), GazeHead()], MsRoiHead(5))
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-1, 1)  # type: ignore[operator, union-attr]
                module.running_var.uniform_(0.5, 2)  # type: ignore[operator, union-attr]
                module.weight.uniform_(0.5, 2)
    return made
