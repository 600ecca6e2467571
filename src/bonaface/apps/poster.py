"""The demo's contact sheet: target, swap and person one above the other, a block for each target, with captions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bonaface.apps.examples import NAME
from bonaface.apps.scorecard import Seen
from bonaface.bench.sheet import TILE_PX, contact_sheet
from bonaface.marking.claim import Claim
from bonaface.marking.door import release_sheet
from bonaface.people.consent import permit_swap
from bonaface.people.store import load_person
from bonaface.terms.arrays import Rgb8
from bonaface.terms.picture import Unmarked

_ROWS = ("target", "swap", "person")
_MARGIN_PX, _GAP_PX, _HEAD_PX, _FOOT_PX, _LETTERS_PX = 120, 12, 44, 72, 20
_PAPER, _INK = 255, (40, 40, 40)


def draw_poster(seen: Mapping[str, Seen], moments: Mapping[str, int], foot: str) -> Unmarked:
    """Return the sheet with room for the label in its foot, beside the sentence ``foot``.

    ``moments`` says how many columns each target has.
    """
    blocks = {name: _block(one, moments[name]) for name, one in seen.items()}
    width = _MARGIN_PX + sum(block.shape[1] + _GAP_PX for block in blocks.values())
    height = _HEAD_PX + len(_ROWS) * TILE_PX + _FOOT_PX
    sheet = np.full((height, width, 3), _PAPER, np.uint8)
    left, captions = _MARGIN_PX, []
    for name, block in blocks.items():
        sheet[_HEAD_PX : _HEAD_PX + block.shape[0], left : left + block.shape[1]] = block
        captions.append(((left, _HEAD_PX // 2), name, "lm"))
        left += block.shape[1] + _GAP_PX
    for k, row in enumerate(_ROWS):
        captions.append(((_GAP_PX, _HEAD_PX + k * TILE_PX + TILE_PX // 2), row, "lm"))
    captions.append(((width - _GAP_PX, height - _FOOT_PX // 2), foot, "rm"))
    return Unmarked(_written(sheet, captions), None, ((0, 0, width, height - _FOOT_PX),))


def _block(seen: Seen, moments: int) -> Rgb8:
    """Return one target's columns: every picture of the person belongs to the frame above it."""
    at = np.linspace(0, len(seen.target) - 1, min(moments, len(seen.target))).round().astype(int)
    return contact_sheet(
        [seen.target[k] for k in at],
        [seen.swap[k] for k in at],
        seen.points[at],
        [seen.person[k] for k in at],
        seen.person_points[at],
        len(at),
    ).rgb


def _written(sheet: Rgb8, captions: list[tuple[tuple[int, int], str, str]]) -> Rgb8:
    image = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_LETTERS_PX)
    for place, text, anchor in captions:
        draw.text(place, text, fill=_INK, font=font, anchor=anchor)
    return np.asarray(image)


def release_poster(seen: Mapping[str, Seen], columns: Mapping[str, int], path: Path, home: Path) -> Path:
    """Return the sealed poster of what was seen in each target, with so many ``columns`` of it.

    Raises:
        BonafaceError: the consent does not cover it, or the door refuses.
    """
    permit = permit_swap(load_person(NAME, home), None, date.today())
    sheet = draw_poster(seen, columns, f"made with bonaface; {permit.statement}")
    return release_sheet(sheet, path, Claim((permit,)), home=home, force=True).path
