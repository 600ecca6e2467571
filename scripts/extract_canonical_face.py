"""Write the canonical face mesh from face_landmarker.task's geometry metadata to canonical_face.safetensors.

The metadata is a small protocol buffer (GeometryPipelineMetadata: mesh = 1, weights = 2; Mesh3d: vertices = 3, five
floats each, x y z u v in centimetres, y up, z towards the viewer; indices = 4). Here the face becomes 100 wide, y
points down and z away from the viewer. The ten iris points, which the metadata lack, are put in the plane of the lids.

    python scripts/extract_canonical_face.py
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

MODELS = Path(__file__).parents[1] / "src" / "bonaface" / "models"
IRIS_RADIUS_CM = 0.585  # the visible iris of adults is 11.7 mm wide, nearly without exception
EYES = ((468, 33, 133, (159, 145)), (473, 362, 263, (386, 374)))  # iris centre, viewer's left and right corner, lids


def main() -> None:
    """Read the task, write the tensors."""
    with zipfile.ZipFile(MODELS / "face_landmarker.task") as task:
        metadata = task.read("geometry_pipeline_metadata_landmarks.binarypb")
    mesh = next(bytes(value) for field, value in wire_fields(metadata) if field == 1)
    floats = np.array([value for field, value in wire_fields(mesh) if field == 3], np.float64).reshape(468, 5)
    triangles = np.array([value for field, value in wire_fields(mesh) if field == 4], np.int32).reshape(-1, 3)
    weights = np.zeros(478, np.float32)
    for _, pair in ((f, bytes(v)) for f, v in wire_fields(metadata) if f == 2):
        values = dict(wire_fields(pair))
        weights[int(values[1])] = values[2]
    points = np.concatenate([floats[:, :3], iris_points(floats[:, :3])]) * (1, -1, -1)
    points *= 100 / np.ptp(points[:468, 0])
    save_file(
        {
            "points": points.astype(np.float32),
            "uv": floats[:, 3:].astype(np.float32),
            "triangles": triangles,
            "weights": weights,
        },
        MODELS / "canonical_face.safetensors",
    )


def iris_points(points: np.ndarray) -> np.ndarray:
    """Return (10, 3): centre, then viewer's right, top, left, bottom of each iris, as the mesh network orders them."""
    irises = []
    for _, left, right, lids in EYES:
        centre = (points[left] + points[right]) / 2
        centre[2] = points[list(lids), 2].mean()
        across = points[right] - points[left]
        across *= IRIS_RADIUS_CM / np.linalg.norm(across)
        up = np.array([0.0, IRIS_RADIUS_CM, 0.0])
        irises += [centre, centre + across, centre + up, centre - across, centre - up]
    return np.array(irises)


def wire_fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of a protocol buffer message: ints, bytes or 32-bit floats."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
            yield key >> 3, value
        elif key & 7 == 2:
            length, at = varint(data, at)
            yield key >> 3, data[at : at + length]
            at += length
        elif key & 7 == 5:
            yield key >> 3, struct.unpack_from("<f", data, at)[0]
            at += 4
        else:
            raise ValueError(f"Wire type {key & 7} is not expected in the geometry metadata.")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable-length integer that begins at ``at`` and the place behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


if __name__ == "__main__":
    main()
