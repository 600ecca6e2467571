"""Choose the most different expressions from what `gather_patches.py` wrote, for `making.rehearsal`.

    python scripts/choose_expressions.py --data FOLDER --out src/bonaface/models/expressions.safetensors

Written is ``displacement`` (320, 478, 3) float16: how vertices moved from their person's neutral, in canonical space.
Farthest-point sampling (Gonzalez 1985) on lips, lids, irises and brows; the same data give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

COUNT = 320
CLIP_STEP = 10  # neighbouring frames are alike
MOST_YAW_DEG = 30.0
TELLING = [13, 14, 61, 291, 152, 0, 17, 159, 145, 386, 374, 468, 473, 66, 296]
TRUSTED = 0.98  # of the expressions; the wildest are failures of the mesh


def main() -> None:
    """Read, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    settings = parser.parse_args()
    moved = np.concatenate([read(file) for file in sorted(settings.data.glob("*.npz"))])
    furthest = np.linalg.norm(moved, axis=2).max(axis=1)
    moved = moved[furthest < np.quantile(furthest, TRUSTED)]
    chosen = choose(moved[:, TELLING].reshape(len(moved), -1))
    save_file({"displacement": moved[chosen].astype(np.float16)}, settings.out)
    print(f"{len(chosen)} of {len(moved)} expressions")


def read(file: Path) -> np.ndarray:
    """Return displacements (N, 478, 3) of frames that face the camera; of clips, every tenth."""
    held = np.load(file)
    facing = held["displacement"][np.abs(held["angles_deg"][:, 1]) < MOST_YAW_DEG]
    return facing[::CLIP_STEP] if "mouth_linear" in held else facing


def choose(described: np.ndarray) -> np.ndarray:
    """Return the rows of the most different ones, in order."""
    chosen = [0]
    away = ((described - described[0]) ** 2).sum(axis=1)
    while len(chosen) < min(COUNT, len(described)):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, ((described - described[chosen[-1]]) ** 2).sum(axis=1))
    return np.sort(np.array(chosen))


if __name__ == "__main__":
    main()
