"""`citewell ask`, `search` and `show`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from assistant.answer import Answer, Citation, Claim, Source
from assistant.cli.desk import Desk, open_desk
from assistant.cli.filter_options import each_alone, with_filters
from assistant.cli.output import note, out, print_indented, print_json, print_whole, text
from assistant.cli.shelves import open_ledger, open_to_read
from assistant.errors import NotFoundError
from assistant.evidence import MAX_K, DocumentView, HitView, PassageView, ScoresView
from assistant.guardrails.screening import screen
from assistant.searching import QuotasIn
from assistant.settings import load_settings
from assistant.shelves import passage_ids_in
from assistant.visible import shortened
from assistant.wording import NEAREST, NOTHING_FOUND, UNANSWERED, lead
from indexes.filters import Filters
from indexes.passage import Kind, Status

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
LEVELS = {
    "guideline": "guideline",
    "1": "systematic review (level 1)",
    "2": "randomised trial (level 2)",
    "3": "non-randomised study (level 3)",
    "4": "case series or case-control study (level 4)",
    "5": "opinion or mechanism (level 5)",
    "registration": "trial registration",
    "calculation": "computed from the inputs",
    "unknown": "design not stated",
}
NOT_SAID = {"", Status.CURRENT}  # of a document in force nothing need be said


@with_filters
def ask(
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question, in quotes.")],
    engine: Annotated[
        Literal["extractive", "llm"] | None,
        typer.Option(help="Who answers; where not given, the model that CITEWELL_LLM names, if any."),
    ] = None,
    *,
    filters: Filters,
    as_json: JsonOption = False,
) -> None:
    """Answer a clinical question, every sentence cited.

    [dim]citewell ask "How often should a 50-year-old woman have a screening mammogram?"[/]
    [dim]citewell ask "statins for primary prevention" --kind guideline --since 2020 --json[/]
    [dim]citewell ask "Which trials of empagliflozin are recruiting?" --trial-status recruiting --age 70 --sex female[/]
    [dim]citewell ask "Should healthy adults over 60 start aspirin?" --engine extractive[/]
    """
    question = screen(" ".join(words))
    with open_desk(load_settings(), "citewell ask") as desk:
        answer = desk.ask(question, filters, engine)
    if as_json:
        print_json(answer.model_dump_json(indent=2))
    else:
        print_answer(answer)


@with_filters
def search(
    words: Annotated[list[str], typer.Argument(metavar="QUERY", help="What to look for, in quotes.")],
    k: Annotated[int, typer.Option("--k", min=1, max=MAX_K, help="How many passages.")] = 10,
    by_document: Annotated[bool, typer.Option("--by-document", help="Of each document only its best passage.")] = False,
    quota: Annotated[
        list[str] | None,
        typer.Option(
            "--quota",
            metavar="KIND=NUMBER",
            help="So many of this kind, instead of --k; give it again for another kind.",
        ),
    ] = None,
    *,
    filters: Filters,
    as_json: JsonOption = False,
) -> None:
    """Find passages, best first, each with its scores. What is retracted, superseded or a draft says so.

    [dim]citewell search "apixaban stroke prevention" --k 5 --kind literature --evidence-level 1 --evidence-level 2[/]
    [dim]citewell search "sacubitril" --mesh "Heart Failure" --publication-type "Randomized Controlled Trial" --language en[/]
    [dim]citewell search "gene therapy" --condition hemophilia --phase 3 --country France --age 0.5[/]
    [dim]citewell search "atrial fibrillation" --by-document --quota guideline=3 --quota trial=5[/]
    """
    query, quotas = screen(" ".join(words)), _quotas(quota or [])
    with open_desk(load_settings(), "citewell search") as desk:
        hits = desk.search(query, k, filters, by_document=by_document, quotas=quotas)
        reason = "" if hits or as_json else _why_nothing(desk, query, filters)
    if as_json:
        print_json(json.dumps({"hits": [hit.model_dump() for hit in hits]}, indent=2, ensure_ascii=False))
    elif not hits:
        note(f"Nothing found. {reason}")
    for number, hit in enumerate([] if as_json else hits, start=1):
        _print_hit(number, hit)


def show(
    identifier: Annotated[str, typer.Argument(help="A document (pubmed:31535829) or a passage (pubmed:31535829#0).")],
    as_json: JsonOption = False,
) -> None:
    """Show a document or a passage word for word, where it stands and which file it came from.

    [dim]citewell show pubmed:31535829[/]
    [dim]citewell show pubmed:31535829#0 --json[/]
    """
    with open_to_read() as (shelves, ledger):
        passage = shelves.passage(identifier)
        document = None if passage else shelves.document(identifier)
        about = passage.document_id if passage else identifier
        known = ledger.known(about) if ledger else None
        successor = whole.superseded_by if (whole := document or shelves.document(about)) else None
        if passage:
            view: PassageView | DocumentView = PassageView.of(passage)
        elif document:
            held = ledger.passage_ids(identifier) if ledger else []
            view = DocumentView.of(document, held or passage_ids_in(shelves, identifier))
        else:
            with open_ledger():  # `NotFoundError` that says so where there is no library
                pass
            raise NotFoundError(
                f"The library has no document or passage {identifier!r}. Copy the identifier from an answer, a search or `citewell library list`."
            )
    if as_json:
        print_json(view.model_dump_json(indent=2))
        return
    out.print(text(view.title, style="bold"))
    print_whole(identifier, "dim")
    issued = [document.publisher, document.date or str(document.year or "")] if document else [str(view.year or "")]
    level = LEVELS.get(view.evidence_level, view.evidence_level)
    out.print(text(", ".join(filter(None, [level, *issued])), style="dim"))
    if view.status not in NOT_SAID:
        print_whole(standing(view.status, successor), "yellow")
    if view.url:
        print_whole(view.url, "cyan")
    if known:
        print_whole(f"From {known.source}", "dim")
    if passage and (recommended := PassageView.of(passage).recommendation):
        for words in recommended.words:
            out.print(text(words[0].upper() + words[1:]))
    out.print()
    if view.text:
        out.print(text(view.text))
    else:
        note("The record has a title and no text.")


def standing(status: str, successor: str | None = None) -> str:
    """Where a document stands, in words."""
    words = status.replace("_", " ")
    return f"{words} by {successor}" if successor and status == Status.SUPERSEDED else words


def _why_nothing(desk: Desk, query: str, filters: Filters) -> str:
    """By meaning something is always near: where nothing is found, the filters or an empty library are why."""
    if not desk.search(query, 1, Filters()):
        return "The library is empty: citewell ingest starter, or citewell ingest files PATH"
    alone = each_alone(filters)
    if unmet := [option for option, one in alone.items() if not desk.search(query, 1, one)]:
        return f"Nothing in the library passes {', '.join(unmet)}: look at the spelling, or leave it out."
    return f"Nothing passes {', '.join(alone)} together, though each by itself does: try fewer filters."


def _quotas(given: list[str]) -> dict[Kind, int]:
    pairs = [(kind, count) for kind, _, count in (each.partition("=") for each in given)]
    if len(dict(pairs)) == len(pairs):
        with suppress(ValidationError):
            return QuotasIn.model_validate(dict(pairs)).to_quotas()
    raise typer.BadParameter(
        f"Write KIND=NUMBER, each kind once: {', '.join(Kind)}; a number from 1 to {MAX_K}, as in guideline=3.",
        param_hint="--quota",
    )


def print_answer(answer: Answer) -> None:
    """An answer for a person: how the question was read where it was rewritten, sentences, warnings, sources."""
    if answer.asked is not None and answer.asked != answer.question:
        out.print(text("Read as: ", style="bold") + text(answer.question))
    if answer.asked_note:
        out.print(text(answer.asked_note, style="dim"))
    if answer.abstained:
        out.print(text(NOTHING_FOUND, style="bold yellow"))
        out.print(text(answer.reason or ""))
    numbers = {source.document_id: number for number, source in enumerate(answer.sources, start=1)}
    if leading := lead(answer):
        out.print(text(leading, style="bold"))
    for claim in answer.claims:
        _print_claim(claim, [numbers[citation.document_id] for citation in claim.citations])
    for part in answer.unanswered:
        out.print(text(f"{UNANSWERED}: {part}", style="bold yellow"))
    for warning in answer.warnings:
        about = f" [{numbers[warning.document_id]}]" if warning.document_id in numbers else ""
        out.print(text(f"! {warning.text}{about}", style="yellow"))
    if answer.certainty:
        print_indented(text(answer.certainty.text, style="dim"), 0)
    if answer.sources:
        out.print()
    for source in answer.sources:
        _print_source(source, f"[{numbers[source.document_id]}] ")
    if answer.nearest:
        out.print()
        out.print(text(NEAREST, style="bold"))
    for source in answer.nearest:
        _print_source(source, "• ")
    out.print()
    note(
        f"{answer.rationale} {_made_by(answer)}{answer.timings_ms['total']:.0f} ms. Citewell supports a clinician's judgement; check the cited words."
    )


def _print_source(source: Source, mark: str) -> None:
    level = LEVELS.get(source.evidence_level, source.evidence_level)
    facts = ", ".join(filter(None, (shortened(source.publisher), level, str(source.year or ""))))
    out.print(
        text(mark, style="bold cyan")
        + text(source.title)
        + text(f" ({facts})", style="dim")
        + text("" if source.status in NOT_SAID else f"  {standing(source.status)}", style="yellow")
    )
    if source.url:
        out.print(text("    " + source.url, style="cyan"), soft_wrap=True)  # a wrapped link cannot be followed


def _made_by(answer: Answer) -> str:
    """Which model wrote the answer, and what it cost."""
    if not answer.model:
        return ""
    usage = answer.usage
    cost = f", {usage.cost_usd:.4f} USD" if usage.cost_usd else ""
    return f"Model {answer.model}: {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{cost}. "


def _print_claim(claim: Claim, numbers: list[int]) -> None:
    marks = text("".join(f" [{number}]" for number in dict.fromkeys(numbers)), style="bold cyan")
    context = text(f"[{claim.context}] ", style="dim") if claim.context else text("")
    if "\n" in claim.text:  # a guideline's list, an item a line
        *items, last = claim.text.split("\n")
        print_indented(text("• ") + context, 0)
        for item in items:
            print_indented(text("- ") + text(item), 2)
        print_indented(text("- ") + text(last) + marks, 2)
    else:
        print_indented(text("• ") + context + text(claim.text) + marks, 0)
    for citation in claim.citations:
        print_whole(_place(citation), "dim", indent=2)
    for finding in claim.findings:
        print_whole(finding, "dim", indent=2)


def _place(citation: Citation) -> str:
    return f"{citation.passage_id}  characters {citation.start}-{citation.end}"


def _more(scores: ScoresView) -> str:
    """The parts of a score that not every search has."""
    parts = (("evidence", scores.prior, ".2f"), ("reranker", scores.reranker, ".1f"))
    return "".join(f", {name} {value:{form}}" for name, value, form in parts if value is not None)


def _print_hit(number: int, hit: HitView) -> None:
    passage = hit.passage
    dense = "-" if hit.scores.dense is None else f"{hit.scores.dense:.3f}"
    lexical = "-" if hit.scores.lexical is None else f"{hit.scores.lexical:.1f}"
    out.print(text(f"{number}. ", style="bold cyan") + text(passage.title, style="bold"))
    place = " > ".join(passage.section)
    level = LEVELS.get(passage.evidence_level, passage.evidence_level)
    print_whole(passage.passage_id, "dim", indent=3)
    details = [
        level,
        str(passage.year or ""),
        place,
        f"page {passage.page}" if passage.page else "",
        f"score {hit.scores.total:.3f} (dense {dense}, bm25 {lexical}, blend {hit.scores.fused:.3f}{_more(hit.scores)})",
        "not open to this patient: age or sex" if hit.scores.open_to_patient is False else "",
    ]
    flag = "" if passage.status in NOT_SAID else standing(passage.status) + "  "
    print_indented(text(flag, "yellow") + text("  ".join(filter(None, details)), style="dim"), 3)
    start = passage.text if len(passage.text) <= 300 else passage.text[:300].rsplit(" ", 1)[0] + " …"
    print_indented(text(start), 3)
    out.print()
