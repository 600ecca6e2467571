"""Nobody: a face drawn from a seed that is nobody's, not even of those who do not exist and were learned from."""

from __future__ import annotations

from bonaface.faces.embed import Embedder
from bonaface.making.avatar import Avatar
from bonaface.making.fictional import draw_person, front_view
from bonaface.making.people_prior import load_people_prior
from bonaface.making.prior import load_prior

LIKE_MATERIAL = 0.43
"""SFace cosine to a face of the prior's material from which a draw is not used."""
TYPICAL = 0.45
"""SFace cosine to the middle of all draws from which one is too much like anybody: two such could be one person."""
_DRAWS = 60


def draw_nobody(seed: int) -> Avatar:
    """Return the avatar of a person who does not exist: the first draw of the seed that is like nobody known.

    About every second draw is; where none of sixty were, the last stands. For the first seeds the draw was chosen when
    the prior was built, so that they are unlike each other too.

    Raises:
        UsageError: a negative seed. MissingPartError: a model file is missing.
    """
    people, prior = load_people_prior(), load_prior()
    if 0 <= seed < len(people.salts):
        return draw_person(seed, people, prior, int(people.salts[seed]))
    embedder = Embedder()
    for attempt in range(_DRAWS):
        avatar = draw_person(seed, people, prior, attempt)
        face = embedder.embed(*front_view(avatar, prior.layout(avatar.size)))
        if float((people.material @ face).max()) < LIKE_MATERIAL and float(people.middle @ face) < TYPICAL:
            break
    return avatar
