"""`citewell ingest`: files and the starter library, with a progress bar; a second run is a no-op."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from assistant.cli.output import err, errors, note, out, print_json, text, with_mend
from assistant.settings import load_settings
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import Progress as Stand
from ingestion.pipeline import Report, ingest_files
from ingestion.sources import kinds

app = typer.Typer(help="Bring documents into the library.", no_args_is_help=True, pretty_exceptions_show_locals=False)

FAILURES_SHOWN = 20


@app.command("files")
def files(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders with all below them.")],
    kind: Annotated[str, typer.Option(help=f"auto, {', '.join(kinds())}.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    """Ingest files: PubMed XML and MEDLINE text, PMC full text, ClinicalTrials.gov JSON and XML, guidelines as Markdown, HTML or PDF.

    What was read before and has not changed is passed over. A file or record that cannot be read is named with its mend and stops nothing.

    [dim]citewell ingest files pubmed24n0001.xml.gz guidelines/[/]
    """
    _ingest(paths, kind, as_json, "citewell ingest files")


@app.command("starter")
def starter_library(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    """Ingest the starter library: digests of guidelines, studies and trials on everyday topics."""
    _ingest(starter.PATHS, "auto", as_json, "citewell ingest starter")


def _ingest(paths: Sequence[Path], kind: str, as_json: bool, purpose: str) -> None:
    settings = load_settings()
    with Library.open(settings.home, purpose=purpose, server=settings.server) as library:
        report = ingest_with_bar(library, paths, kind, quiet=as_json)
    tell_report(report, as_json)


def tell_report(report: Report, as_json: bool) -> None:
    """Print what a run did, for a person or a program. Raises `typer.Exit` with 1 where anything failed."""
    if as_json:
        failures = [
            dict(zip(("file", "record", "reason", "mend"), failure, strict=True)) for failure in report.failures
        ]
        print_json(json.dumps({**dataclasses.asdict(report), "failures": failures}, indent=2, ensure_ascii=False))
    else:
        _print_report(report)
    if report.failures:
        raise typer.Exit(1)


def build_starter(library: Library) -> None:
    """Give an empty library the starter documents; one that holds anything is left as it is."""
    if library.ledger.has_documents():
        return
    note("The library is empty: building the starter library, once.")
    ingest_with_bar(library, starter.PATHS)


def ingest_with_bar(library: Library, paths: Sequence[Path], kind: str = "auto", *, quiet: bool = False) -> Report:
    """Ingest with a progress bar on the error stream; `quiet` shows none."""
    return with_bar(lambda tell: ingest_files(library, paths, kind, tell), quiet=quiet)


def with_bar(work: Callable[[Callable[[Stand], None]], Report], *, quiet: bool = False) -> Report:
    """Do work that tells where it stands, under a progress bar on the error stream; `quiet` shows none."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[documents]} documents"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=quiet or not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("Ingesting", total=None, documents=0)

        def tell(stand: Stand) -> None:
            bar.update(
                task,
                completed=stand.done_bytes,
                total=stand.total_bytes,
                documents=stand.report.documents,
                description=stand.file[:40],
            )

        return work(tell)


def _print_report(report: Report) -> None:
    parts = [
        f"{report.added} documents added",
        f"{report.changed} changed",
        f"{report.unchanged} unchanged",
        f"{report.deleted} deleted",
    ]
    out.print(text(", ".join(parts) + f"; {report.passages} passages indexed."))
    if report.outdated:
        note(f"{report.outdated} records are older than what the library holds of them and were left alone.")
    if report.files_unchanged:
        note(f"{report.files_unchanged} files were read before and have not changed.")
    if report.failed_before:
        note(f"{report.failed_before} of these had failures: citewell library failures, citewell library retry")
    if report.skipped:
        note(f"{len(report.skipped)} files in folders or archives are of no known kind and were passed over.")
    for file, record, reason, mend in report.failures[:FAILURES_SHOWN]:
        place = "" if file in reason else f"{file} ({record}): " if record else f"{file}: "
        err(place + with_mend(reason, mend))
    if len(report.failures) > FAILURES_SHOWN:
        note(f"… and {len(report.failures) - FAILURES_SHOWN} more: citewell library failures")
