"""Check on a Ray cluster: a list of any length in partitions, results in Parquet, resumable, no file stops the others.

Each worker loads its networks once. A partition's results appear whole or not at all, so that a second run of the same
list goes on with what is missing. A file that kills its worker (a decoder's crash) is found by trying the files of the
partition one by one, and gets a row with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bonaface.checking.calibration import shipped_calibration
from bonaface.checking.output import finding_as_dict
from bonaface.media.scratch import atomic_path
from bonaface.terms.errors import BonafaceError, MissingPartError, OutputExistsError
from bonaface.terms.finding import Finding
from bonaface.terms.progress import Progress, Step, silent
from bonaface.verbs.check import Desk, Question

PARTITION = 64
"""Files of one partition: enough that handing them out costs nothing, few enough that little is done twice."""
_LIST = "list.json"
_COLUMNS = ("path", "verdict", "score", "exit_code", "sha256", "finding")
_CRASHED = "examining it crashed a worker; it is damaged, or made to do that"


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a list: ``files`` in all, ``examined`` now, the rest before; ``codes`` how many of each exit code.

    ``out`` is the folder with the results.
    """

    files: int
    examined: int
    codes: dict[int, int]
    out: Path


def check_many(
    files: Sequence[Path],
    question: Question,
    out: Path,
    *,
    address: str | None = None,
    partition: int = PARTITION,
    progress: Progress = silent,
) -> Tally:
    """Return how many files came out how; each has a row in ``out``/part-*.parquet.

    Args:
        address: of a Ray cluster; None starts one on this machine, or joins what RAY_ADDRESS names.

    Raises:
        MissingPartError: Ray or PyArrow is not installed. OutputExistsError: ``out`` holds the results of another list.
    """
    ray = _ray()
    parts = [list(map(str, files[start : start + partition])) for start in range(0, len(files), partition)]
    _claim(out, files, question, partition)
    left = [number for number in range(len(parts)) if not _part_path(out, number).is_file()]
    done = len(files) - sum(len(parts[number]) for number in left)
    before = done
    progress(Step("checking", done, len(files), "files"))
    if left:
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, configure_logging=False)
        for number, rows in _partitions(ray, parts, left, question):
            _write(out, number, rows)
            done += len(rows)
            progress(Step("checking", done, len(files), "files"))
    codes: dict[int, int] = {}
    for number in range(len(parts)):
        for code in _read(out, number, "exit_code"):
            codes[code] = codes.get(code, 0) + 1
    return Tally(len(files), done - before, codes, out)


class Worker:
    """What runs on the cluster: a desk, and the files that it is given. An error of one file is its row."""

    def __init__(self, question: Question) -> None:
        """Load all networks."""
        self._question = question
        self._calibration = shipped_calibration()
        self._desk = Desk(self._calibration, num_threads=1)

    def check(self, paths: Sequence[str]) -> list[dict[str, Any]]:
        """Return a row for each file."""
        return [_row(self._desk.check(Path(path), self._question), self._calibration) for path in paths]


def _partitions(
    ray: Any, parts: Sequence[list[str]], left: Sequence[int], question: Question
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield number and rows of each partition as it is done, in any order."""
    remote = ray.remote(num_cpus=1, max_restarts=0)(Worker)
    workers = [remote.remote(question) for _ in range(min(len(left), max(1, int(ray.cluster_resources()["CPU"]))))]
    waiting, running = iter(left), {}

    def start(worker: Any) -> None:
        number = next(waiting, None)
        if number is not None:
            running[worker.check.remote(parts[number])] = number, worker

    for worker in workers:
        start(worker)
    while running:
        (ready,), _ = ray.wait(list(running), num_returns=1)
        number, worker = running.pop(ready)
        try:
            rows = ray.get(ready)
        except ray.exceptions.RayActorError:
            rows = _one_by_one(ray, remote, parts[number], question)
            worker = remote.remote(question)
        yield number, rows
        start(worker)


def _one_by_one(ray: Any, remote: Any, paths: Sequence[str], question: Question) -> list[dict[str, Any]]:
    """Return the rows of a partition whose worker died: each file by itself, so that the others come through."""
    rows: list[dict[str, Any]] = []
    worker = remote.remote(question)
    for path in paths:
        try:
            rows += ray.get(worker.check.remote([path]))
        except ray.exceptions.RayActorError:
            finding = Finding(Path(path), error=BonafaceError(f"{path} could not be examined: {_CRASHED}."))
            rows.append(_row(finding, shipped_calibration()))
            worker = remote.remote(question)
    return rows


def _row(finding: Finding, calibration: Any) -> dict[str, Any]:
    held = finding_as_dict(finding, calibration)
    values = (
        str(finding.path), held["verdict"], finding.score, finding.exit_code, finding.sha256,
        json.dumps(held, ensure_ascii=False),
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def _claim(out: Path, files: Sequence[Path], question: Question, partition: int) -> None:
    """Make ``out`` the folder of this list, or go on where it is."""
    digest = sha256("\n".join(map(str, files)).encode()).hexdigest()
    held = {"list": digest, "files": len(files), "partition": partition, "error_rate": question.alpha}
    path = out / _LIST
    if path.is_file():
        if json.loads(path.read_text(encoding="utf-8")) != held:
            raise OutputExistsError(f"{out} holds the results of another list; choose another folder with --out.")
        return
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(held), encoding="utf-8")


def _part_path(out: Path, number: int) -> Path:
    return out / f"part-{number:06d}.parquet"


def _write(out: Path, number: int, rows: list[dict[str, Any]]) -> None:
    import pyarrow  # noqa: PLC0415  # an optional extra
    from pyarrow import parquet  # noqa: PLC0415

    with atomic_path(_part_path(out, number)) as temporary:
        parquet.write_table(pyarrow.Table.from_pylist(rows), temporary)


def _read(out: Path, number: int, column: str) -> list[Any]:
    from pyarrow import parquet  # noqa: PLC0415

    values: list[Any] = parquet.read_table(_part_path(out, number), columns=[column])[column].to_pylist()
    return values


def _ray() -> Any:
    try:
        import pyarrow  # noqa: PLC0415, F401
        import ray  # noqa: PLC0415
    except ImportError as error:
        raise MissingPartError(
            "The engine beyond one machine is not installed; get it with: pip install 'bonaface[ray]'."
        ) from error
    return ray
