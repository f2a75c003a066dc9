"""`foveal encode`: all options of the library, warnings and reports."""

from __future__ import annotations

import json
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from command_line import COMMAND, PIXELS, Run, one_line
from jpeg_files import pillow_file
from other_readers import pillow_pixels
from pictures import noisy_gradient
from PIL import Image, ImageCms
from PIL.ExifTags import Base

import foveal
from foveal import metrics
from foveal.cli import encode
from foveal.encoding import EncodeOptions, encode_photo
from foveal.saliency import look


def test_encode_writes_what_the_library_gives(run: Run) -> None:
    outcome = run("encode", "photo.png", "-o", "out.jpg", "-q", "70", "--effort", "best", "--subsampling", "4:4:4")
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("out.jpg: ")
    expected = foveal.encode(foveal.open("photo.png"), quality=70, effort="best", subsampling="4:4:4")
    assert Path("out.jpg").read_bytes() == expected


def test_every_option_reaches_the_encoder(run: Run) -> None:
    Image.fromarray(np.full((5, 5), 128, np.uint8)).save("map.png")
    outcome = run(
        *("encode", "photo.png", "-o", "out.jpg", "--quality", "55.5", "--saliency", "map.png", "--strength", "0.9"),
        *("--allocation", "quality-map", "--subsampling", "4:2:2", "--baseline", "--effort", "fast"),
        *("--metadata", "none", "--threads", "2", "--json"),
    )
    expected = foveal.encode(
        PIXELS,
        quality=55.5,
        saliency=np.full((5, 5), 128 / 255, np.float32),
        strength=0.9,
        allocation="quality-map",
        subsampling="4:2:2",
        progressive=False,
        effort="fast",
    )
    assert Path("out.jpg").read_bytes() == expected
    report = json.loads(outcome.out)
    assert report["size_bytes"] == len(expected)
    assert report["bits_per_pixel"] == pytest.approx(8 * len(expected) / PIXELS[:, :, 0].size, abs=1e-4)
    assert (report["input"], report["output"]) == ("photo.png", "out.jpg")
    assert (report["quality"], report["subsampling"], report["saliency"]) == (55.5, "4:2:2", "map")
    assert (report["width"], report["height"]) == (56, 40)


@pytest.mark.parametrize("name", ["none", "auto", "gaze", "msroi", "cam", "spectral", "center"])
def test_saliency_by_name(run: Run, name: str) -> None:
    assert run("encode", "photo.png", "-o", "out.jpg", "--saliency", name, "--metadata", "none").code == 0
    assert Path("out.jpg").read_bytes() == foveal.encode(PIXELS, saliency=None if name == "none" else name)


def test_the_default_output_lies_beside_the_input_and_is_never_overwritten(run: Run) -> None:
    assert run("encode", "photo.png").code == 0
    before = Path("photo.jpg").read_bytes()
    one_line(run("encode", "photo.png", "-q", "5"), 2, "photo.jpg exists", "-o")
    one_line(run("encode", "photo.jpg", "-q", "5"), 2, "photo.jpg exists", "-o")
    assert Path("photo.jpg").read_bytes() == before
    assert run("encode", "photo.png", "-q", "5", "-o", "photo.jpg").code == 0
    assert len(Path("photo.jpg").read_bytes()) < len(before)


@pytest.mark.parametrize(("quality", "verb"), [("5", "shrank"), ("100", "grew")])
def test_a_jpeg_as_input_works_with_a_warning_that_says_what_it_was_worth(run: Run, quality: str, verb: str) -> None:
    run("encode", "photo.png")
    outcome = run("encode", "photo.jpg", "-o", "again.jpg", "-q", quality)
    assert outcome.code == 0
    before, after = (Path(name).stat().st_size for name in ("photo.jpg", "again.jpg"))
    assert outcome.err == (
        "foveal: warning: photo.jpg is a JPEG already, and encoding it again loses a little more; "
        f"the file {verb} from {before:,} to {after:,} bytes ({after / before - 1:+.1%}); "
        "'foveal optimize' makes a JPEG smaller without decoding it, and never larger\n"
    )
    assert pillow_pixels(Path("again.jpg").read_bytes()).shape == PIXELS.shape


