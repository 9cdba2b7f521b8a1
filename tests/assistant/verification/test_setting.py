"""What was seen in animals or in a dish is told from what was seen in people."""

from __future__ import annotations

import pytest

from assistant.verification.evidence import Evidence
from assistant.verification.setting import check_setting, not_in_people

ELSEWHERE = [
    ("Metformin slowed tumour growth in mice.", "mice"),
    ("Losartan prevented strokes in hypertensive rats.", "rats"),
    ("Metformin killed hepatocellular carcinoma cells.", "carcinoma cells"),
    ("Curcumin was active in vitro.", "in vitro"),
    ("It inhibited growth of human breast carcinoma cells.", "carcinoma cells"),  # of a human, and not in one
]
PEOPLE = [
    "Losartan prevented strokes in patients with hypertension.",
    "In vitro fertilisation raised the rate of twins.",
    "Red yeast rice lowered cholesterol.",
    "Dog bites of the hand need antibiotics.",
    "Rabbit antithymocyte globulin prevented rejection.",
    "Findings in mice were borne out in patients.",
    "Children exposed to mouse allergen had more asthma.",
    "Leukemia cells were counted in the blood of adults.",
]


@pytest.mark.parametrize(("sentence", "word"), ELSEWHERE)
def test_animals_and_cells_are_named(sentence: str, word: str) -> None:
    assert not_in_people(sentence) == word
    assert not_in_people("It worked.", sentence) == word
    assert check_setting("It works.", Evidence(sentence)).fault


@pytest.mark.parametrize("sentence", PEOPLE)
def test_people_are_not_taken_for_animals(sentence: str) -> None:
    assert not_in_people(sentence) == ""


def test_a_claim_that_says_so_is_fine() -> None:
    assert not check_setting("Metformin slowed tumours in mice.", Evidence("Metformin slowed tumours in rats.")).fault
    assert not check_setting("It killed carcinoma cells.", Evidence("It killed carcinoma cells.")).fault
    assert check_setting("Red yeast rice works.", Evidence("Red yeast rice works in mice.")).fault


def test_a_title_on_mice_is_not_outdone_by_patients_who_may_benefit() -> None:
    assert not_in_people("Metformin may help patients.", "Metformin in mice with tumours") == "mice"
    assert not_in_people("Metformin may help patients.", "Metformin in patients: from mice to man") == ""
