"""What happens to honest pictures, and to fakes alike: for training the checker on what must not matter.

A picture is (H, W, 3) RGB uint8. Everything that is drawn comes from the generator, so that a face and its fake can
be given the same fate.
"""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
from PIL import Image

from bonaface.media.recompress import jpeg

_HOW = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)


def damage(face: np.ndarray, size_px: int, rng: np.random.Generator) -> np.ndarray:
    """Return a face as it might reach us: filmed otherwise, shrunk, compressed; (size_px, size_px, 3)."""
    out = face
    if rng.random() < 0.6:
        out = _light(out, rng)
    side = size_px
    if rng.random() < 0.35:
        side = int(np.exp(rng.uniform(np.log(72), np.log(size_px))))
    out = _resized(out, side, rng)
    if rng.random() < 0.1:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.1:
        noise = rng.normal(0, rng.uniform(1, 8), out.shape)
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    for _ in range(int(rng.choice([0, 1, 2], p=(0.4, 0.45, 0.15)))):
        out = _compressed(out, rng)
    return _resized(out, size_px, rng)


def beautify(face: np.ndarray, points: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Return a face as apps for phones hand it on: skin smoothed, a filter over all of it, lips and cheeks tinted."""
    out = face
    kind = rng.integers(3)
    if kind != 1:
        smooth = cv2.bilateralFilter(out, 9, float(rng.uniform(15, 50)), 7)
        share = rng.uniform(0.4, 1.0)
        out = np.clip(out * (1 - share) + smooth * share + rng.uniform(0, 10), 0, 255).astype(np.uint8)
    if kind != 0:
        curve = np.linspace(0, 1, 256)
        tables = [np.clip(255 * curve ** rng.uniform(0.8, 1.25) * rng.uniform(0.9, 1.05), 0, 255) for _ in range(3)]
        out = np.stack([table.astype(np.uint8)[out[..., k]] for k, table in enumerate(tables)], -1)
    if points is not None and kind == 2:
        out = _made_up(out, points, rng)
    return out


def h264(picture: np.ndarray, crf: int) -> np.ndarray:
    """Return a picture after H.264, as the only frame of a clip; its sides are made even."""
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.thread_count = width, height, "yuv420p", 1
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    held.seek(0)
    with av.open(held) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def _compressed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = rng.random()
    if kind < 0.75:
        return jpeg(picture, int(rng.integers(38, 98)))
    if kind < 0.9:
        held = io.BytesIO()
        Image.fromarray(picture).save(held, "WEBP", quality=int(rng.integers(35, 95)), method=0)
        return np.array(Image.open(held).convert("RGB"))
    return h264(picture, int(rng.integers(18, 33)))


def _light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = picture.astype(np.float32) / 255
    dark = rng.random() < 0.12
    out = out ** rng.uniform(1.2, 2.2) * rng.uniform(0.4, 0.9) if dark else out ** rng.uniform(0.8, 1.25)
    mean = out.mean()
    out = (mean + (out - mean) * rng.uniform(0.75, 1.25)) * rng.uniform(0.8, 1.2) * rng.uniform(0.93, 1.07, 3)
    if rng.random() < 0.3:
        grey = out.mean(-1, keepdims=True)
        out = grey + (out - grey) * rng.uniform(0, 1.4)
    return np.clip(out * 255, 0, 255).astype(np.uint8)


def _resized(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    how = int(rng.choice(_HOW))
    if side == picture.shape[0] == picture.shape[1]:
        return picture
    if side < 0.7 * picture.shape[0]:
        how = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    return cv2.resize(picture, (side, side), interpolation=how)


def _made_up(picture: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = picture.astype(np.float32)
    lips = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
    side = float(np.ptp(points, axis=0).max())
    spots = [(points[list(lips)], (rng.uniform(120, 220), rng.uniform(10, 60), rng.uniform(30, 90)), 0.01)]
    for centre in (50, 280):
        circle = points[centre] + 0.1 * side * np.column_stack([np.cos(np.arange(12)), np.sin(np.arange(12))])
        spots.append((circle, (220.0, 90.0, 90.0), 0.05))
    for outline, colour, soft in spots:
        area = np.zeros(picture.shape[:2], np.float32)
        cv2.fillConvexPoly(area, cv2.convexHull(outline.astype(np.float32)).astype(np.int32), 1.0)
        area = cv2.GaussianBlur(area, (0, 0), soft * side + 0.5)[..., None] * np.float32(rng.uniform(0.1, 0.45))
        light = out.mean(-1, keepdims=True) / 128
        out = out * (1 - area) + np.array(colour, np.float32) * light * area
    return np.clip(out, 0, 255).astype(np.uint8)
