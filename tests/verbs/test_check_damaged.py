"""Files that were damaged at random: each gets an answer, none an exception, none stops the desk."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from bonaface.checking.calibration import shipped_calibration
from bonaface.verbs.check import Desk, ask

MEDIA = Path(__file__).parents[2] / "examples" / "media"
CODES = {0, 1, 3, 4, 6}


def pictures():
    with Image.open(MEDIA / "astronaut.png") as picture:
        face = picture.convert("RGB").crop((130, 10, 330, 210)).resize((96, 96))
    for kind, options in (("JPEG", {"quality": 80}), ("PNG", {}), ("WEBP", {}), ("GIF", {}), ("TIFF", {}), ("BMP", {})):
        held = io.BytesIO()
        face.save(held, kind, **options)
        yield kind.lower(), held.getvalue()
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width = stream.height = 96
        stream.pix_fmt = "yuv420p"
        for _ in range(6):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(face), format="rgb24")))
        out.mux(stream.encode(None))
    yield "mp4", held.getvalue()


KINDS = dict(pictures())


@pytest.fixture(scope="module")
def desk():
    return Desk(shipped_calibration(), num_threads=1)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_damage_ends_in_an_answer(kind, data, desk, tmp_path, home):
    content = bytearray(KINDS[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content
    path = tmp_path / f"damaged.{kind}"
    path.write_bytes(content)
    finding = desk.check(path, ask(home=home))
    assert finding.exit_code in CODES
    if finding.error is not None:
        assert str(path) in str(finding.error)
