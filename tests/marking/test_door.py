from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.marking import door, sealer
from bonaface.marking.claim import Claim
from bonaface.marking.door import VideoRelease, release_image, release_sheet
from bonaface.marking.label import draw_patch
from bonaface.marking.passing import PassingFolder
from bonaface.marking.read import read_seal
from bonaface.media.image import read_image
from bonaface.media.video import VideoReader
from bonaface.people.ledger import Ledger
from bonaface.terms.errors import (
    ConsentError,
    LedgerError,
    MissingFileError,
    NothingToDoError,
    OutputExistsError,
    RefusedError,
    SealError,
    UsageError,
)
from bonaface.terms.permit import Permit
from bonaface.terms.picture import Frame, Picture, Unmarked

EXAMPLES = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def benchmark(claim: Claim) -> Claim:
    return replace(claim, permits=(replace(claim.permits[0], basis="benchmark"),))


# ---- pictures ----


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff", "avif"])
def test_a_picture_leaves_sealed_and_with_its_sum(
    ending: str, media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files[ending])
    released = release_image(Unmarked(source.rgb), source, out / f"a.{ending}", claim, home=home)
    assert released.path == out / f"a.{ending}"
    assert len(released.sha256) == 64
    seal = read_seal(released.path, home=home)
    assert (seal.state, seal.signer) == ("whole", "trusted")
    assert names(out) == [f"a.{ending}"], "nothing else is left behind"


def test_in_a_lossless_picture_only_the_label_differs(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files["png"])
    rendered = source.rgb[::-1].copy()
    release_image(Unmarked(rendered), source, out / "a.png", claim, home=home)
    with Image.open(out / "a.png") as picture:
        seen = np.asarray(picture.convert("RGB"))
    rows, columns = np.nonzero((seen != rendered).any(-1))
    patch = draw_patch(*rendered.shape[:2], rendered.dtype).premultiplied
    assert rows.size > 0
    assert np.ptp(rows) < patch.shape[0] and np.ptp(columns) < patch.shape[1]


def test_the_label_lies_off_the_face(media_files: dict[str, Path], out: Path, home: Path, claim: Claim) -> None:
    source = read_image(media_files["png"])
    face = (0, 60, 100, 60)
    release_image(Unmarked(source.rgb, None, (face,)), source, out / "a.png", claim, home=home)
    seen = read_image(out / "a.png").rgb
    assert np.array_equal(seen[60:120, 0:100], source.rgb[60:120, 0:100])


def test_the_label_is_seen_in_a_transparent_picture(tmp_path: Path, out: Path, home: Path, claim: Claim) -> None:
    Image.fromarray(np.zeros((200, 300, 4), np.uint8)).save(tmp_path / "clear.png")
    source = read_image(tmp_path / "clear.png")
    release_image(Unmarked(source.rgb), source, out / "a.png", claim, home=home)
    with Image.open(out / "a.png") as picture:
        alpha = np.asarray(picture)[:, :, 3]
    assert 0 < (alpha == 255).mean() < 0.2
    assert ((alpha == 0) | (alpha == 255)).all()


def test_a_sheet_is_a_labelled_png_with_a_manifest_of_its_own(
    out: Path, home: Path, claim: Claim, scene: Callable[..., np.ndarray]
) -> None:
    sheet = scene(300, 400)
    release_sheet(Unmarked(sheet), out / "a.png", claim, home=home)
    seal = read_seal(out / "a.png", home=home)
    assert (seal.state, seal.actions[0]) == ("whole", "c2pa.created")
    assert not np.array_equal(read_image(out / "a.png").rgb, sheet)
    with pytest.raises(UsageError, match=r"\.png"):
        release_sheet(Unmarked(sheet), out / "a.jpg", claim, home=home)


