"""`citewell library remove`, `excluded` and `readmit`: taking documents out, for a while or for good, and letting them in again."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from assistant.cli.opening import open_library
from assistant.cli.output import note, print_json, print_whole
from assistant.cli.remote import open_remote
from assistant.cli.shelves import open_ledger
from assistant.errors import NotFoundError
from assistant.settings import load_settings
from assistant.wording import counted
from indexes.errors import LibraryInUseError
from ingestion.document import printable
from ingestion.pipeline import remove_document

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def remove(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A document, as in pubmed:31535829.")],
    for_good: Annotated[bool, typer.Option("--for-good", help="No file that holds it brings it back.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a document out of the library. Ingesting a file that holds it brings it back, unless it goes for good.

    [dim]citewell library remove pubmed:31535829[/]
    [dim]citewell library remove guideline:who/lipids@2019 --for-good[/]
    """
    with open_ledger():
        settings = load_settings()
    try:
        library = open_library(settings, "citewell library remove", quiet=as_json)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            removed = remote.remove(identifier, for_good=for_good)
    else:
        with library:
            removed = remove_document(library, identifier, for_good=for_good)
    if as_json:
        print_json(json.dumps(dataclasses.asdict(removed), indent=2, ensure_ascii=False))
        return
    print_whole(f"Removed {removed.document_id} with {counted(removed.passages, 'passage')}: {removed.title}")
    if for_good:
        note(f"No file brings it back, until: citewell library readmit {removed.document_id}")
    else:
        note(f"It came from {removed.source}; ingesting that file again brings it back (--for-good keeps it out).")


def excluded(as_json: JsonOption = False) -> None:
    """List the documents that were removed for good, with the files that would bring them back.

    [dim]citewell library excluded[/]
    """
    with open_ledger() as ledger:
        found = ledger.excluded()
    if as_json:
        print_json(json.dumps({"excluded": [dataclasses.asdict(each) for each in found]}, indent=2, ensure_ascii=False))
        return
    for each in found:
        print_whole(each.document_id)
        print_whole(each.title, "dim", indent=3)
        for source in each.sources:
            print_whole(source, "dim", indent=3)
    if not found:
        note("No document is kept out.")


def readmit(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A document that was removed for good.")],
    as_json: JsonOption = False,
) -> None:
    """Let a document that was removed for good in again: the next time that its file is ingested.

    [dim]citewell library readmit guideline:who/lipids@2019[/]
    """
    with open_ledger() as ledger:
        found = ledger.readmit(printable(identifier))
    if found is None:
        raise NotFoundError("No such document is kept out. Copy its identifier from: citewell library excluded")
    if as_json:
        print_json(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
        return
    print_whole(f"{found.document_id} may come back: {found.title}")
    for source in found.sources:
        note(f"Ingest it again: {source}")
