"""Sentences as clinicians write them; every character accounted for."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingestion.sentences import sentence_spans

HARD = Path(__file__).parents[2] / "benchmarks" / "data" / "hard_sentences.txt"
CASES = [line for line in HARD.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]

# Texts in which abbreviations, numbers and strange white space meet.
PIECES = [
    "A",
    "e.g.",
    "vs.",
    "et al.",
    "i.v.",
    "p < 0.05",
    "S. aureus",
    "1.",
    ".",
    "?",
    "Then",
    ".12 ",
    ":\n- ",
    "(",
    ")",
    "[3]",
    "。",
]
SPACES = [" ", "\n", "\n\n", "\r\n", "\u00a0", "\u2009", "\u2028", "\x85"]
TEXTS = st.lists(st.sampled_from([*PIECES, *SPACES]) | st.text(max_size=5)).map("".join)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Give an antibiotic, e.g. amoxicillin, for five days.",
        "Drug A vs. placebo lowered mortality.",
        "The difference was significant (p < 0.05).",
        "The rate fell, p < 0.05, in both arms.",
        "Smith et al. found no difference.",
        "Give 2 g of ceftriaxone i.v. and reassess.",
        "HbA1c fell by 0.75 points (95% CI, 0.5 to 1.0).",
        "J. A. Smith and R. Jones reported it.",
        "Most isolates were S. aureus or E. coli.",
        "Dr. Jones gave 5 mg b.i.d. for three days.",
        "1. Offer a statin to adults.",
        "(a) Offer a statin to adults.",
        "Vitamin A\u2009. is spaced oddly.",
        "We enrolled 12 adults\nat three sites.",
        "Approx. 1,200 adults (incl. 30 children) took part.",
        "Café society: naïve β-blockers helped 😀.",
    ],
)
def test_no_sentence_is_cut_inside(sentence: str) -> None:
    assert sentences(f"Nothing was known before. {sentence} Then it ended.") == [
        "Nothing was known before.",
        sentence,
        "Then it ended.",
    ]


def test_each_item_of_an_enumeration_keeps_its_number() -> None:
    assert sentences("1. Offer statins. 2. Review yearly. (iii) Stop if harmful.") == [
        "1. Offer statins.",
        "2. Review yearly.",
        "(iii) Stop if harmful.",
    ]


@pytest.mark.parametrize("case", CASES)
def test_hard_cases_are_divided_as_a_reader_would(case: str) -> None:
    text = case.replace(" || ", " ").replace("||", "")
    assert sentences(text) == re.split(r" ?\|\| ?", case)


def test_items_stay_with_the_words_that_lead_to_them() -> None:
    led = "Do not give aspirin to:\n- children under 16.\n- adults with an active ulcer.\n- Those who bleed."
    assert sentences(f"Aspirin is cheap. {led}") == ["Aspirin is cheap.", led]


def test_items_without_such_words_are_sentences_of_their_own() -> None:
    assert sentences("Aspirin is cheap.\n- It is old.\n• It works.") == [
        "Aspirin is cheap.",
        "- It is old.",
        "• It works.",
    ]


def test_the_mark_of_a_truncated_abstract_is_no_part_of_its_last_sentence() -> None:
    assert sentences("Pain fell (p = 0.01).(ABSTRACT TRUNCATED AT 250 WORDS)") == [
        "Pain fell (p = 0.01).",
        "(ABSTRACT TRUNCATED AT 250 WORDS)",
    ]


def test_a_bracket_that_never_closes_swallows_nothing() -> None:
    assert sentences("The rate (12% fell. Nobody died.") == ["The rate (12% fell.", "Nobody died."]


def test_gold_sentences_of_scifact_are_found_whole(data_dir: Path) -> None:
    gold = set()
    for line in (data_dir / "eval" / "support" / "scifact.jsonl").read_text(encoding="utf-8").strip().split("\n"):
        pair = json.loads(line)
        for sentence in pair["rationale"]:
            start = pair["evidence"].find(sentence)
            gold.add((pair["evidence"], start, start + len(sentence)))
    missed = [
        text[a:b] for text, a, b in gold if not {a, b} <= {place for span in sentence_spans(text) for place in span}
    ]
    assert len(gold) > 700
    assert len(missed) <= 6, missed  # these are gold sentences that were cut in half themselves


@pytest.mark.parametrize("piece", ["(", "...", ". A", ". a ", "[(", ":\n-", "A.", ". 1", "\n", "。", ' "', "e.g. "])
def test_any_length_of_anything_is_read(piece: str) -> None:
    spans = sentence_spans(piece * 50_000)
    assert all(a < b for a, b in spans)


def test_long_texts_are_not_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(20):
            sentence_spans(f"{number} " * 500_000)
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("blank", ["\n\n", "\n \n", "\n\t\n", "\r\n\r\n", "\n\n\n\n"])
def test_a_blank_line_ends_a_sentence_a_line_break_does_not(blank: str) -> None:
    assert sentences(f"the first paragraph{blank}the second\nparagraph") == [
        "the first paragraph",
        "the second\nparagraph",
    ]


@given(TEXTS)
@example("Vitamin A\u00a0. Then more.")
def test_spans_stand_in_order_and_hold_every_printed_character(text: str) -> None:
    last = 0
    for start, end in sentence_spans(text):
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert "\n\n" not in text[start:end]
        last = end
    assert last <= len(text)
    assert not text[last:].strip()
