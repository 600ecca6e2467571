"""Find one person in media: follow all faces, tell people apart, keep the good crops of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from bonaface.faces.embed import Embedder
from bonaface.faces.track import FaceTracker
from bonaface.media.ahead import prefetch
from bonaface.media.image import read_image
from bonaface.media.kind import find_media, kind_of
from bonaface.media.video import VideoReader
from bonaface.people.crops import Crop, CropFolder
from bonaface.people.face_set import MOST, FaceSet, angles_of, choose_varied
from bonaface.people.identity import Track, choose_person, mean_identity, tell_apart
from bonaface.terms.arrays import Floats
from bonaface.terms.errors import BonafaceError, NoSpaceError, NothingToDoError
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.terms.progress import Progress, Step, silent

_PROFILE_DEG = 60.0
_BLURRED = 0.35
"""Of the median sharpness."""
_COVERED = 0.12
"""Of the face."""
_ALIKE, _ALIKE_IN_MEAN = 2, 0.5
"""Grey levels by which two pictures of 32 x 32 differ that are one: re-saved, or a clip that stands still."""
_MOST_FACES = 64
_LEAST_SHARE = 100
"""Frames that are looked at of a clip, however many clips there are."""
_PILE = 3
"""Crops, in multiples of what is kept, from which the like ones are left out at once."""


@dataclass(slots=True, eq=False)
class Dropped:
    """How many crops were left out, and why; ``duplicates`` were there before, ``alike`` went beyond the most kept."""

    blurred: int = 0
    covered: int = 0
    duplicates: int = 0
    alike: int = 0
    others: int = 0
    unreadable: list[str] = field(default_factory=list)


def gather_faces(
    paths: Sequence[Path],
    folder: Path,
    *,
    reference: Path | None = None,
    like: Floats | None = None,
    first: int = 0,
    most: int = MOST,
    progress: Progress = silent,
) -> tuple[FaceSet, Dropped]:
    """Return the crops of one person found in files and folders, kept in ``folder`` from number ``first`` on.

    ``reference`` is a picture of the person, ``like`` the person's identity (128,) where it is known.

    Raises:
        SeveralPeopleError: more than one person and no ``reference`` picture says which.
        NothingToDoError: no usable face. MissingFileError: a path does not exist. NoSpaceError: the disk is full.
    """
    wanted = like if reference is None else _face_in(reference)
    files = find_media(paths)
    dropped, tracks = Dropped(), list[Track]()
    stills = _sorted_out(files, dropped)
    share = max(_LEAST_SHARE, 2 * most // max(1, len(stills) - sum(stills.values())))
    pile = _PILE * most
    with CropFolder(folder, first) as crops:
        for_stills = FaceTracker(max_faces=_MOST_FACES, smooth=False) if any(stills.values()) else None
        for number, path in enumerate(files):
            if path not in stills:
                continue
            frames = _still(path) if stills[path] else _clip(path, share, dropped, progress)
            tracker = (for_stills if stills[path] else None) or FaceTracker()
            tracker.restart()
            here: dict[int, Track] = {}
            try:
                for frame in frames:
                    _take(frame, number, tracker, here, crops)
                    if len(crops.held) > pile:
                        _thin(crops, [*tracks, *here.values()], dropped, most)
                        pile = max(pile, len(crops.held) + most)
            except NoSpaceError:
                raise
            except BonafaceError as error:
                dropped.unreadable.append(str(error))
            tracks += here.values()
            if stills[path]:
                progress(Step("looking at pictures", number + 1, len(files), "files", path.name))
        crops.settle()
        if not crops.held:
            why = dropped.unreadable[0] if dropped.unreadable else "No face of at least 24 pixels was found."
            raise NothingToDoError(f"{why} Give pictures or clips that show the person's face from the front.")
        person = choose_person(tell_apart(tracks), wanted, files)
        kept = _chosen(crops, person, dropped, most)
        crops.drop(set(crops.held) - set(kept))
        return crops.face_set(kept, mean_identity(person)), dropped


def _sorted_out(files: Sequence[Path], dropped: Dropped) -> dict[Path, bool]:
    """Return for each file that can be used whether it is a still picture; the others are noted."""
    stills = {}
    for path in files:
        try:
            stills[path] = kind_of(path) == "image"
        except BonafaceError as error:
            dropped.unreadable.append(str(error))
    return stills


def _take(frame: Frame, source: int, tracker: FaceTracker, here: dict[int, Track], crops: CropFolder) -> None:
    """Follow the faces of a file into its next frame and keep their crops; ``here`` are its tracks so far."""
    seen = tracker.step(frame)
    rgb8, time_s = as_rgb8(frame.rgb), float(frame.time_s)
    for face in seen.faces:
        track = here.get(face.track)
        if track is None:
            low, high = face.points[:468, :2].min(0), face.points[:468, :2].max(0)
            x, y = ((low + high) / 2).astype(int)
            track = here[face.track] = Track(source, time_s, time_s, (int(x), int(y)), int(high[0] - low[0]))
        track.last_s = time_s
        crops.add(rgb8, face, seen.covers, track, time_s)


def _still(path: Path) -> Iterator[Frame]:
    yield Frame(0, 0, Fraction(0), read_image(path).rgb)


def _clip(path: Path, share: int, dropped: Dropped, progress: Progress) -> Iterator[Frame]:
    """Yield the frames of a clip, evenly fewer where there are more than twice its ``share``."""
    with VideoReader(path) as reader:
        info = reader.info
        count = info.frame_count or (round(info.duration_s * info.rate) if info.duration_s else None)
        for frame in prefetch(reader.frames(every=max(1, (count or 0) // share)), 4):
            yield frame
            progress(Step(f"looking at {path.name}", frame.index + 1, count))
        dropped.unreadable += reader.remarks


def _thin(crops: CropFolder, tracks: list[Track], dropped: Dropped, most: int) -> None:
    """Leave out of each person what is too much of the same, so that the pile stays small whatever comes."""
    crops.settle()
    for person in tell_apart(tracks):
        mine = _numbers_of(crops.held, person)
        unique = _without_duplicates(crops.held, mine)
        varied = _varied(crops.held, unique, most)
        dropped.duplicates += len(mine) - len(unique)
        dropped.alike += len(unique) - len(varied)
        crops.drop(set(mine) - set(varied))


def _chosen(crops: CropFolder, person: list[Track], dropped: Dropped, most: int) -> list[int]:
    """Return the numbers of a person's good crops: sharp, free, and each unlike the others."""
    mine = _numbers_of(crops.held, person)
    dropped.others = len(crops.held) - len(mine)
    free = [n for n in mine if crops.held[n].covered <= _COVERED]
    dropped.covered = len(mine) - len(free)
    least = _BLURRED * float(np.median([crops.held[n].sharpness for n in mine]))
    sharp = [n for n in free if crops.held[n].sharpness >= least]
    dropped.blurred = len(free) - len(sharp)
    if not sharp:
        raise NothingToDoError("Something covers the face in every picture; add some that show it freely.")
    if (np.abs(angles_of(np.stack([crops.held[n].points for n in sharp]))[:, 1]) > _PROFILE_DEG).all():
        raise NothingToDoError("The face is seen from the side only; add pictures or clips from the front.")
    unique = _without_duplicates(crops.held, sharp)
    dropped.duplicates += len(sharp) - len(unique)
    varied = _varied(crops.held, unique, most)
    dropped.alike += len(unique) - len(varied)
    return varied


