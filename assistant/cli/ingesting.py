"""`citewell ingest`: files and the starter library, with a progress bar; a second run is a no-op."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TextColumn

from assistant.cli.opening import open_library, progress_bar
from assistant.cli.output import err, note, out, print_json, text, with_mend
from assistant.cli.remote import Remote, Tell, open_remote
from assistant.cli.shelves import open_ledger
from assistant.jobs import report_view
from assistant.settings import load_settings
from assistant.wording import counted
from indexes.errors import LibraryInUseError
from indexes.passage import Kind
from ingestion import starter
from ingestion.job import Work
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.report import Progress as Stand
from ingestion.report import Report
from ingestion.sources import kinds
from ingestion.versions import Versions

app = typer.Typer(help="Bring documents into the library.", no_args_is_help=True, pretty_exceptions_show_locals=False)

FAILURES_SHOWN = 20
SKIPPED_SHOWN = 5
REPLACED_SHOWN = 5
WORTH_OPTIMISING = (
    50_000  # passages: from there on a graph saves several milliseconds a question (docs/library-in-use.md)
)


@app.command("files")
def files(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders with all below them.")],
    kind: Annotated[str, typer.Option(help=f"auto, {', '.join(kinds())}.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    """Ingest files and folders: PubMed, PMC full text, trials of ClinicalTrials.gov and WHO ICTRP, guidelines.

    Guidelines may be PDF, Word, EPUB, HTML, Markdown, Excel decision tables or the USPSTF's JSON; PubMed also MEDLINE text.

    Any of them may be compressed (gzip, xz, bzip2) or in a zip or tar. What a file is is found out; --kind says it where that cannot be.

    What was read before and has not changed is passed over. A file or record that cannot be read is named with its mend and stops nothing.

    A citewell-manifest.toml beside guidelines says what they do not say: issuer, version, date, what they supersede (docs/ingestion.md).

    [dim]citewell ingest files pubmed24n0001.xml.gz trials.zip guidelines/[/]
    [dim]citewell ingest files ward-rules.pdf --kind guideline[/]
    """
    report = run_where_it_is_held(
        "citewell ingest files",
        lambda library, tell: ingest_files(library, paths, kind, tell),
        lambda remote, tell: remote.ingest(paths, kind, tell),
        quiet=as_json,
    )
    tell_report(report, as_json)


@app.command("starter")
def starter_library(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    """Ingest the starter library: digests of guidelines, studies and trials on everyday topics.

    [dim]citewell ingest starter[/]
    """
    report = run_where_it_is_held(
        "citewell ingest starter",
        lambda library, tell: ingest_files(library, starter.PATHS, on_progress=tell),
        lambda remote, tell: remote.run(Work.STARTER, tell),
        quiet=as_json,
    )
    tell_report(report, as_json)


def run_where_it_is_held(
    purpose: str,
    here: Callable[[Library, Tell], Report],
    there: Callable[[Remote, Tell], Report],
    *,
    quiet: bool,
) -> Report:
    """Work on the library under a progress bar: `here`, or where a running server holds it, `there`."""
    settings = load_settings()
    try:
        library = open_library(settings, purpose, quiet=quiet)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            return with_bar(lambda tell: there(remote, tell), quiet=quiet)
    with library:
        return with_bar(lambda tell: here(library, tell), quiet=quiet)


def tell_report(report: Report, as_json: bool) -> None:
    """Print what a run did, for a person or a program. Raises `typer.Exit` with 1 where anything failed."""
    if as_json:
        print_json(json.dumps(report_view(report), indent=2, ensure_ascii=False))
    else:
        print_report(report)
        _suggest_optimising()
    if report.failures:
        raise typer.Exit(1)


def _suggest_optimising() -> None:
    with open_ledger() as ledger:
        index, passages = Versions(ledger).current(), ledger.passage_count()
    if index and index.engine != "qdrant" and passages - index.optimised >= WORTH_OPTIMISING:
        note(
            f"{passages - index.optimised:,} passages are searched without a graph: citewell library optimize makes that faster."
        )


def build_starter(library: Library) -> None:
    """Give an empty library the starter documents; one that holds anything is left as it is."""
    if library.ledger.has_documents():
        return
    note("The library is empty: building the starter library, once.")
    ingest_with_bar(library, starter.PATHS)


def ingest_with_bar(library: Library, paths: Sequence[Path], kind: str = "auto", *, quiet: bool = False) -> Report:
    """Ingest with a progress bar on the error stream; `quiet` shows none."""
    return with_bar(lambda tell: ingest_files(library, paths, kind, tell), quiet=quiet)


def with_bar(work: Callable[[Tell], Report], *, quiet: bool = False) -> Report:
    """Do work that tells where it stands, under a progress bar on the error stream; `quiet` shows none."""
    with progress_bar(TextColumn("{task.fields[documents]} documents"), quiet=quiet) as bar:
        task = bar.add_task("Ingesting", total=None, documents=0)

        def tell(stand: Stand) -> None:
            bar.update(
                task,
                completed=stand.done_bytes,
                total=stand.total_bytes,
                documents=stand.report.documents,
                description=text(stand.file).plain[:40],  # a file's name may hold escape codes
            )

        return work(tell)


def print_report(report: Report) -> None:
    """Print what a run did, for a person."""
    changed = f"{report.changed} changed"
    if report.relabelled:
        changed += f" ({report.relabelled} of them in what is said about them only)"
    parts = [
        f"{counted(report.added, 'document')} added",
        changed,
        f"{report.unchanged} unchanged",
        f"{report.deleted} deleted",
    ]
    out.print(text(", ".join(parts) + f"; {counted(report.passages, 'passage')} indexed."))
    if report.outdated:
        note(f"{counted(report.outdated, 'record')} left alone: the library holds a later revision.")
    if report.excluded:
        note(f"{counted(report.excluded, 'document')} left out, removed for good before: citewell library excluded")
    _tell_of_guidelines_in_two_files(report)
    if report.files_unchanged:
        note(f"{counted(report.files_unchanged, 'file')} read before and not changed since.")
    if report.failed_before:
        note(f"{report.failed_before} of these had failures: citewell library failures, citewell library retry")
    if report.skipped:
        note(f"{counted(len(report.skipped), 'file')} in folders or archives passed over, of no known kind:")
        for path in report.skipped[:SKIPPED_SHOWN]:
            note(f"  {path}")
        if len(report.skipped) > SKIPPED_SHOWN:
            note(f"  … and {len(report.skipped) - SKIPPED_SHOWN} more; --json names them all")
    for file, record, reason, mend in report.failures[:FAILURES_SHOWN]:
        place = "" if file in reason else f"{file} ({record}): " if record else f"{file}: "
        err(place + with_mend(reason, mend))
    if len(report.failures) > FAILURES_SHOWN:
        note(f"… and {len(report.failures) - FAILURES_SHOWN} more: citewell library failures")


def _tell_of_guidelines_in_two_files(report: Report) -> None:
    """Of an article's files the last is meant to have the word; of two files of one guideline either may be the old one."""
    twice = [entry for entry in report.replaced if entry[0].startswith(f"{Kind.GUIDELINE}:")]
    if not twice:
        return
    note(f"{counted(len(twice), 'guideline')} said otherwise by another file before; the file read last has the word:")
    for document_id, before, now in twice[:REPLACED_SHOWN]:
        note(f"  {document_id}: {now}, before {before}")
    if len(twice) > REPLACED_SHOWN:
        note(f"  … and {len(twice) - REPLACED_SHOWN} more; --json names them all")
    note("  Delete or move away the file that is old; or give one a version or slug of its own: citewell-manifest.toml")
