"""Two studies that found the opposite in the same words: both are shown, as a conflict, whichever the question leans to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from documents import article, pubmed

from assistant.answer import Direction
from assistant.service import Assistant

PAIRS = [
    (
        "fish oil",
        "cardiovascular death",
        "reduced {} after myocardial infarction",
        "did not reduce {} after myocardial infarction",
    ),
    ("hip protectors", "hip fractures", "prevented {} in older people", "did not prevent {} in older people"),
]


@pytest.mark.parametrize(("what", "outcome", "one", "other"), PAIRS)
def test_both_are_shown_as_a_conflict(
    assistant_of: Callable[[dict[str, str]], Assistant], what: str, outcome: str, one: str, other: str
) -> None:
    one, other = one.format(outcome), other.format(outcome)
    held = assistant_of(
        {
            "trials.xml": pubmed(
                article(
                    1,
                    f"{what.capitalize()} and {outcome}: a randomised trial",
                    conclusions=f"{what.capitalize()} {one}.",
                ),
                article(
                    2,
                    f"{what.capitalize()} and {outcome}: a second randomised trial",
                    conclusions=f"{what.capitalize()} {other}.",
                ),
            )
        }
    )
    verb = one.split()[0].removesuffix("ed")
    answer = asyncio.run(held.ask(f"Does {what} {'reduce' if verb == 'reduc' else verb} {outcome}?"))
    assert {claim.citations[0].document_id for claim in answer.claims} == {"pubmed:1", "pubmed:2"}
    assert [warning.kind for warning in answer.warnings].count("conflict") == 1
    assert answer.direction is None or answer.direction.verdict not in {"yes", "no"}
    assert answer.certainty is not None
    assert answer.certainty.level != "high"


def test_a_direction_is_told_only_by_sentences_on_all_that_is_asked(
    assistant_of: Callable[[dict[str, str]], Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    vaccinate = "Vaccinating newborns of HBsAg-positive mothers prevents infection."
    held = assistant_of(
        {"trials.xml": pubmed(article(1, "HBsAg-positive mothers and their newborns", conclusions=vaccinate))}
    )
    yes = Direction(verdict="yes", claims=[0], text="The evidence cited points to: yes.")
    monkeypatch.setattr("assistant.writing.read_direction", lambda question, cited, judge: yes)
    on_it = asyncio.run(held.ask("Does vaccinating newborns of HBsAg-positive mothers prevent infection?"))
    assert on_it.direction == yes
    beside = asyncio.run(held.ask("Does vaccinating newborns of HBsAg-positive mothers help mothers breastfeed?"))
    assert beside.claims
    assert beside.direction is None
