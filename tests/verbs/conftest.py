"""Two people who were learned once, and small clips made of the example media."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bonaface.media.video import VideoReader
from bonaface.verbs.person import add_person
from bonaface.verbs.swap import swap
from bonaface.verbs.task import Swapped
from bonaface.verbs.train import train

ROOT = Path(__file__).parents[2]
MEDIA = ROOT / "examples" / "media"
CONSENTS = ROOT / "examples" / "consent"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with "man", learned from a clip of a second and a half, and "woman", learned from one picture."""
    folder = tmp_path_factory.mktemp("people")
    short = _write_clip(folder / "man.mp4", _read_frames(MEDIA / "single_face.mp4", every=2), rate=Fraction(15))
    for name, path in (("man", short), ("woman", MEDIA / "astronaut.png")):
        add_person(name, [path], consent=CONSENTS / "single_face.toml", home=folder)
        train(name, minutes=0, home=folder)
    return folder


@pytest.fixture(scope="session")
def media() -> Path:
    """The example media."""
    return MEDIA


@pytest.fixture(scope="session")
def art() -> Path:
    """Paintings and pictures of no person; where they are absent, the test is skipped."""
    folder = Path(os.environ.get("BONAFACE_SHARED") or ROOT.parent / "shared") / "media" / "art"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def read_frames() -> Callable[..., list[np.ndarray]]:
    """Frames of a clip, upright, by number: ``read_frames(path, start, stop, every)``."""
    return _read_frames


@pytest.fixture(scope="session")
def write_clip() -> Callable[..., Path]:
    """Write a clip by other means than ours: ``write_clip(path, frames, rate, codec, pix_fmt, rotation)``."""
    return _write_clip


@pytest.fixture
def swap_one(home: Path, out: Path) -> Callable[..., Swapped]:
    """Swap into one target: ``swap_one(name, target, **options)``; its error is raised."""

    def run(name: str, target: Path, **options: Any) -> Swapped:
        (outcome,) = swap(name, [target], **({"home": home, "out": out} | options))
        if outcome.error is not None:
            raise outcome.error
        assert outcome.swapped is not None
        return outcome.swapped

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for results."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def _read_frames(path: Path, start: int = 0, stop: int | None = None, every: int = 1) -> list[np.ndarray]:
    frames = []
    with VideoReader(path) as reader:
        for frame in reader.frames():
            if stop is not None and frame.index >= stop:
                break
            if frame.index >= start and (frame.index - start) % every == 0:
                frames.append(frame.rgb)
    return frames


def _write_clip(
    path: Path,
    frames: Sequence[np.ndarray],
    rate: Fraction = Fraction(30),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
) -> Path:
    options = {"crf": "12"} | ({"x265-params": "log-level=none"} if codec == "libx265" else {"preset": "veryfast"})
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], pix_fmt
        if rotation:
            stream.set_display_rotation(rotation)
        for rgb in frames:
            kind = "rgb48le" if rgb.dtype == np.uint16 else "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=kind)))
        container.mux(stream.encode(None))
    return path
