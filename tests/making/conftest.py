"""A made-up person, drawn: a head that turns and opens its mouth, whose skin darkens as it does."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from bonaface.making.prior import load_prior
from bonaface.making.raster import rasterise
from bonaface.making.shape import ring_offsets, widen
from bonaface.making.unwrapped import Unwrapped, unwrap_material

JAW_OPEN, SMILE = 25, 44  # blendshapes
SIDE_PX = 200


@dataclass
class Drawn:
    """Pictures as `making.unwrapped.Material` wants them."""

    points: np.ndarray
    blendshapes: np.ndarray
    pictures: list[np.ndarray]

    def crop(self, index: int) -> np.ndarray:
        return self.pictures[index]


def no_hair(rgb8: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.zeros(rgb8.shape[:2], np.uint8)


def skin_texture(size: int, seed: int = 0) -> np.ndarray:
    """Skin with soft blotches, (size, size, 3) float32."""
    noise = np.random.default_rng(seed).normal(0, 1, (size, size, 1)).astype(np.float32)
    blotches = cv2.GaussianBlur(noise, (0, 0), size / 40)[..., None]
    return np.float32((190, 140, 120)) + blotches / blotches.std() * np.float32(6)


def draw(count: int = 160) -> Drawn:
    prior = load_prior()
    layout = prior.layout(256)
    noise = np.random.default_rng(5)
    acts = np.clip(noise.uniform(-0.1, 0.9, (count, 2)), 0, 1).astype(np.float32)
    acts[0] = 0
    yaws = np.radians(noise.uniform(-12, 12, count))
    blendshapes = np.tile(prior.calm, (count, 1))
    blendshapes[:, [JAW_OPEN, SMILE]] += acts
    moved = ((blendshapes - prior.calm) @ prior.expression).reshape(count, 478, 3)
    texture, rings = skin_texture(256), ring_offsets(prior.reference)
    points, pictures = [], []
    for k in range(count):
        c, s = np.cos(yaws[k]), np.sin(yaws[k])
        turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
        shape = widen(prior.reference + moved[k], rings) @ turn.T * 1.1
        shape = (shape - shape[:468].mean(0) + (SIDE_PX / 2, SIDE_PX / 2, 0)).astype(np.float32)
        where, inside = rasterise(shape, layout.triangles, layout.uv, (SIDE_PX, SIDE_PX))
        shown = cv2.remap(texture - 40 * acts[k, 0], where[..., 0], where[..., 1], cv2.INTER_LINEAR)
        shown[inside == 0] = (40, 80, 160)  # a blue wall
        pictures.append(np.clip(np.round(shown), 0, 255).astype(np.uint8))
        points.append(shape[:478])
    return Drawn(np.stack(points), blendshapes.astype(np.float32), pictures)


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    return draw()


@pytest.fixture(scope="session")
def unwrapped(drawn: Drawn) -> Unwrapped:
    return unwrap_material(drawn, load_prior(), no_hair)
