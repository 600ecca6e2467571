"""Build what is known of people's looks: the file that `making.people_prior` reads, from faces of nobody.

    python scripts/build_texture_prior.py --out FILE [--gathered FILE] INPUT...

INPUT is a folder or a zip of pictures, each of another person who does not exist. The largest face of each is laid flat
 (``--gathered`` keeps that in an npz and takes it up again), and then

- pictures are passed over in which the head is turned, hair, a hand or a hat covers the face, light is dark or of one
  colour, or that a mixture of other faces explains badly: those with glasses, masks and hard shadows;
- light is taken out: log luminance by spherical harmonics of second order of the average face's normals (Basri and
  Jacobs 2003), colours by a polynomial of second degree, robustly fitted; half of a picture's brightness and hue stays;
- left and right are put together, each texel by how far it was seen and how near it is to the average;
- what expression does to luminance is regressed on the codes of the prior, and taken out;
- texels that were not seen are filled by principal components fitted to those that were (Roweis, "EM algorithms for PCA
  and SPCA", 1998), and shape joins texture in one set of directions.

Nothing is drawn by chance: the same pictures give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from gather_patches import stills
from plain_light import HALF, without_light
from safetensors.numpy import save_file

from bonaface.faces.embed import Embedder
from bonaface.faces.hair import HairFinder
from bonaface.faces.pose import fit_pose, head_angles_deg, to_canonical, to_picture
from bonaface.faces.proportion import LARGEST_IRIS, iris_share
from bonaface.making.fictional import draw_person, front_view
from bonaface.making.layout import Layout
from bonaface.making.patch import counterparts
from bonaface.making.people_prior import SIZE, read_people_prior
from bonaface.making.prior import Prior, load_prior
from bonaface.making.shape import neutral_shape, place_irises, ring_offsets, widen
from bonaface.making.unwrapped import facing
from bonaface.terms.arrays import Floats
from bonaface.verbs.nobody import LIKE_MATERIAL

PARTS = 110
DRAWS = 150
CHOSEN, TRIES = 64, 12
UNLIKE = 0.33
"""SFace cosine to every seed before under which a draw is taken without looking further."""
KEPT = 0.66
"""Share of the upright, well-lit faces that are explained best."""
COARSE = 64
UNITS = np.array([1.0, 1 / 60, 1 / 60], np.float32)
"""Log luminance weighs as much as 60 grey levels of colour."""
NOISE = 0.12
SHAPE_WEIGHT = 0.12
RIDGE = 20.0
Table = dict[str, np.ndarray]


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--gathered", type=Path, help="faces laid flat: written if it is not there, else read")
    settings = parser.parse_args()
    prior = load_prior()
    if settings.gathered is not None and settings.gathered.exists():
        faces = dict(np.load(settings.gathered))
    else:
        faces = gather(settings.inputs, prior)
        if settings.gathered is not None:
            np.savez(settings.gathered, **faces)
    built = build(faces, prior)
    built |= {"material": np.round(faces["embedding"] * 127).astype(np.int8)}
    built |= {"middle": np.zeros(128, np.float32), "salts": np.zeros(0, np.uint8)}
    write(built, settings.out)
    built["middle"] = middle_of_draws(settings.out, prior)
    write(built, settings.out)
    built["salts"] = choose_draws(settings.out, prior)
    write(built, settings.out)
    print(f"{settings.out}: {settings.out.stat().st_size / 1e6:.1f} MB", flush=True)


def write(built: Table, path: Path) -> None:
    """Write the tensors."""
    save_file({name: np.ascontiguousarray(value) for name, value in built.items()}, path)


def middle_of_draws(path: Path, prior: Prior) -> Floats:
    """Return the identity (128,) in the middle of what is drawn from the prior in a file."""
    people, embedder = read_people_prior(path), Embedder()
    draws = (draw_person(seed, people, prior) for seed in range(DRAWS))
    mean = np.mean([embedder.embed(*front_view(each, prior.layout(SIZE))) for each in draws], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def choose_draws(path: Path, prior: Prior) -> np.ndarray:
    """Return (CHOSEN,) uint8: for each of the first seeds the draw that is like none of the material nor a seed before.

    Raises:
        ValueError: no draw of a seed is unlike the material.
    """
    people, embedder = read_people_prior(path), Embedder()
    faces: list[Floats] = []
    salts = []
    for seed in range(CHOSEN):
        best = (np.inf, -1, np.zeros(128, np.float32))
        for attempt in range(TRIES):
            face = embedder.embed(*front_view(draw_person(seed, people, prior, attempt), prior.layout(SIZE)))
            nearest = max((float(face @ other) for other in faces), default=-1.0)
            if float((people.material @ face).max()) < LIKE_MATERIAL and nearest < best[0]:
                best = nearest, attempt, face
            if best[0] < UNLIKE:
                break
        if best[1] < 0:
            raise ValueError(f"Expected a draw of seed {seed} unlike the material, got none; raise TRIES.")
        salts.append(best[1])
        faces.append(best[2])
    return np.array(salts, np.uint8)


def gather(inputs: list[Path], prior: Prior) -> Table:
    """Return the largest face of every picture, laid flat: one row each."""
    layout, hair, embedder = prior.layout(SIZE), HairFinder(), Embedder()
    rows: dict[str, list[np.ndarray]] = {}
    for path in inputs:
        for look in stills(path):
            crop, points = look.crops[0], look.points
            pose = fit_pose(points, prior.reference)
            canonical = place_irises(to_canonical(points, pose))
            neutral = neutral_shape(canonical, look.blendshapes, prior)
            mesh = to_picture(widen(canonical, ring_offsets(neutral)), pose)[0]
            masks = hair.masks(crop, points[0])
            turned = np.clip(facing(mesh, layout), 0, 1) * 255
            row = {
                "texture": layout.unwrap(crop, mesh),
                "hair": layout.unwrap(masks[0], mesh),
                "cover": layout.unwrap(masks[1], mesh),
                "facing": turned.astype(np.uint8),
                "neutral": neutral,
                "displacement": canonical[0] - neutral,
                "angles": head_angles_deg(pose)[0],
                "embedding": embedder.embed(crop, points[0]),
            }
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
        print(path.name, len(rows["texture"]), "faces", flush=True)
    return {name: np.stack(values) for name, values in rows.items()}


def build(faces: Table, prior: Prior, parts: int = PARTS) -> Table:
    """Return the tensors of the file."""
    layout = prior.layout(SIZE)
    upright = np.flatnonzero(is_usable(faces, prior, layout))
    faces = {name: value[upright] for name, value in faces.items()}
    planes, weight = without_light(faces, prior, layout)
    usable = explained_well(planes, weight)
    print(f"{len(usable)} of {len(upright)} usable faces are learned from", flush=True)
    planes, weight = planes[usable], weight[usable]
    faces = {name: faces[name][usable] for name in ("neutral", "displacement")}
    mean, response, reach = take_expression_out(planes, weight, faces["displacement"], prior)
    return {**learn(planes, weight, mean, faces["neutral"], parts), **_packed_response(response), "reach": reach}


def is_usable(faces: Table, prior: Prior, layout: Layout) -> np.ndarray:
    """Return (N,) bool: an adult's face that is seen from the front in a plain light."""
    core = cv2.erode(layout.face, np.ones((31, 31), np.uint8)) > 0
    luma, red, blue = (np.empty(len(faces["texture"]), np.float32) for _ in range(3))
    colour = np.empty_like(luma)
    for k, texture in enumerate(faces["texture"]):
        middle = cv2.cvtColor(texture, cv2.COLOR_RGB2YCrCb)[core].astype(np.float32)
        luma[k], red[k], blue[k] = np.median(middle, axis=0)
        colour[k] = np.abs(middle[:, 1:] - 128).mean()
    covered = {
        name: ((faces[name] > level) & core).sum((1, 2)) / core.sum() for name, level in (("hair", 64), ("cover", 96))
    }
    angles = np.abs(faces["angles"])
    iris = np.array([iris_share(shape[None], prior.reference) for shape in faces["neutral"]])
    front = (angles[:, 1] < 30) & (angles[:, 0] < 22)
    free = (covered["hair"] < 0.3) & (covered["cover"] < 0.06)
    return np.asarray(front & free & (colour > 4) & (luma > 45) & (red > blue + 4) & (iris < LARGEST_IRIS))