def _numbers_of(held: dict[int, Crop], person: list[Track]) -> list[int]:
    theirs = {id(track) for track in person}
    return sorted(number for number, crop in held.items() if id(crop.track) in theirs)


def _without_duplicates(held: dict[int, Crop], numbers: list[int]) -> list[int]:
    """Return the numbers without those that look like one before them."""
    kept: list[int] = []
    near: dict[int, list[np.ndarray]] = {}
    for number in numbers:
        look = held[number].look
        place = int(look.mean() / _ALIKE_IN_MEAN)
        before = [other for k in (place - 1, place, place + 1) for other in near.get(k, ())]
        away = np.abs(np.stack(before) - look) if before else np.full((1, 1), _ALIKE + 1)
        if ((away.max(1) <= _ALIKE) & (away.mean(1) < _ALIKE_IN_MEAN)).any():
            continue
        near.setdefault(place, []).append(look)
        kept.append(number)
    return kept


def _varied(held: dict[int, Crop], numbers: list[int], most: int) -> list[int]:
    if len(numbers) <= most:
        return numbers
    crops = [held[number] for number in numbers]
    rows = choose_varied(
        angles_of(np.stack([crop.points for crop in crops])),
        np.stack([crop.blendshapes for crop in crops]),
        np.array([crop.brightness for crop in crops], np.float32),
        most,
    )
    return [numbers[row] for row in rows]


def _face_in(path: Path) -> Floats:
    rgb8 = as_rgb8(read_image(path).rgb)
    faces = FaceTracker(smooth=False, hands=False).step(Frame(0, 0, Fraction(0), rgb8)).faces
    if not faces:
        raise NothingToDoError(f"{path} shows no face; give a picture of the person as --reference.")
    return Embedder().embed(rgb8, faces[0].points)
