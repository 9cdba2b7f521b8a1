"""`citewell library`: what the library holds, what could not be taken in, and moving it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.asking import NOT_SAID, standing
from assistant.cli.ingesting import run_where_it_is_held, tell_report
from assistant.cli.output import note, out, print_json, print_whole, text, with_mend
from assistant.cli.shelves import open_ledger
from assistant.errors import NotFoundError
from assistant.settings import load_settings
from assistant.wording import counted
from indexes.passage import Kind, Status
from ingestion.clients.download import readable_size
from ingestion.document import printable
from ingestion.job import Work
from ingestion.library import disk_use
from ingestion.pipeline import retry_failures
from ingestion.versions import Version, Versions

app = typer.Typer(help="Look after the library.", no_args_is_help=True, pretty_exceptions_show_locals=False)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@app.command("status")
def status(as_json: JsonOption = False) -> None:
    """How many documents and passages of each kind, which are not in force, when a file was last read, what failed, and the room on the disk.

    [dim]citewell library status[/]
    [dim]citewell library status --json[/]
    """
    settings = load_settings()
    with open_ledger() as ledger:
        counts, statuses, last_read = ledger.counts(), ledger.statuses(), ledger.last_read()
        failures, versions = len(ledger.failures()), Versions(ledger)
        index, others = versions.current(), len(versions.all()) - 1
    passages = sum(number for _, number in counts.values())
    embedded = f"{index.engine if index else settings.engine or 'edge'} (embedded)"
    engine = f"qdrant server, collection {settings.qdrant_collection}" if settings.server else embedded
    sizes = disk_use(settings.home)
    if as_json:
        kinds = {
            str(kind): {
                "documents": documents,
                "passages": passages,
                "not_current": {str(status): number for status, number in statuses[kind].items()},
            }
            for kind, (documents, passages) in counts.items()
        }
        body = {
            "home": str(settings.home),
            "engine": engine,
            "index": index and index.signature,
            "version": index
            and index.model_dump() | {"optimised_share": _share(index, passages), "other_versions": others},
            "kinds": kinds,
            "failures": failures,
        }
        print_json(json.dumps(body | {"last_read": last_read, "bytes": sum(sizes.values())}, indent=2))
        return
    table = Table("Kind", "Documents", "Passages", "Not in force", box=None, header_style="bold")
    for kind, (documents, passages) in counts.items():
        flags = [f"{number:,} {standing(status)}" for status, number in statuses[kind].items() if number]
        table.add_row(str(kind), f"{documents:,}", f"{passages:,}", ", ".join(flags))
    out.print(text(f"Library in {settings.home}", style="bold"), soft_wrap=True)
    out.print(table)
    out.print(text(f"Last file read: {_moment(last_read)}"))
    out.print(text(f"On the disk: {readable_size(sum(sizes.values()))}{_largest(sizes)}"))
    if index:
        _print_index(index, engine, passages, others)
    if failures:
        what = "file or record" if failures == 1 else "files or records"
        note(f"{failures:,} {what} could not be ingested: citewell library failures")


@app.command("list")
def list_(
    kind: Annotated[
        Kind | None, typer.Option("--kind", metavar="KIND", help="Only guideline, literature or trial.")
    ] = None,
    status: Annotated[
        Status | None,
        typer.Option("--status", metavar="STATUS", help=f"Only what is {', '.join(Status)}."),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--source", help="Only what was read from this file, or from files in this folder.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many documents.")] = 50,
    after: Annotated[str, typer.Option("--after", metavar="ID", help="Go on behind this document.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the documents of the library by identifier, each with its status; page by page.

    [dim]citewell library list --kind guideline[/]
    [dim]citewell library list --status superseded[/]
    [dim]citewell library list --source guidelines/ --json[/]
    """
    with open_ledger() as ledger:
        found = ledger.listed(kind, status, _as_source(source) if source else "", printable(after), limit + 1)
    page = found[:limit]
    following = page[-1].document_id if len(found) > limit else None
    if as_json:
        body = {"documents": [dataclasses.asdict(each) for each in page], "next": following}
        print_json(json.dumps(body, indent=2, ensure_ascii=False))
        return
    for each in page:
        flag = "" if each.status in NOT_SAID else f"  {standing(each.status, each.superseded_by)}"
        print_whole(f"{each.document_id}{flag}", "" if not flag else "yellow")
        issued = " ".join(filter(None, [each.publisher, str(each.year or "")]))
        print_whole("; ".join(filter(None, [each.title, issued, counted(each.passages, "passage")])), "dim", indent=3)
    if following:
        note(
            f"These are {counted(len(page), 'document')}; for the next ones, the same command with --after {following}"
        )
    elif not page:
        note("The library holds no such document.")


