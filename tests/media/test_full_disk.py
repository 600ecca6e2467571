"""A disk that fills up: one sentence, nothing half, nothing lost, and the work goes on once there is room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("resource")

SCRIPT = """
import resource, sys
from datetime import date
from pathlib import Path
from bonaface.marking.claim import Claim
from bonaface.marking.door import VideoRelease, release_image
from bonaface.marking.identity import signing_identity
from bonaface.media.image import read_image
from bonaface.media.kind import kind_of
from bonaface.media.video import VideoReader
from bonaface.terms.errors import NoSpaceError
from bonaface.terms.permit import Permit
from bonaface.terms.picture import Unmarked

source, out, home, limit = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
claim = Claim((Permit("3f", "Ann", "media-licence", "art", date(2999, 1, 1), "ab" * 32, "not documented"),))
signing_identity(home)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    if kind_of(source) == "image":
        picture = read_image(source)
        release_image(Unmarked(picture.rgb), picture, out, claim, home=home)
    else:
        with VideoReader(source) as reader, VideoRelease(source, reader.info, out, claim, home=home) as release:
            for frame in reader.frames():
                release.write(Unmarked(frame.rgb), frame)
            release.finish()
    print("released")
except NoSpaceError as error:
    print(error)
"""


def run(source: Path, out: Path, home: Path, limit: int) -> str:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(source), str(out), str(home), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in told.stderr, told.stderr
    return told.stdout.strip()


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
@pytest.mark.parametrize("limit", [20_000, 60_000])
def test_a_full_disk_is_said_and_leaves_nothing_half(
    clips: SimpleNamespace, tmp_path: Path, name: str, limit: int
) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (150, 200, 3), np.uint8)
    source = tmp_path / name
    if name == "a.png":
        Image.fromarray(noise).save(source)
    else:
        clips.make(source, list(range(0, 2000, 40)), size=(320, 240), sound="pcm_s16le" if limit > 50_000 else None)
    (tmp_path / "out").mkdir()
    told = run(source, tmp_path / "out" / name, tmp_path / "home", limit)
    assert "room" in told
    assert "\n" not in told
    assert list((tmp_path / "out").iterdir()) == []
    assert run(source, tmp_path / "out" / name, tmp_path / "home", 1 << 30).endswith("released")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
