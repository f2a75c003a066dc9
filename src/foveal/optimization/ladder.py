"""The ladder: ways to write an existing JPEG in fewer bytes, from the smallest change to the one that changes most.

    kept          the file as it is
    lossless      the same coefficients with better Huffman tables and scans     lossless.py
    requantized   its coefficients with coarser steps, in the DCT domain         requantization.py
    re-encoded    pixels are decoded and encoded again; only if asked            reencoding.py

A rung is taken if it saves enough over those before it. A file that was optimized is kept the next time: the lossless
rung writes the same bytes again, and requantization finds nothing to gain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from foveal import jpeg
from foveal.allocate.effort import EFFORTS, EffortName
from foveal.errors import FovealError, TargetError
from foveal.files import Source, read_source
from foveal.jpeg import MAX_PIXELS, application_data
from foveal.jpeg.diagnosis import issue_warnings
from foveal.optimization import metadata as policies
from foveal.optimization import requantization
from foveal.optimization.containers import unknown_bytes, with_smaller_pictures
from foveal.optimization.lossless import repack
from foveal.optimization.options import OptimizeOptions, RungName
from foveal.optimization.reencoding import reencode
from foveal.optimization.saliency import StoredMap, find_stored_map
from foveal.photo.jpeg_metadata import is_residual
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import Saliency
from foveal.threads import available_threads, helper_threads

_SIZE_ATTEMPTS = 4  # searches for a target size; a file may come out a few bytes larger than the search expected


@dataclass(frozen=True, eq=False)
class Rung:
    """A file that one rung of the ladder makes of a JPEG, or the reason why it makes none.

    Parameters
    ----------
    name
        "kept", "lossless", "requantized" or "re-encoded".
    data
        The file; None if the rung makes none.
    notes
        What the file no longer holds, or why there is none.
    quality
        Quality of a requantized or re-encoded file, 0 to 100 on libjpeg's scale; else None.
    """

    name: RungName
    data: bytes | None
    notes: tuple[str, ...] = ()
    quality: float | None = None


@dataclass(frozen=True, eq=False)
class Optimized:
    """An optimized file, and how it was made.

    Parameters
    ----------
    data
        The JPEG file; the bytes of the source if it was kept.
    rung
        Rung of the ladder that was taken: "kept", "lossless", "requantized" or "re-encoded".
    size_before
        Size of the source in bytes.
    quality
        Quality of a requantized or re-encoded file, 0 to 100 on libjpeg's scale; else None.
    notes
        Messages about what was wrong with the source, and about everything in it that the file does not hold.
    """

    data: bytes = field(repr=False)
    rung: RungName
    size_before: int
    quality: float | None = None
    notes: tuple[str, ...] = ()


def optimize(
    source: Source,
    *,
    lossless: bool = OptimizeOptions.lossless,
    quality: float | None = OptimizeOptions.quality,
    target_size: int | str | None = OptimizeOptions.target_size,
    target_score: float | None = OptimizeOptions.target_score,
    min_saving: float = OptimizeOptions.min_saving,
    saliency: Saliency = OptimizeOptions.saliency,
    strength: float = OptimizeOptions.strength,
    effort: EffortName = OptimizeOptions.effort,
    threads: int | None = OptimizeOptions.threads,
    metadata: MetadataPolicy = OptimizeOptions.metadata,
    keep_c2pa: bool = OptimizeOptions.keep_c2pa,
    reencode: bool = OptimizeOptions.reencode,
    resize: int | None = OptimizeOptions.resize,
    max_pixels: int = MAX_PIXELS,
) -> Optimized:
    """Make an existing JPEG smaller: the result is never larger, and a second run changes nothing.

    The file is kept as it is, written again without loss, or requantized in the DCT domain, whichever is the last that
    saves enough over those before. No pixels are decoded and encoded again, unless `reencode` or `resize` asks for it.

    Parameters
    ----------
    source
        A JPEG file, as its path, its bytes or a binary file object: any file that `decode` accepts, or one with two
        components.
    lossless
        True to keep all coefficients, bit for bit.
    quality
        Quality of the salient part, 0 to 100 on libjpeg's scale. If neither a quality nor a target is given, it is what
        the photo needs, but never more than the file has.
    target_size
        Largest size of the file, instead of a quality: a number of bytes, or a text such as "100KB".
    target_score
        SSIMULACRA2 of the whole photo, 0 to 100, instead of a quality. For requantization, which then ignores the map,
        it is estimated against the original that the file was made from; if pixels are encoded again, against the
        decoded picture, reduced if asked.
    min_saving
        Share of the bytes, 0 to 1, that a rung of the ladder must save over the rungs before it to be taken.
    saliency
        Saliency method, or a map that covers the photo in its displayed orientation, or None, as in `encode`.
    strength
        Strength of the saliency map, 0 to 1, as in `encode`.
    effort
        Search effort of requantization and encoding: "fast", "balanced" or "best".
    threads
        Number of threads, 1 to 1,024; None for the number of cores that this process may use. The file does not depend
        on it.
    metadata
        Metadata policy: "keep" keeps every segment, and what follows the picture, byte for byte; "safe" only colour
        profile, resolution, orientation, artist and copyright; "none" only colour profile and orientation.
    keep_c2pa
        Whether content credentials (C2PA) are kept in a file whose pixels change, although they no longer match.
    reencode
        Whether the picture may be decoded and encoded again if that saves more than the rungs before.
    resize
        Length in pixels that the longer side of the picture is reduced to, by decoding and encoding it; None to keep
        the size. Smaller pictures keep theirs.
    max_pixels
        Largest number of pixels; larger pictures raise LimitError before anything is allocated.

    Returns
    -------
    Optimized
        The file, the rung of the ladder that was taken, and what the file does not hold.

    Warns
    -----
    FormatWarning
        The messages of `Optimized.notes`.

    Raises
    ------
    FormatError
        The file is broken.
    UnsupportedError
        The file has 12-bit samples, arithmetic, lossless or hierarchical coding, or more than four components.
    LimitError
        The picture has more than `max_pixels` pixels, or the file too many scans or segments.
    TargetError
        No file of the coefficients has at most `target_size` bytes.
    ParameterError
        An argument is out of range or has the wrong type.
    VerificationError
        The written file does not hold the picture of the source, which would be a fault of this package.
    OSError
        The file cannot be read.
    """
    options = OptimizeOptions(
        lossless=lossless,
        quality=quality,
        target_size=target_size,
        target_score=target_score,
        min_saving=min_saving,
        saliency=saliency,
        strength=strength,
        effort=effort,
        threads=threads,
        metadata=metadata,
        keep_c2pa=keep_c2pa,
        reencode=reencode,
        resize=resize,
        max_pixels=max_pixels,
    )
    result = optimize_file(read_source(source), options)
    issue_warnings(result.notes)
    return result


def optimize_file(data: bytes | bytearray | memoryview, options: OptimizeOptions) -> Optimized:
    """Optimize a file, with notes in place of warnings; errors are those of `optimize`."""
    with helper_threads(options.threads or available_threads()):
        ladder = _Ladder(data, options)
        chosen = _choose(ladder, options)
    if chosen.data is None:  # only a target size makes a rung necessary
        raise TargetError(f"the target size cannot be reached: {'; '.join(chosen.notes)}")
    notes = (*ladder.notes, *chosen.notes) if chosen.data != ladder.source else ()
    return Optimized(chosen.data, chosen.name, len(ladder.source), chosen.quality, tuple(dict.fromkeys(notes)))


def plan(data: bytes | bytearray | memoryview, options: OptimizeOptions) -> tuple[Rung, ...]:
    """Make the files of all rungs of a JPEG: kept, lossless, requantized, re-encoded; errors are those of `optimize`.

    Rungs that cannot be taken have no data, and a note that says why.
    """
    with helper_threads(options.threads or available_threads()):
        ladder = _Ladder(data, options)
        return ladder.kept(), ladder.lossless(), ladder.requantized(), ladder.reencoded()


def _choose(ladder: _Ladder, options: OptimizeOptions) -> Rung:
    """Return the rung that is taken: the lowest that has what is asked for, and saves enough over those before it."""
    if options.resize is not None and max(ladder.frame.height, ladder.frame.width) > options.resize:
        resized = ladder.resized()
        return resized if _size(resized) < len(ladder.source) else ladder.kept()
    kept, lossless = ladder.kept(), ladder.lossless()
    if options.lossless:
        return choose(kept, lossless, min_saving=options.min_saving)
    if options.size_limit is not None:
        chosen = choose(kept, lossless, min_saving=options.min_saving)
        if _size(chosen) <= options.size_limit:
            return chosen
        if _size(lossless) <= options.size_limit:
            return lossless
        requantized = ladder.requantized()
        if requantized.data is not None and _size(requantized) > options.size_limit:
            raise TargetError(f"no file of at most {options.size_limit:,} bytes: {_size(requantized):,} bytes remain")
        return requantized
    last = [ladder.reencoded()] if options.reencode else []
    return choose(kept, lossless, ladder.requantized(), *last, min_saving=options.min_saving)


def choose(*rungs: Rung, min_saving: float) -> Rung:
    """Return the last rung that saves enough over the smallest file of the rungs before it, or the first one.

    Parameters
    ----------
    rungs
        Rungs from the lowest, which has a file, to the highest.
    min_saving
        Share of the bytes, 0 to 1, that a rung must save.
    """
    chosen, smallest = rungs[0], _size(rungs[0])
    for rung in rungs[1:]:
        chosen = _cheaper(chosen, rung, smallest, min_saving)
        smallest = min(smallest, _size(rung))
    return chosen


def _cheaper(chosen: Rung, next_rung: Rung, smallest: float, min_saving: float) -> Rung:
    """Return the next rung if it saves enough over the smallest file of the rungs before, else the chosen one."""
    size = _size(next_rung)
    return next_rung if size < smallest and size <= smallest * (1 - min_saving) else chosen


def _size(rung: Rung) -> float:
    """Return the size of a rung's file in bytes; infinity if there is none."""
    return float("inf") if rung.data is None else len(rung.data)


