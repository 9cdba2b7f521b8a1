"""Writes a run: `result.json` for programs, and `report.html`, one file that needs nothing from anywhere, for people."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evals.environment import anonymous, hardware, versions
from evals.errors import CallError
from evals.plots import difference_plot, interval_plot
from evals.result import Result
from evals.suites.base import Options, Outcome

PROBLEMS_SHOWN = 50


def prepare_folder(out: Path) -> None:
    """Make the folder of a run, before the work and not after it. Raises `CallError` where it cannot be written to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallError(f"{out}: cannot be made ({error.strerror}); --out takes a folder") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise CallError(f"{out}: cannot be written to; --out takes a folder of yours")


def result_of(suite: str, outcome: Outcome, options: Options, command: str, seconds: float) -> Result:
    """The run as the contract has it."""
    return Result(
        suite=suite,
        data=outcome.data,
        n=outcome.n,
        judge=outcome.judge,
        metrics=outcome.systems[outcome.shipped],
        systems=outcome.systems,
        comparisons=outcome.comparisons,
        failures=len(outcome.problems),
        problems=list(outcome.problems[:PROBLEMS_SHOWN]),
        left_out=outcome.left_out,
        settings=outcome.settings,
        seed=options.seed,
        command=anonymous(command),
        versions=versions() | outcome.versions,
        hardware=hardware(),
        seconds=round(seconds, 3),
    )


def write_report(out: Path, result: Result, outcome: Outcome) -> None:
    """Write `result.json` and `report.html` into `out`; each appears whole or not at all."""
    _write(out / "result.json", result.model_dump_json(indent=2) + "\n")
    _write(out / "report.html", render(result, outcome))


def render(result: Result, outcome: Outcome) -> str:
    """The report as one HTML page: tables, plots and the hardest cases."""
    environment = Environment(
        loader=PackageLoader("evals", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    times = [name for name in result.metrics if name.endswith("_ms")]
    quality = [name for name in result.metrics if name not in times]
    plots = []
    if quality:
        plots.append(
            interval_plot(
                result.systems, quality, f"Metrics with 95% intervals, n={result.n}", "value (share, 0 to 1)", "metrics"
            )
        )
    if times:
        plots.append(
            interval_plot(result.systems, times, "Time of one search with 95% intervals", "time (ms)", "times")
        )
    headline = next(iter(result.comparisons), None)
    if headline is not None:
        baseline = result.comparisons[headline].baseline
        values = outcome.values
        plots.append(
            difference_plot(
                values[outcome.shipped][headline], values[baseline][headline], headline, outcome.shipped, baseline
            )
        )
    plots += outcome.plots
    return environment.get_template("report.html.jinja").render(
        result=result,
        outcome=outcome,
        headline=next(iter(result.metrics)),
        plots=[Markup(plot) for plot in plots],  # noqa: S704 - our own SVG; its labels are metric and system names
    )


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
