"""People who do not exist: shape and texture drawn from what is known of people, ready to swap."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.special import ndtri

from bonaface.faces.pose import Pose, to_picture
from bonaface.making.avatar import Avatar
from bonaface.making.features import MOUTH, Features
from bonaface.making.layout import Layout
from bonaface.making.patch import counterparts
from bonaface.making.people_prior import OFFSET, SIZE, PeoplePrior, to_texture
from bonaface.making.prior import Prior
from bonaface.making.raster import rasterise, sample
from bonaface.making.shape import ring_offsets, widen
from bonaface.making.skin import fill_beyond, without_hanging
from bonaface.making.texture import Region, quantise
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import UsageError

FACE_PX = 200.0
"""Width of a face that shows all that a drawn texture has."""
_SHAPE_SPREAD, _LIGHT_SPREAD, _COLOUR_SPREAD = 1.7, 1.4, 0.55
"""Of the prior's. Neutral shapes found in single pictures lean to the average; the material's lamps are coloured: with
1, every tenth face has green lips."""
_FIRST, _FIRST_SPREAD = 15, 1.3
_UNEVEN = 0.5
"""Of the unevenness of left and right, half of which are errors of single pictures."""
_MOST = 2.0
"""Standard deviations beyond which no coefficient is drawn: what lies there are the odd faces."""
_KNOWN = 0.15
_GRAIN, _GRAIN_TEXELS = 0.35, 0.8
"""Share of what the directions leave over that is skin; the rest is edges, which noise would turn to sand."""
_TURN_DEG = 45.0
_GREY = 110
_LAMP, _LAMP_TEXELS, _BRIGHTEST = 0.7, 12.0, 0.25
_RADIUS = 6.0


def draw_person(seed: int, people: PeoplePrior, prior: Prior, attempt: int = 0) -> Avatar:
    """Return the avatar of nobody: the same for the same seed and attempt everywhere, but for the rounding of sums.

    Raises:
        UsageError: a negative seed.
    """
    if seed < 0:
        raise UsageError(f"A seed is a whole number from 0 on, got {seed}; choose another.")
    drawn = np.clip(normal_numbers((seed, attempt), people.parts + SIZE * SIZE), -_MOST, _MOST)
    coefficients, grain = drawn[: people.parts], drawn[people.parts :].reshape(SIZE, SIZE)
    coefficients[:_FIRST] *= _FIRST_SPREAD
    layout = prior.layout(SIZE)
    spread = np.array([_LIGHT_SPREAD, _COLOUR_SPREAD, _COLOUR_SPREAD], np.float32)
    away = spread * (people.plane_of(coefficients) - people.plane)
    away[..., 0] = _without_lamps(away[..., 0])
    planes = people.plane + away
    planes[..., 0] += _GRAIN * people.grain * _unit(cv2.GaussianBlur(grain, (0, 0), _GRAIN_TEXELS))
    texture = to_texture(planes)
    own = without_hanging(people.known < _KNOWN, layout, lambda side: np.ones((side, side), np.uint8))
    mean = fill_beyond(texture, own, layout)
    return Avatar(_shape(coefficients, people), mean, (_face(planes, people, prior), _mouth(layout)), own, FACE_PX)


def front_view(avatar: Avatar, layout: Layout, side: int = 256) -> tuple[Rgb8, Floats]:
    """Return a picture (side, side, 3) of an avatar by itself, calm and from the front on grey, and its mesh."""
    pose = Pose(np.array(side / 135), np.eye(3), np.array([side / 2, side * 0.48, 0.0]))
    middle = avatar.neutral[:468].mean(0)
    vertices = to_picture(widen(avatar.neutral, ring_offsets(avatar.neutral)) - middle, pose)
    where, inside = rasterise(vertices, layout.triangles, layout.uv, (side, side))
    layer = sample(avatar.mean, where, cv2.INTER_CUBIC)
    alpha = cv2.GaussianBlur(inside, (0, 0), 2).astype(np.float32)[..., None] / 255
    ground = np.full((side, side, 3), _GREY, np.float32)
    return np.clip(ground + alpha * (layer - ground), 0, 255).astype(np.uint8), vertices[:478]


def _without_lamps(away: Floats) -> Floats:
    """Return a change of log luminance (256, 256) less of what the material's lamps left in it: wide, or bright."""
    middle = away[SIZE // 4 : -SIZE // 4, SIZE // 4 : -SIZE // 4].mean()
    wide = cv2.GaussianBlur(away, (0, 0), _LAMP_TEXELS) - middle
    even = away - _LAMP * wide
    return np.asarray(np.where(even > 0, _BRIGHTEST * np.tanh(even / _BRIGHTEST), even), np.float32)


def _shape(coefficients: Floats, people: PeoplePrior) -> Floats:
    away = people.shape_of(_SHAPE_SPREAD * coefficients) - people.shape
    mirrored = away[counterparts()] * np.array([-1, 1, 1], np.float32)
    even, uneven = (away + mirrored) / 2, (away - mirrored) / 2
    return np.asarray(people.shape + even + _UNEVEN * uneven, np.float32)


def normal_numbers(seed: int | tuple[int, ...], count: int) -> Floats:
    """Return (count,) normally distributed numbers: from the bits of PCG64, which numpy never changes."""
    bits = np.random.PCG64(seed).random_raw(count)
    return np.asarray(ndtri(((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53), np.float32)


def _unit(noise: Floats) -> Floats:
    return noise / max(float(noise.std()), 1e-6)


def _face(planes: Floats, people: PeoplePrior, prior: Prior) -> Region:
    """How expression shades this face: as it does all, in proportion to how bright a texel is."""
    layout = prior.layout(SIZE)
    texels = np.flatnonzero(layout.inside & (layout.mouth == 0)).astype(np.int32)
    bright = np.exp(planes[..., 0]).ravel()[texels]
    bright = np.maximum(bright, OFFSET)
    shading = people.response.reshape(len(people.response), -1)[:, texels] * bright
    rows = np.zeros((len(shading) + 7, 3 * len(texels)), np.float32)
    rows[: len(shading)] = np.repeat(shading, 3, axis=1)
    features = _features(np.arange(478), prior.codes, people.reach, _RADIUS)
    return Region(features, texels, np.ones(len(texels), np.float32), *quantise(rows))


def _mouth(layout: Layout) -> Region:
    """A mouth that was never filmed: all its movements lie beyond what is known, so that the target's is lent."""
    directions = np.eye(4, 3 * len(MOUTH), dtype=np.float32)
    features = _features(MOUTH, directions, np.full(4, 1e-3, np.float32), 1e-3)
    texels = np.flatnonzero(layout.mouth).astype(np.int32)
    still = np.zeros((len(directions) + 7, 3 * len(texels)), np.float32)
    return Region(features, texels, np.ones(len(texels), np.float32), *quantise(still))


def _features(vertices: np.ndarray, directions: Floats, reach: Floats, radius: float) -> Features:
    still = np.zeros(3, np.float32)
    turn = np.full(3, _TURN_DEG, np.float32)
    return Features(
        vertices,
        np.asarray(directions, np.float32),
        np.zeros(len(reach), np.float32),
        np.diag(1 / reach).astype(np.float32),
        radius,
        radius / 2,
        -turn,
        turn,
        still,
        turn,
    )
