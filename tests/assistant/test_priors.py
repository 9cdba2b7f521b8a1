"""What sentences are worth by how the question asks."""

from __future__ import annotations

from assistant.composing.candidates import Candidate
from assistant.composing.priors import prior
from assistant.planning.rules import plan
from indexes.passage import Hit, Kind, Passage, Role, Scores


def sentence(text: str, role: Role) -> Candidate:
    passage = Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, text, 0, len(text), "A trial")
    return Candidate(Hit(passage, Scores(dense=0.8, lexical=5.0, fused=0.9)), 0, len(text), role, leans=False)


def better(question: str, one: Candidate, other: Candidate) -> bool:
    planned = plan(question)
    return prior(planned, one) > prior(planned, other)


def test_an_effect_is_answered_by_the_result_on_its_outcome() -> None:
    question = "Compared with placebo, what was the effect of tiotropium on exacerbations?"
    on_it = sentence("Exacerbations fell with tiotropium.", Role.RESULT)
    on_another = sentence("Mortality fell with tiotropium.", Role.RESULT)
    concluding = sentence("Tiotropium is an option in this disease.", Role.CONCLUSION)
    assert better(question, on_it, on_another)
    assert better(question, on_it, concluding)


def test_yes_or_no_is_answered_by_a_conclusion_before_a_result() -> None:
    question = "Does tiotropium prevent exacerbations?"
    assert better(question, sentence("It does.", Role.CONCLUSION), sentence("It did.", Role.RESULT))


def test_how_much_is_answered_by_figures_and_who_by_criteria() -> None:
    plain = sentence("Tiotropium prevents exacerbations.", Role.RESULT)
    assert better("How much does tiotropium reduce exacerbations?", sentence("They fell by 25%.", Role.RESULT), plain)
    assert better("Who should take tiotropium?", sentence("Adults with COPD take it.", Role.RESULT), plain)
    assert not better("tiotropium", sentence("They fell by 25%.", Role.RESULT), plain)
