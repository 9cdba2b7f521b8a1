"""Sections of the guidelines and trials found: where they begin and end, and those that a search passed over.

A passage "Complications: sepsis" of a guideline on malaria is far from "What are the complications of malaria?" for an embedder, and shares a word
with it. The guideline is found by its other passages, and its contents tell the rest. So it is with the recommendations of a guideline that is found
by what it says around them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.composing.lists import is_about, labelled, parts_asked_for
from assistant.planning.asking import Asks
from assistant.planning.rules import Plan
from assistant.planning.terms import content_of
from indexes.passage import Hit, Part, Passage, Role
from ingestion.document import Document
from ingestion.ledger import Ledger

MOST_DOCUMENTS = 3
MOST_ADVISING = 6
MOST_PASSAGES = 60
"""Passages of a guideline that is looked through: one on a single matter has no more."""


class Sections:
    """Looks sections up in a ledger; for one question, as it remembers the documents that it read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._documents: dict[str, Document | None] = {}

    def bounds(self, passage: Passage, part: Part) -> tuple[int, int]:
        """As `lists.Bounds`."""
        if passage.document_id not in self._documents:
            self._documents[passage.document_id] = self._ledger.document(passage.document_id)
        document = self._documents[passage.document_id]
        at = passage.start + part.start
        for section in document.sections if document else ():
            if section.start <= at < section.end:
                return section.start - passage.start, section.end - passage.start
        return part.start, part.end

    def read_on(self, plan: Plan, found: Sequence[Hit], by_name: Sequence[Hit]) -> list[Passage]:
        """Passages that are not among those found: on what the question asks for, of guidelines on what it names, found or `by_name`; and, where it
        asks for advice, the graded recommendations of the guidelines found first."""
        known = {hit.passage.passage_id for hit in found}
        near = (*found, *by_name) if plan.sections else ()
        on_it = dict.fromkeys(
            hit.passage.document_id for hit in near if is_about(plan, hit.passage) or any(labelled(plan, hit.passage))
        )
        advising = (
            dict.fromkeys(hit.passage.document_id for hit in found) if plan.asks & {Asks.GUIDANCE, Asks.NOTE} else {}
        )
        more = []
        for document in dict.fromkeys([*list(on_it)[:MOST_DOCUMENTS], *list(advising)[:MOST_ADVISING]]):
            identifiers = self._ledger.passage_ids(document)
            for identifier in identifiers if len(identifiers) <= MOST_PASSAGES else ():
                passage = None if identifier in known else self._ledger.passage(identifier)
                if (
                    passage
                    and _is_wanted(plan, passage, advising=document in advising)
                    and plan.filters.accepts(passage)
                ):
                    more.append(passage)
        return more

    def of_trials(self, plan: Plan, found: Sequence[Hit], wanted: Callable[[Passage], bool]) -> list[Passage]:
        """The wanted passages that are not among those found, of the first trials found whose titles name something that the question does."""
        known = {hit.passage.passage_id for hit in found}
        titles = {hit.passage.document_id: hit.passage.title for hit in found}
        on_it = [
            document
            for document, title in titles.items()
            if any(term.occurs_in(content_of(title)) for term in plan.terms)
        ]
        passages = (
            self._ledger.passage(identifier)
            for document in on_it[:MOST_DOCUMENTS]
            for identifier in self._ledger.passage_ids(document)
            if identifier not in known
        )
        return [each for each in passages if each and wanted(each) and plan.filters.accepts(each)]


def _is_wanted(plan: Plan, passage: Passage, *, advising: bool) -> bool:
    asked = bool(parts_asked_for(plan, passage)) or any(labelled(plan, passage))
    return asked or (advising and _is_graded(passage))


def _is_graded(passage: Passage) -> bool:
    first = passage.part_at(0)
    return first.role is Role.RECOMMENDATION and first.grade is not None
