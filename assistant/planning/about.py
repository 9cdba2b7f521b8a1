"""Whether a passage is about what a question asks, by the things that both name."""

from __future__ import annotations

from assistant.planning.rules import Plan
from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind
from indexes.passage import Passage

_NAMED = (TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION, TermKind.POPULATION)


def is_about(plan: Plan, passage: Passage) -> bool:
    """Whether a passage and its title name every drug, condition, intervention and population that the question names.

    Where it names none of these, half of its other key terms.
    """
    content = content_of(f"{passage.title} . {passage.text}")
    named = plan.of_kind(*_NAMED)
    if named:
        return all(term.occurs_in(content) for term in named)
    return sum(term.occurs_in(content) for term in plan.terms) * 2 >= len(plan.terms)
