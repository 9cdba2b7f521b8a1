"""Whom a recommendation is for: the source's own words, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.document import Document
from ingestion.sources import find_parser
from ingestion.sources.population import population_of


@pytest.mark.parametrize(
    ("text", "population"),
    [
        # what leads it
        ("In adults with gout, we recommend allopurinol.", "adults with gout"),
        ("For pregnant women with SCD who are iron deficient, advise iron.", "pregnant women with SCD who are iron deficient"),
        ("1d. For pregnant women with SCD, advise against it.", "pregnant women with SCD"),
        ("Recommendation 3 | In patients with hepatic cysts > 10 cm, treatment is suggested.", "patients with hepatic cysts > 10 cm"),
        ("Recommendation 9.19 (Grade A): In adults with type 2 diabetes who have HF, use it.", "adults with type 2 diabetes who have HF"),
        ("In patients with diabetes, hypertension, or CKD, we suggest A.", "patients with diabetes, hypertension, or CKD"),
        ("In patients with INR 1.3-1.9, 4F-PCC may be considered.", "patients with INR 1.3-1.9"),
        ("In patients with suspected mpox, WHO suggests that health workers use masks.", "patients with suspected mpox"),
        ("For women 75 years or older, evidence does not suffice to judge it.", "women 75 years or older"),
        # what it is about
        ("All pregnant women should be tested for HBsAg.", "All pregnant women"),
        ("WHO suggests that sex workers who have no symptoms be screened.", "sex workers who have no symptoms"),
        ("WHO suggests that mothers with mpox continue breastfeeding.", "mothers with mpox"),
        ("Screen adults of 35 years with obesity, who are not pregnant, for diabetes.", "adults of 35 years with obesity, who are not pregnant"),
        # what ends its sentence
        ("WHO suggests against immunoglobulins in patients with severe dengue. [Conditional recommendation]", "patients with severe dengue"),
        ("WHO recommends treatment of individuals with a pressure of ≥140 mmHg.", "individuals with a pressure of ≥140 mmHg"),
        ("Clinicians should offer it for patients with opioid use disorder (recommendation category A).", "patients with opioid use disorder"),
        ("Offer a statin to adults whose risk is 7.5% to below 10%.", "adults whose risk is 7.5% to below 10%"),
        ("Offer counselling to adults at high risk, or refer them to it.", "adults at high risk"),
        ("WHO recommends A in patients with yellow fever only in research settings.", "patients with yellow fever"),
        # the first line of a box
        ("Recommended Regimens for Children\nBenzathine penicillin G 50,000 units/kg IM", "Children"),
        # nobody, everyone, or not for whom it is
        ("For osteoarthritis, NSAIDs should be used.", None),
        ("When opioids are needed for acute pain, clinicians should prescribe few.", None),
        ("Patients should be advised to rest.", None),
        ("Clinicians seeing new patients already receiving opioids should set goals.", None),
        ("Advise patients that opioids can lead to dependence.", None),
        ("Health workers should wear gloves.", None),
        ("Use metformin, but avoid it in adults with renal failure.", None),
        ("Offer aspirin except in adults with bleeding.", None),
        ("NSAIDs should be used with caution, particularly in adults with ulcers.", None),
        ("Many adults do not benefit from it and should stop.", None),
        ("pregnant women and treating those who are infected should be considered", None),
        ("Provide patient-centred care.", None),
        ("", None),
    ],
)  # fmt: skip
def test_its_own_words_say_whom_it_is_for(text: str, population: str | None) -> None:
    assert population_of(text) == population


@pytest.mark.parametrize(
    ("path", "population"),
    [
        (("Recommendations", "Pregnant women"), "Pregnant women"),
        (("Recommendations for adults with asthma", "Inhaled steroids"), "adults with asthma"),
        (("Treatment of children under 5 years (new recommendation)", "Recommendation 2"), "children under 5 years"),
        (("Special populations", "Adults > 75 Years"), "Adults > 75 Years"),
        (("Communication with patients",), None),
        (("Women’s health",), None),
        (("Client's age | Output",), None),
        (("Recommendations",), None),
        (("The age of the clients is evaluated so that the system can tell what to do next for adults who accepted the treatment",), None),
        ((), None),
    ],
)  # fmt: skip
def test_else_the_nearest_heading_that_names_people(path: tuple[str, ...], population: str | None) -> None:
    assert population_of("Give it daily.", path) == population


def test_a_guessed_heading_counts_only_next_to_it_and_numbered() -> None:
    assert (
        population_of("Give it.", ("3.1 Pregnant women", "Recommendation (new 2024)"), guessed=True) == "Pregnant women"
    )
    assert population_of("Give it.", ("Patients with prior overdose",), guessed=True) is None
    assert population_of("Give it.", ("3. Pregnant women", "3.2 Staff"), guessed=True) is None


def test_its_own_words_come_before_a_heading() -> None:
    assert population_of("In infants, do not use it.", ("Children",)) == "infants"


_WORDS = st.sampled_from(
    ["In", "for", "adults", "patients", "with", "gout", ",", "we", "recommend", "should", "(", ")", ".", "WHO",
     "suggests", "children", ":", "7.5%", "\n"]
)  # fmt: skip


@given(
    st.lists(_WORDS, max_size=25).map(" ".join) | st.text(max_size=80),
    st.lists(st.text(max_size=30), max_size=2).map(tuple),
)
def test_whatever_it_says_stands_in_the_source(text: str, path: tuple[str, ...]) -> None:
    said = population_of(text, path)
    if said is not None:
        assert said == said.strip() != ""
        assert any(said in " ".join(source.split()) for source in (text, *path))


def test_a_long_sentence_of_commas_takes_no_time_to_speak_of() -> None:
    assert population_of("In adults with " + "gout, " * 40_000) is None
    assert population_of("For " + "older " * 40_000 + "adults") is None


@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("misc_pdf/pdf/hypertension.pdf", 15),
        ("who_pdf/data/Treatment of patients with cystic echinococcosis.pdf", 10),
    ],
)
def test_in_genuine_guidelines_strength_is_read_and_populations_are_their_words(
    data_dir: Path, file: str, least: int
) -> None:
    found = [path for path in (data_dir / "ingest/guidelines").rglob("*.pdf") if str(path).endswith(Path(file).name)]
    (document,) = (item for item in find_parser(found[0]).parse(found[0]) if isinstance(item, Document))
    recommended = [section for section in document.sections if section.role is Role.RECOMMENDATION]
    for section in recommended:
        if section.grade and "practice" not in section.grade:
            assert section.strength
        if section.population:
            words = " ".join(document.text[section.start : section.end].split())
            assert any(section.population in source for source in (words, *section.path))
    assert sum(section.population is not None for section in recommended) >= least
