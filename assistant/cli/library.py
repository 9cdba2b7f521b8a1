"""`citewell library`: what the library holds and what could not be taken in."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.asking import open_ledger
from assistant.cli.output import note, out, print_json, text, with_mend
from assistant.settings import load_settings

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
