"""Retracted work that would have been evidence: it carries nothing, and the reader is told of it by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.composing.extractive import compose
from assistant.composing.vectors import SentenceVectors
from assistant.planning.about import is_about
from assistant.planning.rules import Plan
from assistant.planning.terms import Term
from indexes.filters import Filters
from indexes.passage import Hit, Passage, Status


def retracted_filters(plan: Plan) -> Filters | None:
    """The filters of the question, for retracted work alone; `None` where they shut it out, or nothing is asked about."""
    wanted = plan.filters.statuses
    if not plan.has_topic or (wanted and Status.RETRACTED not in wanted):
        return None
    return replace(plan.filters, statuses=frozenset({Status.RETRACTED}))


def refused(
    plan: Plan, hits: Sequence[Hit], frequencies: Mapping[Term, int], vectors: SentenceVectors
) -> list[Passage]:
    """Of passages of retracted work, those that would have been evidence, in their order.

    They name all that the question names, so that a model would have been shown them for it; or hold a sentence that would have been chosen.
    """
    if not plan.has_topic:
        return []
    about = {hit.passage.passage_id for hit in hits if is_about(plan, hit.passage)}
    others = [hit for hit in hits if hit.passage.passage_id not in about]
    if others:
        chosen = compose(plan, others, frequencies, vectors).chosen
        about |= {one.candidate.hit.passage.passage_id for one in chosen}
    return [hit.passage for hit in hits if hit.passage.passage_id in about]
