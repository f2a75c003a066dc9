"""A tiny training on generated shapes: what the loop, the losses, the maps and the export must do."""

from __future__ import annotations

import copy
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (PyTorch) is not installed")

from click.testing import CliRunner  # noqa: E402
from shapes import CLASSES, SIDE, background, draw_shape, two_shapes, write_zip  # noqa: E402

from foveal.errors import ModelError  # noqa: E402
from foveal.training import checkpoint, lessons, losses  # noqa: E402
from foveal.training.__main__ import main  # noqa: E402
from foveal.training.evaluation import CEILING, evaluate, network_methods  # noqa: E402
from foveal.training.gaze_data import FOLDS, GazeExample, gaze_photos  # noqa: E402
from foveal.training.loop import CHECKPOINT, CURVES, LOG, Run, TrainingData, beginning, beginning_from, train  # noqa: E402
from foveal.training.network import NetworkShape, SaliencyNetwork  # noqa: E402
from foveal.training.photos import load_photos  # noqa: E402
from foveal.training.scenes import SceneMix  # noqa: E402
from foveal.training.schedule import SCHEDULES, HeadPhase, ScenePhase, Schedule  # noqa: E402
from foveal.training.scores import auc_mask, nss  # noqa: E402

SHAPE = NetworkShape(3, widths=(8, 16, 24, 32), blocks=(1, 1, 1), features=24, maps_per_class=2, gaze_width=16)
SCHEDULE = Schedule(
    phases=(
        ScenePhase("photos", 32 * 75, SIDE, 32, (5e-3, 3e-3), loss=losses.LossWeights(msroi=0, location=0)),
        ScenePhase("scenes", 16 * 125, 64, 16, (5e-3, 1e-4), SceneMix(mosaics=0.3, pasted=0.6)),
        HeadPhase(
            "heads",
            100,
            gaze_batch_size=8,
            scene_batch_size=8,
            learning_rate=(3e-3, 1e-4),
            scenes=600,
            side=64,
            mix=SceneMix(mosaics=0.3, pasted=0.6),
            loss=losses.LossWeights(msroi_gaze=0),  # people look at discs alone here, MS-ROI is to see all shapes
        ),
    ),
    checkpoint_every=25,
)


def shortened(steps: int) -> Schedule:
    """The schedule with so many steps in each phase."""
    photos, scenes, heads = SCHEDULE.phases
    assert isinstance(photos, ScenePhase)
    assert isinstance(scenes, ScenePhase)
    phases = [replace(each, scenes=steps * each.batch_size) for each in (photos, scenes)]
    return replace(SCHEDULE, phases=(*phases, replace(heads, steps=steps)))


def gaze_examples() -> list[GazeExample]:
    """People look at the disc, whatever else there is."""
    rng = np.random.default_rng(1)
    examples = []
    for number in range(48):
        image = background(96, rng)
        left, top = rng.integers(0, 72, 2).tolist()
        draw_shape(image, "square", (left, top, left + 20, top + 20))
        left, top = rng.integers(0, 72, 2).tolist()
        draw_shape(image, "disc", (left, top, left + 20, top + 20))
        density = np.zeros((96, 96), np.float32)
        density[top : top + 20, left : left + 20] = 1 / 400
        examples.append(GazeExample(Path(f"{number}.png"), np.asarray(image), density, 1.0, number % FOLDS))
    return examples


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    folder = tmp_path_factory.mktemp("photos")
    write_zip(folder / "shapes.zip")
    photos = load_photos([folder / "shapes.zip"], folder / "cache")
    return TrainingData(photos["train"], photos["val"], gaze_examples(), [], folder / "cache")


