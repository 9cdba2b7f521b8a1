"""`citewell library`: what the library holds, what could not be taken in, and taking out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.asking import open_ledger
from assistant.cli.ingesting import progress_bar, run_where_it_is_held, tell_report
from assistant.cli.output import note, out, print_json, text, with_mend
from assistant.cli.remote import open_remote
from assistant.settings import load_settings
from indexes.errors import LibraryInUseError
from ingestion.archive import Manifest
from ingestion.jobs import Work
from ingestion.library import Library
from ingestion.pipeline import remove_document, retry_failures
from ingestion.transfer import export_library, import_library

app = typer.Typer(help="Look after the library.", no_args_is_help=True, pretty_exceptions_show_locals=False)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@app.command("status")
def status(as_json: JsonOption = False) -> None:
    """How many documents and passages of each kind, and what built the index."""
    settings = load_settings()
    with open_ledger() as ledger:
        counts, failures, signature = ledger.counts(), len(ledger.failures()), ledger.get_meta("signature")
    engine = f"qdrant server, collection {settings.qdrant_collection}" if settings.server else "edge (embedded)"
    if as_json:
        kinds = {str(kind): {"documents": d, "passages": p} for kind, (d, p) in counts.items()}
        body = {"home": str(settings.home), "engine": engine, "index": signature, "kinds": kinds, "failures": failures}
        print_json(json.dumps(body, indent=2))
        return
    table = Table("Kind", "Documents", "Passages", box=None, header_style="bold")
    for kind, (documents, passages) in counts.items():
        table.add_row(str(kind), f"{documents:,}", f"{passages:,}")
    out.print(text(f"Library in {settings.home}", style="bold"))
    out.print(table)
    out.print(text(f"Index: {signature}; engine: {engine}", style="dim"))
    if failures:
        note(f"{failures} files or records could not be ingested: citewell library failures")


@app.command("failures")
def failures(as_json: JsonOption = False) -> None:
    """Files and records that could not be ingested, with the reason and the mend."""
    with open_ledger() as ledger:
        found = ledger.failures()
    if as_json:
        print_json(json.dumps({"failures": [dataclasses.asdict(f) for f in found]}, indent=2, ensure_ascii=False))
        return
    if not found:
        note("Nothing failed.")
    for failure in found:
        out.print(text(f"{failure.source} {failure.record}".rstrip(), style="bold"))
        out.print(text(f"  {with_mend(failure.reason, failure.mend)}"))


@app.command("retry")
def retry(as_json: JsonOption = False) -> None:
    """Read the files again in which something failed: mended since, or to be read by a newer Citewell."""
    with open_ledger():  # `NotFoundError` where there is no library, instead of a new one
        pass
    report = run_where_it_is_held(
        "citewell library retry", retry_failures, lambda remote, tell: remote.run(Work.RETRY, tell), quiet=as_json
    )
    tell_report(report, as_json)


@app.command("remove")
def remove(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A document, as in pubmed:31535829.")],
    as_json: JsonOption = False,
) -> None:
    """Take a document out of the library. Ingesting a file that holds it brings it back."""
    with open_ledger():
        settings = load_settings()
    try:
        library = Library.open(settings.home, purpose="citewell library remove", server=settings.server)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            removed = remote.remove(identifier)
    else:
        with library:
            removed = remove_document(library, identifier)
    if as_json:
        print_json(json.dumps(dataclasses.asdict(removed), indent=2, ensure_ascii=False))
        return
    out.print(text(f"Removed {removed.document_id} with {removed.passages} passages: {removed.title}"))
    note(f"It came from {removed.source}; ingesting that file again brings it back.")


@app.command("export")
def export(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as library.zip.")],
    as_json: JsonOption = False,
) -> None:
    """Write the whole library into one file, to be imported on another machine or into another engine.

    [dim]citewell library export library.zip[/]
    """
    with open_ledger():
        settings = load_settings()
    with Library.open(settings.home, purpose="citewell library export", server=settings.server) as library:
        manifest = _with_steps(lambda tell: export_library(library, target, tell), quiet=as_json)
    _tell_moved("Exported", manifest, target, settings.home, as_json)


@app.command("import")
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
    with Library.open(home, purpose="citewell library import", server=settings.server) as library:
        manifest = _with_steps(lambda tell: import_library(library, source, tell), quiet=as_json)
    _tell_moved("Imported", manifest, source, home, as_json)


def _with_steps(work: Callable[[Callable[[str, int, int], None]], Manifest], *, quiet: bool) -> Manifest:
    """Do work that tells its steps and how far each is, under a progress bar on the error stream; `quiet` shows none."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("Opening", total=None)

        def tell(step: str, done: int, total: int) -> None:
            if bar.tasks[task].description != step:  # else the time that is left would be that of the step before
                bar.reset(task, description=step)
            bar.update(task, completed=done, total=total)

        return work(tell)


def _tell_moved(what: str, manifest: Manifest, file: Path, home: Path, as_json: bool) -> None:
    if as_json:
        body = {"file": str(file), "bytes": file.stat().st_size, "home": str(home)}
        print_json(json.dumps(body | manifest.model_dump(exclude={"members"}), indent=2, ensure_ascii=False))
        return
    megabytes = file.stat().st_size / 1e6
    out.print(
        text(f"{what} {manifest.documents:,} documents, {manifest.passages:,} passages ({megabytes:,.1f} MB): {file}"),
        soft_wrap=True,
    )
