"""One labelled file as the checker sees it: faces with their scores, a verdict, and what it would be told apart by.

Pixels alone: what a file says of its own origin is not asked here.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from PIL import Image

from bonaface.bench.check_index import Item, Shelf
from bonaface.bench.check_skin import skin_ita_deg
from bonaface.checking.calibration import Calibration
from bonaface.checking.crop import SIDE_PX
from bonaface.checking.examine import Examiners
from bonaface.checking.sight import Sighting, faces_of_clip, faces_of_picture
from bonaface.faces.detect import FaceDetector
from bonaface.faces.track import FaceTracker
from bonaface.media.facts import jpeg_quality
from bonaface.media.image import in_srgb, read_image
from bonaface.media.kind import kind_of
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Rgb8
from bonaface.terms.errors import BonafaceError, NothingToDoError, UnreadableMediaError
from bonaface.terms.finding import FaceFinding, Look, Quality, Verdict, worst
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.verbs.check import sampling

_MARGIN = 1.7
"""Side of the crops for other detectors over that of the square that ours looks at: about DeepfakeBench's margin."""


@dataclass(frozen=True, slots=True)
class Cheap:
    """What is known without looking at faces: bytes a picture, JPEG quality (0: no JPEG), log variance of the
    Laplacian, mean luma.
    """

    size: float = 0.0
    jpeg_quality: int = 0
    sharpness: float = 0.0
    brightness: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen in a file.

    ``faces`` score and quality of each; ``verdict`` the worst of them at the error rate asked for, ``why`` it is
    inconclusive; ``ita_deg`` of the face with the highest score; ``seconds`` by stage; ``error`` why the file could
    not be read.
    """

    item: Item
    faces: tuple[tuple[float, Quality], ...] = ()
    verdict: Verdict | None = None
    why: str = ""
    ita_deg: float = float("nan")
    cheap: Cheap = field(default_factory=Cheap)
    looks: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    error: str = ""

    @property
    def score(self) -> float:
        """The highest score of its faces, nan without a face."""
        return max((score for score, _ in self.faces), default=float("nan"))

    @property
    def quality(self) -> Quality | None:
        """The quality of the face with the highest score."""
        return max(self.faces, key=lambda face: face[0])[1] if self.faces else None

    def verdict_at(self, alpha: float, calibration: Calibration) -> Verdict | None:
        """Return the verdict at another error rate, without the doubts that come of encoding the picture anew."""
        said = {calibration.decide(score, quality, alpha)[0] for score, quality in self.faces}
        return worst(said)


class Watch:
    """Adds up seconds by the name of what took them."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        """Count the time since the last lap for this name; an empty one forgets it."""
        now = time.perf_counter()
        if name:
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now


class Observer:
    """Everything that sees labelled files, loaded once."""

    def __init__(
        self, calibration: Calibration, shelf: Shelf, alpha: float, damage: Callable[[Rgb8], Rgb8] | None = None
    ) -> None:
        """Load all networks.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._examiners = Examiners(calibration)
        self._detector = FaceDetector()
        self._shelf, self._alpha, self._damage = shelf, alpha, damage

    def see(self, item: Item, *, crops: bool = False) -> tuple[Seen, list[list[Rgb8]]]:
        """Return what is seen in a file, and (if wanted) the crops (H, W, 3) of each face for other detectors.

        A file that cannot be read comes back with its error.
        """
        try:
            if not item.member and kind_of(item.path) == "video":
                return self._clip(item, crops)
            return self._picture(item, crops)
        except BonafaceError as error:
            return Seen(item, error=str(error)), []
        except (OSError, MemoryError, cv2.error) as error:
            return Seen(item, error=f"{item.name} could not be examined ({error}); try it by itself."), []

    def _picture(self, item: Item, crops: bool) -> tuple[Seen, list[list[Rgb8]]]:
        watch = Watch()
        file = self._shelf.read(item)
        rgb8 = decoded(file, item) if item.member else as_rgb8(in_srgb(read_image(item.path)).rgb)
        watch.lap("decode")
        if self._damage:
            rgb8 = self._damage(rgb8)
        cheap = _cheap(rgb8, len(file), _quality_of_jpeg(file))
        watch.lap("")
        found = faces_of_picture(rgb8, self._detector)
        watch.lap("find")
        seen = self._examined(item, found, cheap, watch)
        cut = [[cut_out(rgb8, look) for look in one.looks] for one in found] if crops else []
        return seen, cut

    def _clip(self, item: Item, crops: bool) -> tuple[Seen, list[list[Rgb8]]]:
        watch, frames = Watch(), _Frames(item, self._damage)
        found = faces_of_clip(frames.read(watch), FaceTracker(hands=False, blendshapes=False, smooth=False))
        watch.lap("find")
        if frames.first is None:
            raise NothingToDoError(f"{item.name} holds no frames.")
        cheap = _cheap(frames.first, item.path.stat().st_size / frames.count, 0)
        seen = self._examined(item, found, cheap, watch)
        return seen, _cut_from_clip(frames, found) if crops else []

    def _examined(self, item: Item, found: Sequence[Sighting], cheap: Cheap, watch: Watch) -> Seen:
        watch.lap("")
        faces = [self._examiners.face(one, self._alpha) for one in found]
        watch.lap("examine")
        verdict = worst({face.verdict for face in faces})
        top = max(faces, key=lambda face: face.score, default=None)
        return Seen(
            item,
            tuple((face.score, face.quality) for face in faces),
            verdict,
            next((face.why for face in faces if face.verdict is verdict), ""),
            float("nan") if top is None else _tone(top),
            cheap,
            sum(len(one.looks) for one in found),
            watch.seconds,
        )


