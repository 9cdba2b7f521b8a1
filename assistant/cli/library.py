"""`citewell library`: what the library holds, what could not be taken in, and taking out."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.asking import open_ledger
from assistant.cli.ingesting import tell_report, with_bar
from assistant.cli.output import note, out, print_json, text, with_mend
from assistant.settings import load_settings
from ingestion.library import Library
from ingestion.pipeline import remove_document, retry_failures

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
    with _open_existing("citewell library retry") as library:
        report = with_bar(lambda tell: retry_failures(library, tell), quiet=as_json)
    tell_report(report, as_json)


@app.command("remove")
def remove(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A document, as in pubmed:31535829.")],
    as_json: JsonOption = False,
) -> None:
    """Take a document out of the library. Ingesting a file that holds it brings it back."""
    with _open_existing("citewell library remove") as library:
        removed = remove_document(library, identifier)
    if as_json:
        print_json(json.dumps(dataclasses.asdict(removed), indent=2, ensure_ascii=False))
        return
    out.print(text(f"Removed {removed.document_id} with {removed.passages} passages: {removed.title}"))
    note(f"It came from {removed.source}; ingesting that file again brings it back.")


def _open_existing(purpose: str) -> Library:
    """The library to be changed; `NotFoundError` where there is none, instead of an empty one."""
    with open_ledger():
        settings = load_settings()
    return Library.open(settings.home, purpose=purpose, server=settings.server)
