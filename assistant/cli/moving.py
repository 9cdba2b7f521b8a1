"""`citewell library export`, `import`, `snapshot` and `restore`: a library in one file, and a file in the place of a library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.opening import alone, open_alone, open_library, with_steps
from assistant.cli.output import note, print_json, print_whole
from assistant.cli.remote import open_remote, read_steps
from assistant.cli.shelves import open_ledger
from assistant.models import chosen_embedder, open_embedder
from assistant.settings import Settings, load_settings
from assistant.wording import counted
from indexes.errors import LibraryInUseError
from ingestion.clients.download import readable_size
from ingestion.errors import ArchiveError
from ingestion.export_file import Manifest, open_archive
from ingestion.home import Home
from ingestion.job import Work
from ingestion.transfer import export_library, import_library, snapshot_path

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def export(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.zip.")],
    as_json: JsonOption = False,
) -> None:
    """Write the whole library into one file, to be imported on another machine or into another engine.

    A running server that holds the library does it, and goes on answering.

    [dim]citewell library export library.zip[/]
    """
    with open_ledger():
        settings = load_settings()
    manifest = _exported(settings, "citewell library export", target, quiet=as_json)
    _tell_moved("Exported", manifest, target, settings.home, as_json)


def snapshot(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A new file; one named after the time, in the library's folder, where not given."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the library as it is at this moment, ledger and vectors, in one file that `restore` takes. It is the file that `export` writes.

    A running server that holds the library does it, and goes on answering.

    [dim]citewell library snapshot[/]
    [dim]citewell library snapshot /backup/citewell.zip[/]
    """
    with open_ledger():
        settings = load_settings()
    file = target or snapshot_path(settings.home, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    manifest = _exported(settings, "citewell library snapshot", file, quiet=as_json)
    _tell_moved("Kept", manifest, file, settings.home, as_json)


def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `citewell library export` wrote.")],
    into: Annotated[Path | None, typer.Option(help="The library's folder; CITEWELL_HOME where not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an empty library the exported one. Nothing is embedded anew, and a library that holds documents is never replaced.

    [dim]citewell library import library.zip --into ~/ward-7[/]
    """
    settings = load_settings()
    home = into or settings.home
    with open_alone(settings, "citewell library import", home) as library:
        embedder, spec = library.searcher.embedder, library.version.spec
        manifest = with_steps(
            lambda tell: import_library(library, source, tell, embedder=embedder, spec=spec), quiet=as_json
        )
    _tell_moved("Imported", manifest, source, home, as_json)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `citewell library snapshot` or `export` wrote.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Also where the library holds documents: those that are not in the file are gone."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a library back to what it was when the snapshot was made, whatever has become of its index. A server must be stopped for it.

    The file is checked, and the library built from it, before anything is replaced: until then the library is as it was.

    With --replace a ledger that cannot be read is kept aside.

    [dim]citewell library restore /backup/citewell.zip --replace[/]
    """
    settings = load_settings()
    with open_archive(source):
        pass  # a file that is none is told before what it would replace
    try:
        purpose, aside = "citewell library restore", _tell_aside if replace else None
        held = Home.hold(settings.home, purpose=purpose, server=settings.server, aside=aside)
    except LibraryInUseError as error:
        raise alone(error, "citewell library restore") from error
    with held as home:
        if home.ledger.has_documents() and not replace:
            raise ArchiveError(
                f"The library in {home.home} holds documents. With --replace it becomes what is in {source}; what is not in there is then gone. "
                "Keep what there is first: citewell library snapshot"
            )
        current = home.versions.current()
        spec = chosen_embedder(settings) or (current.spec if current else "")
        embedder = open_embedder(settings, spec)
        manifest = with_steps(
            lambda tell: import_library(home, source, tell, embedder=embedder, spec=spec, replace=replace),
            quiet=as_json,
        )
    _tell_moved("Restored", manifest, source, settings.home, as_json)


def _tell_aside(kept: Path) -> None:
    note(f"The ledger could not be read. It is kept as {kept.name}, beside the new one.")


def _exported(settings: Settings, purpose: str, target: Path, *, quiet: bool) -> Manifest:
    """Write the file, or let the server that holds the library do it: it writes into the library's folder, and the file is moved from there."""
    if target.exists():
        raise ArchiveError(f"{target} is there already and is not overwritten. Choose another name, or move it away.")
    try:
        library = open_library(settings, purpose, quiet=quiet)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            job = with_steps(lambda tell: remote.upkeep(Work.SNAPSHOT, read_steps(tell)), quiet=quiet)
        made = snapshot_path(settings.home, job)
        with _telling(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)
        with open_archive(target) as archive:
            return archive.manifest
    with library:
        return with_steps(lambda tell: export_library(library, target, tell), quiet=quiet)


@contextmanager
def _telling(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"The snapshot could not be brought to {target} ({error.strerror or error}). It is in the library's folder, in snapshots."
        ) from error


def _tell_moved(what: str, manifest: Manifest, file: Path, home: Path, as_json: bool) -> None:
    if as_json:
        body = {"file": str(file), "bytes": file.stat().st_size, "home": str(home)}
        print_json(json.dumps(body | manifest.model_dump(exclude={"members"}), indent=2, ensure_ascii=False))
        return
    held = f"{counted(manifest.documents, 'document')}, {counted(manifest.passages, 'passage')}"
    print_whole(f"{what} {held} ({readable_size(file.stat().st_size)}): {file}")
    if what == "Kept":
        note("Put the library back to it with: citewell library restore FILE --replace")
