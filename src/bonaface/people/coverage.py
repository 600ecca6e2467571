"""What has been filmed of a person and what is missing: directions, expressions, light, mouth, and advice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bonaface.people.face_set import FaceSet, angles_of

YAW_DEG = (-35.0, -12.0, 12.0, 35.0)
PITCH_DEG = (-15.0, 15.0)
"""Borders of the fields: five directions of turning, three of nodding."""
DIRECTIONS = ("far left", "left", "front", "right", "far right")
"""Where the nose points, as seen in the picture."""
TILTS = ("up", "level", "down")
EXPRESSIONS = ("calm", "smiling", "grimacing")
LIGHTS = ("dark", "medium", "bright")
MOUTHS = ("closed", "ajar", "open")
_LIGHT_LEVELS = (70.0, 150.0)
_JAW_OPEN, _SMILES, _BLINKS = 25, (44, 45), (9, 10)
_AJAR, _OPEN = 0.08, 0.25
_SMILING, _STRONG, _CLOSED = 0.4, 0.4, 0.5
_STRONG_ONES = (1, 2, 3, 6, 32, 38, 48, 49, 50, 51)
"""Frown, raised inner brows, puffed cheeks, funnel, pucker, raised lip, wrinkled nose."""
NEEDED = frozenset({(0, 2), (1, 1), (1, 2), (1, 3), (2, 2)})
"""Tilt and direction that every avatar needs; the rest helps where the target turns that far."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What a face set covers.

    ``table`` (3, 5, 3, 3, 3): crops by tilt, direction, expression, light and mouth, in the order of the names above;
    ``fields`` (N, 5) the place of each crop in it; ``typical`` (N, 5) how clearly it shows what it stands for there,
    more is clearer; ``eyes_closed`` counts crops.
    """

    count: int
    table: np.ndarray
    fields: np.ndarray
    typical: np.ndarray
    eyes_closed: int
    advice: tuple[str, ...]

    @property
    def counts(self) -> np.ndarray:
        """Crops by tilt and direction (3, 5)."""
        return self.table.sum((2, 3, 4))

    @property
    def seen(self) -> dict[str, dict[str, int]]:
        """Crops by expression, light and mouth."""
        axes = (("expression", EXPRESSIONS, 2), ("light", LIGHTS, 3), ("mouth", MOUTHS, 4))
        out = {
            what: {name: int(n) for name, n in zip(names, _along(self.table, axis), strict=True)}
            for what, names, axis in axes
        }
        return out | {"eyes": {"open": self.count - self.eyes_closed, "closed": self.eyes_closed}}


def coverage_of(face_set: FaceSet) -> Coverage:
    """Return what a face set covers, with advice on what to film next."""
    angles, shapes = angles_of(face_set.points), face_set.blendshapes
    smile, strong = shapes[:, list(_SMILES)].mean(1), shapes[:, list(_STRONG_ONES)].max(1)
    jaw, light = shapes[:, _JAW_OPEN], face_set.brightness
    fields = np.stack(
        [
            np.digitize(angles[:, 0], PITCH_DEG),
            np.digitize(-angles[:, 1], YAW_DEG),
            np.where(smile > _SMILING, 1, np.where(strong > _STRONG, 2, 0)),
            np.digitize(light, _LIGHT_LEVELS),
            np.digitize(jaw, (_AJAR, _OPEN)),
        ],
        axis=1,
    )
    sharp = face_set.sharpness / max(float(face_set.sharpness.max()), 1e-6)
    typical = np.stack(
        [
            sharp,
            sharp,
            np.choose(fields[:, 2], [-smile - strong - jaw, smile, strong]),
            np.choose(fields[:, 3], [-light, sharp, light]),
            np.choose(fields[:, 4], [-jaw, -np.abs(jaw - (_AJAR + _OPEN) / 2), jaw]),
        ],
        axis=1,
    )
    table = np.zeros((3, 5, 3, 3, 3), np.int64)
    np.add.at(table, tuple(fields.T), 1)
    closed = int((shapes[:, list(_BLINKS)].mean(1) > _CLOSED).sum())
    return Coverage(len(face_set), table, fields, typical, closed, _advice(table, closed))


def enough(count: int) -> int:
    """Return how many crops of a kind are enough among so many."""
    return max(2, round(0.01 * count))


def _along(table: np.ndarray, axis: int) -> np.ndarray:
    return table.sum(tuple(k for k in range(5) if k != axis))


def _advice(table: np.ndarray, closed: int) -> tuple[str, ...]:
    count = int(table.sum())
    least = enough(count)
    out = []
    if count < 5:
        out.append("With fewer than 5 pictures the likeness is a guess; give at least 5.")
    elif count < 60:
        out.append(
            "With so few pictures expression is mostly the target's; half a minute of talking to the camera helps most."
        )
    turned, tilted = _along(table, 1), _along(table, 0)
    for side, name in ((turned[:2].sum(), "left"), (turned[3:].sum(), "right")):
        if side < least:
            out.append(f"Turn the head to one side, slowly, until the nose points to the {name} of the picture.")
    for row, word in ((0, "up"), (2, "down")):
        if tilted[row] < least:
            out.append(f"Tilt the head {word}.")
    mouth, expression, light = _along(table, 4), _along(table, 2), _along(table, 3)
    if mouth[2] < least:
        out.append("Open the mouth: speak, say ah.")
    if expression[1] < least:
        out.append("Smile widely, so that the teeth are seen.")
    if expression[2] < least:
        out.append("Make faces: frown, raise the brows, pout, wrinkle the nose.")
    if closed < max(1, least // 4):
        out.append("Blink, and close the eyes for a moment.")
    beside = [0, 1, 3, 4]
    if turned[beside].sum() >= least and mouth[2] >= least and table[:, beside, :, :, 2].sum() < least:
        out.append("Speak also while the head is turned.")
    if (light >= least).sum() < 2:
        missing = "brighter" if light[0] > light[2] else "darker"
        out.append(f"Film once more in {missing} light: all is in one light so far.")
    return tuple(out)
