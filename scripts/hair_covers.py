"""Things pasted before faces to teach the network what covers one: hands, sticks, blobs, boards (numpy, OpenCV)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Mask, Rgb8


@dataclass(frozen=True, slots=True, eq=False)
class CutHand:
    """A hand cut out of a clip: ``rgb`` (N, N, 3), ``mask`` (N, N)."""

    rgb: Rgb8
    mask: Mask


def paste_cover(
    rgb8: Rgb8, centre_xy_px: Floats, side_px: float, other: Rgb8, hands: list[CutHand], rng: np.random.Generator
) -> tuple[Rgb8, Mask]:
    """Return the picture with one thing pasted near the face, and the soft mask (H, W) of the thing.

    ``other`` is any other picture, whose patches serve as material; ``side_px`` is the face's side.
    """
    size = rgb8.shape[0]
    kind = rng.choice(5, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    at = centre_xy_px + rng.normal(0, 0.33, 2) * side_px
    skin = _skin_colour(rgb8, centre_xy_px, side_px)
    if kind == 0:
        mask = _drawn_hand(size, at, side_px, rng)
        paint = _skin_paint(mask, skin * rng.uniform(0.75, 1.15, 1) * rng.uniform(0.94, 1.06, 3), side_px, rng)
    elif kind == 1 and hands:
        mask, paint = _moved_hand(hands[rng.integers(len(hands))], size, at, side_px, skin, rng)
    else:
        draw = (_stick, _blob, _board)[max(int(kind) - 2, 0)]
        mask = draw(size, at, side_px, rng)
        paint = _material(other, size, rng) if rng.random() < 0.6 else _plain(size, rng)
        if rng.random() < 0.5:
            paint = _rounded(paint, mask, side_px, rng)
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.6)).astype(np.float32) / 255
    out = rgb8.astype(np.float32)
    if rng.random() < 0.5:
        moved = np.roll(mask, tuple(int(v) for v in rng.normal(0, 0.05 * side_px, 2)), (0, 1))
        shade = cv2.GaussianBlur(moved, (0, 0), 0.05 * side_px).astype(np.float32) / 255
        out *= 1 - rng.uniform(0.15, 0.6) * shade[..., None]
    out += (paint - out) * soft[..., None]
    return np.clip(out, 0, 255).astype(np.uint8), np.round(soft * 255).astype(np.uint8)


def _skin_colour(rgb8: Rgb8, centre: Floats, side: float) -> Floats:
    x, y = (int(v) for v in centre)
    reach = max(2, int(0.12 * side))
    patch = rgb8[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach].reshape(-1, 3)
    return np.median(patch, 0).astype(np.float32) if len(patch) else np.full(3, 150, np.float32)


def _drawn_hand(size: int, at: Floats, side: float, rng: np.random.Generator) -> Mask:
    """Draw a palm, five bent fingers and a wrist."""
    mask = np.zeros((size, size), np.uint8)
    length = side * rng.uniform(0.3, 0.55)
    width = length * rng.uniform(0.6, 0.85)
    turn = rng.uniform(0, 2 * np.pi)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    mirrored = rng.choice([-1, 1])
    spread, curl = rng.uniform(0.02, 0.35), rng.uniform(-0.5, 0.5)

    def line(points: list[tuple[float, float]], thick: float) -> None:
        placed = at + np.array([(x * mirrored, y) for x, y in points]) @ axes
        cv2.polylines(mask, [np.round(placed * 16).astype(np.int32)], False, 255, max(1, round(thick)), cv2.LINE_8, 4)

    for x in np.linspace(-0.3, 0.3, 7):
        line([(x * width, 0), (x * width, length)], width * 0.4)
    for k in range(4):
        x, y = (k / 3 - 0.5) * width * 0.8, length
        angle, reach = (k - 1.5) * spread, length * rng.uniform(0.25, 0.45)
        points = [(x, y)]
        shown = 1 if rng.random() < 0.15 else 3
        for joint in range(shown):
            x, y = x + np.sin(angle) * reach, y + np.cos(angle) * reach
            points.append((x, y))
            angle, reach = angle + curl * rng.uniform(0, 1), reach * (0.85 - 0.05 * joint)
        line(points, width * rng.uniform(0.2, 0.27))
    if rng.random() < 0.85:
        angle = -rng.uniform(0.2, 1.1)
        tip = (-width * 0.5 + np.sin(angle) * length * 0.9, length * 0.2 + np.cos(angle) * length * 0.9)
        line([(-width * 0.35, length * 0.15), tip], width * 0.28)
    if rng.random() < 0.7:
        line([(0, 0), (rng.normal(0, 0.5) * width, -length * rng.uniform(1, 4))], width * rng.uniform(0.6, 0.9))
    return mask


def _skin_paint(mask: Mask, colour: Floats, side: float, rng: np.random.Generator) -> Floats:
    size = mask.shape[0]
    paint = np.broadcast_to(colour.astype(np.float32), (size, size, 3)).copy()
    paint = _rounded(paint, mask, side * 0.35, rng)
    waves = cv2.resize(rng.normal(0, 1, (9, 9, 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    return paint * (1 + 0.06 * waves.mean(2, keepdims=True)) + rng.normal(0, 2.5, (size, size, 1))


def _rounded(paint: Floats, mask: Mask, side: float, rng: np.random.Generator) -> Floats:
    """Shade as if the thing were round and lit from one side."""
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.sqrt(np.clip(depth / max(0.25 * side, 1.0), 0, 1))
    height = cv2.GaussianBlur(height, (0, 0), 1.2)
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.72 + 0.28 * height + rng.uniform(0.1, 0.7) * (dx * np.cos(angle) + dy * np.sin(angle))
    return paint * np.clip(light, 0.3, 1.5)[..., None]


def _moved_hand(
    hand: CutHand, size: int, at: Floats, side: float, skin: Floats, rng: np.random.Generator
) -> tuple[Mask, Floats]:
    ys, xs = np.nonzero(hand.mask)
    extent = max(int(np.ptp(xs)), int(np.ptp(ys)), 1)
    scale = side * rng.uniform(0.45, 1.0) / extent
    turn = rng.uniform(0, 2 * np.pi)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:, 0] *= rng.choice([-1, 1])
    full = np.column_stack([matrix, at - matrix @ (xs.mean(), ys.mean())])
    mask = cv2.warpAffine(hand.mask, full, (size, size))
    rgb = cv2.warpAffine(hand.rgb, full, (size, size), borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    inner = hand.rgb[hand.mask > 127].mean(0) if (hand.mask > 127).any() else np.full(3, 128)
    return mask, rgb * (skin * rng.uniform(0.75, 1.2) / np.maximum(inner, 16))


def _stick(size: int, at: Floats, side: float, rng: np.random.Generator) -> Mask:
    """Draw a pen, a brush, a microphone, a cigarette."""
    mask = np.zeros((size, size), np.uint8)
    turn = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(turn), np.sin(turn)])
    thick = side * rng.uniform(0.02, 0.12)
    end = at + along * side * rng.uniform(0.3, 1.6)
    ends = np.round(np.stack([at, end]) * 16).astype(np.int32)
    cv2.line(mask, ends[0].tolist(), ends[1].tolist(), 255, max(1, round(thick)), cv2.LINE_8, 4)
    if rng.random() < 0.6:
        head = thick * rng.uniform(0.8, 2.2), thick * rng.uniform(0.8, 2.0)
        cv2.ellipse(mask, (tuple(at.tolist()), tuple(2 * v for v in head), np.degrees(turn)), 255, -1)
    return mask


def _blob(size: int, at: Floats, side: float, rng: np.random.Generator) -> Mask:
    """Draw a smooth star-shaped outline."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones(48)
    for k in range(1, 6):
        radius += rng.normal(0, 0.35 / k) * np.cos(k * angles + rng.uniform(0, 6.3))
    radius = np.clip(radius, 0.2, 2) * side * rng.uniform(0.08, 0.35)
    stretch = rng.uniform(0.5, 1.5)
    points = at + np.column_stack([np.cos(angles) * stretch, np.sin(angles)]) * radius[:, None]
    return cv2.fillPoly(np.zeros((size, size), np.uint8), [np.round(points).astype(np.int32)], 255)


