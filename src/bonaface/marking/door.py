"""The only door out: label, encode, sign, read back, record, move into place.

In open source this is a guard rail, not a lock.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from bonaface.marking.claim import Claim
from bonaface.marking.label import AS_GIVEN, TEXTS, Box, Label
from bonaface.marking.passing import PassingFolder
from bonaface.marking.sealer import Released, Sealer
from bonaface.marking.segments import SegmentStore
from bonaface.media.encode import Sound, VideoEncoder, finish_video, write_image
from bonaface.terms.errors import NothingToDoError, UsageError
from bonaface.terms.picture import Frame, Picture, Unmarked, VideoInfo

__all__ = ["Released", "VideoRelease", "release_image", "release_sheet"]

SEGMENT_S = Fraction(10)


def release_image(
    unmarked: Unmarked,
    source: Picture,
    destination: Path,
    claim: Claim,
    label: str = "small",
    *,
    home: Path | None = None,
    force: bool = False,
    passing: PassingFolder | None = None,
) -> Released:
    """Return a swapped picture, sealed and in its place; colour profile, EXIF and transparency are the source's.

    Of one that is anonymised only the transparency is.

    Raises:
        OutputExistsError: the output is there (and not ``force``), or is the source. ConsentError, RefusedError: no
        permit, an expired one, or a benchmark outside of a passing folder. UsageError: a type that carries no seal.
        SealError: the seal did not read back; nothing was released. NoSpaceError: the disk is full.
    """
    sealer = Sealer(destination, source.path, claim, home, force=force, passing=passing)
    height, width = unmarked.rgb.shape[:2]
    rgb, (x, y, w, h) = Label(height, width, unmarked.rgb.dtype, label).lay_over(unmarked)
    alpha = source.alpha if unmarked.alpha is None else unmarked.alpha
    if alpha is not None:
        alpha = alpha.copy()
        alpha[y : y + h, x : x + w] = np.iinfo(alpha.dtype).max  # a label that nobody sees is none
    with tempfile.TemporaryDirectory(prefix="bonaface-") as scratch:  # mode 0700
        unsigned = Path(scratch) / f"unsigned{destination.suffix.lower()}"
        kept = replace(source, exif=None, icc=None) if claim.anonymous else source
        write_image(replace(kept, rgb=rgb, alpha=alpha), unsigned)
        return sealer.seal(unsigned, claim)


def release_sheet(
    unmarked: Unmarked,
    destination: Path,
    claim: Claim,
    label: str = "small",
    *,
    home: Path | None = None,
    force: bool = False,
    passing: PassingFolder | None = None,
    keep_local: bool = False,
    tiles: Sequence[Box] = (),
) -> Released:
    """Return a sealed PNG of pixels that come from several frames or files, such as a preview or a contact sheet.

    ``keep_local``: the caller was told to keep a sheet of benchmark media on this machine. ``tiles``: the pictures on
    it that get a label each, so that none loses it when it is cut out; without them the sheet gets one.

    Raises as `release_image`, and UsageError where a claim of pictures as given comes with rendered pixels.
    """
    if destination.suffix.lower() != ".png":
        raise UsageError(f"{destination.name} is a sheet, which is always a PNG; give it the ending .png.")
    sealer = Sealer(destination, None, claim, home, force=force, passing=passing, keep_local=keep_local)
    if claim.as_given and unmarked.changed is not None:
        raise UsageError(f"{destination.name} shows rendered pixels; claim pictures as given only where nothing is.")
    height, width = unmarked.rgb.shape[:2]
    rgb = unmarked.rgb.copy()
    for x, y, w, h in tiles or [(0, 0, width, height)]:
        faces = tuple((left - x, top - y, wide, high) for left, top, wide, high in unmarked.face_boxes_xywh_px)
        part = replace(unmarked, rgb=rgb[y : y + h, x : x + w], face_boxes_xywh_px=faces)
        words = AS_GIVEN if claim.as_given else TEXTS
        rgb[y : y + h, x : x + w], _ = Label(h, w, rgb.dtype, label, texts=words).lay_over(part)
    with tempfile.TemporaryDirectory(prefix="bonaface-") as scratch:
        unsigned = Path(scratch) / "unsigned.png"
        write_image(Picture(destination, rgb, "PNG"), unsigned)
        return sealer.seal(unsigned, claim)


class VideoRelease:
    """The way out of a clip: a context manager that takes frames in order and releases the whole with `finish`.

    Labelled segments of ten seconds are kept in a private folder, so that an interrupted clip with the same source and
    settings is taken up again: `write` passes over frames that are safe already, and `needs` tells them in advance.
    """

    def __init__(
        self,
        source: Path,
        info: VideoInfo,
        destination: Path,
        claim: Claim,
        label: str = "small",
        *,
        home: Path | None = None,
        codec: str = "h264",
        start_s: Fraction | None = None,
        end_s: Fraction | None = None,
        force: bool = False,
        passing: PassingFolder | None = None,
        expected_faces: Iterable[Box] = (),
        mute: bool = False,
        performance: Path | None = None,
    ) -> None:
        """Open the door for one clip; ``expected_faces`` are the boxes of all its frames, where they are known.

        ``mute``: without sound. An anonymised clip's sound is encoded anew, and its subtitles are left out.
        ``performance``: where ``source`` is a picture that follows an actor, their clip, which gives sound and times.

        Raises as `release_image`, and MissingFileError where the source is gone.
        """
        self._sealer = Sealer(destination, source, claim, home, force=force, passing=passing)
        self._source, self._info, self._claim, self._preset, self._codec = source, info, claim, label, codec
        self._heard = source if performance is None else performance
        self._part, self._mute = (start_s, end_s), mute
        self._expected = list(expected_faces)
        key = _key(self._sealer.source_sha256, claim, label, codec, start_s, end_s)
        # What may not stay must not stay after an interruption either.
        self._store = SegmentStore(self._sealer.home if passing is None else passing.path, key)
        self._label: Label | None = None
        self._encoder: VideoEncoder | None = None
        self._begun: _Begun | None = None

    @property
    def resume_at(self) -> int:
        """How many frames, from the first, are safe on disk from an earlier run or this one."""
        return sum(segment.frames for segment in self._store.segments)

    def needs(self, frame: Frame) -> bool:
        """Tell whether a frame has to be rendered; it has not where it is safe on disk."""
        return not self._store.segments or frame.pts > self._store.segments[-1].last_pts

    def __enter__(self) -> VideoRelease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._encoder is not None and self._begun is not None:
            self._encoder.__exit__(kind, error, trace)
            self._begun.draft.unlink(missing_ok=True)
            self._encoder = None

    def write(self, unmarked: Unmarked, frame: Frame) -> None:
        """Take the next frame; ``frame`` is the one that it was made from.

        Raises:
            UsageError: a size other than the clip's.
        """
        if not self.needs(frame):
            return
        if unmarked.rgb.shape[:2] != (self._info.height_px, self._info.width_px):
            raise UsageError(
                f"A frame of {unmarked.rgb.shape[1]}x{unmarked.rgb.shape[0]} came for a clip of "
                f"{self._info.width_px}x{self._info.height_px}; render at the clip's own size."
            )
        if self._begun is not None and frame.time_s - self._begun.time_s >= SEGMENT_S:
            self._close()
        if self._begun is None or self._encoder is None:
            self._begun = _Begun(self._store.draft(), frame)
            self._encoder = VideoEncoder(self._begun.draft, self._info, self._codec).__enter__()
        rgb, self._begun.label_box = self._labelled(unmarked).lay_over(unmarked, float(frame.time_s))
        self._encoder.write(rgb, frame.pts)
        self._begun.last_pts = frame.pts
        self._begun.frames += 1

    def finish(self, claim: Claim | None = None) -> Released:
        """Return the sealed clip in its place; ``claim`` is the one of the beginning with the frames counted.

        Raises as `release_image`, and NothingToDoError where no frame came.
        """
        self._close()
        if not self._store.segments:
            raise NothingToDoError(f"No frame of {self._source} came to be sealed; choose another part (--from, --to).")
        frames = self.resume_at
        folder = self._store.folder / "out"
        folder.mkdir(mode=0o700, exist_ok=True)
        unsigned = folder / self._sealer.destination.name
        sound: Sound = "none" if self._mute else "anew" if self._claim.anonymous else "kept"
        remarks = finish_video(self._store.paths, self._heard, unsigned, *self._part, sound=sound)
        counted = claim or self._claim
        released = self._sealer.seal(unsigned, counted if counted.frames else replace(counted, frames=frames))
        beside = []
        for path in sorted(set(folder.iterdir()) - {unsigned}):
            beside.append(self._sealer.destination.with_name(path.name))
            shutil.move(path, beside[-1])
        self._store.forget()
        return replace(released, remarks=tuple(remarks), beside=tuple(beside), frames=frames)

    def _labelled(self, unmarked: Unmarked) -> Label:
        if self._label is None:
            self._label = Label(
                self._info.height_px,
                self._info.width_px,
                unmarked.rgb.dtype,
                self._preset,
                transfer=self._info.transfer,
                expected_faces=self._expected,
                place=self._store.segments[-1].label_box if self._store.segments else None,
            )
        return self._label

    def _close(self) -> None:
        if self._encoder is None or self._begun is None:
            return
        self._encoder.__exit__(None, None, None)
        begun, self._encoder, self._begun = self._begun, None, None
        self._store.keep(begun.draft, begun.frames, begun.first_pts, begun.last_pts, begun.label_box)


class _Begun:
    """The segment that is being written."""

    def __init__(self, draft: Path, frame: Frame) -> None:
        self.draft, self.time_s = draft, frame.time_s
        self.first_pts = self.last_pts = frame.pts
        self.frames = 0
        self.label_box: Box = (0, 0, 0, 0)


def _key(source_sha256: str, claim: Claim, *settings: object) -> str:
    people = [(permit.person_id, permit.consent_sha256, permit.purpose) for permit in claim.permits]
    said = repr((source_sha256, claim.performance_sha256, people, claim.settings, claim.version, settings))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
