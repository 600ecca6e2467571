"""Write a trained painter as the two files that ship: an ONNX graph without weights, and half-precision weights.

    python scripts/export_painter.py mouth --work FOLDER --out src/bonaface/models

Needs torch, onnx and onnxscript. FOLDER is that of `train_painter.py`. In the graph each weight is an external
initialiser under its own name: whoever runs it hands over the shipped weights or a person's own, which ONNX Runtime
packs before it optimises. A weight that the export renamed is an error.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.external_data_helper import set_external_data
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
    _take_weights_out(file, set(weights))
    print(file, file.stat().st_size, "bytes")


def _take_weights_out(file: Path, names: set[str]) -> None:
    """Leave of the named initialisers where they would lie, and of nodes nothing that only a reader wants."""
    model = onnx.load(file)
    offset = 0
    for tensor in model.graph.initializer:
        if tensor.name in names:
            value = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(value, tensor.name))
            set_external_data(tensor, "weights", offset, value.nbytes)
            tensor.ClearField("raw_data")
            names = names - {tensor.name}
            offset += value.nbytes
    if names:
        raise SystemExit(f"The export renamed {sorted(names)}; no weights could take their place.")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    model.graph.ClearField("value_info")
    onnx.save(model, file)


if __name__ == "__main__":
    main()