@pytest.mark.parametrize("name", ["page.png", "-"])
def test_a_picture_that_grows_as_a_jpeg_is_warned_of(run: Run, name: str) -> None:
    page = np.full((200, 300), 255, np.uint8)
    page[50:60, 20:280] = 0
    Image.fromarray(page).save("page.png", optimize=True)
    before = Path("page.png").stat().st_size
    command = [*COMMAND, "encode", name, "-o", "page.jpg", "-q", "100"]
    finished = subprocess.run(command, input=Path("page.png").read_bytes(), capture_output=True, check=True)
    after = Path("page.jpg").stat().st_size
    assert after > before
    assert finished.stderr.decode() == (
        f"foveal: warning: {'standard input' if name == '-' else name}: the file grew from {before:,} to {after:,} "
        f"bytes ({after / before - 1:+.1%}) as a JPEG; keep it as it is, or give a lower quality (-q)\n"
    )
    assert run("encode", "photo.png", "-o", "photo.jpg", "-q", "5").err == ""


def test_what_follows_the_picture_of_a_jpeg_is_named(run: Run) -> None:
    data = pillow_file(Image.fromarray(PIXELS))
    Path("moving.jpg").write_bytes(data + b"\0\0\0\x18ftypmp42" + bytes(1988))
    outcome = run("encode", "moving.jpg", "-o", "still.jpg")
    assert outcome.code == 0
    assert outcome.err.splitlines()[0] == (
        "foveal: warning: moving.jpg: 2,000 bytes after the picture are left out: the video of a motion photo"
    )
    assert len(outcome.err.splitlines()) == 2
    Image.fromarray(PIXELS).save("three.jpg", "MPO", save_all=True, append_images=[Image.fromarray(PIXELS)] * 2)
    outcome = run("encode", "three.jpg", "-o", "one.jpg")
    assert "bytes after the picture are left out: 2 further pictures\n" in outcome.err
    assert len(outcome.err.splitlines()) == 2


@pytest.mark.parametrize("metadata", ["keep", "safe", "none"])
def test_content_credentials_no_longer_match(run: Run, metadata: str) -> None:
    data = pillow_file(Image.fromarray(PIXELS))
    manifest = b"JP\0\1\0\0\0\1\0\0\0\x30jumb\0\0\0\x28jumdc2pa"
    segment = b"\xff\xeb" + (len(manifest) + 2).to_bytes(2, "big") + manifest
    Path("signed.jpg").write_bytes(data[:20] + segment + data[20:])
    outcome = run("encode", "signed.jpg", "-o", "out.jpg", "--metadata", metadata)
    assert ("content credentials (C2PA) are kept, but no longer match" in outcome.err) == (metadata == "keep")
    assert (manifest in Path("out.jpg").read_bytes()) == (metadata == "keep")


@pytest.mark.parametrize(("ending", "problem"), [("jpg", "expected more data"), ("png", "broken picture")])
def test_encode_of_a_broken_picture(run: Run, ending: str, problem: str) -> None:
    Image.fromarray(PIXELS).save(f"whole.{ending}")
    Path(f"broken.{ending}").write_bytes(Path(f"whole.{ending}").read_bytes()[:-400])
    one_line(run("encode", f"broken.{ending}", "-o", "out.jpg"), 1, f"broken.{ending}: ", problem)
    assert not Path("out.jpg").exists()
    outcome = run("encode", f"broken.{ending}", "-o", "out.jpg", "--lenient")
    assert outcome.code == 0
    assert outcome.err.startswith(f"foveal: warning: broken.{ending}: ")
    assert pillow_pixels(Path("out.jpg").read_bytes()).shape == PIXELS.shape
    assert run("encode", f"whole.{ending}", "-o", "whole-again.jpg", "--lenient").err.count("\n") == (ending == "jpg")


def test_only_the_first_of_several_pictures_is_encoded_with_a_warning(run: Run) -> None:
    frames = [Image.new("L", (9, 9), value) for value in (10, 200)]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    outcome = run("encode", "film.gif")
    assert outcome.code == 0
    assert "holds further pictures" in outcome.err
    assert pillow_pixels(Path("film.jpg").read_bytes()).mean() == pytest.approx(10, abs=3)


