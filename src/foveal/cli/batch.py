"""The command `foveal batch`, which optimizes, converts and resizes whole folders."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from foveal.batch import BatchSettings, LocalStorage, Target
from foveal.batch.discovery import LeftAlone, Search
from foveal.batch.dry_run import dry_run
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.batch.naming import WIDTHS_TEMPLATE, Naming
from foveal.batch.plan import Plan
from foveal.batch.run import Batch
from foveal.checks import MAX_THREADS
from foveal.cli.batch_manifest import check_choices, run_manifest
from foveal.cli.batch_output import BatchOutput, print_prediction, print_report_of, write_srcset
from foveal.cli.batch_signals import DrainOnSigint
from foveal.cli.messages import input_name, output_name, set_filename_of_errors
from foveal.cli.shared_options import (
    FILE_PATH,
    SIZE_EXAMPLES,
    background_option,
    effort_option,
    max_pixels_option,
    metadata_option,
    min_saving_option,
    quality_option,
    refuse_together,
    strength_option,
    target_score_option,
    target_size_option,
)
from foveal.encoding import EncodeOptions
from foveal.errors import ParameterError
from foveal.files import explain_folder_error
from foveal.jpeg import MAX_SIDE
from foveal.optimization import OptimizeOptions
from foveal.saliency import METHODS
from foveal.threads import available_threads

_FAILED, _INTERRUPTED = 1, 130  # exit codes
_SAMPLE = 50  # files of a dry run


class _Widths(click.ParamType):  # type: ignore[type-arg]
    """Widths in pixels, such as 480,960,1600."""

    name = "widths"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the widths in rising order, or fail; overrides `click.ParamType.convert`."""
        if isinstance(value, tuple):
            return value
        try:
            widths = sorted({int(each) for each in str(value).split(",")})
        except ValueError:
            self.fail(f"{value!r} is no list of widths such as 480,960,1600", param, ctx)
        if widths[0] < 1 or widths[-1] > MAX_SIDE:
            self.fail(f"{value!r}: widths are from 1 to {MAX_SIDE:,} pixels", param, ctx)
        return tuple(widths)


@dataclass(frozen=True)
class _Places:
    """Where files are found, where they go, and where the ledger is."""

    search: Search
    naming: Naming | None  # None to replace the sources
    ledger: str | None  # None for the place that depends on the sources


@click.command()
@click.argument("sources", metavar="[SRC]...", nargs=-1, type=FILE_PATH)
@click.option(
    "-o",
    "--output",
    metavar="DST",
    type=FILE_PATH,
    help="Folder to write to. The tree of folders is kept. With --report: HTML page to write.",
)
@click.option("--in-place", is_flag=True, help="Replace the files. Those of which nothing is saved are not touched.")
@click.option(
    "--files-from",
    metavar="LIST",
    type=FILE_PATH,
    help="File that lists further files, one a line, or separated by NUL characters; '-' is standard input.",
)
@click.option(
    "--manifest",
    metavar="PARQUET",
    type=FILE_PATH,
    help="Parquet file, or folder of such, at a path or URL, that lists the photos: the column 'source', and if wanted "
    "'target', 'width', 'size' and 'version'. DST may be a URL, too.",
)
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    help="Where a manifest is worked on: processes of this machine, or a Ray cluster.  [default: local]",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="Ray cluster to use, 'auto' for that of this machine. Default: a new one on this machine.",
)
@click.option("--convert", is_flag=True, help="Also convert PNG, WebP, TIFF, HEIC and other pictures to JPEG.")
@click.option(
    "--widths",
    type=_Widths(),
    metavar="W,W,...",
    default=(),
    help="Write several sizes of each photo, of these widths in pixels; photos are never enlarged.",
)
@click.option(
    "--template",
    metavar="T",
    help="Names of the files, with {stem}, {ending} and {width}; may begin with folders. Default with --widths: "
    f"'{WIDTHS_TEMPLATE}'.",
)
@click.option(
    "--srcset",
    metavar="FILE",
    type=FILE_PATH,
    help="List the sizes of each photo for a site generator: as JSON, or as <picture> elements in a FILE.html.",
)
@click.option("--lossless", is_flag=True, help="Keep every coefficient of JPEGs: pictures stay as they are.")
@quality_option("what each photo needs")
@target_size_option(f"Largest size of each file: {SIZE_EXAMPLES}.")
@target_score_option("SSIMULACRA2 score of each photo.")
@min_saving_option(
    OptimizeOptions.min_saving, "Share of the bytes that a change of a JPEG must save, with the percent sign."
)
@click.option(
    "--saliency",
    type=click.Choice(("auto", "none", *METHODS)),
    default="auto",
    show_default=True,
    help="Method that finds where people look; none: all parts are treated alike.",
)
@strength_option
@effort_option("How long to search for better files.")
@metadata_option(
    "keep: all metadata; safe: only colour profile, resolution, orientation, artist and copyright; none: only "
    "what is needed to show the picture."
)
@background_option
@max_pixels_option
@click.option(
    "-j", "--jobs", type=click.IntRange(1, MAX_THREADS), metavar="N", help="Number of processes. Default: all cores."
)
@click.option("--overwrite", is_flag=True, help="Replace files in DST that this batch has not written.")
@click.option(
    "--ledger",
    metavar="FILE",
    type=FILE_PATH,
    help=f"Where to note what became of every file. Default: {DEFAULT_NAME} in DST; with --in-place, in the folder "
    "that holds all sources. With --manifest, a folder or URL; default: _foveal in DST.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; predict from a sample of the files what would be saved.")
