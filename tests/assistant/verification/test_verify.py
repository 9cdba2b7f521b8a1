"""Is a claim carried by the words it cites? A fault, however small, never passes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.answer import Citation
from assistant.verification import verify
from assistant.verification.evidence import Evidence
from assistant.verification.quantities import check_quantities
from assistant.verification.terms import check_terms
from assistant.verification.verbatim import check_verbatim
from indexes.embedding import Vectors
from indexes.passage import Kind, Passage

SENTENCE = "Aspirin 75 mg/day lowered events by 15% (p=0.03) in 1,200 of 18,790 adults, HR 0·85 (95% CI 0.73–0.99)."
TEXT = f"Before. {SENTENCE} After it: nothing."


def passage(text: str = TEXT, title: str = "Hypertension trial") -> Passage:
    return Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, text, 0, len(text), title, ("Results",))


def cite(
    start: int, end: int, quote: str, *, passage_id: str = "pubmed:1#0", document_id: str = "pubmed:1"
) -> Citation:
    return Citation(passage_id=passage_id, document_id=document_id, quote=quote, start=start, end=end, support=0.0)


START = TEXT.index(SENTENCE)
TRUE = cite(START, START + len(SENTENCE), SENTENCE)


def test_a_verbatim_claim_is_fully_supported() -> None:
    verdict = verify(SENTENCE, [(TRUE, passage())])
    assert (verdict.support, verdict.findings, verdict.supported) == (1.0, (), True)


def test_a_figure_must_be_there_as_often() -> None:
    five = "It healed 5 of 6 wounds."
    assert check_quantities("It healed 6 of 6 wounds.", Evidence(five)).score == 0


@given(st.data())
def test_a_changed_digit_never_passes(data: st.DataObject) -> None:
    figures = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?|[1-9][0-9]?,[0-9]{3}", fullmatch=True)
    one, other = data.draw(figures), data.draw(figures)
    quote = f"Deaths were {one}% with the drug and {other}% without."
    at = data.draw(st.sampled_from([i for i, character in enumerate(quote) if character.isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != quote[at]]))
    claim = quote[:at] + digit + quote[at + 1 :]
    cited = cite(0, len(quote), quote)
    assert verify(quote, [(cited, passage(quote))]).supported
    assert check_quantities(claim, Evidence(quote)).fault
    verdict = verify(claim, [(cited, passage(quote))])
    assert not verdict.supported
    assert verdict.findings


@given(st.text(min_size=3, max_size=80), st.data())
def test_only_the_exact_place_is_verbatim(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    assert check_verbatim(quote, cite(start, end, quote), passage(text)).score == 1
    shift = data.draw(st.integers(-3, 3).filter(bool))
    assume(start + shift >= 0)
    assume(text[start + shift : end + shift] != quote)
    assert check_verbatim(quote, cite(start + shift, end + shift, quote), passage(text)).score == 0
    assert not verify(quote, [(cite(start + shift, end + shift, quote), passage(text))]).supported


@pytest.mark.parametrize(
    "citation",
    [
        cite(START, START + len(SENTENCE), SENTENCE, passage_id="pubmed:1#1"),
        cite(START, START + len(SENTENCE), SENTENCE, document_id="pubmed:2"),
        cite(START, START + len(SENTENCE), SENTENCE.replace("lowered", "raised")),
        cite(START, START + len(SENTENCE), SENTENCE.lower()),
    ],
)
def test_a_citation_of_something_else_does_not_pass(citation: Citation) -> None:
    assert not verify(SENTENCE, [(citation, passage())]).supported


def test_one_false_quote_is_not_saved_by_a_true_one() -> None:
    false = cite(0, 7, "Nothing")
    verdict = verify(SENTENCE, [(TRUE, passage()), (false, passage())])
    assert verdict.support == 0
    assert not verify(SENTENCE, []).supported


def test_words_that_the_source_lacks_are_named() -> None:
    claim = "Aspirin cured 15% of adults with hypertension."
    finding = check_terms(claim, Evidence.of(TRUE, passage()))
    assert 0 < finding.score < 1
    assert "cure" in finding.text
    assert "hypertens" not in finding.text  # the title has it
    assert check_terms("?!", Evidence.of(TRUE, passage())).score == 0


def test_only_what_was_retrieved_may_be_cited() -> None:
    assert verify(SENTENCE, [(TRUE, passage())], allowed={"pubmed:1#0"}).supported
    verdict = verify(SENTENCE, [(TRUE, passage())], allowed={"pubmed:2#0"})
    assert (verdict.support, verdict.supported) == (0, False)
    assert "not retrieved" in verdict.findings[0]


def quoted(quote: str, number: int = 1, title: str = "A trial") -> tuple[Citation, Passage]:
    """A citation of a passage that is just the quote."""
    name = f"pubmed:{number}"
    cited = Passage(f"{name}#0", name, Kind.LITERATURE, quote, 0, len(quote), title)
    return cite(0, len(quote), quote, passage_id=f"{name}#0", document_id=name), cited


@pytest.mark.parametrize(
    "claim",
    [
        "Apixaban reduced stroke by 21% compared with warfarin in patients with atrial fibrillation.",
        "Compared with warfarin, apixaban lowered the rate of stroke by 21 percent in patients with AF.",
        "In patients with atrial fibrillation, Eliquis reduced stroke by 21% versus warfarin.",
    ],
)
def test_a_faithful_paraphrase_is_supported(claim: str) -> None:
    quote = "In patients with atrial fibrillation, apixaban reduced the rate of stroke by 21% compared with warfarin."
    verdict = verify(claim, [quoted(quote)])
    assert verdict.supported, verdict
    assert verdict.label == "support"
    assert 0.5 <= verdict.support <= 1


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            "In patients with atrial fibrillation, apixaban reduced the rate of stroke by 12% compared with warfarin.",
            "12",
        ),
        (
            "In patients with atrial fibrillation, apixaban increased the rate of stroke by 21% compared with warfarin.",
            "increased",
        ),
        (
            "In patients with atrial fibrillation, edoxaban reduced the rate of stroke by 21% compared with warfarin.",
            "edoxaban",
        ),
        (
            "In patients with atrial fibrillation, apixaban did not reduce the rate of stroke compared with warfarin.",
            "reduce",
        ),
        ("In patients, apixaban reduced the rate of stroke by 21% compared with warfarin.", "atrial"),
        (
            "In patients with atrial fibrillation, warfarin reduced the rate of stroke by 21% compared with apixaban.",
            "changed places",
        ),
        ("In patients with atrial fibrillation, anticoagulants reduced the rate of stroke by 21%.", "narrower"),
        (
            "In patients with atrial fibrillation, apixaban reduced the rate of bleeding by 21% compared with warfarin.",
            "bleeding",
        ),
    ],
)
def test_a_false_paraphrase_is_not_shown_and_the_fault_is_said(claim: str, said: str) -> None:
    quote = "In patients with atrial fibrillation, apixaban reduced the rate of stroke by 21% compared with warfarin."
    verdict = verify(claim, [quoted(quote)])
    assert not verdict.supported
    assert verdict.label != "support"
    assert any(said in fault for fault in verdict.faults), verdict.faults
    assert set(verdict.faults) <= set(verdict.findings)


def test_two_quotes_carry_together_what_neither_carries_alone() -> None:
    one = quoted("Apixaban reduced stroke by 21% in patients with atrial fibrillation.", 1)
    other = quoted("Apixaban reduced major bleeding by 31% in patients with atrial fibrillation.", 2)
    claim = "Apixaban reduced stroke by 21% and major bleeding by 31% in patients with atrial fibrillation."
    assert not verify(claim, [one]).supported
    assert not verify(claim, [other]).supported
    verdict = verify(claim, [one, other])
    assert verdict.supported, verdict
    assert len(verdict.by_citation) == 2


def test_an_abbreviation_is_resolved_by_the_passage_and_by_the_library() -> None:
    text = "Chronic obstructive lung damage (COLD) was common. Roflumilast reduced attacks of COLD."
    quote = "Roflumilast reduced attacks of COLD."
    start = text.index(quote)
    whole = Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, text, 0, len(text), "A trial")
    cited = [(cite(start, start + len(quote), quote), whole)]
    assert verify("Roflumilast reduced attacks of chronic obstructive lung damage.", cited).supported
    mined = {"QRS": ["quite rare syndrome"]}
    with_table = verify(
        "Roflumilast reduced attacks of QRS.",
        [quoted("Roflumilast reduced attacks of the quite rare syndrome.")],
        long_forms=lambda short: mined.get(short, []),
    )
    without = verify(
        "Roflumilast reduced attacks of QRS.", [quoted("Roflumilast reduced attacks of the quite rare syndrome.")]
    )
    assert with_table.support > without.support


def test_a_claim_in_other_words_meets_its_bar() -> None:
    quote = "In patients with atrial fibrillation, apixaban reduced the rate of stroke by 21% compared with warfarin."
    claim = "Apixaban reduced stroke by 21% compared with warfarin in patients with atrial fibrillation."
    assert not verify(claim, [quoted(quote)], bar=0.9999).supported
    assert verify(quote, [quoted(quote)], bar=0.9999).supported


def test_a_neural_judge_is_heard() -> None:
    quote = "In patients with atrial fibrillation, apixaban reduced the rate of stroke by 21% compared with warfarin."
    claim = "Apixaban reduced stroke by 21% compared with warfarin in patients with atrial fibrillation."
    read: list[tuple[str, str]] = []

    def embed(texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 1), np.float32)

    def judge(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        read.extend(pairs)
        return np.array([[0.05, 0.9, 0.05]] * len(pairs))

    assert verify(claim, [quoted(quote)], embed=embed, judge=judge).support <= 1
    assert read == [(claim, quote)]
