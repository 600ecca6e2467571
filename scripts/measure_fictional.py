"""How different people who do not exist are, from each other and from the faces that the prior was learned from.

    python scripts/measure_fictional.py [--seeds 50] [--sheet FILE.png] [--target PICTURE]

Every seed is looked at by itself, from the front, and swapped into the same picture (``--target``, the first frame of
an example clip if not said), whose hair and ears all results share. Printed are SFace's cosines between two seeds, and
between a seed and the faces of the prior's material, whose identities ship with it: the nearest for each seed.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from gather_patches import pictures

from bonaface.faces.embed import Embedder
from bonaface.faces.hair import HairFinder
from bonaface.faces.mask import MaskFollower
from bonaface.faces.track import FaceTracker
from bonaface.making.avatar import Avatar
from bonaface.making.fictional import front_view
from bonaface.making.people_prior import load_people_prior
from bonaface.making.prior import load_prior
from bonaface.making.render import Renderer
from bonaface.making.target import study
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.verbs.nobody import draw_nobody

CLIP = Path(__file__).parents[1] / "examples" / "media" / "single_face.mp4"
SIDE = 256
COLUMNS = 10


def main() -> None:
    """Read the command line, draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--sheet", type=Path, help="a picture of all, by themselves and swapped, for looking only")
    parser.add_argument("--target", type=Path, default=CLIP)
    settings = parser.parse_args()
    prior, embedder = load_prior(), Embedder()
    avatars = [draw_nobody(seed) for seed in range(settings.seeds)]
    fronts = [front_view(avatar, prior.layout(avatar.size)) for avatar in avatars]
    alone = np.stack([embedder.embed(picture, points) for picture, points in fronts])
    swapped, shown = swap_all(avatars, first_frame(settings.target), embedder)
    for name, faces in (("by themselves", alone), ("swapped into one picture", swapped)):
        tell_pairs(name, faces)
    known = load_people_prior().material
    for name, faces in (("by themselves", alone), ("swapped into one picture", swapped)):
        nearest = (faces @ known.T).max(axis=1)
        print(
            f"{name}: the nearest of {len(known)} faces of the material is at {nearest.max():.3f} for the worst "
            f"seed, {np.median(nearest):.3f} for the median; {int((nearest > 0.45).sum())} seeds are above .45"
        )
    if settings.sheet is not None:
        rows = [picture for picture, _ in fronts] + [cv2.resize(each, (SIDE, SIDE)) for each in shown]
        cv2.imwrite(str(settings.sheet), lay_out(rows)[..., ::-1])


def tell_pairs(name: str, faces: Floats) -> None:
    """Print the likeness of all pairs of seeds."""
    likeness = (faces @ faces.T)[np.triu_indices(len(faces), 1)]
    print(
        f"{name}: SFace between two seeds {np.median(likeness):.3f} in the median, {np.quantile(likeness, 0.95):.3f} "
        f"at 95 %, {likeness.max():.3f} at most; {100 * float((likeness < 0.35).mean()):.1f} % of {len(likeness)} "
        "pairs are under .35"
    )


def first_frame(path: Path) -> Rgb8:
    """Return a picture, or the first frame of a clip."""
    if path.suffix == ".mp4":
        with VideoReader(path) as reader:
            return as_rgb8(next(iter(reader.frames())).rgb)
    return next(pictures(path))


def swap_all(avatars: list[Avatar], rgb8: Rgb8, embedder: Embedder) -> tuple[Floats, list[Rgb8]]:
    """Return the identity of each avatar swapped into a picture, and the surroundings of the face."""
    prior, hair = load_prior(), HairFinder()
    face = FaceTracker(smooth=False).step(Frame(0, 0, Fraction(0), rgb8)).faces[0]
    target = study([(rgb8, face.points)], face.points[None], face.blendshapes[None], prior, hair.mask)
    middle, half = face.points[:468, :2].mean(0), float(np.ptp(face.points[:468, 1])) * 0.8
    left, top = (max(0, int(v - half)) for v in middle)
    faces, shown = [], []
    for avatar in avatars:
        out, _ = Renderer(avatar, target, prior, MaskFollower(hair)).render(rgb8, face.points)
        faces.append(embedder.embed(out, face.points))
        shown.append(out[top : int(middle[1] + half), left : int(middle[0] + half)])
    return np.stack(faces), shown


def lay_out(tiles: list[Rgb8]) -> Rgb8:
    """Return the pictures in rows of ten."""
    blank = np.zeros_like(tiles[0])
    tiles = tiles + [blank] * (-len(tiles) % COLUMNS)
    return np.concatenate([np.concatenate(tiles[k : k + COLUMNS], axis=1) for k in range(0, len(tiles), COLUMNS)])


if __name__ == "__main__":
    main()
