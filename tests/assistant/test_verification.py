"""Is a claim carried by the words it cites? A fault, however small, never passes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.answer import Citation
from assistant.verification import verify
from assistant.verification.numbers import check_numbers, numbers
from assistant.verification.terms import check_terms
from assistant.verification.verbatim import check_verbatim
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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200", "1200"),
        (".74", "0.74"),
        ("0·74", "0.74"),
        ("16.30", "16.3"),
        ("007", "7"),
        ("12.0", "12"),
        ("1,234,567", "1234567"),
        ("5.0%", "5 %"),
    ],
)
def test_numbers_are_compared_by_value(one: str, other: str) -> None:
    assert numbers(f"a {one} b") == numbers(f"a {other} b") != numbers("a b")


@pytest.mark.parametrize(
    ("one", "other"), [("12.5", "125"), ("0.5", "5"), ("1,200", "1,2"), ("10", "100"), ("1.05", "1.5")]
)
def test_different_numbers_stay_different(one: str, other: str) -> None:
    assert numbers(one) != numbers(other)


def test_letters_with_digits_are_names_and_ranges_are_two_numbers() -> None:
    assert numbers("HbA1c and B12") == numbers("")
    assert sorted(numbers("0.73–0.99, 5-10 mg")) == ["0.73", "0.99", "10", "5"]


def test_a_figure_must_be_there_as_often() -> None:
    five = "It healed 5 of 6 wounds."
    assert check_numbers("It healed 6 of 6 wounds.", cite(0, len(five), five), passage(five)).score == 0


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
    assert check_numbers(claim, cited, passage(quote)).score == 0
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
    finding = check_terms(claim, TRUE, passage())
    assert 0 < finding.score < 1
    assert "cure" in finding.text
    assert "hypertens" not in finding.text  # the title has it
    assert not verify(claim, [(TRUE, passage())]).supported
    assert check_terms("?!", TRUE, passage()).score == 0
