"""The report holds what was found, asks nobody for anything, and lets no file's name speak HTML."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.checking.calibration import FEATURES, Bucket, Calibration, bucket_name
from bonaface.checking.crop import face_crop
from bonaface.checking.quality import quality_of
from bonaface.checking.report import MOST_FILES, Shortlist, write_report
from bonaface.checking.report_pictures import GAIN, mark, pictures_at, residual
from bonaface.checking.report_words import clock, plain, rate_in_words
from bonaface.marking.segments import sha256_of
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Rgb8
from bonaface.terms.errors import UnreadableMediaError
from bonaface.terms.finding import ErrorRate, Evidence, FaceFinding, Finding, Look, Quality, Verdict
from bonaface.terms.picture import as_rgb8

MEDIA = Path(__file__).parents[2] / "examples" / "media"
STILL, CLIP = MEDIA / "astronaut.png", MEDIA / "single_face.mp4"
POINTS = np.array([[203, 105], [243, 105], [223, 130], [208, 150], [240, 150]], np.float32)
"""Where the astronaut's eyes, nose and mouth are, about."""
RATE = ErrorRate(0.05, "face 90 to 160 px, full detail", 90, 80, 0.012, 0.031, "cal-1")
VOID = {"meta", "link", "br", "img", "input", "hr"}
HOSTILE = '"><img src=x onerror=alert(1)>\u202egpj.exe</title></script>&amp;{{7*7}}.png'


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    ones, scores = np.ones(len(FEATURES)), np.linspace(-1, 1, 40)
    qualities = [Quality(px, detail, 120) for px in (60, 120, 300) for detail in (-4, -1)]
    buckets = {
        name: Bucket(name, scores, scores, {"0.05": {"false_alarms": 0.01, "upper95": 0.03}})
        for name in (bucket_name(one, -2) for one in qualities)
    }
    ends = {"face_px": (40.0, 400.0), "detail": (-5.0, 0.0), "brightness": (20.0, 230.0)}
    about = {"id": "cal-1", "date": "2026-11-01", "sources": "faces of <volunteers>", "unit": "one score a source"}
    return Calibration(0 * ones, ones, ones, 0.0, buckets, ends, -2.0, about, dict.fromkeys(FEATURES, 0.7))


def look_in(rgb8: Rgb8, time_s: float | None = None, logit: float = 0.0, points: np.ndarray = POINTS) -> Look:
    crop, back = face_crop(rgb8, points)
    where = np.zeros((12, 12), np.float32)
    where[7:10, 4:8] = 0.9
    return Look(crop, back, quality_of(crop, 100), time_s, logit, where)


def face(verdict: Verdict, looks: list[Look], number: int = 1, why: str = "", score: float = 1.0) -> FaceFinding:
    evidence = (
        Evidence("learned", "What the network has learned speaks for manipulation.", 2.0, 1.5, "right in 93% of pairs"),
        Evidence("artifacts: grain", "The grain differs.", 0.3, -0.5, "right in 60% of pairs"),
        Evidence("temporal", "The outline flickers.", 0.1, 0.0, "shown only"),
    )
    first, last = looks[0].time_s if looks else None, looks[-1].time_s if looks else None
    quality = Quality(100, -2, 120)
    return FaceFinding(
        number, (180, 80, 90, 90), verdict, score, why, evidence, quality, RATE, first, last, tuple(looks)
    )


