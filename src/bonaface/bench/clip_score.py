"""All measures of one swapped clip, whoever's tool made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bonaface.bench.follow import read_meshes
from bonaface.bench.frames import FramePlan
from bonaface.bench.gallery import Retrieval, retrieve
from bonaface.bench.measures import Flicker
from bonaface.bench.reference import Likeness, TargetFacts, Tools
from bonaface.bench.score import (
    Identity,
    Motion,
    Surface,
    same_size,
    score_identity,
    score_motion,
    score_surface,
)
from bonaface.media.video import VideoReader
from bonaface.terms.arrays import Floats, Rgb8
from bonaface.terms.errors import UnreadableMediaError
from bonaface.terms.picture import as_rgb8


@dataclass(frozen=True, slots=True, eq=False)
class ClipScore:
    """What the measures say; ``flicker`` and ``target_flicker`` in grey levels, ``retrieval`` None without strangers.

    ``frames`` are the measured frames of the swap, in the order of the target's numbers.
    """

    identities: tuple[Identity, ...]
    motion: Motion
    surface: Surface
    flicker: float
    target_flicker: float
    retrieval: Retrieval | None
    frames: list[Rgb8]


def score_clip(
    clip: Path,
    target_clip: Path,
    plan: FramePlan,
    facts: TargetFacts,
    source: Likeness,
    target: Likeness,
    tools: Tools,
    strangers: Floats | None = None,
) -> ClipScore:
    """Return the scores of a swapped clip that shows the target's part (or the target's whole clip) frame by frame.

    Raises:
        UnreadableMediaError: it has another number of frames or another size than the target.
    """
    wanted, frames = set(facts.numbers), []
    layout = tools.layout
    flicker = Flicker(layout.mask)
    for number, ours, theirs in _side_by_side(clip, target_clip, plan):
        if number not in facts.followed:
            flicker.interrupt()
            continue
        mesh = facts.followed[number]
        flicker.add(layout.unwrap(ours, mesh), layout.unwrap(theirs, mesh))
        if number in wanted:
            frames.append(ours)
    identities = tuple(
        score_identity(judge, frames, source.centroids[judge.name], target.centroids[judge.name])
        for judge in tools.judges
    )
    first, name = tools.judges[0], tools.judges[0].name
    retrieval = None
    if strangers is not None and len(strangers) and len(identities[0].embeddings):
        retrieval = retrieve(identities[0].embeddings, source.centroids[name], target.centroids[name], strangers, first)
    meshes = read_meshes(tools.mesh, frames, facts.start)
    return ClipScore(
        identities,
        score_motion(meshes, facts.meshes, tools.canonical.points),
        score_surface(frames, facts.frames, facts.start),
        *flicker.means(),
        retrieval,
        frames,
    )


def check_clip(clip: Path, target_clip: Path, plan: FramePlan) -> int:
    """Return the number of the target's frame with which a swapped clip begins: 0, or the first of the part.

    Raises:
        UnreadableMediaError: it has another number of frames or another size than the target; a pixel less is fine,
            since encoders drop an odd last row or column.
    """
    with VideoReader(clip) as swap, VideoReader(target_clip) as target:
        sizes = [(reader.info.height_px, reader.info.width_px) for reader in (swap, target)]
    if max(abs(a - b) for a, b in zip(*sizes, strict=True)) > 1:
        raise UnreadableMediaError(
            f"{clip.name} has another size than {target_clip.name}; export the swap in the target's size."
        )
    shown, part = _count(clip), len(plan.target)
    if shown != part and shown != _count(target_clip):
        raise UnreadableMediaError(
            f"{clip.name} has {shown} frames and the target {part}; export the swap with every frame of the target."
        )
    return plan.target.start if shown == part else 0


def _side_by_side(clip: Path, target_clip: Path, plan: FramePlan) -> Iterator[tuple[int, Rgb8, Rgb8]]:
    """Yield number, swapped frame and target frame of the part."""
    first = check_clip(clip, target_clip, plan)
    with VideoReader(clip) as swap, VideoReader(target_clip) as target:
        numbered = ((number, frame) for number, frame in enumerate(target.frames()) if number >= first)
        for ours, (number, theirs) in zip(swap.frames(), numbered, strict=False):
            if number in plan.target:
                yield number, *same_size(as_rgb8(ours.rgb), as_rgb8(theirs.rgb))


def _count(clip: Path) -> int:
    with VideoReader(clip) as reader:
        return sum(1 for _ in reader.frames())
