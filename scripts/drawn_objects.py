"""Objects drawn before faces to teach the network what covers one: brushes, cups, spoons, telephones, food.

Each function returns the object's mask, (size, size) uint8, smooth at its edge, and its colours, (size, size, 3)
float32 0..255 before the light of the scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Mask, Rgb8

Drawn = tuple[Mask, Floats]


class _Axes:
    """Places points given along and across an object; ``along`` leads away from its tip."""

    def __init__(self, at: Floats, angle: float, unit: float) -> None:
        along = np.array([np.cos(angle), np.sin(angle)])
        self.at, self.angle, self.unit = at, angle, unit
        self.rows = np.stack([along, [-along[1], along[0]]])

    def __call__(self, *points: tuple[float, float]) -> Floats:
        return np.asarray(self.at + np.array(points) * self.unit @ self.rows)

    def grid(self, size: int) -> tuple[Floats, Floats]:
        """Return along and across, (size, size) each, in units."""
        y, x = np.indices((size, size), np.float32)
        both = np.stack([x - self.at[0], y - self.at[1]], -1) @ (self.rows.T / self.unit).astype(np.float32)
        return both[..., 0], both[..., 1]


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where to draw: the tip or middle ``at`` (2,) of a picture ``size`` wide, leading away at ``angle`` (radians).

    ``side`` is the face's, in pixels; ``other`` another picture, for its colours.
    """

    size: int
    at: Floats
    angle: float
    side: float
    other: Rgb8
    rng: np.random.Generator

    def empty(self) -> Mask:
        """Return (size, size) zeros."""
        return np.zeros((self.size, self.size), np.uint8)

    def axes(self, angle: float | None = None) -> _Axes:
        """Return what places points along and across, in sides of the face."""
        return _Axes(self.at, self.angle if angle is None else angle, self.side)

    def material(self) -> Floats:
        """Return (size, size, 3) out of the other picture."""
        return material(self.other, (self.size, self.size), self.rng)

    def noise(self, count: int) -> Floats:
        """Return (size, size, 1) smooth noise."""
        return blotches((self.size, self.size), count, self.rng)[..., None]


def draw_object(
    size: int, at_xy_px: Floats, middle_xy_px: Floats, side_px: float, other: Rgb8, rng: np.random.Generator
) -> Drawn:
    """Return one object with its tip or middle at ``at_xy_px``; it leads away from the face's ``middle_xy_px``."""
    kinds: tuple[Callable[[Spot], Drawn], ...] = (
        *(_brush, _stick, _cup, _spoon, _microphone),
        *(_telephone, _food, _sheet, _band),
    )
    draw = kinds[int(rng.choice(len(kinds), p=[0.26, 0.2, 0.08, 0.1, 0.1, 0.06, 0.06, 0.08, 0.06]))]
    away = at_xy_px - middle_xy_px
    angle = np.arctan2(away[1], away[0]) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    if draw in (_brush, _spoon, _microphone, _stick) and rng.random() < 0.6:
        angle = np.pi / 2 + rng.normal(0, 0.9)  # most are held from below
    return draw(Spot(size, at_xy_px, float(angle + rng.normal(0, 0.4)), side_px, other, rng))


def scene_light(rgb: Floats) -> Floats:
    """Return (3,): how bright and of what tint the scene is, so that what is drawn does not shine in the dark."""
    mean = rgb.reshape(-1, 3).mean(0)
    level = float(np.clip(mean.mean() / 120, 0.25, 1.25))
    tint = np.clip(mean / max(mean.mean(), 1), 0.7, 1.4) ** 0.4
    return np.asarray(level * tint, np.float32)