def still(verdict: Verdict = Verdict.MANIPULATED, why: str = "", **more: object) -> Finding:
    rgb8 = as_rgb8(read_image(STILL).rgb)
    finding = Finding(STILL, sha256_of(STILL), "image", verdict, (face(verdict, [look_in(rgb8)], why=why),))
    return replace(finding, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clip() -> Finding:
    points = POINTS * 0.8 + (60, 20)
    with VideoReader(CLIP) as reader:
        looks = [
            look_in(as_rgb8(frame.rgb), float(frame.time_s), np.sin(frame.index / 9) + 0.2, points)
            for frame in reader.frames(every=12)
        ]
    return Finding(CLIP, "", "video", Verdict.MANIPULATED, (face(Verdict.MANIPULATED, looks),))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def words(html: str) -> str:
    """What is to be read on the page, without tags, style and scripts."""
    bare = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", bare)).replace("&#39;", "'")


class Page(HTMLParser):
    """Notes what does not close, every attribute that could ask for something, and every name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.feed(html)
        self.wrong += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset", "background", "content"):
                self.addresses.append(value or "")
            if name == "href" and (value or "").startswith("#"):
                self.links.append((value or "")[1:])
            if name == "id":
                self.ids.append(value or "")
            if name in ("aria-labelledby",):
                self.links += (value or "").split()
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


# ---- one file, offline, whole ----


def test_the_page_is_balanced_and_every_link_in_it_leads_somewhere(
    tmp_path: Path, calibration: Calibration, clip: Finding
) -> None:
    write_report([still(), clip, still(Verdict.INCONCLUSIVE, "too dark")], calibration, tmp_path / "out.html")
    page = Page(read(tmp_path / "out.html"))
    assert page.wrong == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)
    assert {"header", "main", "nav", "footer", "article", "section"} <= page.tags


def test_nothing_is_asked_of_the_network(tmp_path: Path, calibration: Calibration, clip: Finding) -> None:
    write_report([still(), clip], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    for address in Page(html).addresses:
        assert not re.match(r"\s*(\w+:)?//|\s*(https?|ftp|ws|javascript|file):", address), address[:80]
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|https?://", re.sub(r"base64,[\w+/=]+", "", html))
    assert "default-src 'none'" in html


def test_the_only_script_is_the_one_whose_sum_is_named(tmp_path: Path, calibration: Calibration) -> None:
    import hashlib

    write_report([still()], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    named = re.search(r"script-src '?(?:&#39;)?sha256-([\w+/=]+)", html)
    assert named is not None
    assert named[1] == base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()


def test_it_reads_without_its_script(tmp_path: Path, calibration: Calibration, clip: Finding) -> None:
    write_report([clip], calibration, tmp_path / "out.html")
    text = words(read(tmp_path / "out.html"))
    for expected in ("Likely manipulated", "Of 100 untouched faces", "The grain differs.", "against, 0.50"):
        assert expected in text


def test_a_file_stays_small_even_when_it_is_all_noise(tmp_path: Path, calibration: Calibration) -> None:
    rgb8 = np.random.default_rng(1).integers(0, 256, (700, 900, 3), np.uint8)
    Image.fromarray(rgb8).save(tmp_path / "noise.png")
    faces = tuple(
        face(Verdict.MANIPULATED, [look_in(rgb8, points=POINTS * 3 - (300, 150))], number) for number in range(1, 40)
    )
    finding = Finding(tmp_path / "noise.png", "", "image", Verdict.MANIPULATED, faces)
    write_report([finding], calibration, tmp_path / "out.html")
    assert (tmp_path / "out.html").stat().st_size < 2_100_000
    assert "39 faces, a verdict each" in words(read(tmp_path / "out.html"))


def test_the_report_appears_whole_or_not_at_all(tmp_path: Path, calibration: Calibration) -> None:
    path = tmp_path / "out.html"
    path.write_text("before", encoding="utf-8")
    broken = replace(still().faces[0].looks[0], back=np.zeros((1, 1)))
    with pytest.raises(ValueError, match="matmul"):
        write_report([still(), still(faces=(face(Verdict.NO_SIGN, [broken]),))], calibration, path)
    assert read(path) == "before"
    assert not [one for one in tmp_path.rglob(".*") if one.is_file()]


def test_the_same_findings_give_the_same_page(tmp_path: Path, calibration: Calibration) -> None:
    made = datetime(2026, 11, 5, 9, 7, tzinfo=UTC)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_report([still()], calibration, tmp_path / name / "out.html", made=made)
    assert read(tmp_path / "a" / "out.html") == read(tmp_path / "b" / "out.html")
    assert "5 November 2026, 09:07 UTC" in read(tmp_path / "a" / "out.html")


# ---- words ----


@pytest.mark.parametrize(
    ("verdict", "title", "said"),
    [
        (Verdict.MANIPULATED, "Likely manipulated", "Of 100 untouched faces like this one, at most 5 would be called"),
        (Verdict.NO_SIGN, "No sign of manipulation", "at most 5 would pass as showing no sign"),
        (Verdict.INCONCLUSIVE, "Inconclusive", "could not be judged: the face is too dark"),
    ],
)
def test_each_verdict_is_said_with_icon_and_words(
    verdict: Verdict, title: str, said: str, tmp_path: Path, calibration: Calibration
) -> None:
    write_report([still(verdict, "the face is too dark")], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    key = {"Likely": "manipulated", "No": "no-sign", "Inconclusive": "inconclusive"}[title.split(" ", maxsplit=1)[0]]
    assert f'href="#icon-{key}"' in html
    text = words(html)
    assert title in text
    assert said in text
    assert "1.2 %" in text
    assert "at most 3.1 %" in text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_nothing_is_called_authentic_and_no_probability_is_named(
    verdict: Verdict, tmp_path: Path, calibration: Calibration
) -> None:
    write_report([still(verdict)], calibration, tmp_path / "out.html")
    text = words(read(tmp_path / "out.html")).lower()
    for word in ("authentic", "genuine", "probably", "is real", "is fake", "chance"):
        assert word not in text
    assert text.count("probability") == text.count("no probability of being fake")


def test_what_the_file_declares_is_told_apart_from_what_was_seen(tmp_path: Path, calibration: Calibration) -> None:
    finding = replace(
        still(Verdict.NO_SIGN), verdict=Verdict.MANIPULATED, origin=(Evidence("origin", "Signed by a swapper."),)
    )
    write_report([finding], calibration, tmp_path / "out.html")
    text = words(read(tmp_path / "out.html"))
    assert "The file itself declares that a machine made or changed what it shows." in text
    assert "Signed by a swapper." in text


def test_a_file_without_a_face_and_one_that_cannot_be_read_have_their_words(
    tmp_path: Path, calibration: Calibration
) -> None:
    none = Finding(STILL, sha256_of(STILL), "image", not_examined=("No face was found; pixels were not examined.",))
    bad = Finding(Path("gone.jpg"), error=UnreadableMediaError("gone.jpg is damaged; get it again."))
    write_report([none, bad], calibration, tmp_path / "out.html")
    text = words(read(tmp_path / "out.html"))
    assert "No face found" in text
    assert "Could not be read" in text
    assert "gone.jpg is damaged; get it again." in text


@pytest.mark.parametrize(
    ("alpha", "said"), [(0.05, "Of 100 untouched faces like this one, at most 5 "), (0.001, "Of 1,000"), (0.025, "25")]
)
def test_an_error_rate_is_told_in_whole_faces(alpha: float, said: str) -> None:
    assert said in rate_in_words(replace(RATE, alpha=alpha), Verdict.MANIPULATED)[0]


def test_a_bound_above_the_stated_rate_is_admitted() -> None:
    assert "cannot be excluded" in rate_in_words(replace(RATE, upper95=0.087), Verdict.MANIPULATED)[-1]
    assert "cannot be excluded" not in rate_in_words(RATE, Verdict.MANIPULATED)[-1]


def test_times_are_minutes_and_seconds() -> None:
    assert [clock(t) for t in (0, 9.96, 59.99, 75.25)] == ["0:00.0", "0:10.0", "1:00.0", "1:15.2"]


# ---- faces, clips, many files ----


def test_each_of_several_faces_has_its_verdict_and_the_file_says_which(
    tmp_path: Path, calibration: Calibration
) -> None:
    rgb8 = as_rgb8(read_image(STILL).rgb)
    verdicts = (Verdict.NO_SIGN, Verdict.MANIPULATED, Verdict.INCONCLUSIVE)
    faces = tuple(face(v, [look_in(rgb8, points=POINTS + 9 * k)], k) for k, v in enumerate(verdicts, 1))
    write_report([still(faces=faces)], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    text = words(html)
    assert "Face 2 looks manipulated. The others: 1 inconclusive, 1 no sign of manipulation." in text
    assert html.index('id="file-1-face-2"') < html.index('id="file-1-face-3"') < html.index('id="file-1-face-1"')


def test_a_clip_has_a_timeline_and_shows_when(tmp_path: Path, calibration: Calibration, clip: Finding) -> None:
    write_report([clip], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    looks = clip.faces[0].looks
    assert len(re.findall(r"<button[^>]* data-x=", html)) == len(looks)
    assert f"(from {clock(looks[0].time_s or 0)} to {clock(looks[-1].time_s or 0)})" in words(html)
    line = re.search(r'<path class="line" d="M([^"]+)"', html)
    assert line is not None
    heights = [float(point.split()[1]) for point in line[1].split("L")]
    assert np.argmin(heights) == np.argmax([look.logit for look in looks])
    assert sum(height < 50 for height in heights) == sum(look.logit > 0 for look in looks)


def test_the_frame_of_a_moment_is_the_one_that_was_looked_at(clip: Finding) -> None:
    wanted = clip.faces[0].looks[3]
    shown = pictures_at(CLIP, "video", [wanted.time_s])[wanted.time_s]
    assert np.array_equal(face_crop(shown, POINTS * 0.8 + (60, 20))[0], wanted.crop)


def test_of_many_files_the_most_suspicious_are_shown_and_the_others_listed(
    tmp_path: Path, calibration: Calibration
) -> None:
    plain_faces = (replace(face(Verdict.NO_SIGN, []), score=-1.0),)
    calm = [Finding(Path(f"calm-{k}.jpg"), "", "image", Verdict.NO_SIGN, plain_faces) for k in range(MOST_FILES + 20)]
    write_report([*calm, still()], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    assert html.count("<article") == MOST_FILES
    assert html.index('href="#file-1"') < html.index("calm-0.jpg")
    text = words(html)
    assert f"The {MOST_FILES} most suspicious files are shown in detail" in text
    assert "221 faces were judged at an error rate of 5 %" in text
    assert all(f"calm-{k}.jpg" in text for k in range(MOST_FILES + 20))


def test_a_shortlist_keeps_the_pictures_of_the_most_suspicious_alone() -> None:
    kept = Shortlist(2)
    verdicts = [Verdict.NO_SIGN, Verdict.MANIPULATED, Verdict.NO_SIGN, Verdict.INCONCLUSIVE]
    for verdict in verdicts:
        kept.add(still(verdict))
    assert [finding.verdict for finding in kept.findings()] == verdicts
    assert [len(finding.faces[0].looks) for finding in kept.findings()] == [0, 1, 0, 1]


# ---- the pictures ----


def test_the_frames_are_saved_without_loss(tmp_path: Path, calibration: Calibration, clip: Finding) -> None:
    written = write_report([still(), clip], calibration, tmp_path / "out.html")
    assert written[0] == tmp_path / "out.html"
    assert {path.parent for path in written[1:]} == {tmp_path / "out-frames"}
    assert len(written) == 4  # a face each, and the clip's frame
    with Image.open(next(path for path in written if "astronaut" in path.name)) as image:
        saved = np.asarray(image.convert("RGB"))
    whole = as_rgb8(read_image(STILL).rgb)
    high, wide = saved.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(whole[..., 0], (high, wide))
    assert any(np.array_equal(window, saved[..., 0]) for row in windows for window in row)
    text = words(read(tmp_path / "out.html"))
    assert all(path.name in text for path in written[1:])


def test_the_outline_lies_where_the_face_was_looked_at() -> None:
    rgb8 = as_rgb8(read_image(STILL).rgb)
    look = look_in(rgb8)
    corners = np.array([point.split(",") for point in mark(1, look).outline.split()], float)
    side = look.crop.shape[0]
    middle = look.back @ ((side - 1) / 2, (side - 1) / 2, 1) + 0.5
    assert corners.mean(0) == pytest.approx(middle, abs=0.1)
    assert mark(1, look).share == pytest.approx(12 / 144, abs=0.03)


def test_the_residual_is_grey_where_nothing_changes_and_exaggerates_what_does() -> None:
    flat = np.full((40, 40, 3), 90, np.uint8)
    assert (residual(flat) == 128).all()
    flat[20, 20] = 94
    assert residual(flat)[20, 20, 0] > 128 + 0.6 * GAIN * 4


def test_what_differs_from_an_original_is_shown(tmp_path: Path, calibration: Calibration) -> None:
    away = np.zeros(as_rgb8(read_image(STILL).rgb).shape[:2], np.float32)
    away[100:200, 300:400] = 80
    write_report([still(difference=away)], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    assert "Where it differs from the original" in words(html)
    uri = re.search(r'id="file-1-view-2" href="data:image/webp;base64,([\w+/=]+)"', html)
    assert uri is not None
    with Image.open(io.BytesIO(base64.b64decode(uri[1]))) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    coloured = shown[..., 0] - shown[..., 1]
    assert coloured[150, 350] > 150
    assert abs(coloured[400, 100]) < 12


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_file_that_is_not_the_same_any_more_is_told_and_not_shown(
    how: str, tmp_path: Path, calibration: Calibration
) -> None:
    finding = still(path=tmp_path / "gone.png")
    if how == "changed":
        Image.new("RGB", (64, 64)).save(tmp_path / "gone.png")
    written = write_report([finding], calibration, tmp_path / "out.html")
    assert written == [tmp_path / "out.html"]
    text = words(read(written[0]))
    assert "The file could not be shown" in text
    assert "Likely manipulated" in text


# ---- strangers' texts, and programs ----


def test_strangers_texts_stay_texts(tmp_path: Path, calibration: Calibration) -> None:
    facts = {"camera": "<script>alert(2)</script>", "<b>": "a\u202eb"}
    origin = (Evidence("origin", "Signed by </li><svg onload=alert(3)>.", reliability="<i>"),)
    finding = still(path=Path(HOSTILE.replace("/", "\u2215")), facts=facts, origin=origin, sha256="")
    bad = Finding(Path("\udc80<x>.jpg"), error=UnreadableMediaError("<iframe src=//evil> is damaged."))
    write_report([finding, bad], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    page = Page(html)
    assert page.wrong == []
    assert page.handlers == []
    assert not page.tags & {"img", "iframe", "b", "i", "x", "title>"}
    assert html.count("<script") == 2
    assert "49" not in re.findall(r"&amp;amp;(.*?)\.png", html)
    assert "\u202e" not in html
    assert "\udc80" not in html


def test_nothing_invisible_is_shown_and_long_names_are_cut() -> None:
    assert plain("a\u202eb\x00c\u200bd") == "a\ufffdb\ufffdc\ufffdd"
    assert len(plain("x" * 9999)) == 300


def test_the_findings_are_enclosed_for_programs(tmp_path: Path, calibration: Calibration) -> None:
    write_report([still()], calibration, tmp_path / "out.html")
    html = read(tmp_path / "out.html")
    inside = re.search(r'<script type="application/json" id="findings">(.*?)</script>', html, re.DOTALL)
    offered = re.search(r'download="findings.json" href="data:application/json;base64,([\w+/=]+)"', html)
    assert inside is not None
    assert offered is not None
    held = json.loads(inside[1])
    assert held == json.loads(base64.b64decode(offered[1]))
    assert held[0]["verdict"] == "likely manipulated"
    assert held[0]["file"]["sha256"] == sha256_of(STILL)
