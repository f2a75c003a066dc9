"""A tiny data set and a network that was trained on it; PyTorch is imported only where it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapes import CLASSES, write_zip

from foveal.training.photos import LabelledPhotos, load_photos

if TYPE_CHECKING:
    from foveal.training.loop import TrainingData
    from foveal.training.network import SaliencyNetwork


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LabelledPhotos]:
    folder = tmp_path_factory.mktemp("photos")
    write_zip(folder / "shapes.zip", photos_of_class=10)
    return load_photos([folder / "shapes.zip"], folder / "cache")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    from tiny_training import gaze_examples

    from foveal.training.loop import TrainingData

    folder = tmp_path_factory.mktemp("photos")
    write_zip(folder / "shapes.zip")
    photos = load_photos([folder / "shapes.zip"], folder / "cache")
    return TrainingData(photos["train"], photos["val"], gaze_examples(), [], folder / "cache")


@pytest.fixture(scope="session")
def trained(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a whole run."""
    import torch
    from tiny_training import SCHEDULE, SHAPE

    from foveal.training.loop import Run, new_checkpoint, train

    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    train(data, Run(out, SCHEDULE, seed=1), new_checkpoint(CLASSES, SHAPE, seed=1))
    return out


@pytest.fixture(scope="session")
def network(trained: Path) -> SaliencyNetwork:
    from foveal.training import checkpoint
    from foveal.training.loop import CHECKPOINT

    return checkpoint.load(trained / CHECKPOINT).averaged_network()
