"""A drawn person is learned: what was planted is predicted, from many pictures and from few."""

import numpy as np
import pytest

from bonaface.making.avatar import fit
from bonaface.making.prior import load_prior
from bonaface.making.quality import measure, split
from bonaface.making.texture import predict
from bonaface.making.unwrapped import texture_size, unwrap_material
from bonaface.terms.errors import NothingToDoError

PRIOR = load_prior()


def test_what_the_skin_does_with_the_mouth_is_predicted_on_pictures_not_learned_from(unwrapped):
    learned, held_out = split(unwrapped)
    assert not set(learned) & set(held_out)
    avatar = fit(unwrapped, PRIOR, learned)
    inner = (unwrapped.layout.face > 0) & (avatar.own > 0) & (unwrapped.layout.lips == 0)
    errors, plain = [], []
    for row in held_out:
        true = np.zeros((avatar.size**2, 3), np.float32)
        true[unwrapped.texels] = unwrapped.textures[row]
        true = true.reshape(avatar.mean.shape)
        guess = predict(avatar.mean, avatar.regions, unwrapped.displacement[row], unwrapped.angles_deg[row])
        errors.append(np.abs(guess - true)[inner].mean())
        plain.append(np.abs(avatar.mean - true)[inner].mean())
    assert np.mean(errors) < 0.65 * np.mean(plain)
    quality = measure(avatar, unwrapped, held_out)
    assert quality.pictures == len(held_out)
    assert quality.mouth_r > 0.9
    assert 0.5 < quality.sharpness < 1.6


def test_the_neutral_is_nearer_to_the_closed_mouth_than_what_is_seen_on_average(unwrapped):
    def away(shape):
        off = (shape - PRIOR.reference)[:468]
        return float(np.linalg.norm(off - off.mean(0), axis=1).mean())  # of a face 100 wide

    neutral = fit(unwrapped, PRIOR).neutral
    average = neutral + np.median(unwrapped.displacement, axis=0)
    assert away(neutral) < min(1.0, 0.6 * away(average))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_pictures_give_an_avatar_without_a_hole(unwrapped, count):
    avatar = fit(unwrapped, PRIOR, np.arange(count))
    out = predict(avatar.mean, avatar.regions, unwrapped.displacement[7], unwrapped.angles_deg[7])
    assert np.isfinite(out).all()
    skin = out[(unwrapped.layout.face > 0) & (unwrapped.layout.lips == 0)]
    assert np.abs(skin.mean(0) - (175, 125, 105)).max() < 30


def test_texture_resolution_follows_the_material():
    wide = np.zeros((5, 478, 3), np.float32)
    sizes = []
    for width_px in (60, 190, 380, 900):
        wide[:, 0, 0] = width_px
        sizes.append(texture_size(wide))
    assert sizes == sorted(sizes)
    assert sizes[0] == 256
    assert 190 <= sizes[1] < sizes[-1] <= 1024


def test_no_picture_is_said(drawn):
    nothing = type(drawn)(drawn.points[:0], drawn.blendshapes[:0], [])
    with pytest.raises(NothingToDoError, match="add some"):
        unwrap_material(nothing, PRIOR, lambda rgb8, points: np.zeros(rgb8.shape[:2], np.uint8))
