"""Work of several steps under one progress bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from assistant.cli.ingesting import progress_bar

Result = TypeVar("Result")


def with_steps(work: Callable[[Callable[[str, int, int], None]], Result], *, quiet: bool) -> Result:
    """Do work that tells its steps and how far each is, under a progress bar on the error stream; `quiet` shows none."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("Opening", total=None)

        def tell(step: str, done: int, total: int) -> None:
            if bar.tasks[task].description != step:  # else the time that is left would be that of the step before
                bar.reset(task, description=step)
            bar.update(task, completed=done, total=total)

        return work(tell)
