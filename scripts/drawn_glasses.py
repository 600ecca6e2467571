"""Glasses drawn onto faces without any, to teach the network what is painted over them (numpy, OpenCV).

They are made in canonical space (see `bonaface.faces.pose`), laid over the face by its mesh points, and drawn at twice
the picture's resolution, since a wire is thinner than a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from drawn_objects import blotches, material, scene_light

from bonaface.faces.pose import STABLE_POINTS, load_canonical_face
from bonaface.terms.arrays import Floats, Mask, Rgb8

_REFERENCE = load_canonical_face().points
_FINE = 2  # drawn pixels a picture pixel
_EYE_X, _EYE_Y, _EYE_Z = 20.3, -16.9, -24.7
_EAR = (52.0, -18.0, 30.0)
_HIDDEN = 0.12  # share of a side's normal that points away from which its temple lies behind the face
_WIRE = 2.2  # a wire of less than half a pixel still counts wholly: what shows of it must stay, or go
_THROUGH, _OPAQUE = 0.3, 0.75  # a lens is taken for face up to the first opacity, for glasses from the second on


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """``rim`` and ``lens`` (h, w) float32 0..1 at the fine scale; ``paint`` and ``glass`` (h, w, 3) their colours."""

    rim: Floats
    lens: Floats
    paint: Floats
    glass: Floats


def wear_glasses(
    rgb8: Rgb8, points_xy_px: Floats, hair: Mask, other: Rgb8, rng: np.random.Generator
) -> tuple[Rgb8, Mask]:
    """Return the picture with glasses on the face, and how opaque they are, (H, W) uint8.

    Args:
        rgb8: (H, W, 3) picture. points_xy_px: (478, 2) mesh. hair: (H, W), what of it may fall over the glasses.
        other: any other picture, for reflections.
    """
    size = rgb8.shape[0]
    camera, turn_z = _camera(points_xy_px)
    lines = _frame(camera, turn_z, rng)
    every = np.concatenate([line for line, _, _ in lines["strokes"]] + lines["lenses"])
    low = np.clip(np.floor(every.min(0)) - 6, 0, size).astype(int)
    high = np.clip(np.ceil(every.max(0)) + 7, 0, size).astype(int)
    label = np.zeros((size, size), np.uint8)
    if (high - low).min() < 8:
        return rgb8, label
    box = slice(low[1], high[1]), slice(low[0], high[0])
    under = rgb8[box].astype(np.float32)
    fine_wh = tuple(int(v) for v in (high - low) * _FINE)
    scale = float(np.linalg.norm(camera[0, :3])) * _FINE
    drawn = _draw(lines, low, fine_wh, scale, under, other, rng)
    over = np.clip(hair[box].astype(np.float32) / 255 * 1.5 - 0.25, 0, 1) * (rng.random() < 0.75)
    free = (1 - over)[..., None]
    if rng.random() < 0.5:
        shade = cv2.GaussianBlur(_small(drawn.rim, under), (0, 0), rng.uniform(0.8, 2.5))
        under = under * (1 - rng.uniform(0.1, 0.6) * np.roll(shade, int(rng.integers(1, 4)), 0)[..., None] * free)
    lens, rim = _small(drawn.lens, under)[..., None] * free, _small(drawn.rim, under)[..., None] * free
    glass = _small(drawn.glass * drawn.lens[..., None], under) / np.maximum(_small(drawn.lens, under), 1e-3)[..., None]
    paint = _small(drawn.paint * drawn.rim[..., None], under) / np.maximum(_small(drawn.rim, under), 1e-3)[..., None]
    under = under + (glass - under) * lens
    under = under + (paint - under) * rim
    out = rgb8.copy()
    out[box] = np.clip(under, 0, 255).astype(np.uint8)
    opaque = np.clip((lens - _THROUGH) / (_OPAQUE - _THROUGH), 0, 1)
    label[box] = np.round(255 * np.maximum(opaque, np.minimum(_WIRE * rim, 1))[..., 0]).astype(np.uint8)
    return out, label


def _camera(points_xy_px: Floats) -> tuple[Floats, Floats]:
    """Return (2, 4), canonical space to pixels without perspective, and (3,), what of each axis points away."""
    known = _REFERENCE[STABLE_POINTS].astype(np.float64)
    seen = points_xy_px[STABLE_POINTS].astype(np.float64)
    affine = np.linalg.lstsq(np.column_stack([known, np.ones(len(known))]), seen, rcond=None)[0].T
    left, sizes, right = np.linalg.svd(affine[:, :3], full_matrices=False)
    turn = left @ right
    scaled = turn * sizes.mean()
    middle = seen.mean(0) - scaled @ known.mean(0)
    return np.column_stack([scaled, middle]), np.cross(turn[0], turn[1])


def _frame(camera: Floats, turn_z: Floats, rng: np.random.Generator) -> dict[str, list]:
    """Return strokes (points, thickness in canonical units, closed) and lenses, in picture pixels."""
    width, ratio = rng.uniform(31, 46), rng.uniform(0.55, 1.0)
    height = width * ratio
    gap = rng.uniform(8, 17)
    centre_x = max(gap / 2 + width / 2, _EYE_X - 2)
    centre_y = _EYE_Y + rng.uniform(-2, 5)
    depth, wrap, lean = _EYE_Z - rng.uniform(7, 14), rng.uniform(0, 10), rng.uniform(-0.1, 0.25)
    outline = _outline(width, height, rng)
    rim = float(rng.choice([rng.uniform(0.6, 1.4), rng.uniform(1.4, 3.2), rng.uniform(3, 6.5)], p=[0.45, 0.3, 0.25]))
    style = rng.choice(["full", "half", "none"], p=[0.78, 0.14, 0.08])

    def place(x: Floats, y: Floats, z: Floats | float = 0.0) -> Floats:
        dy = y - centre_y
        solid = np.stack([x, y, depth + z + wrap * (x / 50) ** 2 + lean * dy, np.ones_like(x)], -1)
        return solid @ camera.T

    strokes, lenses = [], []
    arm_y = centre_y - height * rng.uniform(0.12, 0.38)
    arm = rim * rng.uniform(0.7, 1.5)
    for side in (-1.0, 1.0):
        x, y = side * (centre_x + outline[:, 0]), centre_y + outline[:, 1]
        lens = place(x, y)
        lenses.append(lens)
        if style == "full":
            strokes.append((lens, rim, True))
        if style == "half" or (style == "full" and rng.random() < 0.2):
            top = outline[:, 1] < -0.05 * height
            order = np.argsort(outline[top, 0])
            strokes.append((lens[top][order], rim * rng.uniform(1.0, 2.2), False))
        edge = side * (centre_x + width / 2)
        near = np.array([edge, edge + side * 3, side * _EAR[0]])
        away = np.array([0, 2.0, _EAR[2] - depth])
        if turn_z[0] * side < _HIDDEN:
            strokes.append((place(near, np.array([arm_y, arm_y, _EAR[1]]), away), arm, False))
        elif rng.random() < 0.7:
            strokes.append((place(near[:2], np.array([arm_y, arm_y]), away[:2]), arm, False))
    inner = centre_x - width / 2 + rng.uniform(0, 1.5)
    t = np.linspace(-1, 1, 15)
    arch = rng.uniform(-1, 4)
    for high in (0.0, -0.3) if rng.random() < 0.12 else (0.0,):
        level = centre_y - height * (rng.uniform(0.0, 0.3) - high)
        bridge = place(t * inner, level - arch * (1 - t**2), -2.0 * (1 - t**2))
        strokes.append((bridge, rim * rng.uniform(0.8, 1.4), False))
    return {"strokes": strokes, "lenses": lenses}


def _outline(width: float, height: float, rng: np.random.Generator) -> Floats:
    """Return (64, 2) around a lens, x outward, y down: round, square, cat's eye, aviator."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    power = 2 / rng.uniform(1.9, 5.0)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = np.sign(cosine) * np.abs(cosine) ** power * width / 2
    y = np.sign(sine) * np.abs(sine) ** power * height / 2
    x = x * (1 - rng.uniform(-0.05, 0.22) * y / height)
    y = y - rng.uniform(-0.02, 0.12) * x * (y < 0)
    if rng.random() < 0.25:
        y = y + 0.12 * height * (y > 0) * (x / width)
    return np.column_stack([x, y])