def material(other: Rgb8, hw: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return (h, w, 3): a patch of another picture in other colours."""
    part = int(rng.integers(24, other.shape[0] // 2))
    x, y = rng.integers(0, other.shape[0] - part, 2)
    patch = cv2.resize(other[y : y + part, x : x + part], hw[::-1], interpolation=cv2.INTER_LINEAR)
    return patch.astype(np.float32) * rng.uniform(0.6, 1.3, 3).astype(np.float32)


def blotches(hw: tuple[int, int], count: int, rng: np.random.Generator) -> Floats:
    """Return (h, w) smooth noise of spread 1, ``count`` knots along a side."""
    knots = rng.normal(0, 1, (count, count)).astype(np.float32)
    return cv2.resize(knots, hw[::-1], interpolation=cv2.INTER_CUBIC)


def rounded(paint: Floats, mask: Mask, side_px: float, rng: np.random.Generator) -> Floats:
    """Shade as if the thing were round and lit from one side."""
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.sqrt(np.clip(depth / max(0.25 * side_px, 1.0), 0, 1))
    height = cv2.GaussianBlur(height, (0, 0), 1.2)
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.72 + 0.28 * height + rng.uniform(0.1, 0.7) * (dx * np.cos(angle) + dy * np.sin(angle))
    return np.asarray(paint * np.clip(light, 0.3, 1.5)[..., None], np.float32)


def _fill(mask: Mask, points: Floats) -> Mask:
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask


def _oval(mask: Mask, at: Floats, radii: tuple[float, float], angle: float) -> Mask:
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.column_stack([radii[0] * np.cos(turn), radii[1] * np.sin(turn)])
    rows = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return _fill(mask, at + ring @ rows)


def _colour(rng: np.random.Generator) -> Floats:
    """Return (3,): black, white, wood, metal or any."""
    kind = rng.choice(5, p=[0.3, 0.12, 0.14, 0.14, 0.3])
    ranges = ((5, 50), (200, 250), (85, 205), (110, 200))
    if kind == 4:
        return np.asarray(rng.uniform(5, 250, 3), np.float32)
    tint = np.array([1, 0.7, 0.44]) if kind == 2 else np.ones(3)
    return np.asarray(rng.uniform(*ranges[kind]) * tint, np.float32)


def _tube(across: Floats, width: float, rng: np.random.Generator) -> Floats:
    """Return (size, size): light on something round along its axis, with a streak of shine."""
    where = np.clip(across / max(width, 1e-3), -1, 1)
    streak = np.exp(-0.5 * ((where - rng.uniform(-0.6, 0.6)) / 0.18) ** 2) * rng.uniform(0, 0.9)
    return np.asarray(0.55 + 0.45 * np.sqrt(1 - 0.9 * where**2) + streak, np.float32)


def _brush(spot: Spot) -> Drawn:
    """Draw bristles, a metal sleeve and a handle."""
    rng, axes = spot.rng, spot.axes()
    tip, wide = rng.uniform(0.04, 0.3), rng.uniform(0.012, 0.14)
    neck, length = rng.uniform(0.008, 0.03), rng.uniform(0.7, 1.8)
    sleeve = tip + rng.uniform(0.04, 0.2)
    rise = np.array([1, 0.7, 0.4, 0.15, 0])
    edge = neck + (wide - neck) * np.sin(np.pi * np.minimum(1, 1.15 - rise))
    mask = _fill(
        spot.empty(), axes(*zip(rise * tip, edge, strict=True), *zip(rise[::-1] * tip, -edge[::-1], strict=True))
    )
    thick = neck * rng.uniform(0.9, 1.8)
    upper = ((tip * 0.9, neck), (sleeve, neck * 1.2), (length, thick * 0.6))
    _fill(mask, axes(*upper, *((x, -y) for x, y in upper[::-1])))
    along, across = (value[..., None] for value in axes.grid(spot.size))
    streaks = np.sin(across * rng.uniform(150, 400) + 3 * spot.noise(8)) * rng.uniform(0.05, 0.25)
    hair, handle = _colour(rng), _colour(rng)
    metal = np.full(3, rng.uniform(120, 220)) * (1.0, rng.uniform(0.75, 1), rng.uniform(0.5, 1))
    light = _tube(across, neck * 1.3, rng)
    paint = np.where(along < tip, hair * (1 + streaks), handle * light)
    return mask, np.asarray(np.where((along >= tip) & (along < sleeve), metal * light, paint), np.float32)


def _stick(spot: Spot) -> Drawn:
    """Draw a pen, a straw, a cigarette, a toothbrush."""
    rng, axes = spot.rng, spot.axes()
    wide, length = rng.uniform(0.008, 0.05), rng.uniform(0.3, 1.8)
    upper = ((0, wide * 0.4), (wide * 3, wide), (length, wide))
    mask = _fill(spot.empty(), axes(*upper, *((x, -y) for x, y in upper[::-1])))
    along, across = (value[..., None] for value in axes.grid(spot.size))
    paint = np.broadcast_to(_colour(rng), (spot.size, spot.size, 3))
    for start in rng.uniform(0, length, int(rng.integers(0, 4))):
        paint = np.where(along > start, _colour(rng), paint)
    return mask, np.asarray(paint * _tube(across, wide, rng), np.float32)


def _cup(spot: Spot) -> Drawn:
    """Draw a cup, a glass, a can, with a handle or without."""
    rng, axes = spot.rng, spot.axes(np.pi / 2 + spot.rng.normal(0, 0.5))
    top, bottom, deep = rng.uniform(0.14, 0.32), rng.uniform(0.08, 0.28), rng.uniform(0.25, 0.7)
    mask = _fill(spot.empty(), axes((0, top), (deep, bottom), (deep, -bottom), (0, -top)))
    flat = rng.uniform(0.1, 0.4)
    for x, wide in ((0, top), (deep, bottom)):
        _oval(mask, axes((x, 0))[0], (wide * flat * spot.side, wide * spot.side), axes.angle)
    if rng.random() < 0.5:
        ring = np.round(axes((deep * 0.45, rng.choice([-1, 1]) * (top + bottom) / 2))[0]).astype(int).tolist()
        thick = max(1, round(spot.side * rng.uniform(0.03, 0.06)))
        cv2.circle(mask, ring, round(spot.side * rng.uniform(0.08, 0.15)), 255, thick, cv2.LINE_AA)
    across = axes.grid(spot.size)[1][..., None]
    paint = _colour(rng) if rng.random() < 0.6 else spot.material()
    paint = paint * _tube(across, max(top, bottom) * 1.1, rng)
    radii = top * flat * spot.side * 0.85, top * spot.side * 0.9
    well = _oval(spot.empty(), axes((0, 0))[0], radii, axes.angle)[..., None].astype(np.float32) / 255
    return mask, np.asarray(paint * (1 - rng.uniform(-0.2, 0.7) * well), np.float32)


def _spoon(spot: Spot) -> Drawn:
    rng, axes = spot.rng, spot.axes()
    bowl, wide, length = rng.uniform(0.06, 0.14), rng.uniform(0.04, 0.1), rng.uniform(0.5, 1.5)
    neck = rng.uniform(0.01, 0.025)
    mask = _oval(spot.empty(), axes((bowl, 0))[0], (bowl * spot.side, wide * spot.side), axes.angle)
    _fill(mask, axes((bowl * 1.8, neck), (length, neck * 1.6), (length, -neck * 1.6), (bowl * 1.8, -neck)))
    base = np.full(3, rng.uniform(90, 210)) if rng.random() < 0.75 else _colour(rng)
    return mask, rounded(base * (1 + spot.noise(12) * rng.uniform(0.1, 0.5)), mask, spot.side * 0.3, rng)


def _microphone(spot: Spot) -> Drawn:
    rng, axes = spot.rng, spot.axes()
    head, body = rng.uniform(0.06, 0.26), rng.uniform(0.03, 0.09)
    long = head * rng.uniform(0.9, 1.5)
    mask = _fill(spot.empty(), axes((long, body), (2.0, body * 0.8), (2.0, -body * 0.8), (long, -body)))
    _oval(mask, axes((long * 0.5, 0))[0], (long * spot.side, head * spot.side), axes.angle)
    along, across = (value[..., None] for value in axes.grid(spot.size))
    foam = _colour(rng) if rng.random() < 0.4 else np.full(3, rng.uniform(8, 90))
    grain = rng.normal(0, rng.uniform(0.05, 0.3), (spot.size, spot.size, 1))
    paint = np.where(along < long * 1.5, foam * (1 + grain), _colour(rng) * _tube(across, body, rng))
    return mask, rounded(paint, mask, spot.side, rng)


def _telephone(spot: Spot) -> Drawn:
    rng = spot.rng
    axes = spot.axes(float(rng.normal(np.pi / 2, 0.5)) if rng.random() < 0.7 else None)
    long, wide, corner = rng.uniform(0.3, 0.6), rng.uniform(0.13, 0.32), rng.uniform(0.02, 0.06)
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False) + 1e-3
    x, y = (np.sign(v) * (half - corner) + corner * v for v, half in ((np.cos(turn), long), (np.sin(turn), wide)))
    mask = _fill(spot.empty(), axes(*zip(x, y, strict=True)))
    along, across = (value[..., None] for value in axes.grid(spot.size))
    paint = _colour(rng) + along * rng.uniform(-60, 60) + across * rng.uniform(-60, 60)
    if rng.random() < 0.4:
        screen = (np.abs(along) < long * 0.93) & (np.abs(across) < wide * 0.9)
        return mask, np.asarray(np.where(screen, spot.material(), paint), np.float32)
    for k in range(int(rng.integers(1, 4))):
        lens = np.hypot(along - (0.1 * k - long * 0.8), across - wide * 0.6) < 0.04
        paint = np.where(lens, rng.uniform(5, 60), paint)
    return mask, np.asarray(paint, np.float32)


def _food(spot: Spot) -> Drawn:
    """Draw a lump, a fruit, a bite of anything: a smooth star-shaped outline."""
    rng = spot.rng
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones(48)
    for k in range(1, 6):
        radius += rng.normal(0, 0.35 / k) * np.cos(k * turn + rng.uniform(0, 6.3))
    radius = np.clip(radius, 0.2, 2) * spot.side * rng.uniform(0.08, 0.35)
    outline = np.column_stack([np.cos(turn) * rng.uniform(0.5, 1.5), np.sin(turn)]) * radius[:, None]
    mask = _fill(spot.empty(), spot.at + outline)
    warm = np.array([rng.uniform(120, 240), rng.uniform(60, 190), rng.uniform(20, 110)])
    base = warm if rng.random() < 0.6 else _colour(rng)
    waves = spot.noise(int(rng.integers(5, 40))) * rng.uniform(0.05, 0.3)
    return mask, rounded(base * (1 + waves), mask, spot.side, rng)


def _sheet(spot: Spot) -> Drawn:
    """Draw any polygon or oval of any material: a book, a card, a fan, a leaf."""
    rng, mask = spot.rng, spot.empty()
    if rng.random() < 0.3:
        _oval(mask, spot.at, (spot.side * rng.uniform(0.08, 0.4), spot.side * rng.uniform(0.08, 0.4)), spot.angle)
    else:
        turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        reach = spot.side * rng.uniform(0.12, 0.6, len(turn))
        _fill(mask, spot.at + np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None])
    if rng.random() < 0.65:
        return mask, spot.material()
    ramp = np.linspace(-1, 1, spot.size)
    slope = rng.uniform(-60, 60, 2)
    return mask, np.asarray(_colour(rng) + ramp[:, None, None] * slope[0] + ramp[None, :, None] * slope[1], np.float32)


def _band(spot: Spot) -> Drawn:
    """Draw something long that crosses the picture: a sleeve, a rope, a strap, a branch."""
    rng = spot.rng
    wide = rng.uniform(0.02, 0.22)
    t = np.linspace(-0.05, 2.5, 12)
    bend = rng.normal(0, 0.15) * t**2 + rng.normal(0, 0.04) * np.sin(4 * t)
    upper, lower = bend + wide * rng.uniform(0.8, 1.2, 12), bend - wide * rng.uniform(0.8, 1.2, 12)
    ring = zip(np.concatenate([t, t[::-1]]), np.concatenate([upper, lower[::-1]]), strict=True)
    mask = _fill(spot.empty(), spot.axes()(*ring))
    paint = spot.material() if rng.random() < 0.6 else np.broadcast_to(_colour(rng), (spot.size, spot.size, 3))
    return mask, rounded(paint, mask, spot.side * wide * 3, rng)
