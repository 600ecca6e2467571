"""Check: was a face in these files manipulated; with evidence, a known error rate, or "inconclusive"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count, islice
from math import ceil
from pathlib import Path
from threading import local

from bonaface.checking.calibration import Calibration, shipped_calibration
from bonaface.checking.examine import Examiners
from bonaface.checking.origin import examine_origin
from bonaface.checking.original import against_original
from bonaface.checking.reference import Reference, reference_of
from bonaface.checking.sight import Sighting, faces_of_clip, faces_of_picture
from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.faces.track import FaceTracker
from bonaface.marking.read import read_seal
from bonaface.marking.segments import sha256_of
from bonaface.media.facts import file_facts
from bonaface.media.image import in_srgb, read_image
from bonaface.media.kind import kind_of
from bonaface.media.video import VideoReader
from bonaface.terms.errors import BonafaceError, NothingToDoError, UsageError
from bonaface.terms.finding import FaceFinding, Finding, Verdict, worst
from bonaface.terms.picture import VideoInfo, as_rgb8
from bonaface.terms.progress import Progress, Step, silent
from bonaface.verbs.file_list import files_of

ERROR_RATE = 0.05
MOST_FRAMES = 3000
"""Of a longer clip every second, third ... frame is examined, and the finding says so."""
WORKERS = 2
_PIXELS = "No face was found; pixels were not examined."


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each file: the error rate ``alpha``, who is said to be shown, and what it was made from."""

    alpha: float = ERROR_RATE
    reference: Reference | None = None
    original: Path | None = None
    trust: Path | None = None
    home: Path | None = None


def check(
    paths: Sequence[Path | str] | Path | str,
    *,
    error_rate: float = ERROR_RATE,
    reference: Path | str | None = None,
    original: Path | str | None = None,
    trust: Path | None = None,
    home: Path | None = None,
    workers: int = WORKERS,
    progress: Progress = silent,
    told: Callable[[Finding], None] = lambda _: None,
) -> list[Finding]:
    """Return what was found in each file, in order; folders give their images and videos. A bad file stops no other.

    Args:
        paths: files and folders. error_rate: of untouched faces at most so many are called manipulated, and of
            manipulated ones at most so many pass.
        reference: a picture or clip of the person who is said to be shown. original: the picture that the one file is
            said to have been made from.
        trust: certificates (PEM) of signers that you trust. workers: files examined at once.
        told: called with each finding as soon as it is known, so that nothing has to be held.

    Raises:
        UsageError: an error rate that is none, or an address instead of a file. NothingToDoError: a folder has no image
        and no video, or the reference no face. MissingPartError: the network or its calibration is not there.
    """
    files = files_of(paths)
    question = ask(error_rate, reference, original, trust, home, files=files)
    found = []
    for finding in check_each(files, question, workers=workers, progress=progress):
        told(finding)
        found.append(finding)
    return found


def ask(
    error_rate: float = ERROR_RATE,
    reference: Path | str | None = None,
    original: Path | str | None = None,
    trust: Path | None = None,
    home: Path | None = None,
    *,
    files: Sequence[Path] = (),
) -> Question:
    """Return what is asked of each of the ``files``.

    Raises:
        UsageError: an error rate that is none, or an original of several files. NothingToDoError: the reference shows
        no face.
    """
    hold_to(error_rate)
    if original is not None and len(files) > 1:
        raise UsageError(f"An original belongs to one file, not to {len(files)}; name the one that was made from it.")
    shown = None if reference is None else _reference(Path(reference))
    return Question(error_rate, shown, None if original is None else Path(original), trust, home)


def hold_to(error_rate: float) -> None:
    """Refuse an error rate that no verdict can hold to.

    Raises:
        UsageError: it is none.
    """
    if not 0.001 <= error_rate <= 0.5:
        raise UsageError(f"An error rate of {error_rate:g} is none to hold to; name one from 0.001 to 0.5.")


def check_each(
    files: Iterable[Path], question: Question, *, workers: int = WORKERS, progress: Progress = silent
) -> Iterator[Finding]:
    """Yield what was found in each file, in order; never more than a few files are held."""
    total = len(files) if isinstance(files, Sized) else None
    for number, finding in enumerate(_each(files, question, workers, progress), 1):
        progress(Step("checking", number, total, "files", finding.path.name))
        yield finding