def test_colours_that_cannot_be_kept_are_warned_of(run: Run) -> None:
    Image.fromarray(PIXELS).save("hdr.png")
    data = Path("hdr.png").read_bytes()
    chunk = b"cICP" + bytes([9, 16, 0, 1])
    chunk = b"\0\0\0\x04" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    Path("hdr.png").write_bytes(data[:33] + chunk + data[33:])
    outcome = run("encode", "hdr.png")
    assert outcome.code == 0
    assert outcome.err.startswith("foveal: warning: hdr.png: the picture is HDR (PQ)")
    assert len(outcome.err.splitlines()) == 1


def test_a_profile_for_other_pixels_is_left_out_with_a_warning(run: Run) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Image.fromarray(PIXELS)
    for name, picture in (("colour", photo), ("grey", photo.convert("L"))):
        picture.save(f"{name}.png", icc_profile=profile)
        outcome = run("encode", f"{name}.png")
        assert outcome.code == 0
        warning = "grey.png: the colour profile is for RGB pixels, and the picture is grey; it is left out"
        assert outcome.err == (f"foveal: warning: {warning}\n" if name == "grey" else "")
        with Image.open(f"{name}.jpg") as written:
            assert ("icc_profile" in written.info) == (name == "colour")


def test_alpha_asks_for_a_background(run: Run) -> None:
    Image.new("RGBA", (9, 9)).save("clear.png")
    one_line(run("encode", "clear.png", "-o", "x.jpg"), 1, "clear.png", "transparent", "(--background)")
    assert not Path("x.jpg").exists()
    assert run("encode", "clear.png", "-o", "x.jpg", "--background", "white").code == 0
    assert pillow_pixels(Path("x.jpg").read_bytes()).min() == 255
    one_line(run("encode", "clear.png", "-o", "x.jpg", "--background", "whitish"), 2, "whitish", "colour")


@pytest.mark.parametrize(("side", "warned"), [(65500, False), (65501, True), (65535, True)])
def test_a_picture_that_libjpeg_will_not_read(run: Run, side: int, warned: bool) -> None:
    Image.new("L", (side, 1)).save("wide.png")
    outcome = run("encode", "wide.png")
    assert outcome.code == 0
    assert ("65,500" in outcome.err) == warned


def test_a_picture_too_wide_for_jpeg(run: Run) -> None:
    Image.new("L", (65536, 1)).save("wide.png")
    one_line(run("encode", "wide.png"), 1, "wide.png", "65,535", "65,536")
    assert not Path("wide.jpg").exists()


def test_a_map_given_is_not_overwritten(run: Run) -> None:
    Image.new("L", (9, 9)).save("map.tmp", "PNG")
    before = Path("map.tmp").read_bytes()
    one_line(run("encode", "photo.png", "--saliency", "map.tmp", "-o", "map.tmp"), 2, "map.tmp is an input")
    assert Path("map.tmp").read_bytes() == before


def test_a_map_is_applied_as_the_photo_is_displayed() -> None:
    """The top of the displayed photo is salient; stored turned by 90 degrees, that is a column."""
    displayed = np.zeros((56, 40), dtype=np.float32)
    displayed[:16] = 1
    tags = Image.Exif()
    tags[Base.Orientation] = 6
    turned = foveal.encode(PIXELS, exif=tags.tobytes(), saliency=displayed, metadata="keep")
    stored_map = np.zeros((40, 56), dtype=np.float32)
    stored_map[:, :16] = 1
    assert foveal.encode(PIXELS, saliency=stored_map)[-500:] == turned[-500:]


def test_encode_says_how_confident_the_method_is(run: Run) -> None:
    confidence = look(foveal.Photo(PIXELS)).confidence
    assert f"saliency gaze, prominence {confidence:.2f})" in run("encode", "photo.png", "-o", "a.jpg").out
    for saliency, expected in (("gaze", pytest.approx(confidence, abs=1e-4)), ("center", 1), ("none", None)):
        report = json.loads(run("encode", "photo.png", "-o", "b.jpg", "--saliency", saliency, "--json").out)
        assert (report["saliency"], report["confidence"]) == (saliency, expected)
    assert "saliency none)" in run("encode", "photo.png", "-o", "c.jpg", "--saliency", "none").out


