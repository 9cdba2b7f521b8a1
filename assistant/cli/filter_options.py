"""The options that narrow what `ask` and `search` use, once for both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, get_args, get_type_hints

import typer
from pydantic import ValidationError

from assistant.filtering import OLDEST_ASKED, FiltersIn
from indexes.filters import Filters
from indexes.passage import Kind, Sex, Status
from ingestion.design import LEVELS

Level = StrEnum("Level", [(f"level_{level}", level) for level in LEVELS])  # type: ignore[misc]
_PANEL = "Filters (all hold; of one given again, any will do)"


def _option(name: str, metavar: str, words: str, **limits: Any) -> Any:
    return typer.Option(name, metavar=metavar, help=words, rich_help_panel=_PANEL, show_choices=False, **limits)


OPTIONS: dict[str, Any] = {
    "kinds": Annotated[list[Kind] | None, _option("--kind", "KIND", "Kind of evidence: guideline, literature, trial.")],
    "year_from": Annotated[
        int | None, _option("--since", "YEAR", "Documents of this year or later.", min=1000, max=3000)
    ],
    "year_to": Annotated[
        int | None, _option("--until", "YEAR", "Documents of this year or earlier.", min=1000, max=3000)
    ],
    "evidence_levels": Annotated[
        list[Level] | None, _option("--evidence-level", "LEVEL", f"Level of evidence: {', '.join(LEVELS)}.")
    ],
    "publication_types": Annotated[
        list[str] | None, _option("--publication-type", "TYPE", 'As PubMed names it: "Randomized Controlled Trial".')
    ],
    "mesh": Annotated[list[str] | None, _option("--mesh", "DESCRIPTOR", 'A MeSH descriptor: "Heart Failure".')],
    "statuses": Annotated[
        list[Status] | None, _option("--status", "STATUS", f"Where the document stands: {', '.join(Status)}.")
    ],
    "languages": Annotated[
        list[str] | None, _option("--language", "CODE", "Language of the document, by its code: en, fr.")
    ],
    "trial_statuses": Annotated[
        list[str] | None,
        _option("--trial-status", "STATUS", 'Of a trial: recruiting, completed, "not yet recruiting".'),
    ],
    "phases": Annotated[list[str] | None, _option("--phase", "PHASE", 'Of a trial: 1, 2, 3, 4, "early phase 1", na.')],
    "age": Annotated[
        float | None,
        _option("--age", "YEARS", "Trials open to this age; 0.5 is six months.", min=0, max=OLDEST_ASKED),
    ],
    "sex": Annotated[Sex | None, _option("--sex", "SEX", "Trials open to this sex: female, male; all: to both.")],
    "countries": Annotated[list[str] | None, _option("--country", "COUNTRY", 'Trials with a site there: "France".')],
    "conditions": Annotated[
        list[str] | None, _option("--condition", "NAME", 'Trials on this, by its full name: "Heart Failure".')
    ],
}
"""By the field of `FiltersIn` that each one fills."""


_NAMES = {name: get_args(annotation)[1].default for name, annotation in OPTIONS.items()}  # where typer keeps it


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `OPTIONS`; it gets what they say as its parameter `filters`."""

    def wrapped(**given: Any) -> None:
        said = {name: value for name in OPTIONS if (value := given.pop(name)) is not None}
        command(**given, filters=_filters(said))

    own = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    parameters = [each.replace(annotation=hints[name]) for name, each in own.parameters.items() if name != "filters"]
    at = next((n for n, each in enumerate(parameters) if each.name == "as_json"), len(parameters))
    added = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]
    parameters[at:at] = added
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__annotations__ = {each.name: each.annotation for each in parameters}
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapped


def each_alone(filters: Filters) -> dict[str, Filters]:
    """Each condition by itself, under the name of its option."""
    nothing, said = Filters(), {name: getattr(filters, name) for name in OPTIONS}
    return {
        _NAMES[name]: replace(nothing, **{name: value})
        for name, value in said.items()
        if value != getattr(nothing, name)
    }


def _filters(said: dict[str, Any]) -> Filters:
    try:
        return FiltersIn.model_validate(said).to_filters()
    except ValidationError as error:
        name = str(error.errors(include_input=False)[0]["loc"][0])
        words = get_args(OPTIONS[name])[1].help
        raise typer.BadParameter(words, param_hint=_NAMES[name]) from None  # pydantic's would repeat what was given
