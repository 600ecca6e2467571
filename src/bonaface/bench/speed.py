"""Where the time of a swap goes: each stage by itself, one after the other, on the same frames."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from bonaface.bench.measures import change_outside
from bonaface.bench.reencode import encoded
from bonaface.faces.track import FaceTracker
from bonaface.media.video import VideoReader
from bonaface.terms.picture import Frame, as_rgb8
from bonaface.verbs.scene import Survey
from bonaface.verbs.stage import Stage
from bonaface.verbs.troupe import gather

FRAMES = 150
_STAGES = ("decode", "track", "study", "render", "encode")


@dataclass(frozen=True, slots=True)
class Speed:
    """``seconds`` by stage for ``frames`` frames; ``untouched``: share of pixels outside the mask that stayed equal.

    "decode" and "encode" include the turn from the file's colours to RGB and back; "study" is the look at the target
    before the first frame is rendered and does not grow with the clip.
    """

    frames: int
    width_px: int
    height_px: int
    seconds: dict[str, float]
    untouched: float

    def frames_per_s(self, *stages: str) -> float:
        """Return the rate of these stages one after the other."""
        return self.frames / max(sum(self.seconds[stage] for stage in stages), 1e-9)


@dataclass(slots=True)
class _Clock:
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_STAGES, 0.0))

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        began_s = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - began_s


def time_stages(name: str, clip: Path, start_s: Fraction | None, home: Path, most: int = FRAMES) -> Speed:
    """Return the speed of each stage of swapping the person ``name`` of ``home`` into the first frames of a part.

    Raises:
        NothingToDoError: no face, or a person who is not trained.
    """
    troupe = gather(name, "largest", {}, None, home)
    clock = _Clock()
    with clock.on("decode"):
        frames, rate = _read(clip, start_s, most)
    survey, tracker, tracked = Survey(), FaceTracker(), []
    for frame in frames:
        with clock.on("track"):
            tracked.append(tracker.step(frame))
        with clock.on("study"):
            survey.add(as_rgb8(frame.rgb), tracked[-1])
    with clock.on("study"):
        stage = Stage(troupe.roles(survey.actors))
    # Compiled code is loaded before the clock runs; on a stage of its own, so that no shot is counted twice.
    Stage(stage.roles).play(frames[0].rgb, tracked[0], frames[0].time_s)
    rendered, touched_outside = [], []
    for frame, faces in zip(frames, tracked, strict=True):
        with clock.on("render"):
            unmarked = stage.play(frame.rgb, faces, frame.time_s)
        rendered.append(as_rgb8(unmarked.rgb))
        if unmarked.changed is not None:
            share, _ = change_outside(rendered[-1], as_rgb8(frame.rgb), unmarked.changed)
            touched_outside.append(share)
    with clock.on("encode"):
        encoded(rendered, rate=rate)
    height, width = frames[0].rgb.shape[:2]
    untouched = 1 - float(np.mean(touched_outside)) if touched_outside else float("nan")
    return Speed(len(frames), width, height, clock.seconds, untouched)


def _read(clip: Path, start_s: Fraction | None, most: int) -> tuple[list[Frame], Fraction]:
    with VideoReader(clip) as reader:
        return list(islice(reader.frames(start_s), most)), reader.info.rate
