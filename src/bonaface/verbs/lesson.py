"""Sheets that show how a network learns a person, from the first step to the last; each leaves by the door."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.faces.hair import HairFinder
from bonaface.faces.region import Region, crop_region
from bonaface.making.avatar import Avatar
from bonaface.making.canvas import some
from bonaface.making.painting import Painting
from bonaface.making.prior import Prior
from bonaface.making.render import Renderer
from bonaface.making.shape import mouth_opening
from bonaface.making.target import Target, study
from bonaface.making.unwrapped import Unwrapped
from bonaface.marking.claim import Claim
from bonaface.marking.door import release_sheet
from bonaface.people.face_set import FaceSet
from bonaface.people.store import Person
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.permit import Permit
from bonaface.terms.picture import Unmarked

_FACES, _SIDE, _STRIP, _REGION = 5, 224, 120, 1.35
_BACK, _INK = (24, 26, 30), (238, 240, 243)
_WORDS = ("filmed,\nnever learned", "avatar alone", "with the network\nafter {seconds} s")
_STUDIED = 24


@dataclass(slots=True, eq=False)
class Lesson:
    """Five held-out pictures of a person in three rows: as filmed, as the avatar shows them, as they are painted.

    The person's own pictures are the target, so that what differs is what was learned. Of a benchmark nothing is kept.
    """

    person: Person
    permit: Permit
    face_set: FaceSet
    pictures: Unwrapped
    avatar: Avatar
    held_out: np.ndarray
    prior: Prior
    _claim: Claim = field(init=False)
    _target: Target | None = field(default=None, init=False)
    _filmed: list[tuple[Rgb8, Floats]] = field(default_factory=list, init=False)
    _alone: list[Rgb8] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Choose the pictures: the mouth closed to wide open."""
        self._claim = Claim((self.permit,), "lesson")
        order = np.argsort(mouth_opening(self.pictures.displacement[self.held_out]))
        chosen = self.held_out[order[np.linspace(0, len(order) - 1, _FACES).round().astype(int)]]
        for row in chosen:
            number = int(self.pictures.rows[row])
            self._filmed.append((self.face_set.crop(number), self.face_set.points[number]))

    def show(self, seconds: float, painting: Painting) -> None:
        """Keep one sheet of what was learned after so many seconds; earlier ones stay."""
        if self.permit.basis == "benchmark":
            return
        rows = self._rows(painting)
        image = Image.new("RGB", (_STRIP + _FACES * _SIDE, len(rows) * _SIDE), _BACK)
        draw = ImageDraw.Draw(image)
        boxes = []
        for line, (words, row) in enumerate(zip(_WORDS, rows, strict=True)):
            draw.text((10, line * _SIDE + 10), words.format(seconds=round(seconds)), _INK, ImageFont.load_default(14))
            for column, rgb8 in enumerate(row):
                left, top = _STRIP + column * _SIDE, line * _SIDE
                image.paste(Image.fromarray(self._tile(rgb8, self._filmed[column][1])), (left, top))
                boxes.append((left, top, _SIDE, _SIDE))
        path = self.person.lesson_path / f"painted-{round(seconds):05d}-s.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        release_sheet(
            Unmarked(np.asarray(image).copy(), None, tuple(boxes)),
            path,
            self._claim,
            home=self.person.folder.parent.parent,
            force=True,
            tiles=boxes[_FACES:],
        )

    @staticmethod
    def _tile(rgb8: Rgb8, points: Floats) -> Rgb8:
        low, high = points[:468, :2].min(0), points[:468, :2].max(0)
        middle = ((low + high) / 2).astype(np.float64)
        return crop_region(rgb8, Region(middle, _REGION * float((high - low).max()), 0.0), _SIDE)[0]

    def _rows(self, painting: Painting) -> list[list[Rgb8]]:
        if self._target is None:
            self._target = self._studied()
            self._alone = self._rendered(Renderer(self.avatar, self._target, self.prior))
        painters = painting.painters(self.prior, self.avatar.face_px)
        painted = self._rendered(Renderer(self.avatar, self._target, self.prior, None, painters))
        return [[rgb8 for rgb8, _ in self._filmed], self._alone, painted]

    def _studied(self) -> Target:
        rows = self.pictures.rows
        looks = [(self.face_set.crop(n), self.face_set.points[n]) for n in map(int, some(rows, _STUDIED))]
        points, blendshapes = self.face_set.points[rows], self.face_set.blendshapes[rows]
        return study(looks, points, blendshapes, self.prior, HairFinder().mask)

    def _rendered(self, renderer: Renderer) -> list[Rgb8]:
        out = []
        for rgb8, points in self._filmed:
            renderer.restart()
            out.append(np.asarray(renderer.render(rgb8, points)[0], np.uint8))
        return out