class _Ladder:
    """A source file, and the rungs that can be made of it.

    Attributes
    ----------
    source
        Bytes of the file.
    notes
        What is wrong with the file, and what every rung but "kept" leaves out.
    """

    def __init__(self, data: bytes | bytearray | memoryview, options: OptimizeOptions) -> None:
        contents = jpeg.read_contents(data, max_pixels=options.max_pixels)
        self.source = bytes(data)
        self.notes = list(contents.notes)
        if self.notes:
            self.notes.append("the new file is without these irregularities")
        self._options = options
        self._threads = options.threads or available_threads()
        self._is_complete = contents.is_complete
        self._all_segments = contents.coefficients
        self._coefficients = policies.apply_policy(contents.coefficients, options.metadata, self.notes)
        if contents.without_effect:
            self.notes.append("JFIF or Adobe segments after the first scan, which have no effect, are left out")

    @property
    def frame(self) -> jpeg.Frame:
        """Size and components of the picture."""
        return self._coefficients.frame

    def kept(self) -> Rung:
        """Return the source as it is, except for metadata that the policy removes."""
        is_whole = self._options.metadata == "keep" or (
            self._coefficients.segments == self._all_segments.segments
            and self._coefficients.trailing == self._all_segments.trailing
        )
        if is_whole:
            return Rung("kept", self.source)
        stripped = policies.replace_segments(self.source, self._coefficients.segments, self._coefficients.trailing)
        return Rung("lossless", stripped)

    def lossless(self) -> Rung:
        """Write the coefficients of the source in the fewest bytes."""
        if not self._is_complete:
            # Decoders smooth the picture of such a file, but not that of a complete one with the same coefficients.
            return Rung("lossless", None, ("the scans of the file do not send every coefficient in full",))
        return Rung("lossless", self._repack(self._coefficients), tuple(self._describe_stale()))

    def requantized(self) -> Rung:
        """Requantize the coefficients of the source, if its colours allow it and something is to be gained."""
        reason = self._why_not_requantized()
        if reason:
            return Rung("requantized", None, (reason,))
        source, notes = self._coefficients, []
        if not self._options.keep_c2pa and application_data.content_credentials(source.segments):
            source = policies.without_content_credentials(source)
            notes.append("the content credentials (C2PA), which would no longer match the picture, are left out")
        elif application_data.content_credentials(source.segments):
            notes.append("the content credentials (C2PA) are kept, but no longer match the picture")
        jpeg.fill_padding_blocks(source.frame, source.blocks)
        stored = find_stored_map(source, self._saliency_for_requantization(notes))
        limit = wanted = self._options.size_limit
        for _ in range(_SIZE_ATTEMPTS):
            quality = self._find_quality(source, stored, wanted)
            if quality is None:
                return Rung(
                    "requantized",
                    None,
                    ("the file is hardly better than it needs to be, or a second run would find more to do",),
                )
            levels = requantization.requantize(source, self._settings(quality, stored))
            if levels is source:
                return Rung("requantized", None, (f"at quality {quality:g}, too little would be saved",))
            file = self._repack(levels)
            if limit is None or wanted is None or len(file) <= limit:
                break
            wanted -= len(file) - limit  # the search knew other scan scripts
        return Rung("requantized", file, (*notes, *self._describe_unknown_bytes()), quality)

    def reencoded(self) -> Rung:
        """Decode the source to pixels and encode them again, unless that would leave out what follows the picture."""
        if self._coefficients.trailing:
            return Rung("re-encoded", None, ("encoding again would leave out what follows the picture",))
        try:
            return self.resized()
        except FovealError as error:
            return Rung("re-encoded", None, (str(error),))

    def resized(self) -> Rung:
        """Decode the source and encode it again, also if it is not reduced; errors are those of `reencode`."""
        file, quality, notes = reencode(self.source, self._coefficients, self._options)
        return Rung("re-encoded", file, notes, quality)

    def _why_not_requantized(self) -> str | None:
        if not self._is_complete:
            return "the scans of the file do not send every coefficient in full"
        if any(map(is_residual, self._coefficients.segments)):
            return "segments refine the picture as it is (JPEG XT or JPEG-HDR)"
        return requantization.why_not_requantized(self._coefficients)

    def _find_quality(self, source: jpeg.Coefficients, stored: StoredMap, size_limit: int | None) -> float | None:
        options = self._options
        if options.quality is not None:
            return float(options.quality)
        settings = self._settings(0, stored)
        if size_limit is not None:
            return requantization.quality_for_size(source, size_limit, settings)
        if options.target_score is not None:
            return requantization.quality_for_score(source, options.target_score, settings)
        return requantization.default_quality(source, settings)

    def _saliency_for_requantization(self, notes: list[str]) -> Saliency:
        """Return the saliency for requantization: none for a target score, which is that of the whole photo.

        The score of a file made with a map cannot be estimated again: nothing in it tells what its background has
        lost, so a second run would requantize it further.
        """
        saliency = self._options.saliency
        if self._options.target_score is None or saliency is None:
            return saliency
        if not isinstance(saliency, str) or saliency != "auto":
            notes.append("the saliency map is not used: a file that is requantized with one cannot be scored")
        return None

    def _settings(self, quality: float, stored: StoredMap) -> requantization.RequantizationSettings:
        return requantization.RequantizationSettings(
            quality=quality,
            saliency_map=stored.values,
            strength=self._options.strength * stored.strength_factor,
            effort=EFFORTS[self._options.effort],
            threads=self._threads,
        )

    def _repack(self, coefficients: jpeg.Coefficients) -> bytes:
        return repack(with_smaller_pictures(coefficients, self._repack_picture), self._threads)

    def _repack_picture(self, picture: bytes) -> bytes:
        """Repack a picture that follows the first one; one that is irregular is left as it is."""
        contents = jpeg.read_contents(picture, max_pixels=self._options.max_pixels)
        is_regular = contents.is_complete and not contents.notes and not contents.without_effect
        return repack(contents.coefficients, self._threads) if is_regular else picture

    def _describe_stale(self) -> list[str]:
        """Say what a lossless change of the file makes untrue."""
        signed = application_data.content_credentials(self._coefficients.segments)
        credentials = ["the content credentials (C2PA) are kept, but signatures over the bytes of the file break"]
        return [*(credentials if signed else []), *self._describe_unknown_bytes()]

    def _describe_unknown_bytes(self) -> list[str]:
        count = unknown_bytes(self._coefficients)
        if not count:
            return []
        return [f"{count:,} bytes after the picture that neither MPF nor XMP lists are kept, but move"]
