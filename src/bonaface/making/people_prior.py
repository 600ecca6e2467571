"""What people look like: how shape and texture of neutral faces vary together, and how expression shades any face.

Learned from faces of people who do not exist (`scripts/build_texture_prior.py`, card `models/texture_prior.md`). A face
is a sum of directions with independent coefficients of variance 1: an active appearance model (Cootes and others,
"Active appearance models", PAMI 2001). Textures are symmetric, of one plain light, and held as the logarithm of
luminance beside two planes of colour, so that light is a sum as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import load_file

from bonaface.making.layout import Layout
from bonaface.making.skin import fill_beyond
from bonaface.models import model_path
from bonaface.terms.arrays import Floats, Mask

SIZE = 256
"""Texels along a side of the prior's textures."""
OFFSET = 8.0
"""Grey levels added before the logarithm, so that black stays finite."""
_NOISE, _COLOUR_NOISE = 0.12, 5.0
"""What a texel of a real picture differs by from the best mixture: of log luminance, and grey levels of colour."""
_LIGHT, _TINT = 0.5, 20.0
"""Spread of the coefficients of a picture's own light and tint, in the same units."""
_COARSE = 64
"""Texels along a side at which a partly seen texture is compared with the prior."""


@dataclass(frozen=True, slots=True, eq=False)
class PeoplePrior:
    """Knowledge of people's looks; ``K`` directions, each with the spread that one standard deviation has.

    ``shape`` (478, 3) canonical mean, ``shapes`` (K, 1434); ``plane`` (256, 256, 3) mean of log luminance, Cr and Cb of
    -128 to 128; ``planes`` (K, 256, 128) int8 left halves of the first times ``step`` (K,), ``colours`` (K, 128, 64, 2)
    int8 of the others at half the resolution times ``colour_step`` (K,).
    ``response`` (16, 256, 256) change of log luminance a unit of each code of expression (`Prior.codes`), and
    ``reach`` (16,) how far codes usually go; ``grain`` (256, 256) deviation of log luminance in what is finer than the
    directions hold; ``known`` (256, 256) 0..1 share of people in whom a texel was seen. ``material`` (N, 128):
    identities of all whose pictures were gathered, and ``middle`` (128,) of what is drawn: likeness to
    either is told by them. ``salts`` (S,): for each of the first seeds the draw that is unlike all others.
    """

    shape: Floats
    shapes: Floats
    plane: Floats
    planes: np.ndarray
    step: Floats
    colours: np.ndarray
    colour_step: Floats
    response: Floats
    reach: Floats
    grain: Floats
    known: Floats
    material: Floats
    middle: Floats
    salts: np.ndarray

    @property
    def parts(self) -> int:
        """How many directions there are."""
        return len(self.step)

    def shape_of(self, coefficients: Floats) -> Floats:
        """Return the neutral shape (478, 3) of a mixture (K,)."""
        return np.asarray(self.shape + (coefficients @ self.shapes).reshape(-1, 3), np.float32)

    def plane_of(self, coefficients: Floats) -> Floats:
        """Return the planes (256, 256, 3) of a mixture (K,): log luminance, Cr, Cb."""
        light = np.tensordot(coefficients * self.step, self.planes, 1).astype(np.float32)
        colour = np.tensordot(coefficients * self.colour_step, self.colours, 1).astype(np.float32)
        colour = cv2.resize(_whole(colour), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        return self.plane + np.dstack([_whole(light), colour])

    def at(self, size: int) -> tuple[Floats, Floats]:
        """Return mean (size, size, 3) and directions (K, size, size, 3) at a lower resolution."""
        shrunk = np.empty((self.parts, size, size, 3), np.float32)
        for k in range(self.parts):
            light = _whole(self.planes[k].astype(np.float32)) * self.step[k]
            colour = _whole(self.colours[k].astype(np.float32)) * self.colour_step[k]
            shrunk[k, ..., 0] = cv2.resize(light, (size, size), interpolation=cv2.INTER_AREA)
            shrunk[k, ..., 1:] = cv2.resize(colour, (size, size), interpolation=cv2.INTER_AREA)
        return cv2.resize(self.plane, (size, size), interpolation=cv2.INTER_AREA), shrunk


def load_people_prior(path: Path | None = None) -> PeoplePrior:
    """Return the shipped knowledge of people's looks, or that in a file; read once.

    Raises:
        MissingPartError: the model file is missing.
    """
    return _load(path or model_path("texture_prior.safetensors"))


@lru_cache(maxsize=2)
def _load(path: Path) -> PeoplePrior:
    return read_people_prior(path)


def read_people_prior(path: Path) -> PeoplePrior:
    """Return what is in a file now."""
    held = load_file(path)
    whole = {name: _whole(held[name].astype(np.float32)) for name in ("plane", "grain", "known")}
    shading = held["response"].astype(np.float32) * held["response_step"][:, None, None]
    return PeoplePrior(
        held["shape"],
        held["shapes"].astype(np.float32),
        whole["plane"],
        held["planes"],
        held["step"],
        held["colours"],
        held["colour_step"],
        np.stack([_whole(each) for each in shading]),
        held["reach"],
        whole["grain"],
        whole["known"] / np.float32(255),
        held["material"].astype(np.float32) / 127,
        held["middle"],
        held["salts"],
    )


def to_planes(texture: Floats) -> Floats:
    """Return log luminance, Cr and Cb (size, size, 3) of a texture of 0..255."""
    ycc = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb) * 255
    return np.dstack([np.log(ycc[..., 0] + OFFSET), ycc[..., 1:] - 127.5]).astype(np.float32)


