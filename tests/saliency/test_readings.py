"""From what a network says to maps, confidence and classes: cases that can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from color_network import write_color_network
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pictures import noisy_gradient
from PIL import Image
from PIL.ExifTags import Base
from scipy.ndimage import find_objects, label

import foveal
from foveal.allocate.weights import block_weights
from foveal.encoding import EncodeOptions, encode_photo
from foveal.errors import ParameterError
from foveal.photo.small_copy import small_copy
from foveal.saliency import Box, SaliencyModel, SaliencyResult, look, look_by_methods
from foveal.saliency.cells import cells_to_pixels
from foveal.saliency.classes import box_of_peak, kept_classes
from foveal.saliency.model import NetworkOutput
from foveal.saliency.readings import CLEAR_NSS, FLAT_NSS, expected_nss, read_gaze, visibility


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> SaliencyModel:
    """Its classes are colours; T is 0.5."""
    return SaliencyModel(write_color_network(tmp_path_factory.mktemp("model") / "colors.onnx"))


def red_and_blue() -> np.ndarray:
    """480 x 320: a bright red square of 64 pixels, a darker blue one of 128 x 96."""
    pixels = np.zeros((320, 480, 3), np.uint8)
    pixels[32:96, 48:112, 0] = 255
    pixels[192:288, 320:448, 2] = 204
    return pixels


# ---- MS-ROI and CAM


def test_msroi_lights_all_classes_kept_and_cam_the_most_probable_one(colors: SaliencyModel) -> None:
    photo = foveal.Photo(red_and_blue())
    looks = look_by_methods(photo, ["msroi", "cam"], model=colors)
    found = {name: looked.resized((320, 480)) for name, looked in looks.items()}
    red, blue, elsewhere = np.s_[44:84, 60:100], np.s_[204:276, 332:436], np.s_[140:160, 200:260]
    assert found["msroi"][red].mean() > 0.85
    assert found["msroi"][blue].mean() == pytest.approx(0.8 * found["msroi"][red].mean(), abs=0.05)
    assert found["cam"][blue].mean() > 0.85  # darker but three times as large: a higher mean
    assert found["cam"][red].max() < 0.01
    for each in found.values():
        assert each[elsewhere].max() < 0.01
        assert each.max() <= 1


def test_top_k_is_how_many_classes_light_up(colors: SaliencyModel) -> None:
    photo = foveal.Photo(red_and_blue())
    for top_k, names in ((1, ["red"]), (2, ["red", "blue"]), (5, ["red", "blue"]), (None, ["red", "blue"])):
        looked = look(photo, "msroi", top_k=top_k, model=colors)
        assert [seen.name for seen in looked.classes] == names
        assert looked.map.max() == 1
        assert (foveal.saliency_map(photo, "msroi", top_k=top_k, model=colors)[240, 380] > 0.5) == ("blue" in names)


@pytest.mark.parametrize("top_k", [0, -1, 1.0, True, "5"])
def test_top_k_that_makes_no_sense(top_k: object) -> None:
    with pytest.raises(ParameterError, match="top_k"):
        foveal.saliency_map(np.zeros((9, 9), np.uint8), "spectral", top_k=top_k)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probabilities", "threshold", "top_k", "kept"),
    [
        ([0.1, 0.9, 0.6, 0.7], 0.5, 5, [1, 3, 2]),
        ([0.1, 0.9, 0.6, 0.7], 0.5, 3, [1, 3, 2]),
        ([0.1, 0.9, 0.6, 0.7], 0.5, 2, [1, 3]),
        ([0.1, 0.9, 0.6, 0.7], 0.0, None, [1, 3, 2, 0]),
        ([0.5, 0.5, 0.5], 0.5, 5, [0]),  # as probable as T is not more probable
        ([0.5, 0.5, 0.5], 0.499, 2, [0, 1]),
        ([0.1, 0.2, 0.1], 0.5, None, [1]),  # none: the most probable one
        ([0.0], 1.0, 1, [0]),
    ],
)
def test_kept_classes(probabilities: list[float], threshold: float, top_k: int | None, kept: list[int]) -> None:
    assert kept_classes(np.array(probabilities, np.float32), threshold, top_k).tolist() == kept


def test_a_class_below_the_threshold_makes_a_map_of_low_confidence(colors: SaliencyModel) -> None:
    dark = foveal.Photo(red_and_blue() // 4)
    dim = look(dark, "msroi", model=colors)
    assert [seen.name for seen in dim.classes] == ["red"]
    assert dim.confidence == pytest.approx(63 / 255 * visibility(small_copy(dark, 240)), abs=0.005)
    assert dim.confidence < colors.threshold
    assert look(foveal.Photo(red_and_blue()), "msroi", model=colors).confidence == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("method", ["msroi", "cam"])
def test_no_evidence_at_all_is_a_dark_map_without_confidence(colors: SaliencyModel, method: str) -> None:
    looked = look(foveal.Photo(np.zeros((40, 60), np.uint8)), method, model=colors)
    assert (looked.map.max(), looked.confidence, looked.classes) == (0, 0, ())
    assert looked.resized((40, 60)).shape == (40, 60)


def test_what_speaks_against_a_class_is_cut_off_in_its_activation_map() -> None:
    output = network_output(np.zeros((20, 30)))
    output.cam_maps[1] = -5
    output.cam_maps[1, :, 25:] = 5
    output.cam_probabilities[:] = (0.25, 0.75)
    halves = np.repeat(np.array([[0, 255]], np.uint8), 12, axis=1).repeat(16, axis=0)
    looked = look(foveal.Photo(halves), "cam", model=Stub(output))
    assert looked.confidence == 0.75
    assert (looked.map[:, :180] == 0).all()  # of 240 columns
    assert looked.map[:, 220:].min() > 0.8


@pytest.mark.parametrize(("spread", "confidence"), [(0, 0), (4, 0.5), (8, 1), (100, 1)])
def test_what_cannot_be_seen_does_not_stand_out(spread: int, confidence: float) -> None:
    """Two halves of 128 -+ spread: the standard deviation of luminance is the spread, and 8 of it is enough."""
    grey = np.full((160, 240, 3), 128 - spread, np.uint8)
    grey[:, 120:] = 128 + spread
    assert visibility(grey) == pytest.approx(confidence)


# ---- the boxes of classes


def test_boxes_are_where_the_colours_are(colors: SaliencyModel) -> None:
    """480 x 320 pixels are seen as 240 x 160, so a cell stands for 16 pixels, and the squares lie on cells."""
    red, blue = look(foveal.Photo(red_and_blue()), model=colors).classes
    assert (red.name, red.box) == ("red", Box(48, 32, 64, 64))
    assert (blue.name, blue.box) == ("blue", Box(320, 192, 128, 96))
    assert blue.score == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_in_the_photo_as_displayed(colors: SaliencyModel, orientation: int) -> None:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    photo = foveal.Photo(red_and_blue(), exif=tags.tobytes())
    shown = photo.upright().pixels
    red, blue = look(photo, model=colors).classes
    for channel, seen in ((0, red), (2, blue)):
        rows, columns = np.nonzero(shown[:, :, channel])
        box = Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        assert seen.box == box
    found = foveal.saliency_map(photo, "msroi", model=colors)
    assert found.shape == shown.shape[:2]
    assert found[shown[:, :, 0] > 0].mean() > 0.8
    assert found[shown.max(axis=2) == 0].mean() < 0.1


def test_a_box_ends_where_the_photo_ends() -> None:
    """20 rows and 30 columns seen of a photo ten times as large: the last cells reach 4 and 2 pixels beyond."""
    cells = np.zeros((3, 4), np.float32)
    cells[2, 3] = 1
    assert box_of_peak(cells, (20, 30), (200, 300)) == Box(240, 160, 60, 40)
    assert box_of_peak(cells, (20, 30), (2, 3)) == Box(2, 1, 1, 1)
    assert box_of_peak(np.ones((1, 1), np.float32), (1, 1), (1, 1)) == Box(0, 0, 1, 1)


def test_a_box_holds_what_hangs_together_with_the_peak() -> None:
    cells = np.zeros((6, 8), np.float32)
    cells[1, 1:4] = (0.51, 0.6, 1.0)  # the peak and two beside it
    cells[2, 4] = 0.9  # touches it at a corner only
    cells[5, 7] = 0.9
    cells[0, 3] = 0.5  # not above half
    assert box_of_peak(cells, (48, 64), (48, 64)) == Box(8, 8, 24, 8)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 4)))
def test_regions_are_those_that_scipy_labels(cells: np.ndarray) -> None:
    cells[0, 0] += 1  # not dark
    peak = np.unravel_index(cells.argmax(), cells.shape)
    regions, _ = label(cells > cells.max() / 2)
    rows, columns = find_objects((regions == regions[peak]).astype(int))[0]
    seen = (8 * cells.shape[0], 8 * cells.shape[1])
    assert box_of_peak(cells, seen, cells.shape) == Box(
        columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
    )


# ---- gaze


class Stub:
    """A model that says the same about every picture."""

    threshold = 0.5
    class_names = ("one", "two")

    def __init__(self, output: NetworkOutput) -> None:
        self.output = output
        self.calls = 0

    def see(self, rgb: np.ndarray) -> NetworkOutput:
        self.calls += 1
        return self.output


def network_output(gaze: np.ndarray) -> NetworkOutput:
    """What a network says of a picture of (h, w) cells, of which the last reach beyond it by half; no classes."""
    rows, columns = gaze.shape
    classes = np.zeros((2, rows, columns), np.float32)
    probabilities = np.array([0.5, 0.5], np.float32)
    return NetworkOutput(
        (160, 240), classes, probabilities, classes.copy(), probabilities.copy(), gaze.astype(np.float32)
    )


def bump(sharpness: float) -> np.ndarray:
    """Log of a Gaussian density over 20 x 30 cells."""
    y, x = np.mgrid[-1:1:20j, -1:1:30j]
    return -0.5 * sharpness * (x**2 + y**2)


def test_expected_nss_is_what_its_own_fixations_score() -> None:
    """NSS (Peters et al. 2005) of a million fixations drawn from the density."""
    rng = np.random.default_rng(0)
    density = rng.gamma(0.5, size=(20, 30)).astype(np.float32)
    chances = density.ravel().astype(np.float64)
    fixations = rng.choice(density.size, 1_000_000, p=chances / chances.sum())
    scored = ((density - density.mean()) / density.std()).ravel()[fixations].mean()
    assert expected_nss(density) == pytest.approx(scored, rel=0.01)
    assert expected_nss(np.full((4, 5), 0.3, np.float32)) == pytest.approx(0, abs=1e-6)


def test_confidence_rises_with_how_concentrated_the_density_is() -> None:
    readings = [read_gaze(network_output(bump(sharpness))) for sharpness in np.linspace(0, 60, 60)]
    confidences = [reading.confidence for reading in readings]
    assert confidences == sorted(confidences)
    for reading in readings:
        contrast = expected_nss(reading.map)
        expected = 0 if contrast <= FLAT_NSS else 1 if contrast >= CLEAR_NSS else None
        assert expected is None or reading.confidence == expected
    assert confidences[0] == 0
    assert confidences[-1] == 1
    assert len(set(confidences)) > 5


def test_confidence_does_not_depend_on_the_constant_in_the_log() -> None:
    for shift in (-300, 300):
        near = read_gaze(network_output(bump(15)))
        far = read_gaze(network_output(bump(15) + shift))
        np.testing.assert_allclose(near.map, far.map, atol=1e-4)
        assert near.confidence == pytest.approx(far.confidence, abs=1e-3)


def test_a_density_has_its_peak_where_it_is_and_covers_the_photo_exactly(colors: SaliencyModel) -> None:
    """A white spot in the last column of 1000 x 30 pixels: the last cells of 240 x 7 reach beyond by a pixel."""
    pixels = np.zeros((30, 1000, 3), np.uint8)
    pixels[:, 960:] = 255
    found = foveal.saliency_map(pixels, "gaze", model=colors)
    assert found[:, 983:].min() > 0.85  # of 33 pixels for a cell
    assert found[:, :920].max() < 0.05  # exp(-8) = 0.0003, and what interpolation spreads
    assert found.max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("seen", [(20, 30), (17, 25), (24, 32)], ids=str)
def test_cells_lie_where_their_pixels_are(seen: tuple[int, int]) -> None:
    """A ramp over the cells stays the same ramp over pixels, though the last cells reach beyond the picture."""
    rows, columns = -(-seen[0] // 8), -(-seen[1] // 8)
    centres = 8 * np.arange(columns) + 4.0
    cells = np.repeat(centres[np.newaxis], rows, axis=0).astype(np.float32)
    found = cells_to_pixels(cells, seen, seen)
    assert found.shape == seen
    inner = slice(8, seen[1] - 8)
    expected = np.arange(seen[1]) + 0.5
    assert np.abs(found[:, inner] - expected[inner]).max() < 1.0
    larger = cells_to_pixels(cells, seen, (3 * seen[0], 3 * seen[1]))
    assert np.abs(larger[1::3, 1::3] - found).max() < 0.2


# ---- looking, and what the encoder makes of it


def test_the_network_runs_once_for_several_methods() -> None:
    model = Stub(network_output(bump(3)))
    looks = look_by_methods(
        foveal.Photo(noisy_gradient(16, 24)), ["auto", "cam", "gaze", "center", "msroi"], model=model
    )
    assert list(looks) == ["center", "gaze", "cam", "msroi"]
    assert model.calls == 1
    look_by_methods(foveal.Photo(noisy_gradient(16, 24)), ["center", "spectral"], model=model)
    assert model.calls == 1


@pytest.mark.parametrize("method", ["spectral", "center"])
def test_methods_without_a_network_do_not_judge_themselves(method: str) -> None:
    looked = look(foveal.Photo(noisy_gradient(30, 40)), method)
    assert (looked.method, looked.confidence, looked.classes) == (method, 1.0, ())


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0])
def test_confidence_lowers_the_strength(confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noisy_gradient(48, 64)
    found = np.random.default_rng(0).uniform(size=(24, 32)).astype(np.float32)
    result = SaliencyResult("gaze", found, confidence)
    monkeypatch.setattr("foveal.encoding.pipeline.find_saliency", lambda photo, saliency: result if saliency else None)
    encoded = encode_photo(foveal.Photo(pixels), EncodeOptions(strength=0.8))
    assert (encoded.saliency_name, encoded.confidence) == ("gaze", confidence)
    np.testing.assert_array_equal(encoded.weights, block_weights(found, 48, 64, 0.8 * confidence))
    assert (encoded.data == foveal.encode(pixels, saliency=None)) == (confidence == 0)


def test_a_map_given_is_believed() -> None:
    pixels = noisy_gradient(48, 64)
    mask = np.zeros((6, 8), bool)
    mask[2:4, 3:6] = True
    given = encode_photo(foveal.Photo(pixels), EncodeOptions(saliency=mask, strength=0.8))
    assert (given.saliency_name, given.confidence) == ("map", 1.0)
    np.testing.assert_array_equal(given.weights, block_weights(mask, 48, 64, 0.8))
    assert encode_photo(foveal.Photo(pixels), EncodeOptions(saliency=None)).confidence is None


def test_the_bytes_do_not_depend_on_the_threads(astronaut: np.ndarray) -> None:
    for method in ("gaze", "msroi", "cam"):
        one, three = (foveal.encode(astronaut, saliency=method, threads=threads) for threads in (1, 3))
        assert one == three
