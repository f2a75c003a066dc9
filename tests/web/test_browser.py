"""The page in a real browser: drop, slide, paint, save, many photos, blind test, broken and large files, two tabs."""

from __future__ import annotations

import base64
import csv
import io
import re
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import open_browser
from PIL import Image
from web_server import Client, picture, png, running

import foveal
from foveal.web.limits import Limits

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

MAX_PIXELS = 45_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with running(limits=Limits(pixels=MAX_PIXELS)) as client:
        yield client


@pytest.fixture
def page(browser: Any, shared: Client) -> Iterator[Any]:
    """A page of a server without photos; errors of scripts and refusals by the policy fail the test."""
    for photo in shared.get("/api/state").json["photos"]:
        shared.request("DELETE", f"/api/photos/{photo['id']}")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = open_page(context, shared)
    yield page
    context.close()
    assert page.problems == []


def open_page(context: Any, client: Client) -> Any:
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: note(page.problems, message))
    page.set_default_timeout(20_000)
    page.goto(client.address)
    page.wait_for_selector("body[data-ready]")
    return page


def note(problems: list[str], message: Any) -> None:
    """Keep an error of the console, except for answers with an error status, which the page shows."""
    if message.type == "error" and "Failed to load resource" not in message.text:
        problems.append(message.text)


