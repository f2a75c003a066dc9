"""Checkpoints: whole or not at all, and all that a run needs to go on as if it had not stopped."""

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
    """How far a run is: `step` steps of the phase number `phase` are done."""

    phase: int = 0
    step: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """State of a run.

    Attributes
    ----------
    position
        What is done.
    shape, class_names
        The network's shape, and its classes in their order.
    weights, average
        State of the network, and of the average of its weights.
    optimizer
        State of the optimizer; None at the beginning of a phase.
    threshold
        T of MS-ROI: classes more probable than this light up; from the last validation.
    learned_folds
        Folds of the photos with fixations or masks that the network learned from, as far as this was noted: files of
        older versions say nothing.
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
        """The network with averaged weights, ready to look (batch normalisation uses its statistics)."""
        network = SaliencyNetwork(self.shape)
        network.load_state_dict(self.average)
        return network.eval()


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write so that a kill at any moment leaves the old checkpoint or the new one."""
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
    """Read a checkpoint.

    Raises
    ------
    ModelError
        There is none, or it is broken.
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
        raise ModelError(f"{path} is no checkpoint: {type(error).__name__}: {error}") from error
