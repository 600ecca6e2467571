"""Faces as they are found and followed. Points are (x, y) in pixels of the upright picture, top left is (0, 0)."""

from __future__ import annotations

from dataclasses import dataclass

from bonaface.terms.arrays import Floats, Mask


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face found in one picture.

    ``box_xywh_px`` (4,) float32; ``points_xy_px`` (5, 2) float32: right eye, left eye, nose tip, right and left
    mouth corner (the person's right is the viewer's left); ``score`` 0..1.
    """

    box_xywh_px: Floats
    points_xy_px: Floats
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face with its mesh.

    ``points`` (478, 3) float32: x, y in pixels, z in pixels, smaller is nearer (MediaPipe's order, iris 468 to 477);
    ``blendshapes`` (52,) float32 0..1 in MediaPipe's order (index 0 is "_neutral"); ``presence`` 0..1: how sure the
    mesh network is that this is a face; ``track`` numbers the person's run of frames within a clip.
    """

    points: Floats
    blendshapes: Floats
    presence: float
    track: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFrame:
    """All faces of one frame.

    ``cut``: this frame begins a new shot. ``covers`` is None or an (H, W) mask of hands in the frame.
    ``lost``: tracks that were followed until a frame before, whose face is expected here but was not found.
    """

    index: int
    faces: tuple[Face, ...]
    cut: bool = False
    covers: Mask | None = None
    lost: tuple[int, ...] = ()
