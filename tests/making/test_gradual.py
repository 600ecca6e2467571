"""A share that comes and goes little by little."""

from bonaface.making.gradual import Gradual


def test_the_first_frame_has_it_wholly_and_the_next_ones_follow():
    share = Gradual()
    assert share.towards(0.8) == 0.8
    coming = [share.towards(0.0) for _ in range(12)]
    assert coming == sorted(coming, reverse=True)
    assert 0 < coming[-1] < 0.01 < coming[0]
    share.restart()
    assert share.towards(0.3) == 0.3
