"""Settings of the page, and the commands that make the same file."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COMMAND
from PIL import Image
from web_server import Client, picture, png

from foveal.errors import ParameterError
from foveal.web.settings import read_settings, write_recipe

RAMP = np.linspace(0, 255, 50 * 40).astype(np.uint8).reshape(40, 50)


def map_json(grey: np.ndarray) -> dict[str, Any]:
    height, width = grey.shape
    return {"width": width, "height": height, "grey": base64.b64encode(grey.tobytes()).decode()}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"quality": 61.5, "strength": 0.9, "effort": "best", "subsampling": "4:4:4", "metadata": "none"},
        {"target_size": "6KB", "saliency": "center", "metadata": "safe"},
        {"target_score": 60, "saliency": "none", "effort": "fast"},
        {"quality": 50, "map": map_json(RAMP), "strength": 1},
        {"map": map_json(RAMP), "saliency": "center"},
    ],
    ids=lambda settings: "-".join(settings) or "default",
)
def test_both_commands_make_the_same_bytes(
    server: Client, photo: str, small_png: bytes, settings: dict[str, Any], folder: Path
) -> None:
    check_recipe(server.encode(photo, settings).parts, small_png, "coffee.png", folder)


@pytest.mark.parametrize(
    "name",
    ["-o.png", 'it\'s "a" photo; $(x).png', "ü ß 写真.png", "no ending", "two.dots.tif", ".hidden.png", "a:b?.png"],
)
def test_any_name_can_stand_in_the_commands(server: Client, small_png: bytes, name: str, folder: Path) -> None:
    key = server.add(small_png, name)
    reply = server.encode(key, {"quality": 40, "map": map_json(RAMP)})
    name = next(photo["name"] for photo in server.get("/api/state").json["photos"] if photo["id"] == key)
    check_recipe(reply.parts, small_png, name, folder)


def test_transparent_and_turned_photos(server: Client, coffee: np.ndarray, folder: Path) -> None:
    alpha = np.dstack([coffee[:80, :120], np.full((80, 120), 100, np.uint8)])
    data = png(alpha)
    check_recipe(server.encode(server.add(data), {"quality": 70}).parts, data, "photo.png", folder)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = picture(np.ascontiguousarray(coffee[:80, :120]), "JPEG", exif=exif, quality=95)
    reply = server.encode(server.add(data, "turned.jpg"), {"quality": 70, "map": map_json(RAMP)})
    check_recipe(reply.parts, data, "turned.jpg", folder)


def test_the_command_runs_in_a_shell(server: Client, photo: str, small_png: bytes, folder: Path) -> None:
    """Once as a process of its own: the other tests run the commands in this process."""
    parts = server.encode(photo, {"quality": 33}).parts
    report = json_of(parts)
    Path("coffee.png").write_bytes(small_png)
    subprocess.run([*COMMAND, *shlex.split(report["command"])[1:]], check=True, capture_output=True)
    assert Path(report["jpeg_name"]).read_bytes() == parts["jpeg"]
    Path(report["jpeg_name"]).unlink()
    subprocess.run([sys.executable, "-c", report["python"]], check=True)
    assert Path(report["jpeg_name"]).read_bytes() == parts["jpeg"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def json_of(parts: dict[str, bytes]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(parts["report"])
    return report


def check_recipe(parts: dict[str, bytes], data: bytes, name: str, folder: Path) -> None:
    """Save the photo and the map, run both commands in the folder, and compare their files with the server's."""
    from foveal.cli.main import cli

    report = json_of(parts)
    (folder / name).write_bytes(data)
    if "map" in parts:
        (folder / report["map_name"]).write_bytes(parts["map"])
    program, *arguments = shlex.split(report["command"])
    assert program == "foveal"
    cli.main(arguments, standalone_mode=False)
    made = folder / report["jpeg_name"]
    assert made.read_bytes() == parts["jpeg"]
    made.unlink()
    exec(report["python"], {})  # noqa: S102 (it is what the user is told to run)
    assert made.read_bytes() == parts["jpeg"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "must be an object"),
        ({"output": "/etc/passwd"}, "unknown setting 'output'"),
        ({"threads": 4}, "unknown setting"),
        ({"icc_profile": ""}, "unknown setting"),
        ({"quality": "80"}, "quality must be a number"),
        ({"quality": 101}, "quality must be a number from 0 to 100"),
        ({"quality": float("nan")}, "quality must be a number"),
        ({"quality": 50, "target_size": 100}, "give one of"),
        ({"target_size": "huge"}, "target_size must be a number of bytes"),
        ({"strength": 2}, "strength"),
        ({"effort": "slow"}, "effort 'slow' is not one of"),
        ({"saliency": "map.png"}, "no saliency method"),
        ({"saliency": ["x"]}, "saliency must be the name of a method"),
        ({"map": "x"}, "map must have width, height and grey"),
        ({"map": {"width": 2, "height": 1, "grey": "AA=="}}, "width x height"),
        ({"map": {"width": 0, "height": 1, "grey": ""}}, "width of the map"),
        ({"map": {"width": 4096, "height": 1, "grey": ""}}, "width of the map"),
        ({"map": {"width": 1, "height": True, "grey": "AA=="}}, "height of the map"),
        ({"map": {"width": 1, "height": 1, "grey": "?"}}, "not Base64"),
    ],
)
def test_wrong_settings_are_refused(data: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        read_settings(data)


def test_saved_names_suit_every_system() -> None:
    for name in ('a<b>:"c|d?*.png', "...png", ".png", "写" * 200 + ".png", "a\\b.png"):
        recipe = write_recipe(name, read_settings({}), is_transparent=False)
        assert re.fullmatch(r'[^<>:"/\\|?*.][^<>:"/\\|?*]*-foveal\.jpg', recipe.jpeg_name)
        assert len(recipe.jpeg_name.encode()) <= 255


def test_values_that_are_the_default_are_left_out() -> None:
    settings = read_settings({"strength": 0.8, "effort": "balanced", "saliency": "auto", "metadata": "keep"})
    recipe = write_recipe("a.png", settings, is_transparent=False)
    assert recipe.command == "foveal encode a.png -o a-foveal.jpg"
    assert recipe.python == (
        "import foveal, pathlib; pathlib.Path('a-foveal.jpg').write_bytes(foveal.encode(foveal.open('a.png')))"
    )
