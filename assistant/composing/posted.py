"""Results that trials have posted: rows of their tables of adverse events and outcome measures, each shown with its table's heads.

A row's figures say nobody whose they are, so that a row is never shown without the titles of the arms. A row answers where it, its table's title and
its trial's title name together all that the question does; who asks for adverse events as such is shown the most frequent ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.composing.candidates import Candidate
from assistant.composing.criteria import asks_for_criteria
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of
from assistant.planning.vocabulary import TermKind
from assistant.verification.registry.report import CELLS, header_of
from indexes.passage import Hit, Kind, Passage, Role

MOST_FREQUENT = 6
"""Rows that answer a question for adverse events as such."""
FOUND = re.compile(r"\b(?:find|found|findings?|show(?:s|ed|n)?|results?|demonstrate[ds]?|conclu\w+)\b", re.IGNORECASE)
"""Words of a question for what a trial found."""
_EVENTS = "Adverse events"
_AFFECTED = re.compile(r"(\d+)/(\d+)")
_LINE = re.compile(r"[^\n]+")
_HEADS = re.compile(r"(?:Arm/Group Title|Time Frame|Participants)\b")


def is_table(passage: Passage) -> bool:
    """Whether a passage is a table of posted results, or a part of one, with the titles of its arms."""
    result = bool(passage.parts) and passage.parts[0].role is Role.RESULT
    return passage.kind is Kind.TRIAL and result and bool(header_of(passage.text))


def place_of_row(passage: Passage) -> str:
    """What a row's figures are, and whose: the table's place in the trial's results and the titles of its arms."""
    arms = header_of(passage.text).partition(CELLS)[2]
    return f"{' › '.join(passage.section)}: {arms}"


def rows(plan: Plan, hits: Sequence[Hit]) -> list[Candidate]:
    """The rows of the tables found that answer the plan's question; where it asks for results and names no outcome, those of the first one."""
    if not plan.wants_trials or asks_for_criteria(plan):
        return []
    found = [row for hit in hits if is_table(hit.passage) for row in _rows(plan, hit)]
    if Wanted.HARM in plan.wanted:
        return sorted((row for row, _ in found), key=lambda row: -_most(row.text))[:MOST_FREQUENT]
    named = [row for row, on_topic in found if on_topic]
    if named or not found:
        return named
    of_first = [row for row, _ in found if row.hit.passage.document_id == found[0][0].hit.passage.document_id]
    first = min(of_first, key=lambda row: row.hit.passage.start).hit.passage.section
    return [row for row in of_first if row.hit.passage.section == first]


def _rows(plan: Plan, hit: Hit) -> Iterator[tuple[Candidate, bool]]:
    """The rows of a table that hold, with what stands over them, all that the question names; and whether it names what was measured."""
    passage = hit.passage
    events = passage.section[:1] == (_EVENTS,)
    trial = content_of(passage.title)
    table = content_of(f"{' . '.join(passage.section[1:])} . {header_of(passage.text)}")
    topics = [term for term in plan.terms if _is_topic(term, trial, table, events=events)]
    wanted = events if Wanted.HARM in plan.wanted else bool(topics) or (FOUND.search(plan.question) and not events)
    for line in _LINE.finditer(passage.text) if wanted else ():
        label = content_of(line[0].partition(CELLS)[0])
        if CELLS not in line[0] or _HEADS.match(line[0]) or not _any_figure(line[0]):
            continue
        told = label if events else table + label
        if all(term.occurs_in(told if term in topics else trial + table + label) for term in plan.terms):
            yield Candidate(hit, *line.span(), Role.RESULT, leans=False, item=True), bool(topics)


def _is_topic(term: Term, trial: str, table: str, *, events: bool) -> bool:
    """Whether a term is what was measured: neither the drug, nor whom or what the trial is in."""
    if term.kind in (TermKind.DRUG, TermKind.POPULATION) or (
        events and (term.occurs_in(trial) or term.occurs_in(table))
    ):
        return False
    return not (term.kind is TermKind.CONDITION and term.occurs_in(trial))


def _any_figure(row: str) -> bool:
    return re.search(r"\d", row.partition(CELLS)[2]) is not None


def _most(row: str) -> float:
    """The largest share of people affected in any arm."""
    return max((int(n) / int(of) for n, of in _AFFECTED.findall(row) if int(of)), default=0.0)
