"""Write a trained painter as the two files that ship: ONNX to run it, half-precision weights to adapt it.

    python scripts/export_painter.py mouth --work FOLDER --out src/bonaface/models

Needs torch, onnx and onnxscript. FOLDER is that of `train_painter.py`. The person's own weights take the place of the
initialisers of the ONNX file, so that each of them has to keep its name there; this is checked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch
from safetensors.torch import save_file
from train_painter import PRIOR, make_painter

from bonaface.making.painter import patches_of


def main() -> None:
    """Read the command line and write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["mouth", "eyes"])
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    settings = parser.parse_args()
    patches = patches_of(settings.part, PRIOR)
    network = make_painter(settings.part).eval()
    network.load_state_dict(torch.load(settings.work / f"{settings.part}.pt", map_location="cpu")["average"])
    weights = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    save_file(weights, settings.out / f"painter_{settings.part}.safetensors")
    count, side = len(patches), patches[0].side
    example = (
        torch.zeros(count, 3, side, side),
        torch.zeros(count, 1, side, side),
        torch.zeros(count, 6, side // 2, side // 2),
        torch.zeros(count, weights["encode.0.weight"].shape[1]),
    )
    file = settings.out / f"painter_{settings.part}.onnx"
    torch.onnx.export(
        network,
        example,
        str(file),
        dynamo=True,
        opset_version=18,
        input_names=["base", "hole", "geometry", "code"],
        output_names=["painted"],
        external_data=False,
        optimize=True,
    )
    kept = {each.name for each in onnx.load(file).graph.initializer}
    if missing := set(weights) - kept:
        raise SystemExit(f"The export renamed {sorted(missing)}; a person's own weights could not take their place.")
    print(file, file.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
