"""Swap: put a person in the place of faces in images and videos, each result sealed on its way out."""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av

from bonaface.marking.passing import PassingFolder
from bonaface.media.kind import find_media, kind_of
from bonaface.people.home import home_folder
from bonaface.terms.errors import BonafaceError, MissingFileError, NoSpaceError, UsageError
from bonaface.terms.progress import Progress, silent
from bonaface.verbs.clip import swap_clip
from bonaface.verbs.perform import perform_picture
from bonaface.verbs.preview import preview_clip
from bonaface.verbs.settings import check_choice
from bonaface.verbs.still import swap_still
from bonaface.verbs.task import Seconds, Swapped, Task, exact_seconds
from bonaface.verbs.troupe import Troupe, gather

PathLike = Path | str

_HIDES_NOBODY = (
    "This hides nobody: the original's name, sound and record stay. To cover a witness, add --purpose anonymise."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target: what was made of it, or the error that kept it from being made."""

    target: Path
    swapped: Swapped | None
    error: BonafaceError | None
    seconds: float

    @property
    def exit_code(self) -> int:
        """0, or the error's."""
        return 0 if self.error is None else self.error.exit_code


def swap(
    name: str,
    targets: Sequence[PathLike] | PathLike,
    *,
    out: PathLike | None = None,
    purpose: str | None = None,
    face: str = "all",
    cast: Mapping[str, PathLike] | None = None,
    start_s: Seconds | None = None,
    end_s: Seconds | None = None,
    label: str = "small",
    codec: str = "h264",
    mute: bool = False,
    preview: bool = False,
    perform: PathLike | None = None,
    force: bool = False,
    home: Path | None = None,
    passing: PassingFolder | None = None,
    prior_without: Collection[str] = (),
    progress: Progress = silent,
    told: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Return what came of each target; a target that fails never stops the others.

    Args:
        name: the person to be seen. targets: images, videos, or folders of them.
        out: folder for the results; without it, beside each target. They are called ``<target stem>.<name>.<ext>``.
        purpose: one that the consent names; without it, the consent's first. ``"anonymise"`` lends the face to a
            witness, who is then covered in every frame; nothing of the original is named (``anonymous-<n>.<ext>``).
        face: ``"all"``, ``"largest"`` (of each shot), or the path of a picture of the face that is to be replaced.
        cast: further people, each with a picture of the face that they take.
        start_s, end_s: the part of a video that is wanted, in seconds.
        label: preset of the visible label. codec: ``"h264"``, ``"hevc"`` or ``"av1"``. mute: leave the sound out.
        preview: nine frames on a sheet instead of the whole video.
        perform: a clip; pictures among the targets become clips whose face does what the actor there does.
        force: replace results that are there already.
        passing: an open folder that vanishes; people of a benchmark may be rendered only into it.
        prior_without: people whose part is taken out of what is known of all faces, so that figures on them are honest.
        progress: called with every step. told: called with each outcome as soon as it is known.

    Raises:
        ConsentError: somebody's consent does not cover the purpose. UsageError: an unknown person, or a wrong call.
        NothingToDoError: a person without an avatar.
    """
    begin_s, stop_s = exact_seconds(start_s, "start_s"), exact_seconds(end_s, "end_s")
    if stop_s is not None and stop_s <= (begin_s or 0):
        raise UsageError(
            f"The part from {float(begin_s or 0):g} s to {float(stop_s):g} s is empty; let it end after it begins."
        )
    check_choice("label", label)
    check_choice("codec", codec)
    folder = home_folder() if home is None else home
    pictures = {person: Path(path) for person, path in (cast or {}).items()}
    troupe = gather(name, face, pictures, purpose, folder, prior_without)
    listed = [targets] if isinstance(targets, (str, Path)) else list(targets)
    claim = troupe.claim()
    drawn = any(permit.basis == "synthetic" for permit in claim.permits)
    anonymous, performer = claim.anonymous, None if perform is None else Path(perform)
    if performer is not None:
        _check_performance(listed, performer, anonymous=anonymous, preview=preview)
    task = Task(
        Path(),
        Path(),
        begin_s,
        stop_s,
        label,
        codec,
        force,
        folder,
        passing,
        anonymous=anonymous,
        mute=mute,
        performer=performer,
    )
    outcomes: list[Outcome] = []
    for target in find_targets([Path(path) for path in listed], troupe.name):
        destination = folder_for(target, None if out is None else Path(out))
        made = frozenset(outcome.swapped.output for outcome in outcomes if outcome.swapped)
        outcome = _attempt(replace(task, target=target, folder=destination, made=made), troupe, preview, progress)
        if drawn and not anonymous and outcome.swapped is not None:
            remarks = (*outcome.swapped.remarks, _HIDES_NOBODY)
            outcome = replace(outcome, swapped=replace(outcome.swapped, remarks=remarks))
        told(outcome)
        outcomes.append(outcome)
    return outcomes


def _check_performance(targets: Sequence[PathLike], performer: Path, *, anonymous: bool, preview: bool) -> None:
    if not performer.is_file():
        raise MissingFileError(f"{performer} is not there; give the clip of an actor with --perform.")
    if anonymous or preview:
        what = "--purpose anonymise" if anonymous else "--preview"
        raise UsageError(f"A performance moves a picture, for which there is no {what}; leave it out.")
    for target in map(Path, targets):
        if not target.is_file() or kind_of(target) != "image":
            raise UsageError(f"{target} is no picture; with --perform a picture is made to follow the actor.")


def find_targets(paths: Sequence[Path], name: str) -> list[Path]:
    """Return files as they are given (also those that do not exist: they fail by themselves) and folders' media.

    Earlier results of ``name`` in a folder, ``<stem>.<name>.<ext>`` and its preview, are no targets, nor are those that
    were anonymised.
    """
    found: list[Path] = []
    for path in paths:
        made = (f".{name}", f".{name}.preview")
        found += [p for p in find_media([path]) if not _is_result(p.stem, made)] if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _is_result(stem: str, made: tuple[str, ...]) -> bool:
    return stem.endswith(made) or re.fullmatch(r"anonymous-\d+(\.preview)?", stem) is not None


def folder_for(target: Path, out: Path | None) -> Path:
    """Return where the result of a target goes."""
    return target.parent if out is None else out


def _attempt(task: Task, troupe: Troupe, preview: bool, progress: Progress) -> Outcome:
    began_s = time.monotonic()
    try:
        swapped = _swap_one(task, troupe, preview, progress)
    except BonafaceError as error:
        return Outcome(task.target, None, error, time.monotonic() - began_s)
    except (OSError, av.FFmpegError) as error:
        return Outcome(task.target, None, _of_system(task, error), time.monotonic() - began_s)
    except MemoryError:
        sentence = f"{task.target} needs more memory than there is; make it smaller, or give a part (--from, --to)."
        return Outcome(task.target, None, BonafaceError(sentence), time.monotonic() - began_s)
    return Outcome(task.target, swapped, None, time.monotonic() - began_s)


def _swap_one(task: Task, troupe: Troupe, preview: bool, progress: Progress) -> Swapped:
    if task.performer is not None:
        return perform_picture(task, task.performer, troupe, progress)
    if kind_of(task.target) == "image":
        return swap_still(task, troupe, progress)
    if preview:
        return preview_clip(task, troupe, progress)
    return swap_clip(task, troupe, progress)


def _of_system(task: Task, error: OSError | av.FFmpegError) -> BonafaceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpaceError(f"The disk of {task.folder} is full; free some space, then run the same command to go on.")
    return BonafaceError(f"{task.target} could not be swapped: {error.strerror or error}; check its path and rights.")
