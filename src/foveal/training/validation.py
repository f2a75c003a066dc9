"""Validation of the network at the end of a phase, on photos that it was not trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from foveal.photo import open as open_photo
from foveal.saliency import look
from foveal.training.batches import scene_batch
from foveal.training.gaze_data import GazePhoto, fixated_pixels
from foveal.training.look import TrainedModel
from foveal.training.losses import labels_present
from foveal.training.network import SaliencyNetwork
from foveal.training.photos import NO_CLASS, LabelledPhotos
from foveal.training.scenes import Box, Placed, Scene, SceneMaker, SceneMix
from foveal.training.schedule import Schedule
from foveal.training.scores import auc_judd, nss

SCENES = 400
_SCENES_SEED = 1612_08712
_MIX = SceneMix(mosaics=0.4, pasted=0.5)
_BATCH = 50
_THRESHOLDS = np.linspace(0.05, 0.95, 19)


def validate(
    network: SaliencyNetwork, photos: LabelledPhotos, held_back: list[GazePhoto], side: int, schedule: Schedule
) -> dict[str, float]:
    """Score a network on validation photos, and on fixations if any are held back.

    Returns
    -------
    dict
        `cam_accuracy`, `msroi_accuracy`: share of single photos whose most probable class is correct. `threshold`,
        `f1`: threshold T with the highest F1 score of MS-ROI's classes in scenes of several objects, and that score.
        With `held_back`, also the results of `gaze_scores`.
    """
    scores = _accuracies(network, photos, side, schedule.validation_photos) | _threshold(network, photos, side)
    return scores | gaze_scores(network, held_back, photos.class_names) if held_back else scores


@torch.no_grad()
def _accuracies(network: SaliencyNetwork, photos: LabelledPhotos, side: int, at_most: int) -> dict[str, float]:
    known = np.flatnonzero(photos.labels != NO_CLASS)
    chosen = known[:: max(1, len(known) // at_most)]
    right = np.zeros(2)
    for first in range(0, len(chosen), _BATCH):
        indices = chosen[first : first + _BATCH]
        scenes = [_whole_photo(photos, int(index), side) for index in indices]
        output = _output(network, scenes)
        for head, logits in enumerate((output[0], output[1])):
            right[head] += (logits.argmax(1) == photos.labels[indices]).sum()
    cam, msroi = right / len(chosen)
    return {"cam_accuracy": float(cam), "msroi_accuracy": float(msroi)}


def _whole_photo(photos: LabelledPhotos, index: int, side: int) -> Scene:
    rgb = Image.fromarray(photos.rgb(index)).resize((side, side), Image.Resampling.BILINEAR)
    return Scene(np.asarray(rgb), (Placed(int(photos.labels[index]), Box(0, 0, side, side)),))


def _output(network: SaliencyNetwork, scenes: list[Scene]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the logits (n, classes) of CAM and of MS-ROI."""
    pixels = scene_batch(scenes).pixels.to(next(network.parameters()).device)
    output = network(pixels, with_gaze=False)
    return output.cam.logits.cpu().numpy(), output.msroi.logits.cpu().numpy()


@torch.no_grad()
def _threshold(network: SaliencyNetwork, photos: LabelledPhotos, side: int) -> dict[str, float]:
    rng = np.random.default_rng(_SCENES_SEED)
    maker = SceneMaker(photos)
    scenes = [maker.draw(_MIX, (side, side), rng) for _ in range(SCENES)]
    logits = np.concatenate([_output(network, scenes[i : i + _BATCH])[1] for i in range(0, SCENES, _BATCH)])
    labels = scene_batch(scenes).targets.labels
    present = labels_present(labels, logits.shape[1]).numpy() > 0
    return best_threshold(1 / (1 + np.exp(-logits)), present)


def best_threshold(probabilities: NDArray[np.floating], present: NDArray[np.bool_]) -> dict[str, float]:
    """Return the threshold of 0.05, 0.1, ..., 0.95 with the highest F1 over all (n, classes) decisions, and that F1."""
    f1 = []
    for threshold in _THRESHOLDS:
        kept = probabilities > threshold
        f1.append(2 * (kept & present).sum() / max(1, kept.sum() + present.sum()))
    best = int(np.argmax(f1))
    return {"threshold": float(_THRESHOLDS[best]), "f1": float(f1[best])}


def gaze_scores(network: SaliencyNetwork, photos: list[GazePhoto], class_names: tuple[str, ...]) -> dict[str, float]:
    """Return the mean NSS and AUC-Judd of the gaze map on photos with fixations, for each data set."""
    model = TrainedModel(network, 0.5, class_names)
    each: dict[str, list[float]] = {}
    for photo in photos:
        if photo.fixations is None:
            continue
        opened = open_photo(photo.path)
        found = look(opened, "gaze", model=model).resized(opened.displayed_size)
        fixations = fixated_pixels(photo.fixations, *opened.displayed_size)
        each.setdefault(f"{photo.dataset}_nss", []).append(nss(found, fixations))
        each.setdefault(f"{photo.dataset}_auc_judd", []).append(auc_judd(found, fixations))
    return {name: float(np.mean(values)) for name, values in each.items()}
