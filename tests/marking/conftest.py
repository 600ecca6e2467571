"""A home, a permit and small media for the tests of marking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bonaface.marking.claim import Claim
from bonaface.marking.identity import signing_identity
from bonaface.marking.manifest import sign_file
from bonaface.terms.permit import Permit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def permit() -> Permit:
    return Permit(
        person_id="3f0c6f0e",
        person_name="Ann",
        basis="media-licence",
        purpose="art",
        expires=date(2999, 1, 1),
        consent_sha256="ab" * 32,
        statement="consent of the person not documented",
    )


@pytest.fixture
def claim(permit: Permit) -> Claim:
    return Claim((permit,))


@pytest.fixture
def scene() -> Callable[..., np.ndarray]:
    """Make a picture with smooth colours and some noise, as pictures have."""

    def make(height: int = 120, width: int = 160, dtype: str = "uint8") -> np.ndarray:
        rows, columns = np.mgrid[0:height, 0:width]
        waves = [np.sin(rows / 17 + k) * np.cos(columns / (11 + 5 * k)) for k in range(3)]
        noise = np.random.default_rng(7).normal(0, 0.02, (height, width, 3))
        unit = np.clip(0.5 + 0.4 * np.stack(waves, -1) + noise, 0, 1)
        return (unit * np.iinfo(dtype).max).astype(dtype)

    return make


@pytest.fixture
def media_files(tmp_path: Path, scene: Callable[..., np.ndarray]) -> dict[str, Path]:
    """Write one small unsealed file of each type by other means than ours; keys are the endings."""
    folder = tmp_path / "media"
    folder.mkdir()
    files = {}
    for ending in ("jpg", "png", "webp", "tiff", "avif"):
        files[ending] = folder / f"target.{ending}"
        Image.fromarray(scene()).save(files[ending])
    for ending in ("mp4", "mov"):
        files[ending] = folder / f"target.{ending}"
        with av.open(str(files[ending]), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
            for shift in range(12):
                frame = av.VideoFrame.from_ndarray(np.roll(scene(), shift, 1))
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return files


@pytest.fixture
def seal_file(home: Path, claim: Claim) -> Callable[..., Path]:
    """Sign a file as it is, without the door."""

    def sign(
        path: Path, name: str = "sealed", *, by: Path = home, says: Claim = claim, source: Path | None = None
    ) -> Path:
        signed = path.with_name(f"{name}{path.suffix}")
        sign_file(
            path,
            signed,
            says,
            signing_identity(by),
            source=source or path,
            target_sha256="cd" * 32,
        )
        return signed

    return sign