@click.option(
    "--sample",
    type=click.IntRange(2),
    metavar="N",
    default=_SAMPLE,
    show_default=True,
    help="Number of files in the sample of --dry-run.",
)
@click.option(
    "--report",
    metavar="LEDGER",
    type=FILE_PATH,
    help="Print what a ledger, the ledger in a folder, or a folder of results of a manifest says; with -o, draw it as "
    "an HTML page.",
)
@click.option("--quiet", is_flag=True, help="Print only errors.")
@click.option("--json-lines", is_flag=True, help="Print a line of JSON for each file, and a last one with the sums.")
def batch(
    sources: tuple[str, ...],
    output: str | None,
    in_place: bool,
    files_from: str | None,
    report: str | None,
    jobs: int | None,
    **choices: Any,
) -> int:
    """Optimize, convert or resize whole folders of photos.

    SRC are files, folders, which are searched with all folders below them, or patterns such as 'photos/**/*.jpg'. JPEGs
    are made smaller as by `foveal optimize`; pictures of other kinds are converted only with --convert. Other files are
    left alone. Every file ends as written, kept, skipped or failed, and a ledger notes which. A batch that was
    interrupted continues with the same command. The exit code is 1 if a file failed.
    """
    if report is not None:
        _refuse_all_but("--report", ("output", "report", "json_lines"))
        print_report_of(report, output, as_json=choices["json_lines"])
        return 0
    check_choices(sources, output, {"in_place": in_place, "files_from": files_from, **choices})
    if choices["manifest"] is not None and output is not None:
        return run_manifest(output, _build_settings(choices), jobs, choices)
    places = _find_places(sources, output, in_place, files_from, choices)
    settings = _build_settings(choices)
    workers = jobs or available_threads()
    left_alone = LeftAlone()
    with closing(Plan(in_place=in_place)) as plan:
        _fill_plan(plan, places, left_alone)
        if choices["dry_run"]:
            print_prediction(*dry_run(plan, settings, workers, choices["sample"]), as_json=choices["json_lines"])
            return 0
        work = Batch(plan, settings, workers, choices["overwrite"])
        show = BatchOutput(work, left_alone, quiet=choices["quiet"], as_json=choices["json_lines"])
        return _run(work, show, _ledger_path(places), choices["srcset"], output)


def _run(work: Batch, show: BatchOutput, ledger_path: str, srcset: str | None, folder: str | None) -> int:
    """Run a batch to its end or to an interruption, and return the exit code."""
    with DrainOnSigint() as interruption, closing(_open_ledger(ledger_path)) as ledger:
        show.settings_before(ledger.start_run(work.settings))
        with show.progress() as advance:
            for outcome in work.run(ledger, lambda: interruption.is_requested):
                advance(outcome)
        is_interrupted = interruption.is_requested
        stopped = work.stopped_by is not None
        ledger.end_run("interrupted" if is_interrupted else "stopped" if stopped else "finished")
        if srcset is not None and folder is not None and not is_interrupted:
            write_srcset(srcset, ledger, work.plan, folder)
    show.summary(ledger_path, is_interrupted=is_interrupted)
    if is_interrupted:
        return _INTERRUPTED
    return _FAILED if work.totals.statuses["failed"] else 0