def drop(page: Any, files: dict[str, bytes]) -> None:
    """Drop files on the page."""
    data = [{"name": name, "text": base64.b64encode(contents).decode()} for name, contents in files.items()]
    transfer = page.evaluate_handle(
        """(files) => {
          const transfer = new DataTransfer();
          for (const { name, text } of files) {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name));
          }
          return transfer;
        }""",
        data,
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def drop_one(page: Any, data: bytes, name: str = "coffee.png") -> None:
    drop(page, {name: data})
    wait_until_encoded(page, name)


def wait_until_encoded(page: Any, name: str, words: str = "") -> None:
    """Wait until the real file of the shown photo is there, and its command has certain words."""
    stem = name.rpartition(".")[0]
    page.wait_for_selector(f"#command:has-text('{stem}-foveal.jpg'):has-text('{words}')")
    page.wait_for_selector("#state", state="attached")
    page.wait_for_selector("#state:not(:has-text('…')):not(:has-text('preview'))", state="attached")


def canvas_pixels(page: Any) -> np.ndarray:
    """Return the pixels of the stage, (h, w, 3)."""
    page.wait_for_timeout(60)  # longer than the next frame
    text = page.evaluate("document.getElementById('canvas').toDataURL('image/png').split(',')[1]")
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        return np.asarray(image.convert("RGB"))


def saved(page: Any, link: str) -> bytes:
    with page.expect_download() as download:
        page.click(link)
    return Path(download.value.path()).read_bytes()


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the stage; positions are shares of its width and height."""
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=6)
    page.mouse.up()


def test_drop_slide_and_zoom_pixel_by_pixel(page: Any, small_png: bytes) -> None:
    drop_one(page, small_png)
    with Image.open(io.BytesIO(small_png)) as image:
        original = np.asarray(image)
    file = saved(page, "#save-jpeg")
    result = foveal.decode(file)
    assert page.inner_text("#spoken").startswith(f"{len(file):,} bytes")
    page.focus("#canvas")
    for zoom in (1, 2, 8):
        page.keyboard.press(str(zoom))
        assert page.inner_text("#zoom-level") == f"{100 * zoom} %"
        page.evaluate("document.getElementById('split').value = 1000")
        page.dispatch_event("#split", "input")
        shown = canvas_pixels(page)
        assert contains(shown[:, :-40], original, zoom)  # the divider covers the right edge
        page.evaluate("document.getElementById('split').value = 0")
        page.dispatch_event("#split", "input")
        assert contains(canvas_pixels(page)[:, 40:], result, zoom)
        page.keyboard.down("b")  # the blink key
        assert contains(canvas_pixels(page), original, zoom)
        page.keyboard.up("b")
    page.keyboard.press("0")
    drag(page, (0.002, 0.5), (0.3, 0.5))
    assert abs(int(page.input_value("#split")) - 300) < 5
    page.keyboard.press(".")
    assert abs(int(page.input_value("#split")) - 320) < 5


def contains(shown: np.ndarray, pixels: np.ndarray, zoom: int) -> bool:
    """Return whether the middle of a picture stands somewhere near the middle of what is shown, enlarged exactly."""
    side = 32 // zoom
    top, left = pixels.shape[0] // 2, pixels.shape[1] // 2
    wanted = pixels[top : top + side, left : left + side].repeat(zoom, axis=0).repeat(zoom, axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(shown, wanted.shape)[:, :, 0]
    reach = 40
    rows, columns = windows.shape[0] // 2, windows.shape[1] // 2
    near = windows[rows - reach : rows + reach + zoom * 16, columns - reach : columns + reach + zoom * 16]
    return bool((near == wanted).all(axis=(2, 3, 4)).any())


def test_steer_paint_and_save_what_the_command_makes(
    page: Any, small_png: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foveal.cli.main import cli

    drop_one(page, small_png)
    page.select_option("#goal", "quality")
    page.select_option("#method", "blank")
    page.check("input[name=tool][value=brush]", force=True)
    drag(page, (0.45, 0.45), (0.55, 0.5))
    wait_until_encoded(page, "coffee.png", "--saliency coffee-map.png")
    page.check("input[name=tool][value=box]", force=True)
    drag(page, (0.42, 0.55), (0.48, 0.6))
    wait_until_encoded(page, "coffee.png", "--quality 75")
    page.wait_for_timeout(400)  # the quiet time before the real encode
    wait_until_encoded(page, "coffee.png")
    painted, jpeg = saved(page, "#save-map"), saved(page, "#save-jpeg")
    with Image.open(io.BytesIO(painted)) as image:
        assert image.mode == "L"
        assert (image.getextrema(), image.size) == ((0, 255), (50, 40))
    monkeypatch.chdir(tmp_path)
    Path("coffee.png").write_bytes(small_png)
    Path("coffee-map.png").write_bytes(painted)
    cli.main(shlex.split(page.inner_text("#command"))[1:], standalone_mode=False)
    assert Path("coffee-foveal.jpg").read_bytes() == jpeg
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.wait_for_selector("#command:not(:has-text('map.png'))")
    page.click("#redo")
    wait_until_encoded(page, "coffee.png", "--saliency coffee-map.png")
    page.click("#clear")
    page.check("#text-matters")
    wait_until_encoded(page, "coffee.png", "--saliency coffee-map.png")


def test_paint_by_keys_and_by_touch(browser: Any, page: Any, shared: Client, small_png: bytes) -> None:
    drop_one(page, small_png)
    page.check("input[name=tool][value=box]", force=True)
    page.focus("#canvas")
    page.keyboard.press("x")
    assert page.is_checked("input[name=effect][value=remove]")
    for key in ("ArrowLeft", "ArrowUp", " ", "ArrowRight", "ArrowDown", "Shift+ArrowDown", " "):
        page.keyboard.press(key)
    assert page.is_enabled("#undo")
    wait_until_encoded(page, "coffee.png", "coffee-map.png")
    size = int(page.input_value("#brush-size"))
    page.keyboard.press("]")
    assert int(page.input_value("#brush-size")) == size + 1
    context = browser.new_context(viewport={"width": 320, "height": 700}, has_touch=True, is_mobile=True)
    phone = open_page(context, shared)
    wait_until_encoded(phone, "coffee.png")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check("input[name=tool][value=brush]", force=True)
    phone.locator("#canvas").scroll_into_view_if_needed()
    box = phone.locator("#canvas").bounding_box()
    phone.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    phone.wait_for_selector("#undo:enabled")
    assert phone.problems == []
    context.close()


def test_a_map_that_is_sent_gives_each_block_the_weight_that_it_had(page: Any) -> None:
    """Where little stands out, `strength` is multiplied by a factor, which a map of the caller's does not get."""
    grey, strength, factor, least = np.arange(256, dtype=np.uint8), 0.7, 0.4, 0.02
    values = page.evaluate(
        """async ([answer, strength]) => {
          const { Importance } = await import("/static/importance.js");
          const importance = new Importance();
          importance.setStrength(strength);
          importance.setBase(answer, false);
          return [...importance.values];
        }""",
        [
            {
                "width": 16,
                "height": 16,
                "grey": base64.b64encode(grey.tobytes()).decode(),
                "text": base64.b64encode(bytes(256)).decode(),
                "strength_factor": factor,
                "least_weight": least,
            },
            strength,
        ],
    )
    weak, full = least ** (strength * factor), least**strength
    expected = weak + (1 - weak) * grey / 255
    assert np.abs(full + (1 - full) * np.array(values) / 255 - expected).max() <= 0.5 / 255 + 1e-9


def test_wrong_settings_are_named_and_the_last_file_stays(page: Any, small_png: bytes) -> None:
    drop_one(page, small_png)
    page.select_option("#goal", "target_size")
    page.fill("#target-size", "many")
    page.wait_for_selector("#settings-error:has-text('Size must be')")
    assert "target_size" not in page.inner_text("#settings-error")
    assert page.inner_text("#state") == "of the settings before"
    assert "SSIMULACRA 2" in page.inner_text("#numbers")
    assert page.locator("#result.stale").count() == page.locator("#recipe.stale").count() == 1
    assert page.get_attribute("#save-jpeg", "href") is None
    assert page.is_disabled("#copy-command")
    page.fill("#target-size", "100")
    page.wait_for_selector("#settings-error:has-text('no file of at most 100 bytes')")
    page.fill("#target-size", "4KB")
    wait_until_encoded(page, "coffee.png", "--target-size 4KB")
    assert page.inner_text("#settings-error") == ""
    assert page.locator(".stale").count() == 0
    assert page.is_enabled("#copy-command")
    assert len(saved(page, "#save-jpeg")) <= 4000


def test_many_photos_a_broken_one_and_a_zip(page: Any, coffee: np.ndarray) -> None:
    parts = [np.ascontiguousarray(coffee[row : row + 64, 100:196]) for row in range(0, 240, 20)]
    files = {f"{number}.png": png(part) for number, part in enumerate(parts)}
    drop(page, {**files, "broken.jpg": picture(parts[0], "JPEG")[:60], "words.txt": b"no photo"})
    page.wait_for_selector("#messages:has-text('broken.jpg: ')")
    page.wait_for_selector("#messages:has-text('words.txt: not a picture of a known format')")
    page.click("#tab-many")
    page.wait_for_selector(f"tbody tr:nth-child({len(files)})")
    page.click("#encode-all")
    page.wait_for_selector(f"#batch-count:has-text('{len(files)} files made')")
    with zipfile.ZipFile(io.BytesIO(saved(page, "#save-zip"))) as archive:
        assert sorted(archive.namelist()) == sorted(f"{number}-foveal.jpg" for number in range(len(files)))
        size = sum(len(archive.read(name)) for name in archive.namelist())
    assert f"{size / 1000:.1f} KB" in page.inner_text("tfoot")
    page.click("tbody tr:nth-child(2) button")
    assert page.get_attribute("#tab-photo", "aria-selected") == "true"


def test_a_large_photo_and_one_that_is_too_large(page: Any) -> None:
    """Flat, so that the files are small: the sizes in pixels are what counts."""
    large = picture(np.full((5000, 8000), 90, np.uint8), "JPEG")
    drop(page, {"large.jpg": large})
    page.wait_for_selector("#state:has-text('preview')")
    page.focus("#canvas")
    page.keyboard.press("1")
    shown = canvas_pixels(page)
    assert abs(int(shown[100, 100].max()) - 90) <= 2
    drop(page, {"larger.jpg": picture(np.full((5000, 9001), 90, np.uint8), "JPEG")})
    page.wait_for_selector("#messages:has-text('larger.jpg: the picture has')")


def test_two_tabs_do_not_disturb_each_other(page: Any, shared: Client, small_png: bytes) -> None:
    drop_one(page, small_png)
    other = open_page(page.context, shared)
    wait_until_encoded(other, "coffee.png")  # both show what the server holds
    for each, quality in ((page, 30), (other, 90), (page, 31), (other, 91)):
        each.select_option("#goal", "quality")
        each.fill("#quality", str(quality))
    wait_until_encoded(page, "coffee.png", "--quality 31")
    wait_until_encoded(other, "coffee.png", "--quality 91")
    photo = foveal.open(io.BytesIO(small_png))
    assert saved(page, "#save-jpeg") == foveal.encode(photo, quality=31)
    assert saved(other, "#save-jpeg") == foveal.encode(photo, quality=91)
    assert other.problems == []


def test_reports_are_shown_in_frames(page: Any, small_png: bytes) -> None:
    drop_one(page, small_png)
    page.click("#tab-explain")
    page.fill("#explain-block", "3; 2")
    page.click("#start-explain")
    page.wait_for_selector("#explain-note:has-text('is not a column and a row')")
    page.fill("#explain-block", "3, 2")
    for kind, words in (("explain", "column 3 and row 2"), ("compare", "libjpeg-turbo")):
        page.click(f"#tab-{kind}")
        page.click(f"#start-{kind}")
        page.frame_locator(f"#{kind}-frame").locator(f"body:has-text('{words}')").wait_for()


def test_a_blind_test_by_keys(page: Any, small_png: bytes) -> None:
    drop_one(page, small_png)
    page.click("#tab-blind")
    page.select_option("#first-encoder", "foveal")
    page.select_option("#second-encoder", "libjpeg-turbo")
    page.fill("#repeats", "3")
    page.click("#start-blind")
    for number, key in enumerate(("ArrowLeft", "ArrowDown", "ArrowRight"), 1):
        page.wait_for_selector(f"#trial-count:has-text('Pair {number} of 3: which')")
        assert not re.search("foveal|turbo", page.inner_text("#blind-trial"))
        page.keyboard.down("ArrowUp")
        page.keyboard.up("ArrowUp")
        page.keyboard.press(key)
    page.wait_for_selector("#blind-share:has-text('of 2 pairs')")
    assert "In one pair you saw no difference" in page.inner_text("#blind-share")
    rows = list(csv.DictReader(io.StringIO(saved(page, "#save-csv").decode())))
    assert [row["answer"] for row in rows] == ["left", "same", "right"]
    assert {row["encoder"] for row in rows} == {"foveal"}


def test_tabs_by_keys_and_names_of_controls(page: Any, small_png: bytes) -> None:
    drop_one(page, small_png)
    page.focus("#tab-photo")
    for expected in ("tab-many", "tab-compare", "tab-explain", "tab-blind", "tab-photo"):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == expected
        assert page.get_attribute(f"#{expected}", "aria-selected") == "true"
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href], canvas")].filter((element) =>
          !(element.textContent.trim() || element.ariaLabel || element.labels?.length ||
            element.querySelector("img[alt]"))
        ).map((element) => element.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_contrast_with_their_grounds(browser: Any, shared: Client, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    context = browser.new_context(color_scheme=scheme)
    page = open_page(context, shared)
    names = ["paper", "card", "ink", "pale", "accent", "on-accent", "error", "line"]
    read = "(names) => names.map((name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`))"
    colors = dict(zip(names, (color.strip() for color in page.evaluate(read, names)), strict=True))
    for text, grounds in {
        "ink": ("paper", "card"),
        "pale": ("paper", "card"),
        "accent": ("paper", "card"),
        "error": ("paper", "card"),
        "on-accent": ("accent",),
    }.items():
        for ground in grounds:
            assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    assert contrast(colors["line"], colors["paper"]) >= 3  # 1.4.11: borders of controls
    context.close()


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Return the relative luminance of a colour such as #1a56b0, as WCAG 2.2 defines it."""
    digits = color.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    values = np.array([int(digits[start : start + 2], 16) for start in (0, 2, 4)]) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
