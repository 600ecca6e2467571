"""The figures of ``bench check`` as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from bonaface.bench.check_classes import ClassRow, Untouched
from bonaface.bench.check_figures import Rate
from bonaface.bench.check_marks import Marks, Verdicts
from bonaface.bench.check_speed import Speed


def check_text(
    marks: Sequence[Marks],
    classes: Sequence[ClassRow],
    speed: Speed,
    untouched: Untouched | None,
    heading: Sequence[str],
    remarks: Sequence[str],
    alpha: float,
) -> str:
    """Return everything for people to read; "-" for what is not known."""
    parts = ["\n".join(heading), _ranking(marks), _verdicts(marks, alpha), _curves(marks), _classes(classes)]
    parts += [] if untouched is None else [_untouched(untouched)]
    return "\n\n".join(part for part in [*parts, speed.sentence(), "\n".join(remarks)] if part) + "\n"


def _ranking(marks: Sequence[Marks]) -> str:
    head = ["detector", "untouched", "manipulated", "AUC", "95 % over groups", "EER", "paired", "calibration error"]
    body = [
        [
            one.name, str(one.reals), str(one.fakes), _number(one.auc), _span(one.interval), _number(one.eer),
            _share(one.paired), _number(one.reliability.error),
        ]
        for one in marks
    ]  # fmt: skip
    note = (
        "Calibration error: of a logistic map that one half of the groups fits and the other half checks; it is made\n"
        "here for measuring alone, and no user is ever given such a probability."
    )
    return f"Ranking\n{grid(head, body)}\n{note}"


def _verdicts(marks: Sequence[Marks], alpha: float) -> str:
    head = [
        "detector", "verdicts by", "false alarms", "95 %", "95 % over groups", "of answered", "95 %", "misses", "95 %",
        "of answered", "95 %", "answered",
    ]  # fmt: skip
    body = [[one.name, *_verdict_cells(each)] for one in marks for each in one.verdicts]
    note = (
        "95 %: Clopper and Pearson's interval, each file for itself. Recalibrated here: by the scores of the other\n"
        "half of the groups, the same rule for every detector."
    )
    return f"Verdicts at an error rate of {alpha:.1%}\n{grid(head, body)}\n{note}"


def _verdict_cells(each: Verdicts) -> list[str]:
    cells = [each.how, _share(each.alarms), _bounds(each.alarms), _span(each.over_groups, percent=True)]
    for one in (each.alarms_answered, each.misses, each.misses_answered):
        cells += [_share(one), _bounds(one)]
    return [*cells, _share(each.answered)]


def _curves(marks: Sequence[Marks]) -> str:
    head = ["detector", "verdicts by", *(f"{alpha:.1%}" for alpha, _, _ in marks[0].verdicts[0].curve)]
    body = [
        [one.name, each.how, *(f"{_percent(answered)} / {_percent(wrong)}" for _, answered, wrong in each.curve)]
        for one in marks
        for each in one.verdicts
    ]
    note = (
        "Ours by its own calibration: without the doubts that come of encoding a picture anew, which the verdicts "
        "above have."
    )
    return f"Answered / wrong among the answered, by the error rate asked for\n{grid(head, body)}\n{note}"


def _classes(rows: Sequence[ClassRow]) -> str:
    tables = []
    for title, members in groupby(rows, key=lambda row: row.table):
        head = [title, "false alarms", "95 %", "answered", "misses", "95 %", "answered", "AUC"]
        body = [
            [
                row.name, _count(row.alarms), _bounds(row.alarms), _share(row.real_answered), _count(row.misses),
                _bounds(row.misses), _share(row.fake_answered), _number(row.auc),
            ]
            for row in members
        ]  # fmt: skip
        tables.append(grid(head, body))
    return "\n\n".join(["Our own verdicts by class", *tables]) if tables else ""


def _untouched(besides: Untouched) -> str:
    return (
        f"Untouched besides, {besides.source}: false alarms {_count(besides.alarms)} ({_share(besides.alarms)}, 95 % "
        f"{_bounds(besides.alarms)}, over groups {_span(besides.over_groups, percent=True)}); of the answered "
        f"{_count(besides.alarms_answered)} ({_share(besides.alarms_answered)}, {_bounds(besides.alarms_answered)}); "
        f"answered {_share(besides.answered)}; without a face {besides.faceless}.\n\n{_classes(besides.classes)}"
    )


def grid(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return rows in columns, the first to the left, the others to the right."""
    cells = [head, *body]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(wide) if k == 0 else cell.rjust(wide)
            for k, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * wide for wide in widths), *lines[1:]])


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _percent(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "-"


def _share(one: Rate) -> str:
    return _percent(one.share)


def _count(one: Rate) -> str:
    return f"{one.count} of {one.of}" if one.of else "-"


def _bounds(one: Rate) -> str:
    return _span((one.low, one.high), percent=True) if one.of else "-"


def _span(ends: tuple[float, float], *, percent: bool = False) -> str:
    if not all(math.isfinite(end) for end in ends):
        return "-"
    low, high = ends
    return f"{100 * low:.1f} to {100 * high:.1f}" if percent else f"{low:.3f} to {high:.3f}"