def _board(size: int, at: Floats, side: float, rng: np.random.Generator) -> Mask:
    """Draw a turned rectangle or ellipse: a cup, a phone, a book, a card."""
    mask = np.zeros((size, size), np.uint8)
    box = (
        tuple(float(v) for v in at),
        (float(side * rng.uniform(0.15, 0.6)), float(side * rng.uniform(0.2, 0.9))),
        float(rng.uniform(0, 180)),
    )
    if rng.random() < 0.3:
        cv2.ellipse(mask, box, 255, -1)
    else:
        cv2.fillPoly(mask, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255)
    return mask


def _material(other: Rgb8, size: int, rng: np.random.Generator) -> Floats:
    part = int(rng.integers(24, other.shape[0] // 2))
    x, y = rng.integers(0, other.shape[0] - part, 2)
    patch = cv2.resize(other[y : y + part, x : x + part], (size, size), interpolation=cv2.INTER_LINEAR)
    return patch.astype(np.float32) * rng.uniform(0.6, 1.3, 3).astype(np.float32)


def _plain(size: int, rng: np.random.Generator) -> Floats:
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    grey = rng.random() < 0.5
    colour = np.full(3, rng.uniform(5, 250)) if grey else rng.uniform(5, 250, 3)
    slope = rng.uniform(-60, 60, 2)
    return (colour + (ramp[:, None, None] * slope[0] + ramp[None, :, None] * slope[1])).astype(np.float32)