def _draw(
    lines: dict[str, list],
    low: np.ndarray,
    fine_wh: tuple[int, int],
    scale: float,
    under: Floats,
    other: Rgb8,
    rng: np.random.Generator,
) -> _Drawn:
    hw = fine_wh[::-1]
    rim, lens = np.zeros(hw, np.uint8), np.zeros(hw, np.uint8)

    def fine(points: Floats) -> np.ndarray:
        return np.round(((points - low + 0.5) * _FINE - 0.5) * 16).astype(np.int32)

    for points in lines["lenses"]:
        cv2.fillPoly(lens, [fine(points)], 255, cv2.LINE_AA, 4)
    for points, thick, closed in lines["strokes"]:
        wide = thick * scale
        cv2.polylines(rim, [fine(points)], closed, int(255 * min(1.0, wide)), max(1, round(wide)), cv2.LINE_AA, 4)
    light = scene_light(under)
    opacity = float(rng.choice([1.0, rng.uniform(0.35, 0.7)], p=[0.92, 0.08]))
    inside = lens.astype(np.float32) / 255
    glass, through = _glass(hw, light, other, rng)
    return _Drawn(rim.astype(np.float32) / 255 * opacity, inside * through, _rim_paint(hw, light, rng), glass)


def _rim_paint(hw: tuple[int, int], light: Floats, rng: np.random.Generator) -> Floats:
    kind = rng.choice(4, p=[0.4, 0.2, 0.15, 0.25])
    if kind == 0:
        colour = np.full(3, rng.uniform(5, 60)) + rng.uniform(-6, 6, 3)
    elif kind == 1:
        colour = np.array([[200, 160, 90], [190, 190, 195], [190, 130, 110]])[rng.integers(3)] * rng.uniform(0.5, 1.1)
    elif kind == 2:
        colour = np.array([120, 75, 40]) * rng.uniform(0.3, 1.4)
    else:
        colour = rng.uniform(10, 245, 3)
    waves = blotches(hw, int(rng.integers(4, 14)), rng)
    depth = (0.12, 0.6, 0.8, 0.2)[int(kind)]
    paint = colour * (1 + depth * waves[..., None])
    shine = np.clip(blotches(hw, 10, rng) - 1.2, 0, 1) * rng.uniform(0, 200)
    return np.asarray(np.clip((paint + shine[..., None]) * light, 0, 255), np.float32)


