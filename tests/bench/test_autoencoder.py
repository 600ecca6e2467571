"""The classical network: two people learned by one encoder, on tiny networks. Skipped where torch is absent."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bonaface.bench import autoencoder  # noqa: E402
from bonaface.bench.aligned import ROOMY_PX, SIZE_PX  # noqa: E402
from bonaface.bench.autoencoder import draw, learn_two, reconstruction_loss  # noqa: E402

TINY = {"widths": (8, 8, 8, 8), "code": 16}


def crops_of(colour: tuple[int, int, int], count: int = 3) -> np.ndarray:
    """Crops of one colour, with an oval that is all of them but the rim."""
    crops = np.zeros((count, ROOMY_PX, ROOMY_PX, 4), np.uint8)
    crops[..., :3] = colour
    crops[:, 10:-10, 10:-10, 3] = 255
    return crops


def batch(value: float) -> "torch.Tensor":
    return torch.full((1, 3, 16, 16), value)


def test_the_loss_of_equal_crops_is_none_and_grows_with_the_difference():
    inside = torch.ones(1, 1, 16, 16)
    true = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert reconstruction_loss(true, true, inside).item() == pytest.approx(0, abs=1e-6)
    near, far = (reconstruction_loss((true + by).clamp(0, 1), true, inside).item() for by in (0.05, 0.3))
    assert 0 < near < far


def test_the_loss_counts_only_what_is_inside():
    true, inside = batch(0.5), torch.zeros(1, 1, 16, 16)
    inside[..., :8] = 1
    wrong = true.clone()
    wrong[..., 12:] = 1.0
    assert reconstruction_loss(wrong, true, inside).item() == pytest.approx(0, abs=1e-6)
    assert reconstruction_loss(batch(0.7), true, inside).item() == pytest.approx(
        reconstruction_loss(batch(0.7), true, torch.ones(1, 1, 16, 16)).item()
    )


def test_a_batch_is_warped_crops_and_the_same_unwarped_with_their_oval():
    columns = np.broadcast_to(np.arange(ROOMY_PX, dtype=np.uint8)[:, None] * 2, (1, ROOMY_PX, ROOMY_PX))
    crops = np.stack([columns] * 4, -1).copy()
    warped, wanted = draw(crops, np.random.default_rng(0))
    assert warped.shape == (8, SIZE_PX, SIZE_PX, 3)
    assert wanted.shape == (8, SIZE_PX, SIZE_PX, 4)
    away = np.abs(warped.astype(int) - wanted[..., :3])
    assert 0.5 < away.mean() < 15, "warped by a few pixels, of two grey levels each"
    again = draw(crops, np.random.default_rng(0))
    assert (again[0] == warped).all()


def test_each_decoder_gives_its_own_person_and_the_same_seed_the_same_network(monkeypatch):
    """Of two people who are plain colours, whoever is shown, the source's decoder paints the source's colour."""
    monkeypatch.setattr(autoencoder, "RATE", 5e-3)
    torch.set_num_threads(1)
    red, blue = crops_of((200, 60, 60)), crops_of((60, 60, 200))
    learned = learn_two(red, blue, 3 / 60, **TINY)
    assert learned.steps == len(learned.losses) >= 1
    if learned.steps > 10:
        assert learned.losses[-3:].mean() < learned.losses[:3].mean()
    painted = learned.swap(crops_of((60, 60, 200), 1)[0, :SIZE_PX, :SIZE_PX, :3])
    assert painted.shape == (SIZE_PX, SIZE_PX, 3)
    assert painted.dtype == np.uint8
    if learned.steps > 30:
        middle = painted[30:-30, 30:-30].mean((0, 1))
        assert middle[0] > middle[2] + 20
    one, other = (learn_two(red, blue, 0, **TINY) for _ in range(2))
    assert one.steps == other.steps == 1
    assert one.losses[0] == pytest.approx(other.losses[0])