@pytest.fixture(scope="module")
def trained(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a whole run."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    train(data, Run(out, SCHEDULE, seed=1), beginning(CLASSES, SHAPE, seed=1))
    return out


@pytest.fixture(scope="module")
def network(trained: Path) -> SaliencyNetwork:
    return checkpoint.load(trained / CHECKPOINT).averaged_network()


def log_of(out: Path) -> list[dict[str, object]]:
    entries = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    return [{key: value for key, value in entry.items() if key != "images_per_second"} for entry in entries]


def as_batch(rgb: np.ndarray) -> object:
    return torch.from_numpy(rgb.astype(np.float32).transpose(2, 0, 1).copy())[None]


def enlarged(cells: object) -> np.ndarray:
    return np.kron(cells.detach().numpy(), np.ones((8, 8)))  # type: ignore[attr-defined]


def test_the_losses_fall_and_the_classes_are_learned(trained: Path) -> None:
    entries = log_of(trained)
    for phase, quantity in (("photos", "loss"), ("scenes", "loss"), ("heads", "gaze_loss")):
        course = [entry[quantity] for entry in entries if entry["phase"] == phase and quantity in entry]
        assert course[-1] < 0.8 * course[0], (phase, course)
    scores = {entry["phase"]: entry["validation"] for entry in entries if "validation" in entry}
    assert scores["heads"]["cam_accuracy"] > 0.9
    assert scores["heads"]["msroi_accuracy"] > 0.9
    assert scores["scenes"]["f1"] > 0.8
    assert "f1" not in scores["heads"]  # it was of another T than the one that fixations choose here
    assert (trained / CURVES).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("head", ["cam", "msroi"])
def test_the_map_of_a_class_lights_the_shape_and_not_the_background(network: SaliencyNetwork, head: str) -> None:
    rng = np.random.default_rng(6)
    areas = []
    for label, name in enumerate(CLASSES):
        image = background(96, rng)
        draw_shape(image, name, (16, 40, 48, 72))
        mask = np.zeros((96, 96), bool)
        mask[40:72, 16:48] = True
        with torch.no_grad():
            maps = getattr(network(as_batch(np.asarray(image))), head).maps
        areas.append(auc_mask(enlarged(maps[0, label]), mask))
    assert min(areas) > 0.9, areas


def test_two_shapes_light_up_together(network: SaliencyNetwork, trained: Path) -> None:
    """In M, the sum over the classes that MS-ROI keeps, each of the two shapes is above nearly all background.

    With the T that the scenes gave: people look at discs alone here, so the T that suits fixations is no help.
    """
    threshold = checkpoint.load(trained / "scenes.pt").threshold
    for first, second in ((0, 1), (1, 2), (2, 0)):
        rgb, *masks = two_shapes(CLASSES[first], CLASSES[second])
        with torch.no_grad():
            msroi = network(as_batch(rgb)).msroi
        kept = torch.sigmoid(msroi.logits[0]) > threshold
        assert kept[first], (first, second)
        assert kept[second], (first, second)
        lit = enlarged(msroi.maps[0][kept].sum(0))
        elsewhere = ~(masks[0] | masks[1])
        for mask in masks:
            assert auc_mask(lit[mask | elsewhere][None], mask[mask | elsewhere][None]) > 0.85


def test_gaze_is_where_people_looked(network: SaliencyNetwork) -> None:
    """At discs, not at squares."""
    rng = np.random.default_rng(8)
    image = background(96, rng)
    draw_shape(image, "square", (8, 8, 28, 28))
    draw_shape(image, "disc", (64, 56, 84, 76))
    with torch.no_grad():
        density = torch.exp(network(as_batch(np.asarray(image))).gaze[0])
    share = density / density.sum()
    assert share[7:10, 8:11].sum() > 0.4
    assert share[1:4, 1:4].sum() < 0.1


@pytest.mark.parametrize("stop", [(1, 20), (2, 10)], ids=["scenes", "heads"])
def test_a_resumed_run_ends_as_if_it_had_not_stopped(data: TrainingData, tmp_path: Path, stop: tuple[int, int]) -> None:
    """Stopped within a phase, right after a checkpoint: weights and log are equal to the last bit."""
    torch.set_num_threads(1)
    schedule = replace(shortened(30), log_every=5, checkpoint_every=10)
    start = beginning(CLASSES, SHAPE, seed=2)
    whole = train(data, Run(tmp_path / "whole", schedule, seed=2), start)

    class PowerCutError(Exception):
        pass

    def save_until_the_power_fails(state: checkpoint.Checkpoint, path: Path) -> None:
        save(state, path)
        if state.position == checkpoint.Position(*stop):
            raise PowerCutError

    save = checkpoint.save
    run = Run(tmp_path / "cut", schedule, seed=2)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCutError):
        patch.setattr(checkpoint, "save", save_until_the_power_fails)
        train(data, run, start)
    with (tmp_path / "cut" / LOG).open("a") as log:
        log.write(f'{{"at": [{stop[0]}, {stop[1] + 5}], "phase": "')  # a line cut off, of steps that will be done again
    torch.manual_seed(99)  # whatever was drawn before
    resumed = train(data, run, checkpoint.load(tmp_path / "cut" / CHECKPOINT))

    for name, value in whole.weights.items():
        assert torch.equal(value, resumed.weights[name]), name
        assert torch.equal(whole.average[name], resumed.average[name]), name
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    other_seed = train(data, replace(run, out=tmp_path / "other", seed=3), start)
    assert not torch.equal(whole.weights["cam.bias"], other_seed.weights["cam.bias"])