def _glass(hw: tuple[int, int], light: Floats, other: Rgb8, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the colour (h, w, 3) and the opacity (h, w) of the lenses."""
    kind = rng.choice(["clear", "tinted", "dark", "mirror"], p=[0.56, 0.12, 0.24, 0.08])
    fall = np.linspace(0, 1, hw[0], dtype=np.float32)[:, None]
    if kind == "clear":
        colour = np.broadcast_to(np.float32(rng.uniform(150, 255, 3)), (*hw, 3)).copy()
        opacity = np.full(hw, rng.uniform(0, 0.07), np.float32)
    elif kind == "tinted":
        colour = np.broadcast_to(np.float32(rng.uniform(10, 110, 3)), (*hw, 3)).copy()
        opacity = np.clip(rng.uniform(0.25, 0.75) + rng.uniform(-0.1, 0.5) * (0.5 - fall), 0, 1) + np.zeros(hw)
    elif kind == "dark":
        dark = rng.uniform(3, 55) + rng.uniform(-8, 14, 3)
        colour = np.float32(dark) * (1 + rng.uniform(-0.2, 1.0) * fall[..., None]) + np.zeros((*hw, 1), np.float32)
        opacity = np.full(hw, rng.uniform(0.85, 1.0), np.float32)
    else:
        colour = material(other, hw, rng) * 0.6 + rng.uniform(0, 150, 3) * (1 - fall[..., None]) + 20
        opacity = np.full(hw, rng.uniform(0.85, 1.0), np.float32)
    if rng.random() < (0.45 if kind == "clear" else 0.5):
        for _ in range(int(rng.integers(1, 4))):
            shine = _reflection(hw, rng) * rng.uniform(0.2, 1.0)
            bright = (
                rng.uniform(120, 255) * rng.uniform(0.75, 1.1, 3) if rng.random() < 0.7 else material(other, hw, rng)
            )
            colour = colour + (bright - colour) * shine[..., None]
            opacity = np.maximum(opacity, shine)
    return np.asarray(np.clip(colour * light, 0, 255), np.float32), np.asarray(opacity, np.float32)


def _reflection(hw: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Return (h, w) 0..1: a window, a lamp or a stripe of sky."""
    shape = np.zeros(hw, np.uint8)
    at = rng.uniform(0, 1, 2) * (hw[1], hw[0])
    extent = rng.uniform(0.06, 0.5, 2) * hw[0]
    if rng.random() < 0.3:
        extent[0] = extent[1] * 4
    box = (tuple(float(v) for v in at), tuple(float(v) for v in extent), float(rng.uniform(0, 180)))
    if rng.random() < 0.35:
        cv2.ellipse(shape, box, 255, -1)
    else:
        cv2.fillPoly(shape, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255)
    return cv2.GaussianBlur(shape, (0, 0), rng.uniform(0.6, 5)).astype(np.float32) / 255


def _small(values: Floats, like: Floats) -> Floats:
    return cv2.resize(values, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_AREA)
