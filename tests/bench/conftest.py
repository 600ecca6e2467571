"""Rows with made-up figures, tiny clips, and where media that may not ship are looked for."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bonaface.bench.gallery import Retrieval
from bonaface.bench.rows import Ceiling, Making, Row, Verdict
from bonaface.bench.score import Motion, Surface
from bonaface.bench.speed import Speed

MEDIA = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture
def shared() -> Path:
    """The folder of media that may not ship; the test skips where it is absent."""
    folder = Path(os.environ.get("BONAFACE_SHARED", MEDIA.parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip("media that may not ship are not at hand (BONAFACE_SHARED)")
    return folder


@pytest.fixture
def row_of() -> Callable[..., Row]:
    """Give a function that makes a row of some direction."""
    return make_row


@pytest.fixture
def timed() -> dict[str, object]:
    """What only a swap of our own has."""
    seconds = {"decode": 0.1, "track": 0.5, "study": 0.2, "render": 2.0, "encode": 0.4}
    return {"making": Making(50, 3.0, 4.0, 100, 1, 0, 20.0), "speed": Speed(100, 640, 360, seconds, 1.0)}


@pytest.fixture
def clip_of() -> Callable[..., Path]:
    """Give a function that writes frames as a clip."""
    return write_clip


@pytest.fixture(scope="session")
def cut_from_example() -> Callable[..., Path]:
    """Give a function that cuts some seconds out of an example."""
    return cut_clip


def make_row(pair: str, to_source: float = 0.6, **changes: object) -> Row:
    """A row of another tool's clip, that is without times, with some fields changed."""
    fields: dict[str, object] = {
        "pair": pair,
        "tool": "theirs.mp4",
        "measured": 12,
        "verdicts": (Verdict("SFace", to_source, (to_source - 0.1, to_source + 0.1), 0.1, 1.0),),
        "ceilings": {"oval": Ceiling(0.8, 0.2, to_source / 0.8)},
        "retrieval": Retrieval(0.75, 0.25, 40),
        "motion": Motion(1.25, 0.5, 0.7, 0.9, 0.95, 0.02, 1.0),
        "encoder_motion": Motion(0.15, 0.1, 0.98, 1.0, 0.99, 0.004, 1.0),
        "surface": Surface(0.9, 30.0, 0.9, 0.5),
        "encoder_surface": Surface(0.97, 42.0, 0.99, 0.4),
        "flicker": 2.25,
        "target_flicker": 3.75,
        "making": None,
        "speed": None,
    }
    return Row(**(fields | changes))  # type: ignore[arg-type]


def write_clip(path: Path, frames: list[np.ndarray], rate: Fraction = Fraction(25)) -> Path:
    """Write frames as a lossless clip."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "rgb24", {"crf": "0", "preset": "ultrafast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    return path


def cut_clip(example: str, destination: Path, start_s: float, seconds: float) -> Path:
    """Write some seconds of a clip anew, as it would come out of a cutting program."""
    with av.open(str(MEDIA / example)) as given, av.open(str(destination), "w") as container:
        pictures = given.streams.video[0]
        stream = container.add_stream("libx264", rate=pictures.average_rate)
        stream.height, stream.width, stream.pix_fmt = pictures.height, pictures.width, "yuv420p"
        stream.options = {"crf": "12", "preset": "ultrafast"}
        for frame in given.decode(pictures):
            if frame.time < start_s:
                continue
            if frame.time >= start_s + seconds:
                break
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), format="rgb24")))
        container.mux(stream.encode())
    return destination
