"""The avatar: a person as a neutral 3D shape and a texture that moves with expression, fitted in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.making.features import EYES, MOUTH, Features, face_features, part_features
from bonaface.making.layout import Layout
from bonaface.making.people_prior import complete, load_people_prior
from bonaface.making.prior import Prior
from bonaface.making.shape import OVAL
from bonaface.making.skin import fill_beyond, skin_region, smoothed
from bonaface.making.texture import Region, quantise, regress
from bonaface.making.unwrapped import Unwrapped, rim
from bonaface.terms.arrays import Floats, Mask

_CRISPING = 0.3
_SEEN_LEAST, _SEEN_SHARE = 3, 0.01
FEW = 20
"""With fewer pictures, what none of them shows is filled in from what is known of people, and none is held out: the
avatar needs them all, and a quality from one or two says nothing."""
_SPECK, _SLIT, _EDGE = 0.01, 7, 5
_EYE_CODES, _MOUTH_CODES = 12, 20
_EYE_REACH, _MOUTH_REACH = 0.035, 0.045


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """A person, learned.

    ``neutral`` (478, 3) float32 canonical; ``mean`` (size, size, 3) float32 0..255 mean texture, skin spread beyond
    the person's own region; ``regions`` what moves (the last one is the mouth); ``own`` (size, size) uint8 the
    person's filmed skin; ``face_px`` the median width of the face in the material.
    """

    neutral: Floats
    mean: Floats
    regions: tuple[Region, ...]
    own: Mask
    face_px: float

    @property
    def size(self) -> int:
        """Texels along one side of the texture."""
        return int(self.mean.shape[0])

    def features_of(self, part: str) -> Features:
        """Return by what a part moves: "mouth" or "eyes", the last two regions."""
        return self.regions[-1 if part == "mouth" else -2].features


def fit(pictures: Unwrapped, prior: Prior, rows: np.ndarray | None = None) -> Avatar:
    """Learn a person in closed form.

    Args:
        pictures: the person's pictures laid flat.
        prior: knowledge about people.
        rows: which of the pictures to learn from; all, where it is None.
    """
    layout, size = pictures.layout, pictures.layout.size
    chosen = _rows_of(rows)
    textures, seen = pictures.textures[chosen], pictures.seen[chosen]
    displacement, angles = pictures.displacement[chosen], pictures.angles_deg[chosen]
    mean = np.zeros((size * size, 3), np.float32)
    mean[pictures.texels] = _mean(textures, seen)
    own = skin_region(mean.reshape(size, size, 3), pictures.hair, layout)
    least = _SEEN_LEAST if len(seen) >= FEW else 0
    hardly = pictures.texels[seen.sum(0) <= max(least, _SEEN_SHARE * len(seen))]
    own.ravel()[hardly[rim(layout).ravel()[hardly]]] = 0
    own = smoothed(own, layout)
    if len(seen) < FEW:
        square, own = _with_hidden_side(mean.reshape(size, size, 3), own, hardly, layout)
        mean = square.reshape(-1, 3)
    soft = cv2.GaussianBlur(own, (0, 0), size / 128).astype(np.float32).ravel() / 255
    regions = []
    for features, share in _plan(displacement, angles, prior, layout):
        inside = np.flatnonzero((share > 0.01) & layout.inside)
        where = np.searchsorted(pictures.texels, inside)
        encoded = features.encode(displacement, angles)
        weights = regress(encoded, textures, seen, mean[inside], where)
        weights *= np.repeat(soft[inside], 3)
        regions.append(Region(features, inside.astype(np.int32), share.ravel()[inside], *quantise(weights)))
    crisp = _crisp(mean.reshape(size, size, 3), pictures.face_px, layout)
    return Avatar(pictures.neutral, fill_beyond(crisp, own, layout), tuple(regions), own, pictures.face_px)


def _with_hidden_side(mean: Floats, own: Mask, hidden: np.ndarray, layout: Layout) -> tuple[Floats, Mask]:
    """Return mean and skin with what turned away from every picture filled in: from the other side, or as it goes with
    what was seen of people in general.
    """
    away = np.zeros_like(own)
    away.ravel()[hidden] = 255
    away = _large(cv2.bitwise_and(away, layout.face))
    if not away.any():
        return mean, own
    grown, close = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in (_SLIT, 2 * _SLIT + 1))
    both = cv2.morphologyEx(cv2.bitwise_or(own, cv2.dilate(away, grown)), cv2.MORPH_CLOSE, close)
    both = cv2.bitwise_or(own, cv2.bitwise_and(both, cv2.erode(layout.face, grown)))
    outlines, _ = cv2.findContours(both, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(both, outlines, -1, 255, cv2.FILLED)
    sure = cv2.erode(own, np.ones((_EDGE, _EDGE), np.uint8))
    whole = complete(mean, sure, load_people_prior(), layout)
    share = cv2.GaussianBlur(cv2.bitwise_and(both, cv2.bitwise_not(sure)), (0, 0), layout.size / 128)
    return mean + (share.astype(np.float32)[..., None] / 255) * (whole - mean), both


def _large(mask: Mask) -> Mask:
    """Return the parts of a mask that are more than a speck, such as a cheek and not the wing of a nose."""
    _, numbers, facts, _ = cv2.connectedComponentsWithStats(mask)
    kept = np.flatnonzero(facts[:, cv2.CC_STAT_AREA] > _SPECK * mask.size)
    return mask * np.isin(numbers, kept[kept > 0]).astype(np.uint8)


def _rows_of(rows: np.ndarray | None) -> np.ndarray | slice:
    """Return the rows, neighbours as a slice: textures are then looked at where they lie, and not copied."""
    if rows is None:
        return slice(None)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _mean(textures: np.ndarray, seen: np.ndarray) -> Floats:
    """Mean over the pictures in which a texel was seen; over all pictures where it hardly ever was."""
    visible = seen.sum(0)
    out = np.empty(textures.shape[1:], np.float32)
    for start in range(0, textures.shape[1], 8192):
        part = slice(start, start + 8192)
        block = textures[:, part].astype(np.float32)
        weighed = (block * seen[:, part, None]).sum(0) / np.maximum(visible[part], 1)[:, None]
        out[part] = np.where((visible[part] > _SEEN_LEAST)[:, None], weighed, block.mean(0))
    return out


def _crisp(mean: Floats, face_px: float, layout: Layout) -> Floats:
    """Undo a part of the blur that pixels and the jitter of the mesh leave in a mean over many pictures."""
    texels_per_px = float(np.ptp(layout.uv[OVAL, 0])) / max(face_px, 1.0)
    sigma = float(np.clip(texels_per_px, 0.8, 2.5))
    return np.asarray(mean + _CRISPING * (mean - cv2.GaussianBlur(mean, (0, 0), sigma)), np.float32)


def _plan(displacement: Floats, angles: Floats, prior: Prior, layout: Layout) -> Iterator[tuple[Features, Floats]]:
    """Yield features and share (size, size): eyes and mouth by their own movements, all else by the codes."""
    eyes, mouth = _around(layout.eyes, _EYE_REACH, layout), _around(layout.lips, _MOUTH_REACH, layout)
    yield face_features(displacement, angles, prior.codes), (1 - eyes) * (1 - mouth)
    yield part_features(displacement, angles, EYES, _EYE_CODES), eyes * (1 - mouth)
    yield part_features(displacement, angles, MOUTH, _MOUTH_CODES), mouth


def _around(mask: Mask, reach: float, layout: Layout) -> Floats:
    """Return the mask (size, size) 0..1, grown by ``reach`` of the layout's side and softened."""
    side = int(layout.size * reach) * 2 + 1
    grown = cv2.dilate(mask, np.ones((side, side), np.uint8))
    return cv2.GaussianBlur(grown, (0, 0), layout.size / 64).astype(np.float32) / 255