def _each(files: Iterable[Path], question: Question, workers: int, progress: Progress) -> Iterator[Finding]:
    calibration = shipped_calibration()
    desks = local()

    def one(path: Path) -> Finding:
        if not hasattr(desks, "desk"):
            desks.desk = Desk(calibration, num_threads=1 if workers > 1 else 2)
        desk: Desk = desks.desk
        return desk.check(path, question, progress if workers == 1 else silent)

    if workers == 1:
        yield from map(one, files)
        return
    waiting = iter(files)
    with ThreadPoolExecutor(workers) as pool:
        ahead: list[Future[Finding]] = [pool.submit(one, path) for path in islice(waiting, 2 * workers)]
        try:
            while ahead:
                yield ahead.pop(0).result()
                ahead += [pool.submit(one, path) for path in islice(waiting, 1)]
        finally:
            for future in ahead:
                future.cancel()


class Desk:
    """Everything that examines one file after another, loaded once. An instance belongs to one thread."""

    def __init__(self, calibration: Calibration, *, num_threads: int = 2) -> None:
        """Load all networks.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._examiners = Examiners(calibration, num_threads=num_threads)
        self._detector = FaceDetector()
        self._num_threads = num_threads

    def check(self, path: Path, question: Question, progress: Progress = silent) -> Finding:
        """Return what was found in a file; one that cannot be read comes back with its error."""
        try:
            return self._check(path, question, progress)
        except BonafaceError as error:
            return Finding(path, error=error)
        except (OSError, MemoryError) as error:
            return Finding(path, error=BonafaceError(f"{path} could not be examined ({error}); try it by itself."))

    def _check(self, path: Path, question: Question, progress: Progress) -> Finding:
        kind = kind_of(path)
        sightings, not_examined = self._picture(path) if kind == "image" else self._clip(path, progress)
        facts = file_facts(path)
        origin, made = examine_origin(read_seal(path, question.trust, home=question.home), facts)
        faces = tuple(self._examiners.face(one, question.alpha, reference=question.reference) for one in sightings)
        finding = Finding(path, sha256_of(path), kind, _verdict(faces, made), faces, origin, not_examined, facts=facts)
        if question.original is not None:
            finding = against_original(finding, question.original)
        return finding if faces else replace(finding, not_examined=(_PIXELS, *not_examined))

    def _picture(self, path: Path) -> tuple[list[Sighting], tuple[str, ...]]:
        picture = in_srgb(read_image(path))
        return faces_of_picture(as_rgb8(picture.rgb), self._detector), picture.remarks

    def _clip(self, path: Path, progress: Progress) -> tuple[list[Sighting], tuple[str, ...]]:
        tracker = FaceTracker(hands=False, blendshapes=False, smooth=False, num_threads=self._num_threads)
        with VideoReader(path) as reader:
            info = reader.info
            every, total = sampling(info)
            seen = count(1)
            runs = faces_of_clip(
                reader.frames(every=every),
                tracker,
                lambda _: progress(Step(f"examining {path.name}", next(seen), total)),
            )
            remarks = list(reader.remarks)
        if every > 1:
            remarks.append(f"The clip is long: one frame in {every} was examined.")
        if info.has_sound:
            remarks.append("The sound was not examined.")
        return runs, tuple(remarks)


def sampling(info: VideoInfo) -> tuple[int, int | None]:
    """Return of how many frames of a clip one is examined, and how many that are, None where nobody knows."""
    frames = info.frame_count or int((info.duration_s or 0) * info.rate)
    every = max(1, ceil(frames / MOST_FRAMES))
    return every, ceil(frames / every) or None


def _verdict(faces: Sequence[FaceFinding], made: bool) -> Verdict | None:
    """Return the file's verdict: what it declares of itself is an answer, then the worst of its faces."""
    return Verdict.MANIPULATED if made else worst({face.verdict for face in faces})


def _reference(path: Path) -> Reference:
    """Return who a picture or clip shows: the largest face of the first, the longest run of the second."""
    kind, looks = kind_of(path), []
    if kind == "image":
        rgb8 = as_rgb8(read_image(path).rgb)
        looks = [(rgb8, face.points_xy_px) for face in FaceDetector().find(rgb8)[:1]]
    else:
        tracker = FaceTracker(hands=False, blendshapes=False, smooth=False)
        with VideoReader(path) as reader:
            for frame in reader.frames(every=5):
                faces = tracker.step(frame).faces
                looks += [(as_rgb8(frame.rgb), faces[0].points)] if faces and len(looks) < 40 else []
    if not looks:
        raise NothingToDoError(f"{path} shows no face; name a picture or clip of the person (--reference).")
    return reference_of(looks, Embedder())