class _Frames:
    """A clip's frames as they are examined, after the damage; decoding is timed by itself."""

    def __init__(self, item: Item, damage: Callable[[Rgb8], Rgb8] | None) -> None:
        self._item, self._damage = item, damage
        self.first: Rgb8 | None = None
        self.count = 0

    def read(self, watch: Watch | None = None) -> Iterator[Frame]:
        self.count, watch = 0, watch or Watch()
        with VideoReader(self._item.path) as reader:
            watch.lap("")
            for frame in reader.frames(every=sampling(reader.info)[0]):
                watch.lap("decode")
                shown = replace(frame, rgb=self._damage(as_rgb8(frame.rgb))) if self._damage else frame
                self.first = as_rgb8(shown.rgb) if self.first is None else self.first
                self.count += 1
                watch.lap("")
                yield shown
                watch.lap("find")


def _cut_from_clip(frames: _Frames, found: Sequence[Sighting]) -> list[list[Rgb8]]:
    cuts: list[list[Rgb8]] = [[] for _ in found]
    wanted: dict[float, list[tuple[int, Look]]] = {}
    for number, one in enumerate(found):
        for look in one.looks:
            wanted.setdefault(look.time_s or 0.0, []).append((number, look))
    for frame in frames.read() if wanted else ():
        for number, look in wanted.get(float(frame.time_s), ()):
            cuts[number].append(cut_out(as_rgb8(frame.rgb), look))
    return cuts


def cut_out(rgb8: Rgb8, look: Look) -> Rgb8:
    """Return the upright part of a picture (h, w, 3) around a face, with its hair and chin, no pixel resampled."""
    centre = look.back[:, :2] @ np.full(2, (SIDE_PX - 1) / 2) + look.back[:, 2]
    reach = _MARGIN / 2 * SIDE_PX * float(np.hypot(look.back[0, 0], look.back[1, 0]))
    left, top = (max(0, round(float(v) - reach)) for v in centre)
    right, bottom = (max(round(float(v) + reach), least + 1) for v, least in zip(centre, (left, top), strict=True))
    part = rgb8[top:bottom, left:right]
    return part if part.size else rgb8


def decoded(file: bytes, item: Item) -> Rgb8:
    """Return the picture (H, W, 3) of a file in memory.

    Raises:
        UnreadableMediaError: it is none.
    """
    bgr = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) if file else None
    if bgr is None:
        raise UnreadableMediaError(f"{item.name} in {item.path.name} is no picture that can be read; take it out.")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _tone(face: FaceFinding) -> float:
    return skin_ita_deg(face.looks[len(face.looks) // 2].crop)


def _cheap(rgb8: Rgb8, size: float, quality: int) -> Cheap:
    luma = cv2.cvtColor(rgb8, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sharpness = float(np.log(cv2.Laplacian(luma, cv2.CV_32F).var() + 1))
    return Cheap(float(size), quality, sharpness, float(luma.mean()))


def _quality_of_jpeg(file: bytes) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(file)) as image:
                tables = getattr(image, "quantization", None)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0
    return jpeg_quality(tables[0]) if tables else 0