@pytest.mark.parametrize(
    ("size", "size_bytes"), [("1500", 1500), ("1.5KB", 1500), ("1.5k", 1500), ("1.5KiB", 1536), ("0.0015 MB", 1500)]
)
def test_sizes_as_people_write_them(run: Run, size: str, size_bytes: int) -> None:
    report = json.loads(run("encode", "photo.png", "-o", "out.jpg", "--target-size", size, "--json").out)
    assert 0.9 * size_bytes < report["size_bytes"] <= size_bytes
    assert report["size_bytes"] == Path("out.jpg").stat().st_size


def test_the_largest_size_that_may_be_asked_for(run: Run) -> None:
    report = json.loads(run("encode", "photo.png", "-o", "o.jpg", "--target-size", "1048576MiB", "--json").out)
    assert report["quality"] == 100


def test_targets_say_what_was_chosen(run: Run) -> None:
    report = json.loads(run("encode", "photo.png", "-o", "p.jpg", "--json").out)
    assert report["score"] is report["score_is"] is None
    Image.fromarray(noisy_gradient(200, 300)).save("large.png")
    for verify in ((), ("--verify",)):
        arguments = ("encode", "large.png", "-o", "o.jpg", "--target-score", "70", *verify)
        report = json.loads(run(*arguments, "--json").out)
        assert abs(report["score"] - 70) <= 1
        assert f" for a score of {report['score']:.1f}, {report['score_is']}, " in run(*arguments).out
    assert report["score_is"] == "measured"
    assert report["score"] == pytest.approx(
        metrics.ssimulacra2(noisy_gradient(200, 300), pillow_pixels(Path("o.jpg").read_bytes())), abs=0.01
    )


def test_a_score_of_nothing_has_no_sign(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = encode_photo(foveal.open("photo.png"), EncodeOptions(quality=5, saliency=None))
    monkeypatch.setattr(encode, "encode_photo", lambda *_: replace(made, score=-0.04, score_is="predicted"))
    assert " for a score of 0.0, predicted, " in run("encode", "photo.png", "-o", "o.jpg").out


def test_a_score_is_predicted_of_photos_and_measured_of_drawings(run: Run) -> None:
    rows, columns = np.mgrid[0:160, 0:240]
    drawing = np.where((rows // 2 % 9 == 0) & (columns % 11 < 7), 0, 255).astype(np.uint8)
    for pixels, score_is in ((skimage.data.coffee()[:256, :256], "predicted"), (drawing, "measured on a sample")):
        Image.fromarray(pixels).save("in.png")
        report = json.loads(run("encode", "in.png", "-o", "o.jpg", "--target-score", "70", "--json").out)
        assert report["score_is"] == score_is


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--target-size", "12 apples"), 2, ("a number of bytes, such as", "100KB", "'12 apples'")),
        (("--target-size", "100"), 1, ("no file of at most 100 bytes", "smallest, at quality 0 or 1,")),
        (("--target-size", "0.9"), 2, ("--target-size", "at least 1 byte")),
        (("--target-size", "1048577MiB"), 2, ("--target-size", "at most 1,099,511,627,776")),
        (("--target-size", "9" * 400), 2, ("--target-size", "at most")),
        (("--target-size", "5KB", "-q", "50"), 2, ("--quality and --target-size cannot be given together",)),
        (("--target-score", "50", "-q", "50"), 2, ("--quality and --target-score cannot",)),
        (("--target-score", "5", "-q", "5", "--target-size", "5"), 2, ("--quality and --target-size and --target-s",)),
        (("--verify",), 2, ("--verify needs --target-score",)),
        (("--verify", "-q", "50"), 2, ("--verify needs --target-score",)),
        (("--target-score", "nan"), 2, ("--target-score", "'nan' is not a number")),
    ],
)
def test_targets_that_cannot_be_met(run: Run, arguments: tuple[str, ...], code: int, words: tuple[str, ...]) -> None:
    one_line(run("encode", "photo.png", "-o", "out.jpg", *arguments), code, *words)
    assert not Path("out.jpg").exists()