def coarse(planes: np.ndarray, weight: np.ndarray) -> tuple[Floats, Floats]:
    """Return planes (N, T, 3) in `UNITS` and weights (N, T) at a quarter of the resolution, rows flattened."""
    size = (COARSE // 2, COARSE)
    small = [cv2.resize(w, size, interpolation=cv2.INTER_AREA) for w in weight]
    mixed = [
        cv2.resize(p * w[..., None], size, interpolation=cv2.INTER_AREA) for p, w in zip(planes, weight, strict=True)
    ]
    share = np.stack(small)
    values = np.stack(mixed) / np.maximum(share, 1e-2)[..., None] * UNITS
    return values.reshape(len(planes), -1, 3), np.clip(share, 0, 1).reshape(len(planes), -1)


def fill(values: Floats, weight: Floats, parts: int, rounds: int = 3) -> tuple[Floats, Floats]:
    """Return what mixtures of ``parts`` components explain (N, T, 3), and the values with the unseen filled in."""
    count, texels = values.shape[:2]
    mean = (values * weight[..., None]).sum(0) / np.maximum(weight.sum(0), 1e-2)[..., None]
    whole = np.where((weight > 0.15)[..., None], values, mean)
    some = slice(0, texels, 2)
    for _ in range(rounds):
        centre = whole.reshape(count, -1).mean(0)
        apart = whole.reshape(count, -1) - centre
        lengths, sides = np.linalg.eigh((apart @ apart.T).astype(np.float64))
        lengths, sides = np.maximum(lengths[::-1][:parts], 1e-6), sides[:, ::-1][:, :parts]
        directions = (sides.T @ apart / np.sqrt(count)).astype(np.float32)
        at = directions.reshape(parts, texels, 3)[:, some]
        flat = at.reshape(parts, -1)
        found = np.empty((count, parts), np.float32)
        for k in range(count):
            rest, trust = values[k, some] - centre.reshape(texels, 3)[some], weight[k, some]
            for _ in range(2):
                weighed = (at * trust[None, :, None]).reshape(parts, -1) * (2 / NOISE**2)
                found[k] = np.linalg.solve(weighed @ flat.T + np.eye(parts), weighed @ rest.ravel())
                odd = np.abs(rest - (found[k] @ flat).reshape(-1, 3)).max(1)
                trust = weight[k, some] / (1 + (odd / (3 * NOISE)) ** 2)
        explained = (found @ directions + centre).reshape(values.shape)
        trust = weight / (1 + (np.abs(values - explained).max(-1) / (3.5 * NOISE)) ** 2)
        whole = trust[..., None] * values + (1 - trust[..., None]) * explained
    return explained, whole


def explained_well(planes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the rows that mixtures of the others explain best about the eyes, the nose and the mouth."""
    values, share = coarse(planes, weight)
    explained, _ = fill(values, share, 40)
    odd = (np.abs(values - explained).max(-1) * share).reshape(-1, COARSE, COARSE // 2)
    share = share.reshape(odd.shape)
    score = np.zeros(len(planes))
    for place in ((slice(19, 31), slice(None)), (slice(22, 28), slice(27, None)), (slice(42, None), slice(None))):
        mean = odd[:, *place].sum((1, 2)) / np.maximum(share[:, *place].sum((1, 2)), 1)
        score += mean / np.median(mean)
    return np.sort(np.argsort(score, kind="stable")[: round(KEPT * len(score))])


def take_expression_out(
    planes: np.ndarray, weight: np.ndarray, displacement: Floats, prior: Prior
) -> tuple[Floats, Floats, Floats]:
    """Make the faces neutral, in place, and return their mean (256, 128, 3), the response (16, 256, 128), the reach."""
    mirrored = displacement[:, counterparts()] * np.array([-1, 1, 1], np.float32)
    codes = ((displacement + mirrored) / 2).reshape(len(planes), -1) @ prior.codes.T
    reach = np.maximum(np.sqrt((codes**2).mean(0)), 0.5)
    known = np.column_stack([codes / reach, np.ones(len(planes))])
    mean = (planes * weight[..., None]).sum(0) / np.maximum(weight.sum(0), 1e-2)[..., None]
    apart = ((planes - mean)[..., 0] * np.clip(weight, 0, 1)).reshape(len(planes), -1)
    hold = np.diag([RIDGE] * len(reach) + [1e-3])
    found = np.linalg.solve(known.T @ known + hold, known.T @ apart)
    response = found[:-1].reshape(-1, SIZE, HALF).astype(np.float32)
    for k, row in enumerate(known):
        planes[k, ..., 0] -= np.tensordot(row[:-1], response, 1)
    mean = (planes * weight[..., None]).sum(0) / np.maximum(weight.sum(0), 1e-2)[..., None]
    return mean.astype(np.float32), response, reach.astype(np.float32)


def learn(planes: np.ndarray, weight: np.ndarray, mean: Floats, neutral: Floats, parts: int) -> Table:
    """Return the directions in which shape and texture of neutral faces vary, and the grain beyond them."""
    count = len(planes)
    values, share = coarse(planes, weight)
    explained, whole = fill(values, share, min(parts, count - 2))
    shape = np.median(neutral, axis=0)
    away = (neutral - shape).reshape(count, -1)
    both = np.concatenate([(whole - whole.mean(0)).reshape(count, -1), SHAPE_WEIGHT * away], axis=1)
    _, sides = np.linalg.eigh((both @ both.T).astype(np.float64))
    scores = np.ascontiguousarray(sides[:, ::-1][:, :parts] * np.sqrt(count))
    scores *= np.where(scores[np.abs(scores).argmax(0), np.arange(parts)] < 0, -1, 1)  # the sign is anybody's choice
    shapes = scores.T @ away / count
    for k in range(count):
        rough = cv2.resize((explained[k] / UNITS).reshape(COARSE, -1, 3), (HALF, SIZE), interpolation=cv2.INTER_CUBIC)
        trust = np.clip(weight[k] * 1.5, 0, 1)[..., None]
        planes[k] = trust * planes[k] + (1 - trust) * rough - mean
    middle = planes.mean(0)
    flat = (planes - middle).reshape(count, -1)
    directions = (scores.T @ flat / count).reshape(parts, SIZE, HALF, 3).astype(np.float32)
    rest = flat.reshape(planes.shape)[..., 0] - np.tensordot(scores, directions[..., 0], 1)
    fine = np.stack([each - cv2.GaussianBlur(each, (0, 0), 2) for each in rest.astype(np.float32)])
    grain = np.sqrt((fine**2 * weight).sum(0) / np.maximum(weight.sum(0), 1e-2))
    colour = np.stack(
        [cv2.resize(each[..., 1:], (HALF // 2, HALF), interpolation=cv2.INTER_AREA) for each in directions]
    )
    light, step = _packed(directions[..., 0])
    tints, tint_step = _packed(colour)
    return {
        "shape": shape.astype(np.float32),
        "shapes": shapes.astype(np.float16),
        "plane": (mean + middle).astype(np.float32),
        "planes": light,
        "step": step,
        "colours": tints,
        "colour_step": tint_step,
        "grain": cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 2).astype(np.float16),
        "known": np.round(255 * np.clip((weight > 0.15).mean(0), 0, 1)).astype(np.uint8),
    }


def _packed(values: Floats) -> tuple[np.ndarray, Floats]:
    """Return values (K, ...) as int8 and the step (K,) of each row."""
    step = np.maximum(np.abs(values).reshape(len(values), -1).max(1), 1e-6) / 127
    return np.round(values / step.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8), step.astype(np.float32)


def _packed_response(response: Floats) -> Table:
    packed, step = _packed(response)
    return {"response": packed, "response_step": step}


if __name__ == "__main__":
    main()
