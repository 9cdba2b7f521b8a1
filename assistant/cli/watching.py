"""`citewell ingest watch`: what is put into a folder, or changes there, is ingested."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from watchfiles import Change, watch

from assistant.cli.ingesting import print_report, run_where_it_is_held
from assistant.cli.output import err, note, print_json
from assistant.jobs import report_view
from indexes.errors import LibraryInUseError
from ingestion import manifest
from ingestion.errors import IngestionError, MissingFileError, UnknownKindError
from ingestion.pipeline import ingest_files
from ingestion.report import Report
from ingestion.sources import find_parser, kinds

SETTLE_MS = 2000  # a file that is still being copied changes on; what ends within this time is one change
AGAIN_MS = 10_000  # how long to wait before a library that was in use is tried again


def watch_folders(
    paths: Annotated[list[Path], typer.Argument(help="Folders, with all below them; files and manifests too.")],
    kind: Annotated[str, typer.Option(help=f"auto, {', '.join(kinds())}.")] = "auto",
    poll: Annotated[
        bool, typer.Option("--poll", help="Look again and again: for network shares, which tell nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each report as one line of JSON.")] = False,
) -> None:
    """Ingest folders, then whatever is added or changed in them, until Ctrl-C.

    The library is let go between changes, so that it can be asked; where a server holds it, the files go there.

    A changed manifest has its folder read again. What is deleted from a folder stays in the library: citewell library list --source, remove.

    [dim]citewell ingest watch guidelines/[/]
    [dim]citewell ingest watch /mnt/share/guidelines --poll[/]
    """
    absolute = [path.absolute() for path in paths]
    for path in absolute:
        if not path.exists():
            raise MissingFileError(f"{path}: no such file or folder; check the path")
    waiting = list(absolute)
    for changed in _rounds(absolute, kind, poll):
        waiting = list(dict.fromkeys([*waiting, *changed]))
        if not waiting:
            continue
        try:
            report = _ingest(waiting, kind, quiet=as_json)
        except LibraryInUseError as error:
            note(f"{error} Trying again in {AGAIN_MS // 1000} seconds.")
            continue
        waiting = []
        _tell(report, as_json)


def _ingest(paths: Sequence[Path], kind: str, *, quiet: bool) -> Report:
    return run_where_it_is_held(
        "citewell ingest watch",
        lambda library, tell: ingest_files(library, paths, kind, tell),
        lambda remote, tell: remote.ingest(paths, kind, tell),
        quiet=quiet,
    )


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        print_json(json.dumps(report_view(report), ensure_ascii=False))
    elif report.files or report.failures:
        note(f"{datetime.now().astimezone():%Y-%m-%d %H:%M}")
        print_report(report)


def _rounds(paths: Sequence[Path], kind: str, poll: bool) -> Iterator[list[Path]]:
    """Nothing at first, then each time what has changed, or nothing when `AGAIN_MS` have passed without a change.

    The first time it is everything: what changed during the first ingestion was not watched yet, and what did not costs nothing.
    """
    yield []
    missed = list(paths)
    folders = {path if path.is_dir() else path.parent for path in paths}  # editors put a new file in an old one's place
    try:
        for changes in watch(
            *folders,
            watch_filter=lambda change, name: change is not Change.deleted and _meant(Path(name), paths),
            debounce=SETTLE_MS,
            step=SETTLE_MS // 4,
            rust_timeout=AGAIN_MS,
            yield_on_timeout=True,
            force_polling=poll or None,
        ):
            changed = sorted({Path(name) for _, name in changes})
            files = [path.parent if path.name == manifest.NAME else path for path in changed if _readable(path, kind)]
            yield list(dict.fromkeys([*missed, *files]))
            missed = []
    except OSError as error:  # more folders than the system will watch, say
        err(f"The folders cannot be watched ({error.strerror or error}). Try again with --poll.")
        raise typer.Exit(1) from error


def _readable(path: Path, kind: str) -> bool:
    """Whether a file that changed is to be ingested: one of no known kind is passed over, as in a folder."""
    try:
        find_parser(path, kind)
    except UnknownKindError:
        return path.name == manifest.NAME
    except IngestionError:
        return path.is_file()  # ingesting it will say what is wrong
    return True


def _meant(path: Path, watched: Sequence[Path]) -> bool:
    """Whether a change is in what is watched and not in a hidden file or folder."""
    for root in watched:
        if path == root or (path.is_relative_to(root) and root.is_dir()):
            return not any(part.startswith(".") for part in path.relative_to(root).parts)
        if root.name == manifest.NAME and path.is_relative_to(root.parent):
            return not any(part.startswith(".") for part in path.relative_to(root.parent).parts)
    return False
