"""Plain data of a batch: sources, targets, jobs, settings and outcomes. They can be pickled, and read no files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import version
from typing import Any, Literal

from foveal.checks import describe
from foveal.encoding import EncodeOptions
from foveal.errors import ParameterError
from foveal.optimization import OptimizeOptions
from foveal.photo.background import Color, parse_color
from foveal.saliency import Saliency

Status = Literal["written", "kept", "skipped", "failed"]


@dataclass(frozen=True)
class FileState:
    """A file to read, and the state in which it was found.

    Parameters
    ----------
    key
        Path or URL of the file.
    size_bytes
        Size of the file in bytes.
    version
        Text that changes with the content: the ETag where the storage has one, else the time of the last change in
        nanoseconds.
    """

    key: str
    size_bytes: int
    version: str


@dataclass(frozen=True)
class Target:
    """A file to write, and the width of the picture in it.

    Parameters
    ----------
    key
        Path or URL of the file.
    width
        Width of the displayed picture in pixels; None for the size of the source.
    """

    key: str
    width: int | None = None


@dataclass(frozen=True)
class BatchSettings:
    """Settings that decide what is made of a source.

    Parameters
    ----------
    optimize
        Options for JPEGs that keep their size. The number of threads is ignored: a worker has one. `max_pixels` is the
        limit for all sources, also for those that are encoded.
    encode
        Options for other pictures and for reduced sizes. The number of threads is ignored.
    convert
        Whether pictures of other kinds than JPEG are converted; else they are skipped.
    background
        Colour behind transparent pixels: a name, "#rrggbb" or (r, g, b) in 0..255; None if no pixel may be transparent.

    Raises
    ------
    ParameterError
        The saliency is a map: one map does not fit all photos. Or the background is not a colour.
    """

    optimize: OptimizeOptions = field(default_factory=OptimizeOptions)
    encode: EncodeOptions = field(default_factory=EncodeOptions)
    convert: bool = False
    background: Color | None = None

    def __post_init__(self) -> None:
        for options in (self.optimize, self.encode):
            if options.saliency is not None and not isinstance(options.saliency, str):
                raise ParameterError(f"the saliency of a batch must be a method or None, not {_kind(options.saliency)}")
        if self.background is not None:
            parse_color(self.background)
        object.__setattr__(self, "optimize", replace(self.optimize, threads=1))
        object.__setattr__(self, "encode", replace(self.encode, threads=1))

    def as_dict(self) -> dict[str, Any]:
        """Return everything that changes the bytes of a target, by name: most options, and the version of foveal.

        `threads` and `max_pixels` are left out: they decide how fast a file is made, and whether it is made at all.
        """
        chosen = asdict(self)
        for name in ("optimize", "encode"):
            del chosen[name]["threads"]
        del chosen["optimize"]["max_pixels"]
        return {"foveal": version("foveal"), **chosen}

    def fingerprint(self) -> str:
        """Return a code of 64 hexadecimal digits that differs between settings that may make different files."""
        return _digest(self.as_dict())


@dataclass(frozen=True)
class Job:
    """The work on one source: read it once, and write its targets.

    Parameters
    ----------
    source
        File to read.
    targets
        Files to write, at least one.
    in_place
        Whether the source is replaced; then the only target has the key of the source.
    overwrite
        Whether existing targets may be replaced, because they are known to be older results or the user allows it.
        Without it, a target that exists and holds other bytes is a failure.
    """

    source: FileState
    targets: tuple[Target, ...]
    in_place: bool = False
    overwrite: bool = False

    def job_id(self, settings: BatchSettings) -> str:
        """Return a code of 64 hexadecimal digits: equal for the same source, version, targets and settings."""
        targets = [(target.key, target.width) for target in self.targets]
        source = (self.source.key, self.source.size_bytes, self.source.version)
        return _digest([source, targets, settings.fingerprint()])


@dataclass(frozen=True)
class Outcome:
    """What became of one target of a job.

    Parameters
    ----------
    job_id
        Code of the job, see `Job.job_id`.
    source, target
        Keys of the files.
    status
        "written": the target holds a new file. "kept": nothing was to be gained, and the target holds the bytes of the
        source. "skipped": nothing was to be written. "failed": nothing was written, because of an error.
    settings_id
        Fingerprint of the settings, see `BatchSettings.fingerprint`.
    reason
        One line: why it was skipped or failed; "" otherwise.
    rung
        How the file was made: "kept", "lossless", "requantized" or "re-encoded" for JPEGs of the same size, "encoded"
        for all others; "" if none was made.
    size_bytes_before, size_bytes_after
        Sizes of the source and of the target; the latter is 0 if there is no target.
    seconds
        Time spent on this target. The first target of a job also has that of reading the source.
    source_version, target_version
        Versions of the files, see `FileState`; "" where unknown.
    source_sha256, output_sha256
        Hashes of the files' bytes, 64 hexadecimal digits; "" where unknown.
    width, height
        Size of the target's picture in pixels as displayed, with its EXIF orientation; 0 where unknown.
    quality
        Quality of a requantized or encoded file, 0 to 100 on libjpeg's scale; else None.
    warnings
        What the source violates, and what the target does not hold.
    stops_batch
        Whether other targets would fail for the same reason, such as a full disk.
    """

    job_id: str
    source: str
    target: str
    status: Status
    settings_id: str = ""
    reason: str = ""
    rung: str = ""
    size_bytes_before: int = 0
    size_bytes_after: int = 0
    seconds: float = 0.0
    source_version: str = ""
    target_version: str = ""
    source_sha256: str = ""
    output_sha256: str = ""
    width: int = 0
    height: int = 0
    quality: float | None = None
    warnings: tuple[str, ...] = ()
    stops_batch: bool = False

    @property
    def megapixels(self) -> float:
        """Size of the target's picture in millions of pixels; 0 where unknown."""
        return self.width * self.height / 1e6

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, with the warnings as a list, for JSON and tables."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**values, "warnings": list(self.warnings)}


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON: sorted keys, ASCII, no spaces."""
    return hash_of(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii"))


def _kind(value: Saliency) -> str:
    return "an array" if hasattr(value, "shape") else describe(value)
