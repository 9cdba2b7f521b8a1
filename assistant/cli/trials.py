"""`citewell ingest trials`: a search of ClinicalTrials.gov, single studies, or all of the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.live import DAY_FORMATS, Day, ingest_from
from assistant.settings import load_settings
from ingestion.clients.base import Fetcher
from ingestion.clients.ctgov import AllTrials, NamedTrials, connect
from ingestion.clients.ctgov_query import TrialQuery, status_named
from ingestion.clients.ctgov_search import TrialSearch
from ingestion.clients.http import Http


def trials(
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[NCT]...", help="Single studies by number, instead of a search.")
    ] = None,
    condition: Annotated[str, typer.Option("--condition", "-c", help="The disease or condition.")] = "",
    intervention: Annotated[str, typer.Option("--intervention", "-i", help="The drug, device or treatment.")] = "",
    term: Annotated[
        str, typer.Option("--term", "-t", help="Other words, or an expression as in AREA[Phase]PHASE3.")
    ] = "",
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="recruiting, completed, 'active, not recruiting'…; may be given several times."),
    ] = None,
    since: Annotated[
        Day | None,
        typer.Option("--since", formats=DAY_FORMATS, help="Only what was posted or updated from this day on."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many studies.")] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="The whole registry: more than 600,000 studies, as one file of several gigabytes."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    r"""Fetch trials from ClinicalTrials.gov and ingest them.

    A run that is broken off is gone on with by the same command; one that is finished is asked afresh.

    The search is sent to ClinicalTrials.gov: enter no patient identifiers.

    [dim]citewell ingest trials --condition "heart failure" --intervention sotagliflozin --status recruiting[/]
    [dim]citewell ingest trials --condition asthma --term "AREA\[Phase]PHASE3" --since 2026-01-01 --limit 500[/]
    [dim]citewell ingest trials NCT02651584 NCT03036150[/]
    """
    query = TrialQuery(
        condition=condition,
        intervention=intervention,
        term=term,
        statuses=tuple(status_named(words) for words in status or ()),
        since=since.date() if since else None,
        limit=limit,
    )
    searched = query != TrialQuery()
    if bool(numbers) + searched + every > 1:
        raise typer.BadParameter("give NCT numbers, or a search, or --all")
    with connect(str(load_settings().ctgov_url)) as http:
        ingest_from(_fetcher(http, numbers or [], query, every=every), "ClinicalTrials.gov", as_json=as_json)


def _fetcher(http: Http, numbers: list[str], query: TrialQuery, *, every: bool) -> Fetcher:
    if every:
        return AllTrials(http)
    return NamedTrials(http, numbers) if numbers else TrialSearch(http, query)
