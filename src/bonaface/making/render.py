"""Put a person's avatar in the place of a target's face, one frame after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.faces.mask import MaskFollower
from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.making.avatar import Avatar
from bonaface.making.blend import blend
from bonaface.making.collar import draw_in
from bonaface.making.detail import match_detail
from bonaface.making.gaze import Aim, Irises, follow_gaze, lid_ratio
from bonaface.making.gradual import LEAST_SHARE, Gradual
from bonaface.making.layout import BORDER, Layout, scale_between
from bonaface.making.level import fitting
from bonaface.making.light import Light, fit_light, relight, vertex_normals
from bonaface.making.mouth import Mouth
from bonaface.making.painter import PARTS, Painter, Pose
from bonaface.making.prior import Prior
from bonaface.making.raster import rasterise, sample
from bonaface.making.shape import place_irises, ring_offsets, widen
from bonaface.making.slit import redraw
from bonaface.making.target import SIZE, Target
from bonaface.making.texture import predict
from bonaface.making.unwrapped import facing
from bonaface.terms.arrays import Floats, Mask, Rgb
from bonaface.terms.picture import as_rgb8

_LIGHT_SIZE = 64
_LIGHT_SHARE = 0.3
_RIM = 5
_FACING = 0.3
_MARGIN = 1.25
_EDGE_PX = 1.5
_FADE = 9
"""Texels over which, at a fringe, the person's forehead fades into the target's. At the sides that costs likeness."""
_BROWS = (105, 334, 66, 296)


@dataclass(slots=True, eq=False)
class Renderer:
    """Renders one person onto one face through a shot; keeps light and sharpness steady from frame to frame.

    ``masks`` finds what is before the target's face in a frame and stays there; without it there is nothing.
    ``painters`` paint the parts that the avatar shows less well; where none paints the mouth, the target lends its own
    when it opens further than the person's was filmed. ``aim`` says how far irises are slid (see `making.aim`).
    """

    avatar: Avatar
    target: Target
    prior: Prior
    masks: MaskFollower | None = None
    painters: tuple[Painter, ...] = ()
    aim: Aim = field(default_factory=Aim)
    _layout: Layout = field(init=False)
    _small: Layout = field(init=False)
    _lids: Floats = field(init=False)
    _rings: Floats = field(init=False)
    _soft: Floats = field(init=False)
    _both: Floats = field(init=False)
    _mouth: Mouth = field(init=False)
    _irises: Irises = field(init=False)
    _light: Light | None = field(default=None, init=False)
    _strength: float | None = field(default=None, init=False)
    _shares: dict[str, Gradual] = field(default_factory=lambda: {part: Gradual() for part in PARTS}, init=False)

    def __post_init__(self) -> None:
        """Work out what is the same in every frame."""
        self.avatar = fitting(self.avatar, self.target.face_px, self.prior)
        self._layout, self._small = self.prior.layout(self.avatar.size), self.prior.layout(_LIGHT_SIZE)
        self._lids = lid_ratio(self.avatar.neutral, self.target.neutral)
        self._rings = ring_offsets(self.avatar.neutral)
        own = cv2.resize(self.avatar.own, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        # Where the person's skin was never filmed (a fringe) the target's own stays: inventing costs likeness.
        known = self._shown(own)
        self._soft = np.dstack([self.target.alpha * known, self.target.skin])
        both = [self.target.skin, self.avatar.own.astype(np.float32) / 255]
        small = [cv2.resize(mask, (_LIGHT_SIZE, _LIGHT_SIZE), interpolation=cv2.INTER_AREA) for mask in both]
        # Beyond the outline, and where the face turns away, background mixes in and tints the light.
        core = cv2.erode(self._small.face, np.ones((_RIM, _RIM), np.uint8)) > 0
        self._both = (small[0] * small[1] * core).astype(np.float32)
        self._mouth = Mouth(self._layout)
        self._irises = Irises(self._layout)

    def _shown(self, own: Mask) -> Floats:
        """Return (256, 256) 0..1 where the person's filmed skin shows; it fades out on the forehead."""
        layout = self.prior.layout(SIZE)
        crisp = cv2.GaussianBlur(own, (0, 0), 2).astype(np.float32) / 255
        inner = cv2.bitwise_or(own, cv2.bitwise_not(layout.face))
        faded = cv2.GaussianBlur(cv2.erode(inner, np.ones((_FADE, _FADE), np.uint8)), (0, 0), _FADE / 2)
        brows = layout.uv[list(_BROWS), 1].min() - _FADE / 2
        above = np.clip((brows - np.arange(SIZE)) / _FADE, 0, 1).astype(np.float32)[:, None]
        return np.asarray(crisp + above * (np.minimum(crisp, faded.astype(np.float32) / 255) - crisp), np.float32)

    def restart(self) -> None:
        """Forget the frames before: call at a cut."""
        self._light = self._strength = None
        for share in self._shares.values():
            share.restart()
        self._mouth.restart()
        if self.masks is not None:
            self.masks.reset()

    def render(self, rgb: Rgb, points: Floats, covers: Mask | None = None) -> tuple[Rgb, Mask]:
        """Return the frame with the person's face, and an (H, W) mask of what was touched.

        Args:
            rgb: (H, W, 3) frame, uint8 or uint16; points: (478, 3) mesh of the face to be replaced, pixels.
            covers: (H, W) uint8, what else lies before the face and stays: hands.
        """
        pose = fit_pose(points, self.prior.reference)
        seen = place_irises(to_canonical(points, pose))
        displacement = seen - self.target.neutral
        shape = follow_gaze(self.avatar.neutral + displacement * self._lids, seen)
        old = to_picture(widen(seen, self.target.rings), pose)
        new = to_picture(widen(shape, self._rings), pose)
        mask = np.zeros(rgb.shape[:2], np.uint8)
        left, top, right, bottom = _box(old, new, rgb.shape[:2])
        if right - left < 4 or bottom - top < 4:
            return rgb, mask
        out = rgb.copy()
        region = out[top:bottom, left:right]
        below = region.astype(np.float32)
        if rgb.dtype == np.uint16:
            below *= np.float32(1 / 257)
        shift = np.array([left, top, 0], np.float32)
        old, new = old - shift, new - shift
        cover = self._cover(region, points - shift, None if covers is None else covers[top:bottom, left:right])
        texture = self._texture(below, shape, displacement, head_angles_deg(pose), old, new)
        self._irises.slide(texture, self.aim.by(points))
        layer, alpha, skin = self._lay(texture, new, below.shape[:2])
        drawn = None
        moved = draw_in(below.shape[:2], old, new)
        if moved is not None:
            source, drawn = moved
            below = sample(below, source)
            cover = sample(cover, source) if cover is not None else None
        if cover is not None:
            alpha *= 1 - cover
        width = float(np.ptp(old[:468, 0]))
        fine, self._strength = match_detail(layer, below, alpha, skin, self._strength, width)
        mask[top:bottom, left:right] = blend(region, below, layer, fine, alpha, drawn)
        return out, mask

    def _cover(self, region: Rgb, points: Floats, covers: Mask | None) -> Floats | None:
        """What stays in front of the face in its box, (h, w) 0..1, or None."""
        cover = covers
        if self.masks is not None:
            hair, other = self.masks.step(as_rgb8(region), points)
            cover = cv2.max(hair, other) if covers is None else cv2.max(cv2.max(hair, other), covers)
        return None if cover is None else cover.astype(np.float32) * np.float32(1 / 255)

    def _texture(
        self, below: Floats, shape: Floats, displacement: Floats, angles: Floats, old: Floats, new: Floats
    ) -> Floats:
        """Texture of the person for this frame, in the target's light."""
        texture = predict(self.avatar.mean, self.avatar.regions, displacement, angles)
        for painter in self.painters:
            share = self._share_of(painter, displacement)
            if share >= LEAST_SHARE:
                painter.paint(texture, Pose(shape, shape - self.avatar.neutral, angles), share)
        theirs = self._small.unwrap(below, old, cv2.INTER_AREA)
        ours = cv2.resize(texture, (_LIGHT_SIZE, _LIGHT_SIZE), interpolation=cv2.INTER_AREA)
        both = self._both * (facing(old, self._small) > _FACING)
        normals = self._small.spread(vertex_normals(new, self._small.triangles))
        light = fit_light(ours, theirs, both, normals)
        self._light = light if self._light is None else self._light.towards(light, _LIGHT_SHARE)
        lit = relight(texture, self._light, new, self._layout)
        if not any(painter.part == "mouth" for painter in self.painters):
            self._mouth.lend(lit, below, old, self.avatar.features_of("mouth").beyond(displacement))
        return lit

    def _share_of(self, painter: Painter, displacement: Floats) -> float:
        """How far a part is painted: wholly, or by what is beyond the filmed, changing little from frame to frame."""
        if not painter.beyond:
            return 1.0
        return self._shares[painter.part].towards(self.avatar.features_of(painter.part).beyond(displacement))

    def _lay(self, texture: Floats, vertices: Floats, size_hw: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        """Texture to pixels: the layer (H, W, 3), its alpha (H, W) and where the target's grain may be used."""
        where, inside = rasterise(vertices, self._layout.triangles, self._layout.uv, size_hw)
        layer = sample(texture, where, cv2.INTER_CUBIC)
        redraw(layer, texture, vertices, self._layout)
        scale = scale_between(SIZE, self.avatar.size)
        if scale != 1:
            where = (where - BORDER) * np.float32(scale) + BORDER
        alpha, skin = cv2.split(sample(self._soft, where))
        edge = cv2.GaussianBlur(cv2.erode(inside, np.ones((3, 3), np.uint8)), (0, 0), _EDGE_PX)
        alpha *= cv2.min(edge, inside).astype(np.float32) * np.float32(1 / 255)
        return layer, alpha, skin


def _box(old: Floats, new: Floats, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what may change: both faces and the band that is drawn in."""
    both = np.concatenate([old[:, :2], new[:, :2]])
    low, high = both.min(0), both.max(0)
    middle, half = (low + high) / 2, (high - low) / 2 * _MARGIN
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.minimum(np.ceil(middle + half), size_hw[::-1]).astype(int)
    return int(left), int(top), int(right), int(bottom)
