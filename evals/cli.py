"""`citewell eval`: runs a suite over a set. What needs the `evals` extra is imported only when a suite runs."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from evals.errors import CallError, EvaluationError, MissingExtraError

EXTRA = ("ir_measures", "jinja2", "matplotlib")

app = typer.Typer(
    name="eval",
    help="Measure the product on evaluation sets.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


@app.command("run")
def run_suite(
    suite: Annotated[str, typer.Argument(help="The suite to run; `citewell eval suites` lists them.")],
    data: Annotated[Path, typer.Option(help="The evaluation set: a folder in the suite's format, or one file of it.")],
    out: Annotated[Path, typer.Option(help="The folder for result.json and report.html; made where it is missing.")],
    k: Annotated[
        int,
        typer.Option(min=1, max=100, help="Cut-off of ranking metrics; passages found that are judged (faithfulness)."),
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    resamples: Annotated[int, typer.Option(min=10, max=100_000, help="Bootstrap resamples.")] = 1000,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases, drawn by the seed (citations, faithfulness, qa).")
    ] = None,
    among: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="So many other texts of the set's corpus in the library too, drawn by the seed (qa).",
        ),
    ] = 0,
    vary: Annotated[str | None, typer.Option(metavar="WHAT", help="Compare other versions too: prompt (qa).")] = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Labelled pairs that the judging model is tried on first, a JSONL file or a folder of them; else support/ beside or above the set "
            "(faithfulness)."
        ),
    ] = None,
    gold_limit: Annotated[int, typer.Option(min=2, help="At most so many of these pairs (faithfulness).")] = 40,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print result.json in place of lines; no progress bar.")
    ] = False,
) -> None:
    """Run a suite: prints one line a metric, writes OUT/result.json and OUT/report.html.

    [dim]citewell eval run retrieval --data scifact/ --out results/[/]
    [dim]citewell eval run qa --data pubmedqa.jsonl --among 5000 --out results/[/]
    [dim]citewell eval run citations --data pubmedqa.jsonl --limit 60 --out results/[/]
    [dim]CITEWELL_LLM=openai-like:local@http://127.0.0.1:8089/v1 citewell eval run faithfulness --data pubmedqa.jsonl --limit 5 --k 3 --out run/[/]
    [dim]CITEWELL_LLM=openai-like:local@http://127.0.0.1:8089/v1 citewell eval run qa --data pubmedqa.jsonl --limit 30 --vary prompt --out results/[/]
    """
    typed = ["citewell", "eval", "run", suite, "--data", str(data), "--out", str(out)]
    defaults = (
        ("--k", k, 10),
        ("--seed", seed, 0),
        ("--resamples", resamples, 1000),
        ("--limit", limit, None),
        ("--among", among, 0),
        ("--vary", vary, None),
        ("--gold", gold, None),
        ("--gold-limit", gold_limit, 40),
    )
    for option, value, default in defaults:
        typed += [option, str(value)] if value != default else []
    with _errors_as_exit_codes():
        _need_extra()
        from evals.progress import progress_bar
        from evals.report import prepare_folder, result_of, write_report
        from evals.suites import load_suite
        from evals.suites.base import Options

        chosen = load_suite(suite)
        options = Options(
            k=k, seed=seed, resamples=resamples, limit=limit, among=among, vary=vary, gold=gold, gold_limit=gold_limit
        )
        prepare_folder(out)
        started = time.monotonic()
        with progress_bar(quiet=as_json) as progress:
            outcome = chosen.run(data, options, progress)
        result = result_of(suite, outcome, options, shlex.join(typed), time.monotonic() - started)
        write_report(out, result, outcome)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    width = max(map(len, [*result.judge, *result.metrics]))
    for name, measure in [*result.judge.items(), *result.metrics.items()]:
        typer.echo(f"{name:<{width}}  {measure}")
    if result.failures:
        typer.echo(f"{result.failures} failures, such as: {result.problems[0]}", err=True)
    typer.echo(f"{out / 'report.html'}", err=True)


@app.command("suites")
def list_suites(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the suites as a JSON object, name to summary.")
    ] = False,
) -> None:
    """List the suites.

    [dim]citewell eval suites[/]
    """
    with _errors_as_exit_codes():
        _need_extra()
        import json

        from evals.suites import SUITES, load_suite

        summaries = {name: load_suite(name).summary for name in SUITES}
        typer.echo(json.dumps(summaries, indent=2) if as_json else "\n".join(f"{n}  {s}" for n, s in summaries.items()))


def _need_extra() -> None:
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"evaluation needs {', '.join(missing)}: pip install 'citewell[evals]'")


@contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    """2 where the call is wrong, 1 where it failed; the message on standard error."""
    from assistant.errors import AssistantError
    from indexes.errors import RetrievalError
    from ingestion.errors import IngestionError

    try:
        yield
    except CallError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
    except (AssistantError, EvaluationError, IngestionError, RetrievalError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