def to_texture(planes: Floats) -> Floats:
    """Return the texture (size, size, 3) float32 0..255 of its planes."""
    ycc = np.dstack([np.exp(planes[..., 0]) - OFFSET, planes[..., 1:] + 127.5]).astype(np.float32) / 255
    return np.clip(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB) * 255, 0, 255)


def complete(texture: Floats, seen: Mask, people: PeoplePrior, layout: Layout) -> Floats:
    """Return a whole texture from a partly seen one, in the light of what was seen.

    What was seen stays. What was seen on the other side only is taken from there; all else is what goes best with it:
    the most probable mixture under a Gaussian prior, together with a light and a tint of second degree.

    Args:
        texture: (size, size, 3) float32 0..255. seen: (size, size) uint8, 255 where it shows the person.
        layout: of that size.
    """
    size = len(texture)
    planes = to_planes(texture)
    predicted, light = _explain(planes, seen, people)
    predicted, light = (cv2.resize(x, (size, size), interpolation=cv2.INTER_CUBIC) for x in (predicted, light))
    other = cv2.bitwise_and(np.ascontiguousarray(seen[:, ::-1]), cv2.bitwise_not(seen)) > 0
    filled = np.where(other[..., None], (planes - light)[:, ::-1] + light, planes)
    both = cv2.max(seen, np.ascontiguousarray(seen[:, ::-1]))
    # What the mixture does not hold is spread softly beyond its border, so that there is no seam.
    rest = fill_beyond((filled - predicted).astype(np.float32), both, layout)
    return to_texture(predicted + rest)


def _explain(planes: Floats, seen: Mask, people: PeoplePrior) -> tuple[Floats, Floats]:
    """Return the planes (256, 256, 3) that go best with what was seen, in its light, and the light alone."""
    mean, parts = people.at(_COARSE)
    share = (seen > 127).astype(np.float32)
    weight = cv2.resize(share, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    small = cv2.resize(planes * share[..., None], (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    small /= np.maximum(weight, 1e-3)[..., None]
    weight = weight.ravel().astype(np.float64)
    place = _polynomial(_COARSE).reshape(-1, 6)
    count, lights = people.parts, place.shape[1]
    moments = np.diag(np.concatenate([np.ones(count), np.full(lights, _LIGHT**-2), np.full(2 * lights, _TINT**-2)]))
    wanted = np.zeros(len(moments))
    for plane, noise in enumerate((_NOISE, _COLOUR_NOISE, _COLOUR_NOISE)):
        basis = np.zeros((len(moments), len(weight)))
        basis[:count] = parts[..., plane].reshape(count, -1)
        basis[count + plane * lights : count + (plane + 1) * lights] = place.T
        rest = (small - mean)[..., plane].ravel()
        # Reweighted once: what no mixture explains (glasses, a hand) counts little.
        weighed = basis * (weight / noise**2)
        rough = np.linalg.solve(moments + weighed @ basis.T, weighed @ rest)
        weighed = weighed / (1 + ((rest - rough @ basis) / (3 * noise)) ** 2)
        moments = moments + weighed @ basis.T
        wanted = wanted + weighed @ rest
    found = np.linalg.solve(moments, wanted)
    light = np.tensordot(_polynomial(SIZE), found[count:].reshape(3, lights).T, 1).astype(np.float32)
    return people.plane_of(found[:count].astype(np.float32)) + light, light


def _polynomial(size: int) -> Floats:
    """Return (size, size, 6): 1, u, v, u u, u v and v v of -1..1."""
    v, u = np.mgrid[0:size, 0:size].astype(np.float32) * (2 / (size - 1)) - 1
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], -1)


def _whole(half: np.ndarray) -> Floats:
    """Return a symmetric square from its left half, (s, s / 2) or (s, s / 2, C)."""
    return np.concatenate([half, half[:, ::-1]], axis=1)
