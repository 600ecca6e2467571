"""Put a person's avatar in the place of a target's face, one frame after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.making.avatar import Avatar
from bonaface.making.collar import draw_in
from bonaface.making.detail import match_detail
from bonaface.making.light import Light, fit_light, relight, vertex_normals
from bonaface.making.prior import Prior
from bonaface.making.raster import rasterise, sample
from bonaface.making.shape import IRIS, LEFT_EYE, RIGHT_EYE, place_irises, ring_offsets, widen
from bonaface.making.target import SIZE, Target
from bonaface.making.texture import predict
from bonaface.making.unwrapped import HairOf, facing
from bonaface.terms.arrays import Floats, Mask, Rgb
from bonaface.terms.picture import as_rgb8

_LIGHT_SIZE = 64
_LIGHT_SHARE = 0.3
_LEND_FROM, _LEND_WHOLLY, _LEND_SHARE = 1.1, 1.7, 0.35
_MARGIN = 1.25
_EDGE_PX = 1.5


@dataclass(slots=True, eq=False)
class Renderer:
    """Renders one person onto one face through a shot; keeps light and sharpness steady from frame to frame.

    ``hair_of`` finds the target's hair in a frame, which stays in front; without it there is none.
    """

    avatar: Avatar
    target: Target
    prior: Prior
    hair_of: HairOf | None = None
    _light: Light | None = field(default=None, init=False)
    _strength: float = field(default=0.0, init=False)
    _lent: float = field(default=0.0, init=False)

    def restart(self) -> None:
        """Forget the light of the frames before: call at a cut."""
        self._light = None

    def render(self, rgb: Rgb, points: Floats, covers: Mask | None = None) -> tuple[Rgb, Mask]:
        """Return the frame with the person's face, and an (H, W) mask of what was touched.

        Args:
            rgb: (H, W, 3) frame, uint8 or uint16; points: (478, 3) mesh of the face to be replaced, pixels.
            covers: (H, W) uint8, what else lies before the face and stays: hands.
        """
        pose = fit_pose(points, self.prior.reference)
        seen = place_irises(to_canonical(points, pose))
        displacement = seen - self.target.neutral
        shape = follow_gaze(self.avatar.neutral + displacement * self._lid_ratio(), seen)
        old = to_picture(widen(seen, self.target.rings), pose)
        new = to_picture(widen(shape, ring_offsets(self.avatar.neutral)), pose)
        left, top, right, bottom = _box(old, new, rgb.shape[:2])
        if right - left < 4 or bottom - top < 4:
            return rgb, np.zeros(rgb.shape[:2], np.uint8)
        unit = 257.0 if rgb.dtype == np.uint16 else 1.0
        below = rgb[top:bottom, left:right].astype(np.float32) / np.float32(unit)
        shift = np.array([left, top, 0], np.float32)
        old, new = old - shift, new - shift
        texture = self._texture(below, displacement, head_angles_deg(pose), old, new)
        layer, alpha, skin = self._lay(texture, new, below.shape[:2])
        changed = np.zeros(alpha.shape, np.uint8)
        cover = self._cover(rgb[top:bottom, left:right], points - shift, covers, (left, top, right, bottom))
        moved = draw_in(below.shape[:2], old, new)
        base = below
        if moved is not None:
            source, changed = moved
            base = sample(below, source)
            cover = sample(cover, source) if cover is not None else None
        if cover is not None:
            alpha = alpha * (1 - cover)
        layer, self._strength = match_detail(layer, base, alpha, skin, self._strength, float(np.ptp(old[:468, 0])))
        mixed = base + alpha[..., None] * (layer - base)
        out = rgb.copy()
        touched = (alpha > 0.002) | (changed > 0)
        region = out[top:bottom, left:right]
        region[touched] = np.clip(np.round(mixed[touched] * unit), 0, 255 * unit).astype(rgb.dtype)
        mask = np.zeros(rgb.shape[:2], np.uint8)
        mask[top:bottom, left:right] = touched * np.uint8(255)
        return out, mask

    def _cover(self, region: Rgb, points: Floats, covers: Mask | None, box: tuple[int, int, int, int]) -> Floats | None:
        """What stays in front of the face in its box, (h, w) 0..1, or None."""
        left, top, right, bottom = box
        cover = None if covers is None else covers[top:bottom, left:right]
        if self.hair_of is not None:
            hair = self.hair_of(as_rgb8(region), points)
            cover = hair if cover is None else cv2.max(cover, hair)
        return None if cover is None else cover.astype(np.float32) / 255

    def _lid_ratio(self) -> Floats:
        """(478, 1): lids move in proportion to the opening of the person's eyes, so that they close wholly."""
        out = np.ones((478, 1), np.float32)
        for eye, (_, _, _, _, _, upper, lower) in zip((RIGHT_EYE, LEFT_EYE), IRIS, strict=True):
            ours, theirs = (
                float(np.linalg.norm(x[upper] - x[lower])) for x in (self.avatar.neutral, self.target.neutral)
            )
            out[eye] = np.clip(ours / max(theirs, 1e-3), 0.6, 1.7)
        return out

    def _texture(self, below: Floats, displacement: Floats, angles: Floats, old: Floats, new: Floats) -> Floats:
        """Texture of the person for this frame, in the target's light."""
        small = self.prior.layout(_LIGHT_SIZE)
        layout = self.prior.layout(self.avatar.size)
        texture = predict(self.avatar.mean, self.avatar.regions, displacement, angles)
        theirs = small.unwrap(below, old, cv2.INTER_AREA)
        ours = cv2.resize(texture, (_LIGHT_SIZE, _LIGHT_SIZE), interpolation=cv2.INTER_AREA)
        both = cv2.resize(self.target.skin, (_LIGHT_SIZE, _LIGHT_SIZE), interpolation=cv2.INTER_AREA)
        both = both * (cv2.resize(self.avatar.own, (_LIGHT_SIZE, _LIGHT_SIZE), interpolation=cv2.INTER_AREA) / 255.0)
        both = both * (facing(old, small) > 0.2)
        normals = small.spread(vertex_normals(new, small.triangles))
        light = fit_light(ours, theirs, both.astype(np.float32), normals)
        self._light = light if self._light is None else self._light.towards(light, _LIGHT_SHARE)
        lit = relight(texture, self._light, new, layout)
        return self._lend_mouth(lit, below, old, self.avatar.regions[-1].features.reach(displacement))

    def _lend_mouth(self, texture: Floats, below: Floats, old: Floats, reach: float) -> Floats:
        """Where the person was never filmed with such a mouth, what lies between the lips is the target's own."""
        x = float(np.clip((reach - _LEND_FROM) / (_LEND_WHOLLY - _LEND_FROM), 0, 1))
        wanted = x * x * (3 - 2 * x)
        self._lent += _LEND_SHARE * (wanted - self._lent)
        if self._lent < 0.02:
            return texture
        layout = self.prior.layout(self.avatar.size)
        between = cv2.GaussianBlur(layout.mouth, (0, 0), self.avatar.size / 170).astype(np.float32) / 255
        share = (between * self._lent)[..., None]
        return np.asarray(texture + share * (layout.unwrap(below, old) - texture), np.float32)

    def _known(self) -> Floats:
        """Where the person is known (256, 256): all of the face, and beyond its outline what was filmed as skin."""
        own = cv2.resize(self.avatar.own, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        known = cv2.bitwise_or(own, self.prior.layout(SIZE).face)
        return cv2.GaussianBlur(known, (0, 0), 2).astype(np.float32) / 255

    def _lay(self, texture: Floats, vertices: Floats, size_hw: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        """Texture to pixels: the layer (H, W, 3), its alpha (H, W) and where the target's grain may be used."""
        layout = self.prior.layout(self.avatar.size)
        where, inside = rasterise(vertices, layout.triangles, layout.uv, size_hw)
        layer = sample(texture, where, cv2.INTER_CUBIC)
        scale = (SIZE - 9) / (self.avatar.size - 9)
        where_target = (where - 4) * scale + 4
        soft = sample(np.dstack([self.target.alpha * self._known(), self.target.skin]), where_target)
        edge = cv2.GaussianBlur(cv2.erode(inside, np.ones((3, 3), np.uint8)), (0, 0), _EDGE_PX).astype(np.float32) / 255
        edge *= inside > 0
        return layer, np.asarray(soft[..., 0] * edge, np.float32), np.asarray(soft[..., 1], np.float32)


def follow_gaze(shape: Floats, seen: Floats) -> Floats:
    """Return the shape (478, 3) with its irises where the target ``seen`` has them, measured along each eye."""
    out = shape.copy()
    for centre, side_a, side_b, outer, inner, _, _ in IRIS:
        theirs, ours = seen[inner] - seen[outer], shape[inner] - shape[outer]
        along = float((seen[centre] - seen[outer])[:2] @ theirs[:2]) / (float(theirs[:2] @ theirs[:2]) + 1e-9)
        old = float((shape[centre] - shape[outer])[:2] @ ours[:2]) / (float(ours[:2] @ ours[:2]) + 1e-9)
        for k in (centre, side_a, side_b):
            out[k] += (along - old) * ours
    return place_irises(out)


def _box(old: Floats, new: Floats, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what may change: both faces and the band that is drawn in."""
    both = np.concatenate([old[:, :2], new[:, :2]])
    low, high = both.min(0), both.max(0)
    middle, half = (low + high) / 2, (high - low) / 2 * _MARGIN
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.minimum(np.ceil(middle + half), size_hw[::-1]).astype(int)
    return int(left), int(top), int(right), int(bottom)