def _refuse_all_but(mode: str, allowed: tuple[str, ...]) -> None:
    """Raise click.UsageError for anything on the command line that a mode such as "--report" would ignore."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in allowed and context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            shown = parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.human_readable_name
            raise click.UsageError(f"{mode} cannot be given with {shown}")


def _find_places(
    sources: tuple[str, ...], output: str | None, in_place: bool, files_from: str | None, choices: dict[str, Any]
) -> _Places:
    """Check which files are meant, before any is looked for.

    Raises
    ------
    click.UsageError
        Options contradict each other, or sources or targets are missing.
    """
    if not sources and files_from is None:
        raise click.UsageError("name files or folders, or give --files-from")
    if not all(sources):
        raise click.UsageError("the name of a source is empty")
    if in_place == (output is not None):
        raise click.UsageError("give one of -o and --in-place")
    excluded = {"in_place": ("convert", "widths", "template", "srcset", "overwrite"), "dry_run": ("srcset", "quiet")}
    for mode, is_chosen in (("in_place", in_place), ("dry_run", choices["dry_run"])):
        for option in excluded[mode]:
            if is_chosen and choices[option]:
                raise click.UsageError(f"--{option} cannot be given with --{mode.replace('_', '-')}")
    if choices["srcset"] is not None and Path(choices["srcset"]).suffix not in (".json", ".html"):
        raise click.UsageError("--srcset needs a file with the ending .json or .html")
    listed = _read_list(files_from) if files_from is not None else ()
    search = Search(sources, listed, excluded=output, in_place=in_place)
    try:
        naming = None if output is None else _naming(output, choices)
    except ParameterError as error:
        raise click.UsageError(str(error)) from error
    if output is not None:
        _check_folder(output, sources)
    return _Places(search, naming, choices["ledger"])


def _naming(output: str, choices: dict[str, Any]) -> Naming:
    folder = os.path.abspath(output)  # noqa: PTH100 (resolves no links)
    return Naming(folder, choices["widths"], choices["template"], convert=choices["convert"])


def _check_folder(output: str, sources: tuple[str, ...]) -> None:
    """Raise an error if an output is no folder or is one of the sources."""
    if not output or output == "-":
        raise click.UsageError("-o needs the name of a folder")
    if Path(output).exists() and not Path(output).is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", output_name(output))
    for source in sources:
        if Path(source).is_dir() and Path(output).is_dir() and Path(source).samefile(output):
            raise click.UsageError(f"{input_name(source)} is the source and the output; give --in-place or another -o")


def _read_list(path: str) -> tuple[str, ...]:
    """Return the paths in a list, which is separated by NUL characters if it has any, else by line ends."""
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    separator = b"\0" if b"\0" in data else b"\n"
    names = (line.removesuffix(b"\r") if separator == b"\n" else line for line in data.split(separator))
    return tuple(os.fsdecode(name) for name in names if name)


def _fill_plan(plan: Plan, places: _Places, left_alone: LeftAlone) -> None:
    """Find all files, enter their jobs in a plan, and check it."""
    storage = LocalStorage()
    for found in places.search.find(left_alone):
        targets = places.naming.targets_of(found.relative) if places.naming else (Target(found.path),)
        plan.add(storage.state(found.path), targets)
    plan.check()


def _ledger_path(places: _Places) -> str:
    """Return the path of the ledger: the one that was given, or its usual place."""
    if places.ledger is not None:
        return places.ledger
    return str(Path(places.naming.folder if places.naming else places.search.common_folder(), DEFAULT_NAME))


def _build_settings(choices: dict[str, Any]) -> BatchSettings:
    """Return the settings of a batch from the values of the command line.

    Raises
    ------
    click.UsageError
        Options contradict each other.
    """
    targets = ("quality", "target_size", "target_score")
    refuse_together({f"--{name.replace('_', '-')}": choices[name] for name in targets})
    given = [name for name in (*targets, "widths") if choices[name]]
    if choices["lossless"] and given:
        raise click.UsageError(f"--lossless and --{given[0].replace('_', '-')} cannot be given together")
    saliency = None if choices["saliency"] == "none" else choices["saliency"]
    common = {name: choices[name] for name in (*targets, "strength", "effort", "metadata")} | {"saliency": saliency}
    only_jpeg = {name: choices[name] for name in ("lossless", "min_saving", "max_pixels")}
    return BatchSettings(
        optimize=OptimizeOptions(**common, **only_jpeg),
        encode=EncodeOptions(**common),
        convert=choices["convert"],
        background=choices["background"],
    )


def _open_ledger(path: str) -> Ledger:
    """Open a ledger, and create its folder if that is missing; errors of the folder do not name the ledger in it."""
    folder = Path(path).parent
    name = output_name(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", name) from error
    except OSError as error:
        raise OSError(error.errno, explain_folder_error("its folder", error), name) from error
    try:
        with set_filename_of_errors(output_name(path)):
            return Ledger(path)
    except OSError as error:
        if Path(path).exists():
            raise
        raise OSError(error.errno, explain_folder_error("this folder", error), name) from error
