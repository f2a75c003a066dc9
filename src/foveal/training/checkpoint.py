"""Checkpoints: the whole state of a run, written atomically, so that a resumed run ends with the same result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from foveal.errors import ModelError
from foveal.training.network import NetworkShape, SaliencyNetwork


@dataclass(frozen=True)
class Position:
    """Progress of a run: `step` steps of the phase with index `phase` are done."""

    phase: int = 0
    step: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """State of a training run.

    Attributes
    ----------
    position
        Phases and steps that are done.
    shape, class_names
        Shape of the network, and its classes in order.
    weights, average
        State of the network, and of the moving average of its weights.
    optimizer
        State of the optimizer; None at the start of a phase.
    threshold
        Threshold T of MS-ROI, from the last validation: classes with a higher probability are in its map.
    learned_folds
        Cross-validation folds that the network was trained on; empty for files of older versions, which lack it.
    """

    position: Position
    shape: NetworkShape
    class_names: tuple[str, ...]
    weights: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any] | None
    threshold: float
    learned_folds: frozenset[int]

    def averaged_network(self) -> SaliencyNetwork:
        """Return the network with averaged weights, in evaluation mode."""
        network = SaliencyNetwork(self.shape)
        network.load_state_dict(self.average)
        return network.eval()


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint atomically: an interruption leaves the old file or the new one."""
    content = {
        "position": [checkpoint.position.phase, checkpoint.position.step],
        "shape": checkpoint.shape.as_json(),
        "class_names": list(checkpoint.class_names),
        "weights": checkpoint.weights,
        "average": checkpoint.average,
        "optimizer": checkpoint.optimizer,
        "threshold": checkpoint.threshold,
        "learned_folds": sorted(checkpoint.learned_folds),
    }
    half_written = path.with_suffix(".tmp")
    with half_written.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    half_written.replace(path)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint from a file.

    Raises
    ------
    ModelError
        The file is missing or broken.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(
            Position(*content["position"]),
            NetworkShape.from_json(content["shape"]),
            tuple(content["class_names"]),
            content["weights"],
            content["average"],
            content["optimizer"],
            content["threshold"],
            frozenset(content.get("learned_folds", ())),
        )
    except Exception as error:  # torch.load raises whatever the broken bytes lead to
        raise ModelError(f"{path} is not a checkpoint: {type(error).__name__}: {error}") from error
