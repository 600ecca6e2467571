"""The demo's last word: its own swap and the untouched clip, checked, with a report on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bonaface.apps.kept import Kept, sum_of
from bonaface.apps.terminal import Terminal

REPORT = "checked.html"


def examine(
    made: Path, untouched: Path, out: Path, home: Path, kept: Kept, program: str, terminal: Terminal
) -> dict[str, Any]:
    """Return what was found in both (``said``: a sentence each), and where the ``report`` lies.

    Raises:
        BonafaceError: one of them could not be examined.
    """
    from bonaface.checking.calibration import shipped_calibration
    from bonaface.checking.report import write_report
    from bonaface.verbs.check import check

    key = [program, sum_of(made), sum_of(untouched)]
    facts = kept.find("checked", key)
    if facts is not None:
        return {**facts, "kept": True}
    with terminal.progress() as progress:
        findings = check([made, untouched], home=home, progress=progress)
    for finding in findings:
        if finding.error is not None:
            raise finding.error
    report = out / REPORT
    write_report(findings, shipped_calibration(), report)
    said = []
    for finding in findings:
        faces = "; ".join(f"its face: {face.verdict}{f' ({face.why})' if face.why else ''}" for face in finding.faces)
        said.append(f"{finding.path.name}: {finding.verdict or 'no face'}, {faces or 'no face was found'}")
    facts = {"said": said, "report": str(report)}
    kept.keep("checked", key, [report], facts)
    return {**facts, "kept": False}
