"""Retrieval among strangers, by judges whose word is known."""

import csv
import io
import zipfile

import cv2
import numpy as np
import pytest

from bonaface.bench.gallery import embed_strangers, find_strangers, retrieve
from bonaface.bench.judges import SFaceJudge


class Cosine:
    name, measure = "cosine", "cosine"

    def compare(self, embeddings, centroid):
        return embeddings @ centroid


class Distance:
    name, measure = "distance", "distance"

    def compare(self, embeddings, centroid):
        return np.linalg.norm(embeddings - centroid, axis=1)


def unit(*degrees: float) -> np.ndarray:
    return np.stack([(np.cos(np.radians(d)), np.sin(np.radians(d))) for d in degrees])


@pytest.mark.parametrize("judge", [Cosine(), Distance()])
def test_each_frame_is_found_as_whom_it_is_nearest_to(judge):
    source, target = unit(0)[0], unit(90)[0]
    strangers = unit(180, 270)
    frames = unit(10, 20, 80, 175)  # two like the source, one like the target, one like a stranger
    found = retrieve(frames, source, target, strangers, judge)
    assert (found.first, found.target_first, found.strangers) == (0.5, 0.25, 2)


def test_a_person_as_himself_counts_as_the_source():
    found = retrieve(unit(5, 6), unit(0)[0], unit(0)[0], unit(180), Cosine())
    assert (found.first, found.target_first) == (1.0, 0.0)


def portraits(folder, people: list[tuple[str, str]]):
    with zipfile.ZipFile(folder / "portraits-00.zip", "w") as archive:
        for shade, (file, _) in enumerate(people):
            picture = np.full((40, 40, 3), 20 + shade, np.uint8)
            archive.writestr(file, cv2.imencode(".png", picture)[1].tobytes())
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("file", "person"), *people])
    (folder / "index.csv").write_text(text.getvalue())


def test_strangers_are_one_portrait_a_person_and_no_more_than_wanted(tmp_path):
    portraits(tmp_path, [(f"{name}_{k}.png", name) for name in "abcdef" for k in range(3)])
    seen = []

    class Shade:
        name = "shade"

        def embed(self, rgb8):
            seen.append(int(rgb8[0, 0, 0]))
            return np.array([float(rgb8[0, 0, 0])], np.float32)

    assert find_strangers([tmp_path / "nothing", tmp_path]) == tmp_path
    assert embed_strangers(Shade(), tmp_path, 100).ravel().tolist() == [20, 23, 26, 29, 32, 35]
    assert len(embed_strangers(Shade(), tmp_path, 3)) == 3
    assert find_strangers([tmp_path / "nothing"]) is None


def test_pictures_without_a_face_are_no_strangers(tmp_path):
    portraits(tmp_path, [("a.png", "a"), ("b.png", "b")])
    assert embed_strangers(SFaceJudge(), tmp_path, 5).shape == (0, 128)
