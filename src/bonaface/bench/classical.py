"""The known baseline: the classical face swap of pictures, learned in the same minutes. The peer to beat.

Aligned crops of both people, one encoder with two decoders (`bench.autoencoder`), the target's crop encoded and
decoded as the source, pasted back in an oval. What comes out is measured as any other clip, sealed, and deleted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bonaface.bench.aligned import ROOMY_PX, align, paste_back
from bonaface.bench.clips import numbered_frames
from bonaface.bench.frames import Run
from bonaface.bench.pairs import Part
from bonaface.bench.perform import PURPOSE, Performed, bench_home
from bonaface.marking.claim import Claim
from bonaface.marking.door import VideoRelease
from bonaface.marking.passing import PassingFolder
from bonaface.media.video import VideoReader
from bonaface.people.consent import permit_swap
from bonaface.people.face_set import load_face_set
from bonaface.people.store import load_person
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import GET_TORCH, MissingPartError, UsageError
from bonaface.terms.picture import Unmarked, as_rgb8
from bonaface.terms.progress import Progress, Step, silent
from bonaface.verbs.task import VIDEO_ENDINGS, Swapped

if TYPE_CHECKING:
    from bonaface.bench.autoencoder import Autoencoder

_MOST_CROPS = 2000


def tool_name(minutes: float) -> str:
    """Return what the baseline is called in the tables."""
    return f"classical ({minutes:g} min)"


def check_classical(minutes: float) -> None:
    """Do nothing where the baseline can be learned for so long.

    Raises:
        UsageError: no time. MissingPartError: torch is not installed.
    """
    if not 0 < minutes < float("inf"):
        raise UsageError(f"The classical swap needs minutes to learn, got {minutes:g}; give for example --classical 5.")
    if find_spec("torch") is None:
        raise MissingPartError(f"The classical swap needs torch; {GET_TORCH}")


def perform_classical(
    name: str,
    target: Part,
    clip: Path,
    frames: Run,
    followed: Mapping[int, Floats],
    minutes: float,
    passing: PassingFolder,
    number: int,
    progress: Progress = silent,
) -> tuple[Performed, float, str]:
    """Return the person's face on the target as the classical tools make it, the seconds of learning, and a remark.

    The remark says how far learning came.

    Args:
        name: somebody whose crops were gathered in the benchmark's home.
        target, clip, frames: the part, its file, and the numbers of its frames.
        followed: meshes (478, 3) by number; a frame without one stays as it is.
        minutes: how long to learn. number: keeps the directions apart.

    Raises:
        MissingPartError, UsageError: as `check_classical`. SealError, NoSpaceError: writing failed.
    """
    check_classical(minutes)
    began_s = time.monotonic()
    learned = _learn(name, clip, frames, followed, minutes, passing, progress)
    learning_s = time.monotonic() - began_s
    home, began_s = bench_home(passing), time.monotonic()
    permit = permit_swap(load_person(name, home), PURPOSE, date.today())
    folder = passing.path / f"classical-{number:02d}"
    folder.mkdir(mode=0o700)
    ending = clip.suffix.lower()
    destination = folder / f"{clip.stem}.classical{ending if ending in VIDEO_ENDINGS else '.mp4'}"
    claim, swapped = Claim((permit,), settings=tool_name(minutes)), 0
    with VideoReader(clip) as reader:
        release = VideoRelease(
            clip,
            reader.info,
            destination,
            claim,
            home=home,
            passing=passing,
            start_s=target.start_s,
            end_s=target.end_s,
        )
        with release:
            for k, frame in enumerate(reader.frames()):
                if k >= frames.stop:
                    break
                if k not in frames:
                    continue
                unmarked = Unmarked(frame.rgb)
                if k in followed:
                    unmarked = _swapped(learned, as_rgb8(frame.rgb), followed[k])
                    swapped += 1
                    if frame.rgb.dtype == np.uint16:
                        unmarked = replace(unmarked, rgb=unmarked.rgb.astype(np.uint16) * 257)
                release.write(unmarked, frame)
                progress(Step(f"rendering {clip.name}", k - frames.start + 1, len(frames)))
            released = release.finish(replace(claim, frames=len(frames), swapped=swapped))
    spent_s = time.monotonic() - began_s
    made = Swapped(released.path, PURPOSE, permit.statement, released.frames, swapped)
    remark = f"{tool_name(minutes)} got through {learned.steps} steps."
    return Performed(released.path, made, spent_s), learning_s, remark


def _learn(
    name: str,
    clip: Path,
    frames: Run,
    followed: Mapping[int, Floats],
    minutes: float,
    passing: PassingFolder,
    progress: Progress,
) -> Autoencoder:
    from bonaface.bench.autoencoder import learn_two  # noqa: PLC0415  # torch, which only this needs

    material = load_face_set(load_person(name, bench_home(passing)))
    ours = [_roomy(material.crop(k), material.points[k]) for k in _evenly(len(material))]
    seen = sorted(followed)
    chosen = {seen[k] for k in _evenly(len(seen))}
    theirs = [_roomy(frame, followed[k]) for k, frame in numbered_frames(clip, frames) if k in chosen]

    def told(spent_s: float, loss: float) -> None:
        progress(
            Step("learning the classical swap", round(spent_s), round(60 * minutes), "seconds", f"loss {loss:.3f}")
        )

    return learn_two(np.stack(ours), np.stack(theirs), minutes, told)


def _evenly(count: int) -> list[int]:
    return [int(k) for k in np.unique(np.linspace(0, count - 1, min(count, _MOST_CROPS)).astype(int))]


def _roomy(frame: Rgb8, points: Floats) -> np.ndarray:
    face = align(frame, points, ROOMY_PX)
    return np.dstack([face.rgb, face.oval])


def _swapped(learned: Autoencoder, frame: Rgb8, points: Floats) -> Unmarked:
    face = align(frame, points)
    rgb, touched = paste_back(frame, points, face, learned.swap(face.rgb))
    rows, columns = np.flatnonzero(touched.any(1)), np.flatnonzero(touched.any(0))
    if not len(rows):
        return Unmarked(rgb, touched)
    left, top = int(columns[0]), int(rows[0])
    return Unmarked(rgb, touched, ((left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top),))
