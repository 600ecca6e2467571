"""Following faces through a clip: each from its own mesh, new ones looked for now and then and at cuts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bonaface.faces.cover import HandFollower
from bonaface.faces.cut import CutDetector
from bonaface.faces.detect import ROLLS_RAD, FaceDetector, overlap, shift_detection
from bonaface.faces.embed import Embedder
from bonaface.faces.mesh import PRESENCE, FaceMesh, region_of_detection, region_of_points
from bonaface.faces.run import Run, box_of, has_left
from bonaface.terms.arrays import Floats, Mask, Rgb8
from bonaface.terms.face import Detection, Face, TrackedFrame
from bonaface.terms.picture import Frame, as_rgb8

LOOK_EVERY = 15
"""Frames between two looks for new faces."""
_LOOK_EVERY_WHEN_MISSING = 3
_SAME_PLACE = 0.4  # intersection over union from which two meshes lie on one face
_TOUCHING = 0.02
_LIKE = 0.36  # cosine from which SFace says "the same person"
_LIKE_IN_PLACE = 0.15  # enough for a face that comes back where one was lost
_SWAPPED = 0.1  # by how much exchanged names must fit better
_LOST_FOR_S = 5.0  # then a face that was seen only in passing is given up
_ESTABLISHED = 15  # frames after which it is not: it is expected until the shot ends
_JUMP = 0.5  # of the face's side in one frame: the mesh may have leapt to another face


class FaceTracker:
    """Follows all faces of one clip, frame by frame, without looking ahead. An instance belongs to one thread."""

    def __init__(
        self,
        *,
        max_faces: int = 8,
        hands: bool = True,
        blendshapes: bool = True,
        smooth: bool = True,
        min_face_px: float = 24.0,
        num_threads: int = 2,
    ) -> None:
        """Load the networks. ``blendshapes=False`` leaves them zero, ``smooth=False`` returns the raw meshes.

        Raises:
            MissingPartError: a model file is missing.
        """
        self._max_faces, self._min_face_px, self._num_threads = max_faces, min_face_px, num_threads
        self._with_blendshapes, self._smooth = blendshapes, smooth
        self._detector, self._mesh = FaceDetector(), FaceMesh(num_threads=num_threads)
        self._hands = HandFollower(num_threads=num_threads) if hands else None
        self._embedder: Embedder | None = None
        self._cuts = CutDetector()
        self._seen: list[Run] = []  # faces of the frame before
        self._lost: list[Run] = []  # expected, not found
        self._gone: list[Run] = []  # left the picture or the shot; known again if they return
        self._touching: set[tuple[int, int]] = set()
        self._next, self._since_look, self._looks = 1, 0, 0

    def restart(self) -> None:
        """Forget all faces: the next frame begins another clip, or is a picture by itself. Track numbers go on."""
        self._cuts = CutDetector()
        self._seen, self._lost, self._gone = [], [], []
        self._touching.clear()

    def step(self, frame: Frame) -> TrackedFrame:
        """Return the faces of the next frame, largest first."""
        rgb8, time_s = as_rgb8(frame.rgb), float(frame.time_s)
        cut = self._cuts.step(rgb8)
        if cut:
            self._gone += self._seen + self._lost
            self._seen, self._lost = [], []
            self._touching.clear()
        self._follow(rgb8, time_s)
        self._settle_claims(rgb8)
        self._look(rgb8, thoroughly=cut)
        self._undo_swaps(rgb8)
        self._give_up_lost(time_s)
        self._seen.sort(key=lambda run: -run.side_px)
        faces = tuple(self._face(run, time_s, rgb8) for run in self._seen)
        return TrackedFrame(frame.index, faces, cut, self._covers(rgb8, cut), tuple(run.track for run in self._lost))

    def same_face_in(self, frame: Frame, face: Face, others: Sequence[Face]) -> Face | None:
        """Return a face in the frame before the one it was seen in, None where it is not there or one of ``others``."""
        rgb8 = as_rgb8(frame.rgb)
        points, presence = self._mesh.read(rgb8, region_of_points(face.points))
        moved = float(np.linalg.norm((points - face.points)[:, :2].mean(0)))
        if presence < PRESENCE or moved > _JUMP * float(np.ptp(face.points[:, :2], axis=0).max()):
            return None
        if any(overlap(box_of(points), box_of(other.points))[0] > _SAME_PLACE for other in others):
            return None
        shapes = self._mesh.blendshapes(points) if self._with_blendshapes else face.blendshapes
        return Face(points, shapes, presence, face.track)

    def _follow(self, rgb8: Rgb8, time_s: float) -> None:
        """Read each known face where it was; a face that is not there is looked for nearby, then lost."""
        followed = []
        for run in self._seen:
            points, presence = self._mesh.read(rgb8, region_of_points(run.points))
            if presence >= PRESENCE and run.distance(points) < _JUMP:
                run.move(points, presence)
                followed.append(run)
                continue
            again = self._find_near(rgb8, run)
            if again is None:
                run.lose(time_s)
                (self._gone if has_left(run, rgb8.shape[:2]) else self._lost).append(run)
            else:
                run.move(*again)
                followed.append(run)
        self._seen = followed

    def _find_near(self, rgb8: Rgb8, run: Run) -> tuple[Floats, float] | None:
        """Return mesh and presence of the run's face, found anew within two sides of where it was."""
        left, top, width, height = box_of(run.points)
        reach = max(width, height)
        x0, y0 = max(0, int(left - reach)), max(0, int(top - reach))
        part = rgb8[y0 : int(top + height + reach) + 1, x0 : int(left + width + reach) + 1]
        if min(part.shape[:2]) < 8:
            return None
        for found in self._detector.find_quickly(part, roll_rad=region_of_points(run.points).angle_rad):
            moved = shift_detection(found, x0, y0)
            if any(overlap(moved.box_xywh_px, box_of(o.points))[0] > _SAME_PLACE for o in self._seen if o is not run):
                continue
            again = self._mesh.settle(rgb8, region_of_detection(moved))
            if (
                again is not None
                and run.likeness.compare(self._embed(rgb8, again[0]), self._network()) > _LIKE_IN_PLACE
            ):
                return again
        return None

    def _settle_claims(self, rgb8: Rgb8) -> None:
        """Where two meshes lie on one face, leave it to the run that it looks like; the other is lost."""
        for a in list(self._seen):
            for b in list(self._seen):
                if a.track >= b.track or a not in self._seen or b not in self._seen:
                    continue
                union, _ = overlap(box_of(a.points), box_of(b.points))
                if union > _TOUCHING:
                    self._touching.add((a.track, b.track))
                if union > _SAME_PLACE:
                    face = self._embed(rgb8, a.points)
                    like_a, like_b = (run.likeness.compare(face, self._network()) for run in (a, b))
                    loser = b if like_a >= like_b else a
                    loser.step_back()
                    self._seen.remove(loser)
                    self._lost.append(loser)

    def _look(self, rgb8: Rgb8, *, thoroughly: bool) -> None:
        """Look for faces that are not followed yet, where it is time to."""
        self._since_look += 1
        due = self._since_look >= (_LOOK_EVERY_WHEN_MISSING if self._lost or not self._seen else LOOK_EVERY)
        if not (thoroughly or due) or len(self._seen) >= self._max_faces:
            return
        self._since_look = 0
        if thoroughly:
            found = self._detector.find(rgb8, min_face_px=self._min_face_px, tilted_finely=False)
        else:
            side_px = int(min(max(320, max(rgb8.shape[:2]) * 12 / 24), 960))
            turned = ROLLS_RAD[self._looks % len(ROLLS_RAD)]  # lying heads are looked for in turn
            found = self._detector.find_quickly(rgb8, longer_side_px=side_px)
            found += self._detector.find_quickly(rgb8, longer_side_px=min(side_px, 480), roll_rad=turned)
            self._looks += 1
        for detection in found:
            if len(self._seen) >= self._max_faces:
                break
            self._welcome(rgb8, detection)

    def _welcome(self, rgb8: Rgb8, detection: Detection) -> None:
        if any(overlap(detection.box_xywh_px, box_of(run.points))[1] > _SAME_PLACE for run in self._seen):
            return
        found = self._mesh.settle(rgb8, region_of_detection(detection))
        if found is None or any(overlap(box_of(found[0]), box_of(run.points))[0] > _SAME_PLACE for run in self._seen):
            return
        run = self._recognise(rgb8, found[0])
        if run is None:
            run = Run(self._next)
            self._next += 1
        run.begin(*found)
        self._seen.append(run)

    def _recognise(self, rgb8: Rgb8, points: Floats) -> Run | None:
        """Return the run that this face continues, taken out of the lost and gone, or None for a new face."""
        if not self._lost and not self._gone:
            return None
        face = self._embed(rgb8, points)
        best, best_run = 0.0, None
        for run in self._lost + self._gone:
            in_place = run in self._lost and run.distance(points) < 1.0
            like = run.likeness.compare(face, self._network())
            if like > (_LIKE_IN_PLACE if in_place else _LIKE) and like > best:
                best, best_run = like, run
        if best_run is not None:
            (self._lost if best_run in self._lost else self._gone).remove(best_run)
        return best_run

    def _undo_swaps(self, rgb8: Rgb8) -> None:
        """When two faces that touched stand apart again, give each its own name."""
        runs = {run.track: run for run in self._seen}
        for pair in list(self._touching):
            if pair[0] not in runs or pair[1] not in runs:
                continue
            a, b = runs[pair[0]], runs[pair[1]]
            if overlap(box_of(a.points), box_of(b.points))[0] > 0:
                continue
            self._touching.discard(pair)
            face_a, face_b = self._embed(rgb8, a.points), self._embed(rgb8, b.points)
            straight = sum(r.likeness.compare(f, self._network()) for r, f in ((a, face_a), (b, face_b)))
            crossed = sum(r.likeness.compare(f, self._network()) for r, f in ((a, face_b), (b, face_a)))
            if crossed > straight + _SWAPPED:
                a.exchange(b)

    def _give_up_lost(self, time_s: float) -> None:
        for run in list(self._lost):
            if run.frames < _ESTABLISHED and time_s - run.lost_at_s > _LOST_FOR_S:
                self._lost.remove(run)
                self._gone.append(run)

    def _face(self, run: Run, time_s: float, rgb8: Rgb8) -> Face:
        touched = any(run.track in pair for pair in self._touching)
        if not touched and run.presence > 0.9:
            run.likeness.remember(rgb8, run.points)
        points = run.smoothed(time_s) if self._smooth else run.points
        return run.face(points, self._mesh.blendshapes(points) if self._with_blendshapes else None)

    def _covers(self, rgb8: Rgb8, cut: bool) -> Mask | None:
        if self._hands is None or not (self._seen or self._lost):
            return None
        return self._hands.step(rgb8, [box_of(run.points) for run in self._seen + self._lost], cut=cut)

    def _network(self) -> Embedder:
        if self._embedder is None:
            self._embedder = Embedder(num_threads=self._num_threads)
        return self._embedder

    def _embed(self, rgb8: Rgb8, points: Floats) -> Floats:
        return self._network().embed(rgb8, points)
