"""The library of the settings, opened for a command, and the bars under which long work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from assistant.cli.output import errors, note
from assistant.models import chosen_embedder, chosen_reranker, open_embedder
from assistant.settings import Settings
from indexes.errors import LibraryInUseError
from ingestion.library import Library, Tell

T = TypeVar("T")


def open_library(settings: Settings, purpose: str, home: Path | None = None, *, quiet: bool = False) -> Library:
    """The library of these settings, in another folder where one is given. What its index has lost is indexed again, which is said.

    Raises what `Library.open` raises.
    """
    said = ""

    def opened(tell: Tell) -> Library:
        def say(step: str, done: int, total: int) -> None:
            nonlocal said
            if step != said:
                note(f"{step} ({total:,} passages), which may take a while.")
                said = step
            tell(step, done, total)

        reranker = chosen_reranker(settings)
        library = Library.open(
            home or settings.home,
            purpose=purpose,
            server=settings.server,
            spec=chosen_embedder(settings),
            engine=settings.engine,
            load=partial(open_embedder, settings),
            tell=say,
        )
        library.searcher.reranker = reranker
        return library

    return with_steps(opened, quiet=quiet)


@contextmanager
def open_alone(settings: Settings, purpose: str, home: Path | None = None) -> Iterator[Library]:
    """The library for a command that no server does instead. Raises `LibraryInUseError` that says so where one holds it."""
    try:
        library = open_library(settings, purpose, home)
    except LibraryInUseError as error:
        raise alone(error, purpose) from error
    with library:
        yield library


def alone(error: LibraryInUseError, purpose: str) -> LibraryInUseError:
    """The error, saying that the server that holds the library does not do this instead."""
    return LibraryInUseError(f"{error} {purpose} cannot go through it.", error.url) if error.url else error


def with_steps(work: Callable[[Tell], T], *, quiet: bool) -> T:
    """Do work that tells its steps and how far each is, under a progress bar on the error stream; `quiet` shows none."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("Opening", total=None)

        def tell(step: str, done: int, total: int) -> None:
            if bar.tasks[task].description != step:  # else the time that is left would be that of the step before
                bar.reset(task, description=step)
            bar.update(task, completed=done, total=total)

        return work(tell)


def progress_bar(*columns: ProgressColumn, quiet: bool) -> Progress:
    """A progress bar with the time that is left, on the error stream and gone at the end; `quiet`, or no terminal, shows none."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        *columns,
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=quiet or not errors.is_terminal,
    )
