"""Things pasted before faces to teach the network what covers one: hands and what they hold (numpy, OpenCV)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from drawn_objects import draw_object, rounded, scene_light

from bonaface.terms.arrays import Floats, Mask, Rgb8

_THIN = 1.5  # what is thinner than a pixel, or half transparent, counts for more than it covers


@dataclass(frozen=True, slots=True, eq=False)
class CutHand:
    """A hand cut out of a clip: ``rgb`` (N, N, 3), ``mask`` (N, N)."""

    rgb: Rgb8
    mask: Mask


def paste_cover(
    rgb8: Rgb8, centre_xy_px: Floats, side_px: float, other: Rgb8, hands: list[CutHand], rng: np.random.Generator
) -> tuple[Rgb8, Mask, Mask]:
    """Return the picture with one thing pasted near the face, and soft masks (H, W) of the thing and of a hand in it.

    ``other`` is any other picture, whose patches serve as material; ``side_px`` is the face's side. A sixth of the
    things are hands; of the others, some are held by one.
    """
    size = rgb8.shape[0]
    at = centre_xy_px + rng.normal(0, 0.3, 2) * side_px
    skin = _skin_colour(rgb8, centre_xy_px, side_px)
    if rng.random() < 0.17:
        pasted, thing = _composed(rgb8, *_hand(size, at, side_px, skin, hands, rng), side_px, rng)
        return pasted, thing, thing
    held = np.zeros((size, size), np.uint8)
    mask, paint = draw_object(size, at, centre_xy_px, side_px, other, rng)
    if rng.random() < 0.7:
        paint = paint * scene_light(rgb8.astype(np.float32))
    if rng.random() < 0.25:
        ys, xs = np.nonzero(mask > 127)
        if len(xs):
            pick = int(rng.integers(len(xs)))
            held, skin_paint = _hand(size, np.array([xs[pick], ys[pick]], np.float64), side_px, skin, hands, rng)
            over = (held > 127)[..., None]
            mask, paint = cv2.max(mask, held), np.where(over, skin_paint, paint)
    pasted, thing = _composed(rgb8, mask, paint, side_px, rng)
    return pasted, thing, cv2.min(thing, cv2.dilate(held, np.ones((3, 3), np.uint8)))


def cast_shadow(rgb8: Rgb8, centre_xy_px: Floats, side_px: float, rng: np.random.Generator) -> Rgb8:
    """Return the picture with the shadow of something that is not seen: no cover."""
    size = rgb8.shape[0]
    at = centre_xy_px + rng.normal(0, 0.4, 2) * side_px
    if rng.random() < 0.5:
        mask = _drawn_hand(size, at, side_px * 1.3, rng)
    else:
        mask = draw_object(size, at, centre_xy_px, side_px, rgb8, rng)[0]
    shade = cv2.GaussianBlur(mask, (0, 0), side_px * rng.uniform(0.01, 0.08)).astype(np.float32)[..., None] / 255
    tint = 1 - rng.uniform(0.2, 0.75) * np.float32(rng.uniform(0.85, 1.0, 3))
    return np.asarray(rgb8 * (1 - shade * (1 - tint)), np.uint8)


def _hand(
    size: int, at: Floats, side: float, skin: Floats, hands: list[CutHand], rng: np.random.Generator
) -> tuple[Mask, Floats]:
    if hands and rng.random() < 0.5:
        return _moved_hand(hands[rng.integers(len(hands))], size, at, side, skin, rng)
    mask = _drawn_hand(size, at, side, rng)
    return mask, _skin_paint(mask, skin * rng.uniform(0.75, 1.15, 1) * rng.uniform(0.94, 1.06, 3), side, rng)


def _composed(rgb8: Rgb8, mask: Mask, paint: Floats, side: float, rng: np.random.Generator) -> tuple[Rgb8, Mask]:
    """Lay a thing over the picture as a camera sees it: its shadow, a soft edge, blurred where it moves or is near."""
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.3, 1.2)).astype(np.float32) / 255
    thing = np.concatenate([paint * soft[..., None], soft[..., None]], 2).astype(np.float32)
    if rng.random() < 0.25:
        thing = cv2.filter2D(thing, -1, _streak(side * rng.uniform(0.02, 0.14), rng.uniform(0, np.pi)))
    elif rng.random() < 0.2:
        thing = cv2.GaussianBlur(thing, (0, 0), side * rng.uniform(0.01, 0.035))
    out = rgb8.astype(np.float32)
    if rng.random() < 0.5:
        dx, dy = (float(v) for v in rng.normal(0, 0.06 * side, 2))
        moved = cv2.warpAffine(soft, np.array([[1, 0, dx], [0, 1, dy]]), soft.shape[::-1])
        shade = cv2.GaussianBlur(moved, (0, 0), side * rng.uniform(0.01, 0.07))
        out *= 1 - rng.uniform(0.15, 0.65) * shade[..., None]
    out = out * (1 - thing[..., 3:]) + thing[..., :3]
    return np.clip(out, 0, 255).astype(np.uint8), np.round(np.minimum(_THIN * thing[..., 3], 1) * 255).astype(np.uint8)


def _streak(length: float, angle: float) -> Floats:
    side = max(3, round(length) | 1)
    kernel = np.zeros((side, side), np.float32)
    half = (side - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * half
    ends = np.round((np.stack([half - reach, half + reach])) * 16).astype(int)
    cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(kernel / max(float(kernel.sum()), 1e-6))


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
    paint = rounded(paint, mask, side * 0.35, rng)
    waves = cv2.resize(rng.normal(0, 1, (9, 9, 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    return paint * (1 + 0.06 * waves.mean(2, keepdims=True)) + rng.normal(0, 2.5, (size, size, 1))


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