def test_broken_and_foreign_checkpoints_are_refused(tmp_path: Path, trained: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match=r"broken\.pt"):
        checkpoint.load(tmp_path / "broken.pt")
    with pytest.raises(ModelError, match="other classes"):
        beginning_from(checkpoint.load(trained / CHECKPOINT), ("cat", "dog", "emu"))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 31), (64, 40), (6, 240)], ids=str)
def test_any_size_gives_maps_that_cover_it(network: SaliencyNetwork, size: tuple[int, int]) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, *size)).astype(np.float32))
    with torch.no_grad():
        output = network(pixels)
    cells = (-(-size[0] // 8), -(-size[1] // 8))
    assert output.gaze.shape == (2, *cells)
    assert output.cam.maps.shape == output.msroi.maps.shape == (2, 3, *cells)
    assert output.msroi.maps.min() >= 0
    assert all(torch.isfinite(each).all() for each in (output.gaze, output.cam.maps, output.msroi.logits))


def test_gaze_is_the_mean_of_what_its_heads_say(network: SaliencyNetwork) -> None:
    pixels = torch.rand(1, 3, 40, 56) * 255
    with torch.no_grad():
        fine, coarse = network.backbone(pixels), network.backbone(pixels[:, :, ::2, ::2])
        each = network.gaze.each(fine, coarse)
        torch.testing.assert_close(network.gaze(fine, coarse), sum(each) / 3)
    assert not any(torch.allclose(first, second) for first, second in itertools.pairwise(each))


def test_whole_maps_are_left_out_in_training_alone(network: SaliencyNetwork) -> None:
    dropout = copy.deepcopy(network.gaze.members[0].dropout)
    maps = torch.ones(1, 1000, 2, 2)
    assert torch.equal(dropout(maps), maps)
    left = dropout.train()(maps)
    assert left.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (left == left[:, :, :1, :1]).all()


def test_cam_is_the_linear_layer_before_the_mean(network: SaliencyNetwork) -> None:
    """Zhou et al. (2016), equation 2: the class's score is the mean of its map (and a bias, which has no place)."""
    pixels = torch.rand(1, 3, 40, 56) * 255
    with torch.no_grad():
        features = network.backbone(pixels).joined
        cam = network.cam(features)
        linear = torch.nn.functional.linear(
            features.mean((2, 3)), network.cam.weights.weight[:, :, 0, 0], network.cam.bias
        )
    torch.testing.assert_close(cam.logits, linear)


def test_evidence_does_not_depend_on_the_size(network: SaliencyNetwork) -> None:
    """The same features tiled twice each way: the same evidence, and of a map of one value this value."""
    features = torch.rand(1, SHAPE.features, 5, 6)
    with torch.no_grad():
        once, tiled = network.msroi(features), network.msroi(features.tile(1, 1, 2, 2))
        flat = network.msroi(torch.ones(1, SHAPE.features, 3, 4))
    torch.testing.assert_close(once.logits, tiled.logits)
    torch.testing.assert_close(flat.logits - network.msroi.bias, flat.maps[:, :, 0, 0])


def test_the_location_loss_wants_light_inside_and_dark_outside() -> None:
    box = torch.tensor([[[0.0, 0.0, 0.5, 0.5]]])
    targets = losses.SceneTargets(torch.tensor([[1]]), box)
    inside, everywhere, outside = torch.zeros(3, 1, 2, 8, 8)
    inside[0, 1, :4, :4] = everywhere[0, 1] = 8.0
    outside[0, 1, 4:, 4:] = 8.0
    bias = torch.full((2,), -4.0)

    def loss(maps: object) -> float:
        return float(losses.location_loss(losses.ClassMaps(maps, torch.zeros(1, 2), bias), targets))

    assert loss(inside) < loss(everywhere) < loss(outside)
    assert loss(inside) == pytest.approx(2 * np.log1p(np.exp(-4.0)), rel=1e-5)


def test_msroi_keeps_the_probable_classes_or_the_most_probable_one() -> None:
    maps = torch.arange(1, 4)[None, :, None, None].expand(2, 3, 2, 2).float()
    logits = torch.logit(torch.tensor([[0.6, 0.3, 0.1], [0.1, 0.05, 0.04]]))
    kept = lessons.kept_map(losses.ClassMaps(maps, logits, torch.zeros(3)), 0.25)
    assert kept[:, 0, 0].tolist() == [1 + 2, 1]
    seen = lessons.seen_map(losses.ClassMaps(maps, logits, torch.zeros(3)))
    assert seen[:, 0, 0].tolist() == pytest.approx([0.6 + 0.6 + 0.3, 0.1 + 0.1 + 0.12])


def test_nss_of_cells_is_nss() -> None:
    """With fixations in the middle of cells; and 0 for a map of one value."""
    found = np.random.default_rng(3).random((5, 7)).astype(np.float32)
    fixations = np.array([[4, 4], [20, 36], [20, 36]])
    density = np.zeros((40, 56), np.float32)
    np.add.at(density, (fixations[:, 0], fixations[:, 1]), 1)
    expected = nss(found, fixations // 8)
    of_cells = lessons.nss_of_cells(torch.from_numpy(found)[None], torch.from_numpy(density)[None])
    assert of_cells.item() == pytest.approx(expected, abs=1e-5)
    assert lessons.nss_of_cells(torch.ones(1, 5, 7), torch.from_numpy(density)[None]).item() == 0


def test_the_gaze_loss_is_zero_for_the_truth() -> None:
    density = torch.rand(2, 32, 48) + 0.1
    cells = torch.nn.functional.avg_pool2d(density[:, None], 8)[:, 0]
    trust = torch.ones(2)
    assert float(losses.gaze_loss(torch.log(cells) + 3, density, trust)) == pytest.approx(0, abs=1e-5)
    uniform = float(losses.gaze_loss(torch.zeros(2, 4, 6), density, trust))
    assert uniform > 1  # no correlation at all, and some divergence


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
def test_the_exported_model_computes_what_the_network_computes(trained: Path, tmp_path: Path) -> None:
    for module in ("onnx", "onnxscript"):
        pytest.importorskip(module, reason="the extra `train` is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra `train` is not installed")
    from foveal.training import export

    state = checkpoint.load(trained / CHECKPOINT)
    export.export(state, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    stored = session.get_modelmeta().custom_metadata_map
    assert json.loads(stored["classes"]) == list(CLASSES)
    assert float(stored["threshold"]) == state.threshold
    rounded = export.AllMaps(export.rounded_network(state.averaged_network()))
    original = export.AllMaps(state.averaged_network())
    for size in ((1, 1), (160, 240), (177, 93)):
        pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, *size)).astype(np.float32)
        found = session.run(list(export.OUTPUTS), {export.INPUT: pixels})
        with torch.no_grad():
            expected, unrounded = rounded(torch.from_numpy(pixels)), original(torch.from_numpy(pixels))
        for name, each, same, close in zip(export.OUTPUTS, found, expected, unrounded, strict=True):
            np.testing.assert_allclose(each, same.numpy(), atol=1e-4, err_msg=name)
            np.testing.assert_allclose(each, close.numpy(), atol=0.05, err_msg=name)
        maps, features, weights = session.run(["cam_maps", *export.CAM_PARTS], {export.INPUT: pixels})
        np.testing.assert_allclose(maps, np.einsum("ckij,nkyx->ncyx", weights, features), atol=1e-4)
    assert b"/foveal/training/" not in (tmp_path / "model.onnx").read_bytes()  # no paths of whoever exported it


def write_scene_set(folder: Path) -> None:
    """Four photos of a disc; everybody looks at it."""
    rng = np.random.default_rng(9)
    (folder / "images").mkdir(parents=True)
    points = {}
    for number in range(4):
        image = background(96, rng)
        left, top = rng.integers(4, 68, 2).tolist()
        draw_shape(image, "disc", (left, top, left + 24, top + 24))
        image.save(folder / "images" / f"{number}.png")
        spread = rng.uniform(4, 20, (60, 2))
        observers = np.arange(60)[:, None] % 6
        points[str(number)] = np.hstack([(spread + np.array([left, top])) / 96, observers]).astype(np.float32)
    np.savez(folder / "fixations.npz", **points)


def test_evaluation_ranks_maps_between_chance_and_ceiling(trained: Path, tmp_path: Path) -> None:
    write_scene_set(tmp_path / "discs")
    photos = gaze_photos(tmp_path / "discs")
    state = checkpoint.load(trained / CHECKPOINT)
    methods = {"flat": lambda photo: np.ones((96, 96), np.float32), **network_methods([state])}
    nss = {row.method: row.scores["NSS"] for row in evaluate(photos, methods)}
    assert nss["flat"] == 0
    assert 1 < nss["gaze"] <= nss[CEILING]
    assert nss["msroi"] > 1
    assert nss["cam"] > 1


def test_a_network_is_not_judged_by_photos_that_it_learned_from(tmp_path: Path) -> None:
    write_scene_set(tmp_path / "discs")
    state = beginning(CLASSES, SHAPE, seed=1)
    every_fold = frozenset(range(FOLDS))
    for fold in every_fold:
        checkpoint.save(replace(state, learned_folds=every_fold - {fold}), tmp_path / f"{fold}.pt")
    checkpoint.save(state, tmp_path / "blank.pt")

    def outcome(*names: object, command: str = "maps") -> tuple[int, str]:
        options = [text for name in names for text in ("--checkpoint", str(tmp_path / f"{name}.pt"))]
        out = ["-o", str(tmp_path / "maps")] if command == "maps" else []
        done = CliRunner().invoke(main, [command, str(tmp_path / "discs"), *options, *out])
        return done.exit_code, done.output

    for command in ("maps", "evaluate"):
        code, output = outcome(0, 1, 2, 4, 3, command=command)
        assert code == 1
        assert output == (
            f"Error: {tmp_path / '4.pt'} is given for fold 3 but learned from folds 0, 1, 2, 3: "
            "give the checkpoints in the order of the folds that they left out\n"
        )
    assert not (tmp_path / "maps").exists()
    assert outcome(0, 1, 2, 3, 4) == (0, "")
    assert outcome(0, 1, "blank", "blank", 4) == (0, "")
    assert outcome(4) == (0, "")  # one network is judged by whatever it is given


def test_a_checkpoint_without_a_note_of_its_folds(tmp_path: Path) -> None:
    path = tmp_path / "early.pt"
    checkpoint.save(beginning(CLASSES, SHAPE, seed=1), path)
    content = torch.load(path, weights_only=True)
    del content["learned_folds"]
    torch.save(content, path)
    assert checkpoint.load(path).learned_folds == frozenset()


def test_what_cannot_be_trained_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_scene_set(tmp_path / "discs")
    runner = CliRunner()
    only_fixations = ["train", "--data", str(tmp_path / "discs"), "--out", str(tmp_path / "run")]
    assert "no photos in folders of classes" in runner.invoke(main, only_fixations).output
    write_zip(tmp_path / "data" / "shapes.zip")
    only_photos = ["train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run2")]
    assert "no photos with fixations" in runner.invoke(main, only_photos).output
    assert "no phase head; there are" in runner.invoke(main, [*only_photos, "--only", "head"]).output
    (tmp_path / "data" / "cat").mkdir()
    assert "name each of them" in runner.invoke(main, only_photos).output
    (tmp_path / "data" / "cat").rmdir()
    assert "no sets of fixations" in runner.invoke(main, ["evaluate", str(tmp_path / "data")]).output


def test_the_commands_train_evaluate_and_refuse_to_overwrite(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_zip(tmp_path / "data" / "shapes.zip")
    write_scene_set(tmp_path / "data" / "discs")
    run = ["train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run"), "--schedule", "trial"]
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCHEDULES, "trial", shortened(2))
        first = runner.invoke(main, [*run, "--fold", "1"], catch_exceptions=False)
        again = runner.invoke(main, [*run, "--fold", "1"])
        other = runner.invoke(main, [*run, "--fold", "2", "--resume"])
    assert first.exit_code == 0, first.output
    photo_folds = {photo.fold for photo in gaze_photos(tmp_path / "data" / "discs")}
    assert {1} < photo_folds
    assert checkpoint.load(tmp_path / "run" / "scenes.pt").learned_folds == frozenset()
    heads = checkpoint.load(tmp_path / "run" / "heads.pt")
    assert heads.learned_folds == photo_folds - {1}
    assert beginning_from(heads, CLASSES).learned_folds == photo_folds - {1}
    assert "discs_nss" in [*log_of(tmp_path / "run")[-1]["validation"]]  # type: ignore[misc]
    assert again.exit_code == 1
    assert "--resume" in again.output
    assert other.exit_code == 1
    assert "other settings" in other.output
    table = runner.invoke(
        main, ["evaluate", str(tmp_path / "data"), "--checkpoint", str(tmp_path / "run" / "heads.pt")]
    )
    assert table.exit_code == 0, table.output
    for method in ("center", "spectral", "cam", "msroi", "gaze", CEILING):
        assert method in table.output
