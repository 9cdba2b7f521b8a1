"""`citewell ingest baseline`: all of PubMed, or a part of it, from NLM's baseline and update files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from assistant.cli.ingesting import tell_report, with_bar
from assistant.cli.opening import open_alone
from assistant.cli.output import note
from assistant.settings import load_settings
from assistant.wording import counted
from ingestion.bulk import Plan, Selection, ingest_bulk
from ingestion.clients.download import readable_size
from ingestion.clients.pubmed_bulk import connect, open_bulk
from ingestion.report import Progress, Report


def baseline(
    updates: Annotated[
        bool, typer.Option("--updates", help="Also the daily update files that follow the baseline.")
    ] = False,
    first: Annotated[int, typer.Option("--from", min=1, help="The number of the first file.")] = 1,
    last: Annotated[int | None, typer.Option("--to", min=1, help="The number of the last file.")] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--no-keep",
            help="Keep the files once they are read, or remove each; either way none is fetched twice.",
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON; no progress bar.")] = False,
) -> None:
    """Fetch NLM's PubMed files and ingest them: the yearly baseline, some 1,300 files of 30,000 records, and the updates of each day.

    Each file is proved whole by NLM's MD5 before it is read. The room that is needed is said before anything is fetched.

    A run that is broken off is gone on with by the same command, in the middle of a file where need be; nothing is fetched twice.

    To see how long it takes here, one file; all of PubMed, keeping no file; and each night, what is new:

    [dim]citewell ingest baseline --to 1[/]
    [dim]citewell ingest baseline --updates --no-keep[/]
    [dim]citewell ingest baseline --updates[/]
    """
    if last is not None and last < first:
        raise typer.BadParameter("lies before --from", param_hint="--to")
    settings = load_settings()
    selection = Selection(updates=updates, first=first, last=last, keep=keep)
    report = Report()

    def say(plan: Plan) -> None:
        note(
            f"{counted(len(plan.files), 'file')}, {plan.to_fetch:,} of them to be fetched (about {readable_size(plan.coming)}); "
            f"they need {readable_size(plan.needed)} of the {readable_size(plan.free)} that are free."
        )

    with (
        open_alone(settings, "citewell ingest baseline") as library,
        connect(str(settings.pubmed_ftp_url)) as http,
        open_bulk(http, settings.home) as bulk,
    ):

        def work(tell: Callable[[Progress], None]) -> Report:
            ingest_bulk(library, bulk, selection, report, on_plan=say, on_progress=tell)
            return report

        with_bar(work, quiet=as_json)
    tell_report(report, as_json)
