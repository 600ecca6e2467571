"""The face set: the most varied crops are kept, a person grows, and a damaged one is said to be damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.people.face_set import FaceSet, choose_varied, crop_name, load_face_set, save_face_set, take_in
from bonaface.people.store import Person, create_person, load_person
from bonaface.terms.errors import CorruptPersonError, NothingToDoError


def faces(folder: Path, first: int, count: int, embedding: np.ndarray | None = None) -> FaceSet:
    rng = np.random.default_rng(first)
    folder.mkdir(exist_ok=True)
    for number in range(first, first + count):
        Image.new("RGB", (20, 30), (number % 256, 0, 0)).save(folder / crop_name(number))
    points = rng.uniform(0, 30, (1, 478, 3)) + rng.normal(0, 0.1, (count, 478, 3))
    return FaceSet(
        folder,
        np.arange(first, first + count),
        points.astype(np.float32),
        rng.uniform(0, 1, (count, 52)).astype(np.float32),
        np.ones(count, np.float32),
        np.arange(count) / 25,
        np.arange(count) % 2,
        np.ones(count, np.float32),
        rng.uniform(0, 255, count).astype(np.float32),
        np.eye(128, dtype=np.float32)[0] if embedding is None else embedding,
    )


@pytest.fixture
def anna(consent: Path, tmp_path: Path) -> Person:
    with create_person("anna", consent, tmp_path / "home") as draft:
        save_face_set(faces(draft.folder / "crops", 0, 6), draft.face_set_path)
    return load_person("anna", tmp_path / "home")


def test_the_most_varied_rows_are_kept() -> None:
    count, rare = 5000, [17, 900, 2500, 4999]
    angles = np.random.default_rng(0).normal(0, 0.5, (count, 3)).astype(np.float32)
    angles[rare[0]] = (0, 50, 0)
    shapes = np.full((count, 52), 0.1, np.float32)
    shapes[rare[1], 25] = 0.9
    brightness = np.full(count, 100, np.float32)
    brightness[rare[2]] = 240
    angles[rare[3]] = (-30, -40, 10)
    chosen = choose_varied(angles, shapes, brightness, 2000)
    assert len(chosen) == 2000
    assert len(set(chosen.tolist())) == 2000
    assert (np.diff(chosen) > 0).all(), "in order"
    assert set(rare) <= set(choose_varied(angles, shapes, brightness, 10).tolist())


def test_no_row_is_far_from_one_that_is_kept() -> None:
    # Farthest-point sampling: the largest gap is at most twice that of the best choice.
    line = np.linspace(0, 90, 1000, dtype=np.float32)
    angles = np.stack([line * 0, line, line * 0], 1)
    chosen = choose_varied(angles, np.zeros((1000, 52), np.float32), np.zeros(1000, np.float32), 10)
    away = np.abs(line[:, None] - line[chosen]).min(1).max()
    assert away <= 2 * 90 / 18 + 0.1


def test_few_rows_all_stay() -> None:
    chosen = choose_varied(np.zeros((7, 3)), np.zeros((7, 52)), np.zeros(7), 2000)
    assert chosen.tolist() == list(range(7))


def test_a_person_grows_up_to_the_most_that_is_kept(anna: Person, tmp_path: Path) -> None:
    old = load_face_set(anna)
    gone = take_in(faces(tmp_path / "new", 6, 4), anna, most=8)
    kept = load_face_set(anna)
    assert (gone, len(kept)) == (2, 8)
    on_disk = sorted(path.name for path in (anna.folder / "crops").iterdir())
    assert on_disk == [crop_name(int(n)) for n in kept.number]
    assert set(kept.source.tolist()) <= {0, 1, 2, 3}
    assert kept.source[kept.number >= 6].min() >= 2, "new files are not taken for old ones"
    for row in range(len(kept)):
        assert kept.crop(row).shape == (30, 20, 3)
    assert np.linalg.norm(kept.embedding) == pytest.approx(1)
    assert len(old) == 6


@pytest.mark.parametrize("damage", [b"", b"not tensors", b"\xff" * 200])
def test_a_damaged_face_set_is_said_to_be_damaged(anna: Person, damage: bytes) -> None:
    anna.face_set_path.write_bytes(damage)
    with pytest.raises(CorruptPersonError, match="add the person's media again"):
        load_face_set(anna)


def test_a_missing_crop_is_said_to_be_missing(anna: Person) -> None:
    (anna.folder / "crops" / crop_name(3)).unlink()
    with pytest.raises(CorruptPersonError, match="000003"):
        load_face_set(anna).crop(3)


def test_a_person_without_pictures_is_told_how_to_get_some(anna: Person) -> None:
    anna.face_set_path.unlink()
    with pytest.raises(NothingToDoError, match="person add anna"):
        load_face_set(anna)
