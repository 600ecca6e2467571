"""A portrait that follows an actor: what moves, what stands still, what is sealed, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bonaface.faces.pose import fit_pose, to_picture
from bonaface.making.prior import load_prior
from bonaface.marking.read import read_seal
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.terms.errors import MissingFileError, NothingToDoError, UsageError
from bonaface.terms.picture import as_rgb8
from bonaface.verbs.perform import Motion
from bonaface.verbs.swap import swap

PRIOR = load_prior()


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory, media: Path, read_frames, write_clip) -> Path:
    """Six frames of a man who begins to grin."""
    frames = read_frames(media / "single_face.mp4", 20, 56, 6)
    return write_clip(tmp_path_factory.mktemp("actor") / "actor.mp4", frames)


def test_the_face_moves_and_all_else_stands_still(home: Path, media: Path, actor: Path, tmp_path: Path) -> None:
    (outcome,) = swap("woman", media / "astronaut.png", perform=actor, out=tmp_path, home=home)
    assert outcome.error is None
    assert outcome.swapped is not None
    made = outcome.swapped
    assert made.output == tmp_path / "astronaut.woman.mp4"
    assert (made.frames, made.swapped) == (6, 6)
    assert any("invented" in remark for remark in made.remarks)
    with VideoReader(made.output) as reader:
        frames = [as_rgb8(frame.rgb).astype(int) for frame in reader.frames()]
    picture = as_rgb8(read_image(media / "astronaut.png").rgb).astype(int)
    moved = np.abs(frames[-1] - frames[0]).mean(-1)
    face = moved[100:200, 170:290]
    assert np.quantile(face, 0.98) > 8
    assert moved[300:480, 20:480].mean() < 3, "suit and flag"
    assert np.abs(frames[-1] - picture)[300:480, 20:480].mean() < 8
    seal = read_seal(made.output, home=home)
    assert seal.state == "whole"


def test_an_actor_at_rest_leaves_the_portrait_as_it_is() -> None:
    neutral = PRIOR.reference
    facing = np.eye(3)
    motion = Motion(PRIOR, neutral, facing)
    shape = neutral * 2 + (100, 100, 0)
    picture = neutral.copy()
    picture[13] += (0, -1, 0)  # a mouth that is a little open
    place = fit_pose(picture * 1.5 + (50, 60, 0), PRIOR.reference)
    points = to_picture(picture, place)
    away = np.abs(motion.onto(shape.astype(np.float32), points, neutral) - points)
    assert away[:468].max() < 0.2


def test_what_cannot_perform_is_refused_in_one_sentence(home: Path, media: Path, actor: Path, tmp_path: Path) -> None:
    picture = media / "astronaut.png"
    with pytest.raises(MissingFileError, match="--perform"):
        swap("woman", picture, perform=tmp_path / "nobody.mp4", out=tmp_path, home=home)
    with pytest.raises(UsageError, match="no picture"):
        swap("woman", media / "single_face.mp4", perform=actor, out=tmp_path, home=home)
    with pytest.raises(UsageError, match="--preview"):
        swap("woman", picture, perform=actor, preview=True, out=tmp_path, home=home)


def test_a_clip_without_a_face_is_said(home: Path, media: Path, tmp_path: Path, write_clip) -> None:
    empty = write_clip(tmp_path / "empty.mp4", [np.full((96, 128, 3), 90, np.uint8)] * 3)
    (outcome,) = swap("woman", media / "astronaut.png", perform=empty, out=tmp_path, home=home)
    assert isinstance(outcome.error, NothingToDoError)
    assert "perform" in str(outcome.error)
