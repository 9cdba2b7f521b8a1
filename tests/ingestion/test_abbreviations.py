"""Abbreviations: what a text says they stand for, where it says so, and no guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Kind, Role
from ingestion.abbreviations import abbreviations, dominant, mine
from ingestion.document import Document, TextBuilder


def pairs(text: str) -> list[tuple[str, str]]:
    return [(found.short, found.long) for found in abbreviations(text)]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("It causes acute kidney injury (AKI) at times.", ("AKI", "acute kidney injury")),
        ("Serum interleukin-6 (IL-6) rose.", ("IL-6", "interleukin-6")),
        ("We give heat shock protein 70 [HSP70] daily.", ("HSP70", "heat shock protein 70")),
        ("Two randomised controlled trials (RCTs) agree.", ("RCT", "randomised controlled trials")),
        ("AKI (acute kidney injury) is common.", ("AKI", "acute kidney injury")),
        ("A proton pump inhibitor (PPI) helps.", ("PPI", "proton pump inhibitor")),
        ("They gave tissue-type plasminogen activator (t-PA) early.", ("t-PA", "tissue-type plasminogen activator")),
        ("With hydrochlorothiazide (HCTZ; 25 mg) it fell.", ("HCTZ", "hydrochlorothiazide")),
        ("Of 12 mg/hydrochlorothiazide (HCTZ) a day.", ("HCTZ", "hydrochlorothiazide")),
        ("After percutaneous coronary intervention (PCI, n = 12).", ("PCI", "percutaneous coronary intervention")),
        ("Angiotensin-converting enzyme (ACE) inhibitors", ("ACE", "Angiotensin-converting enzyme")),
        ("In Sjögren's syndrome (SS) it is rare.", ("SS", "Sjögren's syndrome")),
        ("The 5-hydroxytryptamine (5-HT) receptor", ("5-HT", "5-hydroxytryptamine")),
    ],
)
def test_a_definition_is_found(text: str, pair: tuple[str, str]) -> None:
    assert pairs(text) == [pair]


@pytest.mark.parametrize(
    "text",
    [
        "Pain fell by half (P = .03).",
        "Adults in stage (III) were left out.",
        "Two sites in Asia (Japan, China) took part.",
        "The first cohort (Group II) was older.",
        "It is widely used (WHO).",
        "Levels were low (95% CI).",
        "The dose was raised (see below).",
        "Nothing stands before it. (AKI)",
        "(AKI)",
        "angiotensin converting enzyme(ACE)",
        "AKI kidney injury (AKI)",
    ],
)
def test_what_is_no_definition_is_left_out(text: str) -> None:
    assert pairs(text) == []


def test_a_definition_does_not_reach_into_another_sentence_or_paragraph() -> None:
    assert pairs("All had acute kidney. Injury (AKI) followed.") == []
    assert pairs("All had acute kidney\n\ninjury (AKI).") == []


def document(*sections: str) -> Document:
    builder = TextBuilder()
    for section in sections:
        builder.add(section, Role.BODY)
    return Document("pubmed:1", Kind.LITERATURE, "Title", builder.text, tuple(builder.sections))


def test_a_document_tells_each_pair_once_with_true_offsets() -> None:
    given = document("Heart failure (HF) is common.", "We treated heart failure (HF) and atrial fibrillation (AF).")
    found = mine(given)
    assert [one.key for one in found] == [("HF", "heart failure"), ("AF", "atrial fibrillation")]
    for one in found:
        assert given.text[one.long_start : one.long_end] == one.long
        assert given.text[one.short_start : one.short_end] == one.short


def test_spellings_that_differ_by_hyphen_or_case_are_counted_as_one() -> None:
    (one,), (other,) = abbreviations("Low-density lipoprotein (LDL)"), abbreviations("low density lipoprotein (LDL)")
    assert one.key == other.key


def test_the_dominant_meanings_of_a_short_form() -> None:
    assert dominant([("confidence interval", 90), ("confidence intervals", 30), ("cardiac index", 4)]) == [
        "confidence interval"
    ]
    assert dominant([("aortic stenosis", 40), ("ankylosing spondylitis", 60)]) == [
        "ankylosing spondylitis",
        "aortic stenosis",
    ]
    assert dominant([("seen once", 1)]) == []
    assert dominant([]) == []


@given(
    st.lists(
        st.sampled_from(["AKI", "acute", "kidney", "injury", "(", ")", "[", "]", " ", "-", ".", "’", "I", "s", "\n\n"])
        | st.text(max_size=3)
    )
)
def test_offsets_are_true_whatever_the_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in abbreviations(text):
        assert text[found.long_start : found.long_end] == found.long
        assert text[found.short_start : found.short_end].startswith(found.short)
        assert found.long == found.long.strip()
        assert len(found.long) > len(found.short)


@pytest.mark.parametrize("piece", ["(", " (A", " (AB)", " (AB) acute bone", "A", "a-", " (acute bone)"])
def test_any_length_of_anything_is_read(piece: str) -> None:
    assert len({found.key for found in abbreviations(piece * 20_000)}) <= 1
