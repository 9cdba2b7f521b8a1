"""Whose advice a sentence reports, and whether it is still in force."""

from __future__ import annotations

import pytest

from assistant.advisers import advises_unnamed, asks_of_the_past, body_asked, is_former, speaks_for, then_asked
from assistant.composing.candidates import candidates
from assistant.composing.fit import misfits
from assistant.planning.rules import plan
from indexes.passage import Hit, Kind, Passage

ONCE = "In 2016, the USPSTF recommended screening for colorectal cancer starting at age 50 years (A recommendation)."
THEN = "In addition, it concluded that screening for colorectal cancer should be discontinued after age 85 years."
NOW = "The USPSTF now recommends screening for colorectal cancer starting at age 45 years (B recommendation)."
OTHERS = "The American Cancer Society recommends screening for colorectal cancer starting at age 45 years."
QUESTION = "At what age does the USPSTF recommend starting screening for colorectal cancer?"


def unfit(question: str, *sentences: str) -> dict[str, list[str]]:
    """What does not fit of each sentence of one paragraph of a guideline."""
    text = " ".join(sentences)
    passage = Passage("guideline:x/y@1#0", "guideline:x/y@1", Kind.GUIDELINE, text, 0, len(text), "Screening")
    return {each.text: [*misfits(plan(question), each)] for each in candidates([Hit(passage)])}


def test_what_was_once_advised_answers_only_a_question_about_then() -> None:
    found = unfit(QUESTION, ONCE, THEN, NOW)
    assert "advice in force" in found[ONCE]
    assert "advice in force" in found[THEN]
    assert found[NOW] == []
    asked = "At what age did the USPSTF recommend starting screening for colorectal cancer in 2016?"
    assert "advice in force" not in unfit(asked, ONCE)[ONCE]


def test_a_body_that_is_asked_for_is_not_answered_for_by_another() -> None:
    assert unfit(QUESTION, OTHERS)[OTHERS] == ["what the USPSTF says"]
    assert unfit(QUESTION.replace("the USPSTF", "the American Cancer Society"), OTHERS)[OTHERS] == []
    assert unfit("At what age should screening for colorectal cancer start?", OTHERS)[OTHERS] == []


def test_a_question_for_what_was_advised_then_is_answered_with_that() -> None:
    asked = "What did the USPSTF recommend on screening for colorectal cancer in 2016?"
    found = unfit(asked, ONCE, NOW)
    assert found[ONCE] == []
    assert found[NOW] == ["the advice of 2016"]
    found = unfit("What did the USPSTF previously recommend on screening for colorectal cancer?", ONCE, NOW)
    assert found[ONCE] == []
    assert found[NOW] == ["what was once advised"]


@pytest.mark.parametrize(
    ("question", "then"),
    [
        ("What did NICE say on statins in 2014?", "2014"),
        ("What does the 2018 AHA/ACC guideline say on statins?", "2018"),
        ("In 2013, what was advised on statins?", "2013"),
        ("What was formerly advised on statins?", "once"),
        ("Should a woman be given a booster if vaccinated in 2019?", None),
        ("Statins since 2019?", None),
    ],
)
def test_when_the_advice_asked_for_was_given_is_read(question: str, then: str | None) -> None:
    assert then_asked(question) == then


