"""Example media and their faces for the tests of faces."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.faces.mesh import FaceMesh
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Rgb8
from bonaface.terms.picture import Frame

MEDIA = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture(scope="session")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="session")
def mesh() -> FaceMesh:
    return FaceMesh(num_threads=1)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(num_threads=1)


@pytest.fixture(scope="session")
def picture() -> Callable[[str], Rgb8]:
    """An example picture by name."""

    def read(name: str) -> Rgb8:
        return read_image(MEDIA / name).rgb

    return read


@pytest.fixture(scope="session")
def clip() -> Callable[..., list[Rgb8]]:
    """Frames of an example clip by number: ``clip(name, start, stop, every)``."""

    def read(name: str, start: int = 0, stop: int = 10**9, every: int = 1) -> list[Rgb8]:
        frames = []
        with VideoReader(MEDIA / name) as reader:
            for frame in reader.frames():
                if frame.index >= stop:
                    break
                if frame.index >= start and (frame.index - start) % every == 0:
                    frames.append(frame.rgb)
        return frames

    return read


@pytest.fixture(scope="session")
def as_frames() -> Callable[..., list[Frame]]:
    """Pictures as frames of a clip of 30 a second."""

    def make(pictures: list[np.ndarray]) -> list[Frame]:
        return [Frame(k, k, Fraction(k, 30), rgb) for k, rgb in enumerate(pictures)]

    return make
