"""`citewell ingest pubmed`: live sources, each a fetcher that one function runs, with a progress bar by records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, TextColumn

from assistant.cli.ingesting import tell_report
from assistant.cli.opening import open_alone, progress_bar
from assistant.cli.output import note
from assistant.settings import load_settings
from ingestion.clients.base import Fetcher, Found
from ingestion.clients.eutils import DateKind, Eutils, Window
from ingestion.clients.folder import Generation
from ingestion.clients.pubmed import EARLIEST, LATEST, PubMedQuery
from ingestion.errors import LiveSourceError
from ingestion.live import Standing, ingest_live
from ingestion.report import Report

Day = datetime  # typer's type of an option that is a day
DAY_FORMATS = ["%Y-%m-%d"]


def pubmed(
    query: Annotated[
        str, typer.Option("--query", "-q", help="What to look for, in PubMed's own query language, in quotes.")
    ],
    since: Annotated[Day | None, typer.Option("--since", formats=DAY_FORMATS, help="Only from this day on.")] = None,
    until: Annotated[Day | None, typer.Option("--until", formats=DAY_FORMATS, help="Only up to this day.")] = None,
    by: Annotated[
        DateKind,
        typer.Option(
            help="The date that is meant: the record entered PubMed, was published, or was changed last (which takes in new ones, and "
            "retractions and corrections of older ones)."
        ),
    ] = DateKind.ENTERED,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many records, the newest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    r"""Fetch records from PubMed (NCBI E-utilities) and ingest them.

    A run that is broken off is gone on with by the same command; one that is finished is asked afresh.

    The query is sent to NCBI: enter no patient identifiers.

    NCBI asks for your address in CITEWELL_NCBI_EMAIL, and with a (free) CITEWELL_NCBI_API_KEY allows ten requests a second instead of three.

    [dim]citewell ingest pubmed --query "atrial fibrillation\[mh] AND anticoagulants\[mh] AND randomized controlled trial\[pt]"[/]
    [dim]citewell ingest pubmed --query "heart failure\[mh]" --since 2026-11-01 --by changed[/]
    [dim]citewell ingest pubmed --query "sepsis\[ti] AND guideline\[pt]" --since 2020-01-01 --by published --limit 500[/]
    """
    if not query.strip():
        raise typer.BadParameter("is empty; say what to look for", param_hint="--query")
    settings = load_settings()
    window = _window(since, until, by)
    with Eutils(str(settings.eutils_url), email=settings.ncbi_email, api_key=settings.ncbi_api_key) as eutils:
        ingest_from(PubMedQuery(eutils, query.strip(), window=window, limit=limit), "PubMed", as_json=as_json)


def ingest_from(fetcher: Fetcher, service: str, *, as_json: bool) -> None:
    """Run a fetcher into the library of the settings and tell what it did; `service` is what a person calls it.

    Raises `LiveSourceError` where the service fails for good, with what came before kept and told, and `typer.Exit` as `tell_report` does.
    """
    settings = load_settings()
    report = Report()
    bar = progress_bar(MofNCompleteColumn(), TextColumn("records"), quiet=as_json)
    with open_alone(settings, f"citewell ingest {fetcher.name}") as library, bar:
        task = bar.add_task(service, total=None)

        def found(what: Found, generation: Generation) -> None:
            note(_announcement(service, what, generation))
            for remark in what.remarks:
                note(f"{service} says: {remark}")
            bar.update(task, total=what.total)

        def tell(standing: Standing) -> None:
            bar.update(task, completed=standing.done, total=max(standing.done, standing.total))

        try:
            ingest_live(library, fetcher, report, on_found=found, on_progress=tell)
        except LiveSourceError:
            if report.documents:
                note(
                    f"{report.documents:,} documents came before this and are kept; the same command goes on from there."
                )
            raise
    tell_report(report, as_json)


def _announcement(service: str, found: Found, generation: Generation) -> str:
    if not found.matching:
        return f"{service} has nothing that matches. Try other words, or fewer restrictions."
    part = f"; the first {found.total:,} are fetched" if found.total < found.matching else ""
    resumed = f" Going on with the fetch of {generation.started:%Y-%m-%d %H:%M} UTC." if generation.resumed else ""
    return f"{service} has {found.matching:,} matching records{part}.{resumed}"


def _window(since: Day | None, until: Day | None, by: DateKind) -> Window | None:
    if since is None and until is None:
        return None
    first: date = since.date() if since else EARLIEST
    last: date = until.date() if until else LATEST
    if last < first:
        raise typer.BadParameter("lies before --since", param_hint="--until")
    return Window(by, first, last)
