"""The programs of docs/integrations.md: they run, with the real Django and easy_thumbnails where they are installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from command_line import COMMAND
from PIL import Image

import foveal

PAGE = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text()


def programs(section: str) -> list[str]:
    """The Python programs in a section of the page."""
    (text,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, astronaut: np.ndarray) -> Path:
    """photo.png in the current folder."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(astronaut).save("photo.png", dpi=(300, 300))
    return tmp_path / "photo.png"


@pytest.mark.usefixtures("photo")
def test_the_programs_run() -> None:
    namespace: dict[str, object] = {}
    for section in ("Files, bytes, file objects", "Smaller photos", "Pillow"):
        for program in programs(section):
            exec(program, namespace)  # noqa: S102
    assert foveal.open("photo-480.jpg").displayed_size == (480, 480)
    assert foveal.open("photo-1600.jpg").displayed_size == (512, 512)  # not enlarged
    assert Path("small.jpg").stat().st_size <= 20_000 < Path("photo.jpg").stat().st_size
    assert foveal.open("photo.jpg").dots_per_inch == (300, 300)


DJANGO = """
import sys
from pathlib import Path

from django.conf import settings

sys.path.insert(0, ".")
{settings}
settings.configure(
    STORAGES=STORAGES, MEDIA_ROOT="media", THUMBNAIL_QUALITY=THUMBNAIL_QUALITY, USE_TZ=True, INSTALLED_APPS=APPS,
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
)
import django

django.setup()
import foveal
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

large = Path("large.jpg").read_bytes()
name = default_storage.save("large.jpg", ContentFile(large))
stored = Path("media", name).read_bytes()
assert stored == foveal.optimize(large).data
assert len(stored) < len(large)
assert Path("media", default_storage.save("again.jpg", ContentFile(stored))).read_bytes() == stored
for other in (b"text", b"\\xff\\xd8broken"):
    assert Path("media", default_storage.save("other.jpg", ContentFile(other))).read_bytes() == other
"""
THUMBNAILS = """
from django.core.management import call_command
from easy_thumbnails.files import get_thumbnailer

call_command("migrate", verbosity=0)
thumbnail = get_thumbnailer(default_storage, relative_name=name).get_thumbnail({"size": (100, 100)})
assert thumbnail.storage.__class__.__name__ == "SmallerPhotos"
data = Path(thumbnail.path).read_bytes()
assert foveal.open(data).displayed_size == (100, 100)
assert foveal.optimize(data).data == data
"""


@pytest.mark.parametrize("app", ["django", "easy_thumbnails"])
@pytest.mark.usefixtures("photo")
def test_the_storage_of_django(app: str, astronaut: np.ndarray) -> None:
    for package in ("django", app):
        pytest.importorskip(package)
    storage, configuration = programs("Django")
    Path("photos").mkdir()
    Path("photos/__init__.py").touch()
    Path("photos/storage.py").write_text(storage)
    Image.fromarray(astronaut).save("large.jpg", quality=97)
    apps = f"APPS = {['easy_thumbnails'] if app == 'easy_thumbnails' else []}"
    program = DJANGO.format(settings=f"{configuration}{apps}") + (THUMBNAILS if app == "easy_thumbnails" else "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_for_shells_are_those_of_the_program(shell: str) -> None:
    assert f"_FOVEAL_COMPLETE={shell}_source foveal" in PAGE
    environment = {**os.environ, "_FOVEAL_COMPLETE": f"{shell}_source"}
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0
    assert f"_FOVEAL_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash" and which("bash"):
        assert subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_the_functions_that_the_page_names_take_files() -> None:
    (names,) = re.findall(r"^`foveal\.open`, (.+?)\ntake a file|^`foveal\.open`, (.+?) take a file", PAGE, re.S | re.M)
    for name in re.findall(r"`(\w+)`", "".join(names)):
        assert callable(getattr(foveal, name))
