"""The parts of the layout that a network paints: the mouth and both eyes, each as a small picture.

All lie in the layout of `SIZE` texels, at about the resolution of a face 240 pixels wide. The left eye is handled as a
mirror image, so that one network serves both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from bonaface.faces.pose import load_canonical_face
from bonaface.making.layout import BORDER, Layout, scale_between
from bonaface.making.prior import Prior
from bonaface.making.raster import interpolate, sample
from bonaface.making.shape import INNER_LIPS, IRIS, OUTER_LIPS, OVAL, RIGHT_EYE
from bonaface.terms.arrays import Floats, Mask

SIZE = 384
"""Texels of the layout in which the parts lie."""
_LID = [226, 31, 228, 229, 230, 231, 232, 233, 244, 189, 221, 222, 223, 224, 225, 113]
_BROW = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]
_CHIN = [152, 148, 377, 205, 425, 50, 280, 18, 200, 164]
_SHAPE_STEP, _MOVE_STEP, _TURN_DEG, _USUAL_PX = 10.0, 5.0, 30.0, 200.0


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A square window of the layout of `SIZE` texels.

    ``top``, ``left`` and ``side`` in texels; ``mirrored``: taken and put back as a mirror image; ``hole``, ``soft`` and
    ``inner`` (side, side) float32 0..1: what is painted anew where nothing is known (what lies between lips or lids,
    and a little more), how far what is painted counts, and what lies between; ``corner``, ``weight`` (side, side, 3)
    the layout's triangles over the window; ``vertices`` (V,) whose movements the network is told.
    """

    top: int
    left: int
    side: int
    mirrored: bool
    hole: Floats
    soft: Floats
    inner: Floats
    corner: np.ndarray
    weight: Floats
    vertices: np.ndarray

    def take(self, texture: np.ndarray) -> np.ndarray:
        """Cut the patch (side, side, C) out of a texture (size, size, C) of any size, in its own dtype."""
        scale = scale_between(texture.shape[0], SIZE)
        matrix = np.array([[scale, 0, self._shift(self.left, scale)], [0, scale, self._shift(self.top, scale)]])
        how = (cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
        out = cv2.warpAffine(texture, matrix, (self.side, self.side), flags=how, borderMode=cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(out[:, ::-1]) if self.mirrored else out

    def unwrap(self, picture: np.ndarray, vertices: Floats) -> np.ndarray:
        """Return the patch (side, side, C) as seen through the mesh ``vertices`` (550, 3) in a picture."""
        if self.mirrored:
            vertices = vertices[counterparts()]
        return sample(
            picture, interpolate(self.corner, self.weight, vertices[:, :2].astype(np.float32)), cv2.INTER_CUBIC
        )

    def add(self, texture: Floats, change: Floats) -> None:
        """Add a change (side, side, C) of the patch to a texture of any size, in place."""
        size, scale = texture.shape[0], scale_between(texture.shape[0], SIZE)
        if self.mirrored:
            change = np.ascontiguousarray(change[:, ::-1])
        top, left = (int(np.floor(self._shift(x, scale))) for x in (self.top, self.left))
        high, wide = (min(int(np.ceil(self.side * scale)) + 2, size - x) for x in (top, left))
        back = 1 / scale
        matrix = np.array(
            [
                [back, 0, (left - self._shift(self.left, scale)) * back],
                [0, back, (top - self._shift(self.top, scale)) * back],
            ]
        )
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        texture[top : top + high, left : left + wide] += cv2.warpAffine(change, matrix, (wide, high), flags=how)

    def _shift(self, start: int, scale: float) -> float:
        return (start - BORDER) * scale + BORDER

    def geometry(self, shape: Floats, displacement: Floats, reference: Floats) -> Floats:
        """Return (6, side / 2, side / 2): how each texel moved, and where it lies beside the average face.

        Args:
            shape: (478, 3) canonical face with its expression; displacement: (478, 3) of it from the person's neutral.
            reference: (478, 3) the average face.
        """
        both = np.concatenate([displacement, shape - reference], 1) / _SHAPE_STEP
        if self.mirrored:
            both = both[counterparts()] * np.array([-1, 1, 1, -1, 1, 1])
        whole = np.concatenate([both, both[OVAL], both[OVAL]]).astype(np.float32)
        coarse = (np.ascontiguousarray(x[::2, ::2]) for x in (self.corner, self.weight))
        return np.asarray(interpolate(*coarse, whole)).transpose(2, 0, 1)

    def code(self, displacement: Floats, angles_deg: Floats, codes: Floats, face_px: float) -> Floats:
        """Return (K,): the movements of the part and of the whole face, the turn of the head, and the resolution.

        Args:
            displacement: (478, 3) from the person's neutral; angles_deg: (3,) pitch, yaw and roll.
            codes: (16, 1434) the people-wide directions of expression; face_px: width of the face in its material.
        """
        turn = np.asarray(angles_deg, np.float32) / _TURN_DEG
        if self.mirrored:
            displacement = displacement[counterparts()] * np.array([-1, 1, 1])
            turn = turn * np.array([1, -1, -1], np.float32)
        face = displacement.ravel() @ codes.T / (4 * _MOVE_STEP)
        part = displacement[self.vertices].ravel() / _MOVE_STEP
        return np.concatenate([face, part, turn, [np.log2(face_px / _USUAL_PX)]]).astype(np.float32)


@lru_cache(maxsize=1)
def counterparts() -> np.ndarray:
    """Return (478,): for each vertex, the one on the other side of the face."""
    points = load_canonical_face().points.astype(np.float64)
    return np.linalg.norm(points[:, None] * (-1, 1, 1) - points[None], axis=2).argmin(axis=1)


def painted_share(shares: Mapping[str, float], prior: Prior) -> float:
    """Return the share of the face's outline that is paint, from that of each part ("mouth", "eyes")."""
    areas = {"mouth": mouth_patch(prior).soft.sum(), "eyes": 2 * eye_patches(prior)[0].soft.sum()}
    face = float((prior.layout(SIZE).face > 0).sum())
    return float(sum(areas[part] * share for part, share in shares.items())) / face


def mouth_patch(prior: Prior) -> Patch:
    """Return the patch of the mouth."""
    layout = prior.layout(SIZE)
    vertices = np.concatenate([INNER_LIPS, OUTER_LIPS, _CHIN])
    return _around(layout, layout.polygon(OUTER_LIPS), layout.mouth, 128, 6, vertices)


def eye_patches(prior: Prior) -> tuple[Patch, Patch]:
    """Return the patches of the right eye (on the left of a picture), and of the left one."""
    layout = prior.layout(SIZE)
    vertices = np.concatenate([RIGHT_EYE, IRIS[0][:3], _LID, _BROW])
    eye = layout.polygon(RIGHT_EYE)
    right = _around(layout, eye, eye, 80, 4, vertices)
    return right, replace(right, left=SIZE - right.left - right.side, mirrored=True)


def _around(layout: Layout, mask: Mask, inner: Mask, side: int, margin: int, vertices: np.ndarray) -> Patch:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top = round((rows[0] + rows[-1] + 1 - side) / 2)
    left = round((columns[0] + columns[-1] + 1 - side) / 2)
    reach = 2 * margin + 1
    hole = cv2.dilate(inner, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    soft = cv2.GaussianBlur(cv2.dilate(mask, np.ones((2 * reach, 2 * reach), np.uint8)), (0, 0), margin / 2)
    window = slice(top, top + side), slice(left, left + side)
    cut = [np.asarray(x[window], np.float32) / 255 for x in (hole, soft, inner)]
    corner, weight = (np.ascontiguousarray(x[window]) for x in (layout.corner, layout.weight))
    return Patch(top, left, side, False, cut[0], cut[1], cut[2], corner, weight, vertices)
