"""Progress bars with rate and time left, drawn by Rich on stderr. Loaded only on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text

from bonaface.terms.progress import Progress, Step


@contextmanager
def bars() -> Iterator[Progress]:
    """Give a `Progress` that draws one bar a stage until the context ends."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as drawing:
        tasks: dict[str, TaskID] = {}

        def draw(step: Step) -> None:
            task = tasks.get(step.stage)
            finished = task is not None and drawing.tasks[drawing.task_ids.index(task)].finished
            if task is None or (finished and step.total != step.done):  # the stage runs again for the next file
                task = drawing.add_task(step.stage, total=step.total, unit=step.unit, note="")
                tasks[step.stage] = task
            drawing.update(task, completed=step.done, total=step.total, note=step.note)

        yield draw


class _Rate(ProgressColumn):
    """Units a second, once there is something to divide."""

    def render(self, task: Task) -> Text:
        """Return the rate as text, empty while it is unknown."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s")
