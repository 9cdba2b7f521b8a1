"""The `citewell` command. Doors above this package (`serve`, `eval`) plug in through the entry point group `citewell.commands`."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import entry_points

import typer

from assistant import __version__
from assistant.cli import (
    appraising,
    asking,
    baseline,
    calculating,
    calibrating,
    chatting,
    ingesting,
    library,
    live,
    models,
    moving,
    removing,
    tasks,
    trials,
    versions,
    watching,
)
from assistant.cli.output import err
from assistant.errors import AssistantError, CalculatorError, NotFoundError, QuestionError, SettingsError
from indexes.errors import RetrievalError, UnusableQueryError
from ingestion.errors import IngestionError, QueryError, UnknownDocumentError, UnknownKindError

CALL_IS_WRONG = (
    QueryError,
    QuestionError,
    CalculatorError,
    SettingsError,
    NotFoundError,
    UnknownDocumentError,
    UnknownKindError,
    UnusableQueryError,
)
INTERRUPTED = 130  # what typer makes of Ctrl-C, without a word

app = typer.Typer(
    name="citewell",
    help="Clinical questions answered from guidelines, literature and trials, every sentence cited to the exact words that carry it.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would show questions
    rich_markup_mode="rich",
)
app.command("ask")(asking.ask)
app.command("chat")(chatting.chat)
app.command("search")(asking.search)
app.command("show")(asking.show)
app.command("appraise")(appraising.appraise)
app.command("synthesise")(tasks.synthesise)
app.command("simplify")(tasks.simplify)
app.command("structure")(tasks.structure)
app.command("summarise")(tasks.summarise)
app.command("calculate")(calculating.calculate)
ingesting.app.command("pubmed")(live.pubmed)
ingesting.app.command("trials")(trials.trials)
ingesting.app.command("baseline")(baseline.baseline)
ingesting.app.command("watch")(watching.watch_folders)
library.app.command("remove")(removing.remove)
library.app.command("excluded")(removing.excluded)
library.app.command("readmit")(removing.readmit)
library.app.command("export")(moving.export)
library.app.command("import")(moving.import_)
library.app.command("snapshot")(moving.snapshot)
library.app.command("restore")(moving.restore)
library.app.command("reindex")(versions.reindex)
library.app.command("optimize")(versions.optimize)
library.app.command("versions")(versions.versions)
models.app.command("train-verifier")(calibrating.train_verifier)
app.add_typer(ingesting.app, name="ingest")
app.add_typer(library.app, name="library")
app.add_typer(models.app, name="models")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"citewell {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Settings come from CITEWELL_* variables or citewell.toml; CITEWELL_HOME is the library's folder."""


@cache
def plug_in() -> None:
    """Add the commands of the doors that are installed, once a process."""
    for point in entry_points(group="citewell.commands"):
        loaded = point.load()
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=point.name)
        else:
            app.command(point.name)(loaded)


def main() -> None:
    """Run the command. Exit status: 0 done, 2 the call is wrong, 1 it failed."""
    plug_in()
    try:
        app()
    except CALL_IS_WRONG as error:
        err(str(error))
        sys.exit(2)
    except (AssistantError, RetrievalError, IngestionError) as error:
        err(str(error))
        sys.exit(1)
    except SystemExit as exit_:
        if exit_.code == INTERRUPTED:
            err("Stopped. What was finished is kept; run the same command to go on.")
        raise