@pytest.mark.parametrize(
    ("sentence", "former"),
    [
        ("Aspirin was previously recommended for all of them.", True),
        ("The 2009 guideline recommended a target of 130 mmHg.", True),
        ("In 2013 aspirin was recommended for all.", True),
        ("Codeine is no longer recommended in children because of respiratory depression.", False),
        ("In 2018, a randomized trial found that aspirin increased major haemorrhage.", False),
        ("From 2000 to 4000 mg, doses above recommended limits cause liver injury.", False),
        ("Since 2012, hormone therapy is not recommended.", False),
        ("Until 2015 warfarin was recommended; apixaban is preferred now.", False),
        ("The USPSTF recommends screening at age 45, whereas in 2016 it recommended age 50.", False),
        ("In 2013, the USPSTF recommended annual screening of those who currently smoke.", True),
        ("The panel used to recommend a booster dose.", True),
        ("As it did in 2016, the USPSTF continues to conclude that this is an individual decision.", False),
        ("This recommendation is consistent with the 2014 recommendation statement.", False),
        ("In 2019, 45% of recommended vaccinations were given.", False),
        ("In the trial of 2010, recommended doses were given.", False),
        ("In 2012, few of those who recommended screening were screened.", False),
        ("The USPSTF recommends screening in adults aged 45 to 49 years.", False),
    ],
)
def test_advice_that_no_longer_holds_is_known_by_its_words(sentence: str, former: bool) -> None:
    assert is_former(sentence) is former


def test_what_was_advised_in_a_documents_own_year_is_in_force_in_it() -> None:
    text = "In 2023, the USPSTF concluded that PrEP is of benefit."
    assert not is_former(text, 2023)
    assert is_former(text, 2025)
    assert is_former(text)


def test_a_past_tense_is_former_only_behind_a_former_sentence() -> None:
    assert not is_former(THEN)
    assert is_former(THEN, after_former=True)
    assert not is_former(NOW, after_former=True)


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("What does the WHO recommend?", "WHO"),
        ("Who should be screened?", None),
        ("What does the US Preventive Services Task Force say on aspirin?", "USPSTF"),
        ("What does the Task Force say on aspirin?", "USPSTF"),
        ("What does the Canadian Task Force say on aspirin?", "CTFPHC"),
        ("Do the WHO guideline and the CDC guideline agree on doxycycline?", None),
        ("what does the uspstf recommend on aspirin", "USPSTF"),
        ("According to NICE, who needs a statin?", "NICE"),
        ("Which inhaler in GOLD group E COPD?", None),
        ("Clopidogrel after ACS?", None),
        ("WHO SHOULD BE SCREENED", None),
    ],
)
def test_the_body_asked_for_is_read(question: str, body: str | None) -> None:
    assert body_asked(question) == body


@pytest.mark.parametrize(
    ("sentence", "document", "speaks"),
    [
        ("The trial was funded by the American Heart Association.", "pubmed:1", True),
        ("The American Heart Association (AHA) also recommends exercise.", "pubmed:1", False),
        ("The ESC and the AHA recommend exercise.", "pubmed:1", True),
        ("Exercise is recommended.", "guideline:esc/exercise@2020", True),
        ("Exercise is recommended.", "guideline:local/exercise@2020", True),
        ("Exercise is recommended.", "guideline:who/exercise@2020", False),
        ("The ESC recommends exercise too.", "guideline:who/exercise@2020", True),
    ],
)
def test_a_sentence_speaks_for_a_body_where_it_or_its_guideline_is_no_others(
    sentence: str, document: str, speaks: bool
) -> None:
    assert speaks_for("ESC", sentence, document) is speaks


def test_advice_of_others_that_does_not_say_whose_it_is_is_left_out() -> None:
    assert advises_unnamed("It suggests annual screening.", "Breast Cancer . Recommendations of Others")
    assert not advises_unnamed("It suggests annual screening.", "Breast Cancer . Recommendation")
    assert advises_unnamed("All adolescents should be screened.", "Recommendations of Others")
    assert not advises_unnamed("The Society for Adolescent Health advises it.", "Recommendations of Others")
    assert not advises_unnamed("The ACS suggests annual screening.", "Breast Cancer . Recommendations of Others")


@pytest.mark.parametrize(
    ("question", "past"),
    [
        ("What did NICE recommend?", True),
        ("What has changed in the guideline?", True),
        ("Should a former smoker be screened?", False),
        ("What lifestyle changes are recommended?", False),
        ("What does NICE recommend?", False),
    ],
)
def test_questions_about_the_past_are_known(question: str, past: bool) -> None:
    assert asks_of_the_past(question) is past
