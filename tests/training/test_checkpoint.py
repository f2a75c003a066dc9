"""Checkpoints that are broken, of other classes, or of an older version."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from shapes import CLASSES  # noqa: E402
from tiny_training import SHAPE  # noqa: E402

from foveal.errors import ModelError  # noqa: E402
from foveal.training import checkpoint  # noqa: E402
from foveal.training.loop import CHECKPOINT, checkpoint_from_weights, new_checkpoint  # noqa: E402


def test_broken_and_foreign_checkpoints_are_refused(tmp_path: Path, trained: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match=r"broken\.pt"):
        checkpoint.load(tmp_path / "broken.pt")
    with pytest.raises(ModelError, match="other classes"):
        checkpoint_from_weights(checkpoint.load(trained / CHECKPOINT), ("cat", "dog", "emu"))


def test_a_checkpoint_without_a_note_of_its_folds(tmp_path: Path) -> None:
    path = tmp_path / "early.pt"
    checkpoint.save(new_checkpoint(CLASSES, SHAPE, seed=1), path)
    content = torch.load(path, weights_only=True)
    del content["learned_folds"]
    torch.save(content, path)
    assert checkpoint.load(path).learned_folds == frozenset()
