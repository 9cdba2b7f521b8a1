"""`citewell calculate`: clinical scores and equations at the command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from assistant.calculators import Calculator, Result, calculators, find_calculator
from assistant.calculators.views import CalculatorLine, CalculatorView, ResultView
from assistant.cli.output import note, out, print_indented, print_json, print_whole, text


def calculate(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="As `citewell calculate --list` shows it.")] = "",
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[INPUT=VALUE]...", help="Its inputs, as in creatinine=1.2mg/dL.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show every calculator.")] = False,
    inputs: Annotated[
        bool, typer.Option("--inputs", help="Show what this calculator takes, and for whom it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Compute a clinical score or equation, with its interpretation and the publication it comes from.

    A number without a unit is taken only where it makes sense in one unit alone.

    [dim]citewell calculate --list[/]
    [dim]citewell calculate cha2ds2_vasc --inputs[/]
    [dim]citewell calculate ckd_epi_2021_creatinine creatinine=106µmol/L age=60 sex=female[/]
    """
    if list_:
        _list(as_json)
    elif not name:
        raise typer.BadParameter("Name a calculator. To see them all: citewell calculate --list", param_hint="NAME")
    elif inputs:
        _describe(find_calculator(name), as_json)
    else:
        result = find_calculator(name).calculate(_given(words or []))
        if as_json:
            print_json(ResultView.of(result).model_dump_json(indent=2))
        else:
            _print(result)


def _given(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    given = {name.strip(): value for name, _, value in pairs}
    if len(given) < len(pairs) or not all(name.strip() and sign for name, sign, _ in pairs):
        raise typer.BadParameter(
            "Write each input once, as NAME=VALUE: creatinine=1.2mg/dL, or in quotes 'creatinine=1.2 mg/dL'.",
            param_hint="INPUT=VALUE",
        )
    return given


def _list(as_json: bool) -> None:
    every = list(calculators().values())
    if as_json:
        lines = [CalculatorLine.of(each).model_dump() for each in every]
        print_json(json.dumps({"calculators": lines}, indent=2, ensure_ascii=False))
        return
    for each in every:
        print_whole(each.name, "bold cyan")
        print_indented(text(f"{each.title}. {each.purpose} ") + text(f"({each.source.short})", "dim"), 3)


def _describe(calculator: Calculator, as_json: bool) -> None:
    if as_json:
        print_json(CalculatorView.of(calculator).model_dump_json(indent=2))
        return
    print_whole(f"{calculator.name}: {calculator.title}", "bold")
    for line in (calculator.purpose, calculator.use, calculator.avoid, *calculator.limits):
        print_indented(text(line), 2)
    out.print()
    schema = calculator.schema()
    for name, described in schema["properties"].items():
        optional = "" if name in schema["required"] else "  (optional)"
        print_whole(f"{name}{optional}", "cyan", indent=2)
        print_indented(text(described["description"]), 5)
    out.print()
    print_indented(text(f"The formula is {calculator.formula}."), 2)
    print_indented(text(calculator.source.citation, "dim"), 2)


def _print(result: Result) -> None:
    print_indented(text(result.statement, "bold"), 0)
    if said := result.interpretation:
        print_indented(text(f"{said.name}: {said.meaning} ({said.source.short})"), 0)
    for warning in result.warnings:
        print_indented(text(f"! {warning}", "yellow"), 0)
    out.print()
    for used in result.inputs:
        print_indented(text(used.words, "dim"), 2)
    print_indented(text(f"The formula is {result.formula}."), 2)
    print_indented(text(result.source.citation, "dim"), 2)
    if result.source.url:
        print_whole(result.source.url, "cyan", indent=2)
    note("A calculator supports a clinician's judgement; check the inputs and for whom it is: --inputs shows both.")