@app.command("failures")
def failures(as_json: JsonOption = False) -> None:
    """Files and records that could not be ingested, with the reason and the mend.

    A failure is kept until its file is read without it (citewell library retry) or it is forgotten (citewell library forget).

    [dim]citewell library failures[/]
    """
    with open_ledger() as ledger:
        found = ledger.failures()
    if as_json:
        print_json(json.dumps({"failures": [dataclasses.asdict(f) for f in found]}, indent=2, ensure_ascii=False))
        return
    if not found:
        note("Nothing failed.")
    for source, of_file in groupby(found, key=lambda failure: failure.source):
        print_whole(source, "bold")
        for failure in of_file:
            record = f"{failure.record}: " if failure.record else ""
            reason = failure.reason.removeprefix(f"{source}: ")
            print_whole(record + with_mend(reason, failure.mend), indent=2)
    if found:
        note(
            "Mended files are read again by: citewell library retry. What will not be mended: citewell library forget PATH"
        )


@app.command("forget")
def forget(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file as the failures name it, or a folder.")],
    as_json: JsonOption = False,
) -> None:
    """No longer keep what failed in a file, or in the files of a folder. Its documents stay in the library.

    Where the file is ingested again and fails again, the failure is back.

    [dim]citewell library forget guidelines/scan.pdf[/]
    """
    source = _as_source(path)
    with open_ledger() as ledger:
        forgotten = ledger.forget_failures(source)
    if not forgotten:
        raise NotFoundError(f"No failure of {source} is kept. Copy its path from: citewell library failures")
    if as_json:
        print_json(json.dumps({"path": source, "forgotten": forgotten}, indent=2, ensure_ascii=False))
        return
    print_whole(f"Forgot {counted(forgotten, 'failure')} of {source}")


@app.command("retry")
def retry(as_json: JsonOption = False) -> None:
    """Read the files again in which something failed: mended since, or to be read by a newer Citewell.

    A file that is gone is named once more and then no longer kept.

    [dim]citewell library retry[/]
    """
    with open_ledger():  # `NotFoundError` where there is no library, instead of a new one
        pass
    report = run_where_it_is_held(
        "citewell library retry", retry_failures, lambda remote, tell: remote.run(Work.RETRY, tell), quiet=as_json
    )
    tell_report(report, as_json)


def _print_index(index: Version, engine: str, passages: int, others: int) -> None:
    parts = [
        f"Index: version {index.number}, {index.embedder}, {index.lexical}",
        f"engine {engine}" + (f", {index.quantisation}" if index.quantisation != "none" else ""),
    ]
    if index.engine != "qdrant":
        parts.append(f"{_share(index, passages):.0%} optimised")
    out.print(text("; ".join(parts), style="dim"))
    if others > 0:
        note(f"{counted(others, 'other version')} of the index: citewell library versions")


def _share(index: Version, passages: int) -> float:
    """Over how much of what is held the structures for fast search were built."""
    return min(1.0, index.optimised / passages) if passages else 1.0


def _as_source(path: Path) -> str:
    """The path as the ledger names the file that lies there."""
    return printable(os.path.normpath(path.absolute()))


def _moment(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso).astimezone():%Y-%m-%d %H:%M}" if iso else "none"


def _largest(sizes: Mapping[str, int]) -> str:
    """What takes most of the room, where anything takes much."""
    most = sorted(sizes.items(), key=lambda each: -each[1])[:3]
    return f" ({', '.join(f'{name} {readable_size(size)}' for name, size in most)})" if most else ""
