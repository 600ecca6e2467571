"""The report: one HTML file that needs neither network nor script, and a folder of frames beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bonaface.checking.calibration import Calibration
from bonaface.checking.output import LIMITS, finding_as_dict
from bonaface.checking.report_file import FilePart, Size, file_part
from bonaface.checking.report_pictures import GAIN
from bonaface.checking.report_words import KEYS, TITLES, batch_caution, clock, plain, said_of_file
from bonaface.media.scratch import atomic_path, room_in
from bonaface.terms.finding import Finding
from bonaface.terms.version import __version__

MOST_FILES = 200
"""Files that are shown in detail, the most suspicious first; of more there is a line each."""
_SIZES = ((5, Size(1200, 560, 1_700_000)), (40, Size(1000, 420, 900_000)), (MOST_FILES, Size(720, 320, 400_000)))


class Shortlist:
    """Findings as they come, for a report on any number of files: only the most suspicious keep their pictures."""

    def __init__(self, most: int = MOST_FILES) -> None:
        """Keep the pictures of at most ``most`` files."""
        self._most = most
        self._findings: list[Finding] = []
        self._kept: list[int] = []

    def add(self, finding: Finding) -> None:
        """Take one more finding."""
        self._findings.append(finding)
        self._kept.append(len(self._findings) - 1)
        if len(self._kept) > self._most:
            least = max(self._kept, key=lambda k: (_suspicion(self._findings[k]), k))
            self._kept.remove(least)
            self._findings[least] = without_looks(self._findings[least])

    def findings(self) -> list[Finding]:
        """Return all findings, in the order they came."""
        return list(self._findings)


def without_looks(finding: Finding) -> Finding:
    """Return a finding without the pictures of its faces, which are what is large in it."""
    return replace(finding, faces=tuple(replace(face, looks=()) for face in finding.faces), difference=None)


def write_report(
    findings: Sequence[Finding], calibration: Calibration, path: Path, *, made: datetime | None = None
) -> list[Path]:
    """Write the report and return what was written: the HTML file, then the frames in ``<stem>-frames`` beside it.

    The frames come from reading the files again. What stands at ``path`` is replaced, whole or not at all.

    Args:
        findings: in any order; the most suspicious are shown first.
        made: the time that the report names, now by default.

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    ranked = sorted(findings, key=_suspicion)
    detailed = ranked[:MOST_FILES]
    size = next(size for most, size in _SIZES if len(detailed) <= most)
    folder = path.with_name(f"{path.stem}-frames")
    written = [path]

    def parts() -> Iterator[FilePart]:
        for number, finding in enumerate(detailed, 1):
            with room_in(folder):
                part = file_part(finding, number, calibration, folder, size)
            written.extend(part.frames)
            yield part

    environment, now = _environment(), (made or datetime.now(UTC)).astimezone(UTC)
    page = environment.get_template("report.html").stream(
        parts=parts(),
        index=[(said_of_file(one), plain(one.path.name), one) for one in ranked],
        counts=_counts(ranked),
        detailed=len(detailed),
        caution=batch_caution(findings, _alpha(findings)),
        about={name: plain(str(value), 2000) for name, value in calibration.about.items()},
        limits=LIMITS,
        gain=GAIN,
        frames_folder=plain(folder.name),
        made=f"{now.day} {now:%B %Y, %H:%M} UTC",
        version=__version__,
        **_enclosed(environment, detailed, calibration),
    )  # fmt: skip
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", errors="replace") as file:
        for piece in page:
            file.write(piece)
    return written


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bonaface.checking", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plain": plain, "clock": clock}
    return environment


def _enclosed(
    environment: Environment, findings: Sequence[Finding], calibration: Calibration
) -> dict[str, str | Markup]:
    """Return style, script with its hash, and the findings as JSON: for the page, and as an address to save from."""
    loader = PackageLoader("bonaface.checking", "templates")
    style, script = (loader.get_source(environment, name)[0] for name in ("report.css", "report.js"))
    told = json.dumps([finding_as_dict(finding, calibration) for finding in findings], indent=1)
    inside = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    address = base64.b64encode(told.encode("ascii")).decode("ascii")
    # Marked as safe: our own files, and JSON without a character that HTML knows.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return {
        "style": Markup(style),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
        "json_inside": Markup(inside),
        "json_address": f"data:application/json;base64,{address}",
    }


def _suspicion(finding: Finding) -> tuple[int, float, str]:
    """Return what sorts the most suspicious first."""
    return KEYS.index(said_of_file(finding).key), -(finding.score or 0.0), str(finding.path)


def _counts(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    counts = Counter(said_of_file(finding).key for finding in findings)
    return [(key, TITLES[key], counts[key]) for key in KEYS if counts[key]]


def _alpha(findings: Sequence[Finding]) -> float:
    return next((face.error.alpha for one in findings for face in one.faces if face.error), 0.05)
