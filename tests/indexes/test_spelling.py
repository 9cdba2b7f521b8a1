"""British and American spellings meet."""

from __future__ import annotations

import pytest

from indexes.lexical import tokens
from indexes.spelling import american


@pytest.mark.parametrize(
    ("british", "us"),
    [
        ("oesophageal haemorrhage", "esophageal hemorrhage"),
        ("anaemia and leukaemia", "anemia and leukemia"),
        ("ischaemic heart disease", "ischemic heart disease"),
        ("peripheral oedema", "peripheral edema"),
        ("paediatric diarrhoea", "pediatric diarrhea"),
        ("tumours of the oesophagus", "tumors of the esophagus"),
        ("randomised, hospitalised, hospitalisation", "randomized, hospitalized, hospitalization"),
        ("oestrogen", "estrogen"),
        ("foetal anaesthesia", "fetal anesthesia"),
        ("sleep apnoea", "sleep apnea"),
        ("coeliac disease", "celiac disease"),
        ("sulphonylureas", "sulfonylureas"),
        ("analysed, paralysing", "analyzed, paralyzing"),
        ("faecal caecum", "fecal cecum"),
    ],
)
def test_both_spellings_are_one_word(british: str, us: str) -> None:
    assert tokens(british) == tokens(us)


@pytest.mark.parametrize("word", ["aerobic", "israel", "does", "shoes", "disease", "il-6", "hba1c", "poem", "coexist"])
def test_other_words_stay_as_they_are(word: str) -> None:
    assert american(word) == word
