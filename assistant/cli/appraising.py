"""`citewell appraise`: how far one document can be trusted."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.answer import Appraisal
from assistant.appraisal.by_identifier import appraise_by_identifier
from assistant.cli.asking import LEVELS, NOT_SAID, JsonOption, standing
from assistant.cli.output import out, print_indented, print_json, print_whole, text
from assistant.cli.shelves import open_ledger, open_to_read
from assistant.errors import NotFoundError


def appraise(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A document, or a passage of one.")],
    as_json: JsonOption = False,
) -> None:
    """Say how far a document can be trusted: design, size, age, standing, a guideline's own grades, and how certain what it gives is by itself.

    Of a guideline the recommendation of a passage is appraised, or all of them.

    [dim]citewell appraise pubmed:31535829[/]
    [dim]citewell appraise guideline:who/hypertension@2021#4 --json[/]
    """
    with open_to_read() as (shelves, _):
        try:
            found = appraise_by_identifier(shelves, identifier)
        except NotFoundError:
            with open_ledger():  # says so where there is no library at all
                pass
            raise
    if as_json:
        print_json(found.model_dump_json(indent=2))
        return
    appraisal = found.appraisal
    out.print(text(found.title, style="bold"))
    print_whole(identifier, "dim")
    for name, words in _said(appraisal).items():
        print_indented(text(f"{name}: ", style="dim") + text(words), 0)
    counted = appraisal.participants.quote if appraisal.participants else None
    for quote in dict.fromkeys(filter(None, (appraisal.design_quote, counted))):
        print_indented(text(f"Read from: “{quote}”", style="dim"), 0)
    for warning in found.warnings:
        print_indented(text(f"! {warning.text}", style="yellow"), 0)
    out.print()
    if found.certainty:
        print_indented(text(found.certainty.text), 0)


def _said(appraisal: Appraisal) -> dict[str, str]:
    """What is known, in words, by name; in the order in which it is asked."""
    people = f"{appraisal.participants.number:,}" if appraisal.participants else "not told for certain"
    status = standing(appraisal.status, appraisal.superseded_by) if appraisal.status not in NOT_SAID else "in force"
    level = LEVELS.get(appraisal.evidence_level, appraisal.evidence_level)
    said = {
        "Design": level if level.startswith(appraisal.design) else f"{appraisal.design}, {level}",
        "Participants": "" if appraisal.design == "guideline" else people,
        "Year": str(appraisal.year or "not known"),
        "Status": status,
        "Read": "only the abstract" if appraisal.abstract_only else "",
        "Its own grades": "; ".join(appraisal.grades),
    }
    return {name: words for name, words in said.items() if words}