def test_a_sheet_of_pictures_as_given_claims_no_swap(
    out: Path, home: Path, claim: Claim, scene: Callable[..., np.ndarray]
) -> None:
    given = replace(claim, as_given=True)
    sheet = release_sheet(Unmarked(scene(300, 400)), out / "a.png", given, home=home)
    seal = read_seal(sheet.path, home=home)
    assert (seal.state, seal.signer) == ("whole", "trusted")
    assert seal.actions == ("c2pa.created", "c2pa.placed")
    assert seal.source_types == ("composite",)
    assert not seal.composite
    assert not any("not everything seen is real" in sentence for sentence in seal.sentences())
    assert any("pictures as they were given" in sentence for sentence in seal.sentences())
    swapped = release_sheet(Unmarked(scene(300, 400)), out / "b.png", claim, home=home)
    assert not np.array_equal(read_image(sheet.path).rgb, read_image(swapped.path).rgb), "another label"


def test_only_a_sheet_can_show_pictures_as_given(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files["png"])
    with pytest.raises(UsageError, match="sheet"):
        release_image(Unmarked(source.rgb), source, out / "a.png", replace(claim, as_given=True), home=home)
    touched = Unmarked(source.rgb, np.full(source.rgb.shape[:2], 255, np.uint8))
    with pytest.raises(UsageError, match="rendered"):
        release_sheet(touched, out / "a.png", replace(claim, as_given=True), home=home)
    assert names(out) == []


def test_each_picture_of_a_sheet_gets_a_label_off_its_faces(
    out: Path, home: Path, claim: Claim, scene: Callable[..., np.ndarray]
) -> None:
    sheet = scene(480, 600)
    face, tiles = (10, 180, 200, 50), ((0, 0, 300, 240), (300, 0, 300, 240))
    released = release_sheet(Unmarked(sheet, None, (face,)), out / "a.png", claim, home=home, tiles=tiles)
    differs = (read_image(released.path).rgb != sheet).any(-1)
    for x, y, w, h in tiles:
        rows, columns = np.nonzero(differs[y : y + h, x : x + w])
        assert len(rows) > 0 and 60 < np.ptp(columns) < w, "a whole label"
        assert columns.min() > 0 and columns.max() < w - 1 and rows.min() > 0 and rows.max() < h - 1
    assert not differs[180:230, 10:210].any(), "not on the face"
    assert not differs[240:].any(), "not where no tile is"


def test_an_existing_output_and_the_source_itself_are_kept(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files["png"])
    (out / "a.png").write_text("precious")
    with pytest.raises(OutputExistsError):
        release_image(Unmarked(source.rgb), source, out / "a.png", claim, home=home)
    with pytest.raises(OutputExistsError):
        release_image(Unmarked(source.rgb), source, media_files["png"], claim, home=home, force=True)
    assert (out / "a.png").read_text() == "precious"
    release_image(Unmarked(source.rgb), source, out / "a.png", claim, home=home, force=True)
    assert read_seal(out / "a.png", home=home).state == "whole"


