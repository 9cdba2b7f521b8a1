"""`citewell synthesise`, `simplify`, `structure` and `summarise`: the tasks beyond answering, at the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError

from assistant.answer import Answer, TaskName
from assistant.cli.asking import JsonOption, print_answer
from assistant.cli.desk import open_desk
from assistant.cli.evidence_table import as_csv, print_table
from assistant.cli.filter_options import with_filters
from assistant.cli.output import note, out, print_json, print_whole, text
from assistant.errors import QuestionError
from assistant.guardrails.screening import screen
from assistant.settings import load_settings
from assistant.tasks.base import SENTENCES, Request
from indexes.filters import Filters

LARGEST_FILE = 1 << 20
EngineOption = Annotated[
    Literal["extractive", "llm"] | None,
    typer.Option(help="Who does it; where not given, the model that CITEWELL_LLM names, if any."),
]
Question = Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question, in quotes.")]


@with_filters
def synthesise(
    words: Question,
    engine: EngineOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table alone, as CSV.")] = False,
    *,
    filters: Filters,
    as_json: JsonOption = False,
) -> None:
    """Weigh the evidence on a question: the cited answer, and a table of the studies, each cell in their own words.

    [dim]citewell synthesise "Does spironolactone reduce mortality in heart failure?"[/]
    [dim]citewell synthesise "dabigatran or warfarin in atrial fibrillation" --csv[/]
    """
    if csv and as_json:
        raise typer.BadParameter("Give one of --csv and --json.", param_hint="--csv")
    request = Request(question=screen(" ".join(words)), filters=filters, engine=engine)
    answer = _done("evidence_synthesis", request, "synthesise")
    if csv:
        out.file.write(as_csv(answer.table))
        return
    if as_json:
        print_json(answer.model_dump_json(indent=2))
        return
    if answer.table:
        numbers = {source.document_id: number for number, source in enumerate(answer.sources, start=1)}
        print_table(answer.table, numbers)
        out.print()
    print_answer(answer)


@with_filters
def simplify(
    words: Annotated[list[str] | None, typer.Argument(metavar="[QUESTION]", help="The question, in quotes.")] = None,
    answer: Annotated[
        str,
        typer.Option(
            "--answer",
            metavar="FILE",
            help="Instead of a question: an answer as `citewell ask --json` prints it; - reads it from the input.",
        ),
    ] = "",
    engine: EngineOption = None,
    *,
    filters: Filters,
    as_json: JsonOption = False,
) -> None:
    """Say an answer in words for patients: citations kept, nothing added, the reading grade measured.

    [dim]citewell simplify "Does aspirin prevent heart attacks?"[/]
    [dim]citewell simplify --answer answer.json[/]
    """
    question = " ".join(words or [])
    if bool(question) == bool(answer):
        raise typer.BadParameter("Give a question, or an answer with --answer.", param_hint="QUESTION")
    asked = "" if answer else screen(question)
    given = _answer(answer) if answer else None
    request = Request(answer=given, question=asked, filters=filters, engine=engine)
    _shown(_done("plain_language", request, "simplify"), as_json)


def structure(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The text; - reads it from the input.")],
    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="FILE", help="A JSON schema of an object; without it: PICO.")
    ] = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a text into PICO or a JSON schema, each value with the words it stands in. The text is not kept.

    [dim]citewell structure note.txt --schema visit.json[/]
    [dim]citewell structure question.txt[/]
    """
    request = Request(text=_read(file), schema=_schema(schema) if schema else None, engine=engine)
    answer = _done("structuring", request, "structure")
    if as_json:
        print_json(answer.model_dump_json(indent=2))
        return
    if answer.reason:
        out.print(text(answer.reason, style="bold yellow"))
    else:
        print_json(json.dumps(answer.structure, indent=2, ensure_ascii=False))
    for one in answer.extracted:
        print_whole(f"{one.pointer}  characters {one.start}-{one.end}: {one.quote}", "dim")
    for warning in answer.warnings:
        out.print(text(f"! {warning.text}", style="yellow"))
    note(answer.rationale)


def summarise(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="The document, as pubmed:31535829.")],
    focus: Annotated[str, typer.Option("--focus", metavar="WORDS", help="What to sum up of it.")] = "",
    sentences: Annotated[int, typer.Option("--sentences", min=1, max=20, help="At most so many.")] = SENTENCES,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sum up a document: its conclusion, main results and recommendations with their grades, every sentence cited.

    [dim]citewell summarise pubmed:31535829[/]
    [dim]citewell summarise pubmed:31535829 --focus "bleeding" --sentences 3[/]
    """
    request = Request(document_id=document_id, question=focus, sentences=sentences, engine=engine)
    _shown(_done("summarising", request, "summarise"), as_json)


def _done(name: TaskName, request: Request, command: str) -> Answer:
    with open_desk(load_settings(), f"citewell {command}") as desk:
        return desk.task(name, request)


def _shown(answer: Answer, as_json: bool) -> None:
    if as_json:
        print_json(answer.model_dump_json(indent=2))
        return
    print_answer(answer)
    if answer.reading:
        note(
            f"School grade needed to read it (Flesch-Kincaid): {answer.reading.grade:.1f}; before: {answer.reading.grade_before:.1f}."
        )


def _read(file: str) -> str:
    """The words of a file, or of the input. Raises `QuestionError` that names the file, never what is in it."""
    name = "the input" if file == "-" else file
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise QuestionError(f"{name} is larger than {LARGEST_FILE >> 20} MiB. Give a part of it.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise QuestionError(f"{name} cannot be read ({error.strerror}). Check its name and permissions.") from error
    except UnicodeDecodeError:
        raise QuestionError(f"{name} is no text in UTF-8. Save it as UTF-8.") from None  # the error holds the bytes


def _schema(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(_read(str(path)))
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise QuestionError(f"{path} is no JSON{where}. Give a JSON schema of an object.") from None
    if not isinstance(schema, dict):
        raise QuestionError(f"{path} is no JSON object. Give a JSON schema of an object.")
    return schema


def _answer(file: str) -> Answer:
    try:
        return Answer.model_validate_json(_read(file))
    except ValidationError:  # its message would repeat the answer
        name = "The input" if file == "-" else file
        raise QuestionError(f"{name} is no answer. Give what `citewell ask --json` prints.") from None
