"""Write the trained checker as the file that ships: ONNX, weights in half precision where that changes nothing.

    python scripts/export_check.py --work FOLDER --name check --out src/bonaface/models/checker.onnx

Needs torch, onnx and onnxscript. The average of the last steps is exported, batch normalisation folded by ONNX Runtime.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from check_network import Checker

SIDE_PX = 192
_SAME = 0.02
"""Logits of both may differ by so much."""


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--name", default="check")
    parser.add_argument("--out", required=True, type=Path)
    settings = parser.parse_args()
    held = torch.load(settings.work / f"{settings.name}.pt", map_location="cpu", weights_only=True)
    network = Checker(held["backbone"]).eval()
    network.load_state_dict(held["average"])
    torch.onnx.export(
        network,
        (torch.rand(2, 3, SIDE_PX, SIDE_PX),),
        str(settings.out),
        dynamo=True,
        opset_version=18,
        input_names=["picture"],
        output_names=["logit", "where"],
        dynamic_shapes=({0: torch.export.Dim("count")},),
        external_data=False,
        optimize=True,
    )
    model = onnx.load(settings.out)
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    model.graph.ClearField("value_info")
    onnx.save(model, settings.out)
    picture = np.random.default_rng(3).random((3, 3, SIDE_PX, SIDE_PX), np.float32)
    with torch.no_grad():
        wanted = [each.numpy() for each in network(torch.from_numpy(picture))]
    session = onnxruntime.InferenceSession(str(settings.out), providers=["CPUExecutionProvider"])
    away = max(float(np.abs(a - b).max()) for a, b in zip(session.run(None, {"picture": picture}), wanted, strict=True))
    if away > _SAME:
        raise SystemExit(f"The exported network differs by {away:.3f}.")
    print(settings.out, settings.out.stat().st_size, "bytes, step", held["step"])


if __name__ == "__main__":
    main()
