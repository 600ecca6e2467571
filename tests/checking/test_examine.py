"""One face, from evidence to verdict; a verdict that does not stand is not said."""

from pathlib import Path

import numpy as np
import pytest

from bonaface.checking.calibration import FEATURES, Bucket, Calibration, bucket_name
from bonaface.checking.examine import Examiners, _darker, _jpeg, _smaller
from bonaface.checking.reference import reference_of
from bonaface.checking.sight import faces_of_picture, look_at
from bonaface.faces.detect import FaceDetector
from bonaface.faces.embed import Embedder
from bonaface.media.image import read_image
from bonaface.terms.finding import Verdict

MEDIA = Path(__file__).parents[2] / "examples" / "media"
ALPHA = 0.05


def calibration(weights, bias, real, fake, quality):
    name = bucket_name(quality, -9.0)
    bucket = Bucket(name, np.sort(np.full(99, real)), np.sort(np.full(99, fake)), {})
    wide = {"face_px": (0.0, 1e4), "detail": (-20.0, 20.0), "brightness": (0.0, 255.0)}
    zeros = np.zeros(len(FEATURES))
    reliable = dict.fromkeys(FEATURES, 0.7)
    return Calibration(
        zeros, zeros + 1, np.array(weights, float), bias, {name: bucket}, wide, -9.0, {"id": "x"}, reliable
    )


@pytest.fixture(scope="module")
def sighting():
    (found,) = faces_of_picture(read_image(MEDIA / "astronaut.png").rgb, FaceDetector())
    return found


@pytest.fixture(scope="module")
def features(sighting):
    blank = calibration(np.zeros(len(FEATURES)), 0, 0, 0, sighting.looks[0].quality)
    examiners = Examiners(blank, num_threads=1)
    look = sighting.looks[0]
    crops = [look.crop, *(again(look.crop) for again in (_jpeg, _smaller, _darker))]
    return examiners.features([type(look)(crop, look.back, look.quality) for crop in crops])


def examined(sighting, known, **more):
    return Examiners(known, num_threads=1).face(sighting, ALPHA, **more)


def test_the_weights_of_the_evidence_add_up_to_the_score(sighting, features):
    weights = np.array([0.5, 0.2, -0.1, 0.3, 0.05])
    face = examined(sighting, calibration(weights, 0.25, -50, 50, sighting.looks[0].quality))
    assert face.score == pytest.approx(float(features[0] @ weights) + 0.25, abs=1e-3)
    assert sum(one.weight for one in face.evidence) == pytest.approx(face.score - 0.25, abs=1e-3)
    assert all(one.reliability for one in face.evidence)


@pytest.mark.parametrize(("real", "fake", "verdict"), [(-60, -50, "MANIPULATED"), (50, 60, "NO_SIGN")])
def test_a_verdict_that_stands_is_said(sighting, real, fake, verdict):
    weights = np.eye(len(FEATURES))[3]
    face = examined(sighting, calibration(weights, 0.0, real, fake, sighting.looks[0].quality))
    assert face.verdict is Verdict[verdict]
    assert face.why == ""


def test_a_verdict_that_changes_when_encoded_anew_is_inconclusive(sighting, features):
    weights = np.eye(len(FEATURES))[2]  # how fast detail falls off: what a smaller copy changes most
    scores = features @ weights
    other = scores[1:][np.abs(scores[1:] - scores[0]).argmax()]
    middle, apart = (scores[0] + other) / 2, abs(other - scores[0]) / 8
    face = examined(sighting, calibration(weights, 0.0, middle - apart, middle + apart, sighting.looks[0].quality))
    assert face.verdict is Verdict.INCONCLUSIVE
    assert "encoded anew" in face.why


def test_examiners_that_contradict_each_other_are_inconclusive(sighting, features):
    weights = np.zeros(len(FEATURES))
    weights[0] = 1 / features[0][0]  # the network says +1
    weights[1] = -3 / features[0][1]  # the grain says -3
    face = examined(sighting, calibration(weights, 0.0, -1.0, 5.0, sighting.looks[0].quality))
    assert face.verdict is Verdict.INCONCLUSIVE
    assert "contradict" in face.why


def test_the_map_lies_over_the_face(sighting):
    face = examined(sighting, calibration(np.zeros(len(FEATURES)), 0, -1, 1, sighting.looks[0].quality))
    (look,) = face.looks
    assert look.where.shape == (12, 12)
    assert 0 <= look.where.min() <= look.where.max() <= 1
    corners = np.array([[0, 0], [191, 191]]) @ look.back[:, :2].T + look.back[:, 2]
    left, top, wide, high = face.box_xywh_px
    np.testing.assert_allclose(corners.mean(0), (left + wide / 2, top + high / 2), atol=0.05 * wide)


def test_a_reference_is_shown_and_weighs_nothing(sighting):
    rgb8 = read_image(MEDIA / "astronaut.png").rgb
    reference = reference_of([(rgb8, sighting.points)], Embedder(num_threads=1))
    known = calibration(np.zeros(len(FEATURES)), 0, -1, 1, sighting.looks[0].quality)
    shown = examined(sighting, known, reference=reference).evidence[-1]
    assert (shown.examiner, shown.weight) == ("reference", 0.0)
    assert shown.value > 0.9
    with pytest.raises(ValueError, match="at least one"):
        reference_of([], Embedder(num_threads=1))


def test_what_a_look_is_depends_on_the_face_alone(sighting):
    rgb8 = read_image(MEDIA / "astronaut.png").rgb
    plain = look_at(rgb8, sighting.points)
    moved = look_at(np.pad(rgb8, ((40, 0), (25, 0), (0, 0))), sighting.points + np.float32([25, 40]))
    assert (plain.crop == moved.crop).mean() > 0.99
    assert moved.quality.face_px == pytest.approx(plain.quality.face_px)