@pytest.mark.parametrize("broken", ["unsigned", "foreign", "altered"])
def test_what_does_not_read_back_is_not_released(
    broken: str,
    media_files: dict[str, Path],
    out: Path,
    home: Path,
    claim: Claim,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    genuine = sealer.sign_file

    def sign_badly(unsigned: Path, signed: Path, claim: Claim, identity: object, **rest: object) -> None:
        if broken == "unsigned":
            signed.write_bytes(unsigned.read_bytes())
            return
        by = sealer.signing_identity(tmp_path / "stranger") if broken == "foreign" else identity
        genuine(unsigned, signed, claim, by, **rest)
        if broken == "altered":
            content = bytearray(signed.read_bytes())
            content[-30] ^= 1
            signed.write_bytes(content)

    monkeypatch.setattr(sealer, "sign_file", sign_badly)
    source = read_image(media_files["jpg"])
    with pytest.raises(SealError, match="nothing was released"):
        release_image(Unmarked(source.rgb), source, out / "a.jpg", claim, home=home)
    assert names(out) == []


def test_a_ledger_that_fails_at_the_end_keeps_the_file_in(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = media_files["mp4"]
    with VideoReader(source) as reader:
        info = reader.info
    with VideoRelease(source, info, out / "a.mp4", claim, home=home) as release:
        for frame in frames_of(source):
            release.write(Unmarked(frame.rgb), frame)
        (home / "ledger.sqlite").write_bytes(b"no database" * 100)
        with pytest.raises(LedgerError):
            release.finish()
    assert names(out) == []


def test_a_ledger_that_cannot_record_is_said_before_any_work(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    home.mkdir()
    (home / "ledger.sqlite").write_bytes(b"no database" * 100)
    with VideoReader(media_files["mp4"]) as reader, pytest.raises(LedgerError, match="move it away"):
        VideoRelease(media_files["mp4"], reader.info, out / "a.mp4", claim, home=home)
    assert not (home / "unfinished").exists()
    assert names(out) == []


def test_the_ledger_gets_the_release_and_not_the_name(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files["jpg"])
    released = release_image(Unmarked(source.rgb), source, out / "a.jpg", claim, home=home)
    (entry,) = Ledger(home).entries()
    assert (entry.kind, entry.facts["sha256"]) == ("release", released.sha256)
    assert entry.facts["people"] == [claim.permits[0].person_id]
    assert "Ann" not in str(entry.facts)


# ---- permits ----


def test_nobody_s_and_expired_permits_do_not_pass(
    media_files: dict[str, Path], out: Path, home: Path, permit: Permit
) -> None:
    source = read_image(media_files["jpg"])
    for claim in (Claim(()), Claim((replace(permit, expires=date(2020, 1, 1)),))):
        with pytest.raises(ConsentError):
            release_image(Unmarked(source.rgb), source, out / "a.jpg", claim, home=home)
    assert names(out) == []


def test_benchmark_media_leave_only_into_a_folder_that_passes(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source, unmarked = read_image(media_files["jpg"]), Unmarked(read_image(media_files["jpg"]).rgb)
    with pytest.raises(RefusedError, match="deleted afterwards"):
        release_image(unmarked, source, out / "a.jpg", benchmark(claim), home=home)
    with PassingFolder() as passing:
        assert passing.path.stat().st_mode & 0o777 == 0o700
        with pytest.raises(RefusedError):
            release_image(unmarked, source, out / "a.jpg", benchmark(claim), home=home, passing=passing)
        with pytest.raises(RefusedError):
            release_image(unmarked, source, passing.path / "../a.jpg", benchmark(claim), home=home, passing=passing)
        within = release_image(unmarked, source, passing.path / "a.jpg", benchmark(claim), home=home, passing=passing)
        assert read_seal(within.path, home=home).state == "whole"
    assert not within.path.exists()
    with pytest.raises(RefusedError, match="with block"):
        release_image(unmarked, source, within.path, benchmark(claim), home=home, passing=passing)
    kept = release_sheet(unmarked, out / "s.png", benchmark(claim), home=home, keep_local=True)
    assert kept.path.exists()


def test_a_type_without_seals_is_refused_before_any_work(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = read_image(media_files["jpg"])
    with pytest.raises(UsageError, match="cannot carry"):
        release_image(Unmarked(source.rgb), source, out / "a.bmp", claim, home=home)


def test_a_source_that_is_gone_is_said(out: Path, home: Path, claim: Claim, tmp_path: Path) -> None:
    gone = Picture(tmp_path / "gone.png", np.zeros((9, 9, 3), np.uint8), "PNG")
    with pytest.raises(MissingFileError, match="gone"):
        release_image(Unmarked(gone.rgb), gone, out / "a.png", claim, home=home)


# ---- clips ----


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SEGMENT_S", Fraction(1, 5))


def frames_of(path: Path) -> Iterator[Frame]:
    with VideoReader(path) as reader:
        yield from reader.frames()


def released_clip(source: Path, destination: Path, claim: Claim, home: Path, stop_at: int | None = None, **rest):
    """Send a clip through the door unchanged, or break off before a frame; return the release and what came of it."""
    with VideoReader(source) as reader:
        info = reader.info
    with VideoRelease(source, info, destination, claim, home=home, **rest) as release, closing(frames_of(source)) as fr:
        resumed = release.resume_at
        for count, frame in enumerate(fr):
            if count == stop_at:
                raise KeyboardInterrupt
            release.write(Unmarked(frame.rgb), frame)
        return resumed, release.finish()


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_a_clip_leaves_sealed_with_every_frame_labelled(
    ending: str, media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    source = media_files[ending]
    _, released = released_clip(source, out / f"a.{ending}", claim, home)
    assert released.frames == 12
    seal = read_seal(released.path, home=home)
    assert (seal.state, seal.signer, seal.declared["frames"]) == ("whole", "trusted", 12)
    before, after = list(frames_of(source)), list(frames_of(released.path))
    assert [frame.time_s for frame in before] == [frame.time_s for frame in after]
    for one, other in zip(before, after, strict=True):
        differs = np.abs(one.rgb.astype(int) - other.rgb).max(-1) > 60
        rows, _ = np.nonzero(differs)
        assert rows.size > 20 and rows.min() > 60, "the label, low in the picture, and nothing else"
    assert names(out) == [f"a.{ending}"]
    assert not any((home / "unfinished").iterdir())


def test_an_interrupted_clip_is_taken_up_again_and_equals_the_uninterrupted(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    source = media_files["mp4"]
    with pytest.raises(KeyboardInterrupt):
        released_clip(source, out / "a.mp4", claim, home, stop_at=8)
    assert names(out) == [], "nothing at the destination"
    (store,) = (home / "unfinished").iterdir()
    assert store.stat().st_mode & 0o777 == 0o700
    assert not list(store.glob("draft*"))
    resumed, released = released_clip(source, out / "a.mp4", claim, home)
    assert resumed == 5, "five frames of a fifth of a second at 25 a second; the half segment counts for nothing"
    _, whole = released_clip(source, out / "b.mp4", claim, home)
    after, uninterrupted = list(frames_of(released.path)), list(frames_of(whole.path))
    assert [frame.time_s for frame in after] == [frame.time_s for frame in uninterrupted]
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(after, uninterrupted, strict=True))


def test_segments_on_disk_carry_the_label(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    with pytest.raises(KeyboardInterrupt):
        released_clip(media_files["mp4"], out / "a.mp4", claim, home, stop_at=8)
    (segment,) = (home / "unfinished").glob("*/*.mp4")
    one, other = next(frames_of(media_files["mp4"])), next(frames_of(segment))
    assert (np.abs(one.rgb.astype(int) - other.rgb).max(-1) > 60).sum() > 20


@pytest.mark.parametrize("change", ["label", "codec", "settings", "consent", "part"])
def test_another_setting_begins_afresh(
    change: str, media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    source, rest = media_files["mp4"], {}
    with pytest.raises(KeyboardInterrupt):
        released_clip(source, out / "a.mp4", claim, home, stop_at=8)
    if change == "settings":
        claim = replace(claim, settings="another avatar")
    elif change == "consent":
        claim = replace(claim, permits=(replace(claim.permits[0], consent_sha256="00" * 32),))
    else:
        rest = {"label": {"label": "large"}, "codec": {"codec": "hevc"}, "part": {"end_s": Fraction(9)}}[change]
    with VideoReader(source) as reader:
        info = reader.info
    assert VideoRelease(source, info, out / "a.mp4", claim, home=home, **rest).resume_at == 0


def test_a_damaged_segment_and_all_after_it_are_made_again(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    source = media_files["mp4"]
    with pytest.raises(KeyboardInterrupt):
        released_clip(source, out / "a.mp4", claim, home, stop_at=11)
    first, second = sorted((home / "unfinished").glob("*/*.mp4"))
    content = bytearray(first.read_bytes())
    content[-9] ^= 1
    first.write_bytes(content)
    resumed, released = released_clip(source, out / "a.mp4", claim, home)
    assert (resumed, released.frames) == (0, 12)
    assert not second.exists()


def test_a_caller_may_pass_over_frames_that_are_safe(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim, short_segments: None
) -> None:
    source = media_files["mp4"]
    with pytest.raises(KeyboardInterrupt):
        released_clip(source, out / "a.mp4", claim, home, stop_at=8)
    frames = list(frames_of(source))
    with VideoReader(source) as reader:
        info = reader.info
    with VideoRelease(source, info, out / "a.mp4", claim, home=home) as release:
        needed = [frame for frame in frames if release.needs(frame)]
        assert len(needed) == 7
        for frame in needed:
            release.write(Unmarked(frame.rgb), frame)
        assert release.finish().frames == 12


def test_a_killed_process_leaves_nothing_at_the_destination(
    media_files: dict[str, Path], out: Path, home: Path, tmp_path: Path
) -> None:
    script = textwrap.dedent(
        f"""
        import os, signal
        from datetime import date
        from fractions import Fraction
        from pathlib import Path
        from bonaface.marking import door, sealer
        from bonaface.marking.claim import Claim
        from bonaface.media.video import VideoReader
        from bonaface.terms.permit import Permit
        from bonaface.terms.picture import Unmarked
        door.SEGMENT_S = Fraction(1, 5)
        def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
        sealer.Sealer._read_back = die
        source = Path({str(media_files["mp4"])!r})
        permit = Permit("1", "Ann", "agreement", "art", date(2999, 1, 1), "ab", "self-declared")
        with VideoReader(source) as reader:
            with door.VideoRelease(source, reader.info, Path({str(out / "a.mp4")!r}), Claim((permit,)),
                                   home=Path({str(home)!r})) as release:
                for frame in reader.frames():
                    release.write(Unmarked(frame.rgb), frame)
                release.finish()
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert not (out / "a.mp4").exists()


def test_a_clip_without_frames_and_a_frame_of_another_size_are_said(
    media_files: dict[str, Path], out: Path, home: Path, claim: Claim
) -> None:
    source = media_files["mp4"]
    with VideoReader(source) as reader:
        info = reader.info
    with VideoRelease(source, info, out / "a.mp4", claim, home=home) as release:
        with pytest.raises(NothingToDoError):
            release.finish()
        with pytest.raises(UsageError, match="8x4"):
            release.write(
                Unmarked(np.zeros((4, 8, 3), np.uint8)), Frame(0, 0, Fraction(0), np.zeros((4, 8, 3), np.uint8))
            )
    assert names(out) == []


def test_benchmark_segments_pass_with_the_folder(
    media_files: dict[str, Path], home: Path, claim: Claim, short_segments: None
) -> None:
    with PassingFolder() as passing:
        with pytest.raises(KeyboardInterrupt):
            released_clip(
                media_files["mp4"], passing.path / "a.mp4", benchmark(claim), home, stop_at=8, passing=passing
            )
        _, released = released_clip(media_files["mp4"], passing.path / "a.mp4", benchmark(claim), home, passing=passing)
        assert released.frames == 12
    assert not (home / "unfinished").exists()
    assert not released.path.exists()


def test_a_real_clip_keeps_frames_and_times(out: Path, home: Path, claim: Claim) -> None:
    source = EXAMPLES / "single_face.mp4"
    _, released = released_clip(source, out / "a.mp4", claim, home)
    assert [frame.time_s for frame in frames_of(source)] == [frame.time_s for frame in frames_of(released.path)]
    assert read_seal(released.path, home=home).state == "whole"
