"""Which sentences are quotable, what they do in their documents, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.candidates import candidates, only_looked_at
from assistant.composing.extractive import MAX_CLAIMS, PER_DOCUMENT, Composition, compose, term_weight
from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import plan
from indexes.embedding import Vectors
from indexes.passage import Hit, Kind, Part, Passage, Role, Scores

QUESTION = "Does zibotentan lower blood pressure in hypertension?"


def hit(*parts: tuple[Role, str], number: int = 1, kind: Kind = Kind.LITERATURE, title: str = "A trial") -> Hit:
    """A passage found: its parts joined by blank lines."""
    text, made = "", []
    for role, words in parts:
        start = len(text) + (2 if text else 0)
        text = f"{text}\n\n{words}" if text else words
        made.append(Part(start, start + len(words), role))
    passage = Passage(f"pubmed:{number}#0", f"pubmed:{number}", kind, text, 0, len(text), title, parts=tuple(made))
    return Hit(passage, Scores(dense=0.8, lexical=5.0, fused=0.9))


class Directions:
    """An embedder by table: each sentence the vector it is given, in three dimensions; the question is the first axis."""

    name = "table"
    dimension = 3

    def __init__(self, table: dict[str, tuple[float, float, float]]) -> None:
        self.table = table
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        rows = np.array([self.table[text] for text in texts], np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> Vectors:
        return np.array([1.0, 0.0, 0.0], np.float32)


def chosen(hits: list[Hit], table: dict[str, tuple[float, float, float]], question: str = QUESTION) -> Composition:
    planned = plan(question)
    return compose(planned, hits, dict.fromkeys(planned.terms, 5), SentenceVectors(Directions(table)))


def said(number: int) -> str:
    return f"Zibotentan lowered blood pressure in hypertension in trial {number}."


# candidates


@given(st.lists(st.text(max_size=80).map(lambda text: f"It healed {text} in most of the adults."), max_size=5))
def test_a_candidate_is_a_verbatim_stretch_of_its_passage(sentences: list[str]) -> None:
    found = hit((Role.BODY, " ".join(sentences)), (Role.RESULT, "Strokes fell by a third in the treated adults."))
    for candidate in candidates([found]):
        assert candidate.text == found.passage.text[candidate.start : candidate.end]
        assert candidate.text.strip() == candidate.text
        assert "\n" not in candidate.text


def test_labels_say_what_a_sentence_does() -> None:
    roles = [Role.BACKGROUND, Role.METHOD, Role.RESULT, Role.CONCLUSION, Role.RECOMMENDATION]
    found = hit(*((role, f"This plain sentence stands under {role} here.") for role in roles))
    assert [candidate.role for candidate in candidates([found])] == roles


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("We aimed to find out whether the drug prevents strokes.", Role.BACKGROUND),
        ("Whether the drug prevents strokes is unclear in old age.", Role.BACKGROUND),
        ("In conclusion, the drug prevents strokes in most adults.", Role.CONCLUSION),
        ("These results suggest that the drug prevents some strokes.", Role.CONCLUSION),
        ("Strokes fell with the drug (HR 0.74, 95% CI 0.6 to 0.9).", Role.RESULT),
        ("The drug was made in a small town on a river.", Role.BODY),
    ],
)
def test_without_labels_the_phrases_say_it(sentence: str, role: Role) -> None:
    text = f"{sentence} The weather was good during most of that long year."
    assert next(iter(candidates([hit((Role.BODY, text))]))).role is role


@pytest.mark.parametrize(
    "sentence",
    [
        "Does the drug prevent strokes in adults with diabetes?",
        "The outcomes that were counted were the following:",
        "Too short to say.",
        " ".join(["word"] * 91) + ".",
        "breast ultrasonography in women who were found to have dense breasts.",
        "Final Modeling Report (April 30, 2024) Final Evidence Review (April 30, 2024)",
        "Disclaimer: recommendations made by this body are independent of the government.",
        "For more details on the methods that this body uses, see its manual.",
        "The panel has several other recommendations on screening for cancers.",
        "See the Clinical Considerations section for more information about risk, screening intervals, and rescreening.",
    ],
)
def test_questions_fragments_and_monsters_are_not_quoted(sentence: str) -> None:
    assert list(candidates([hit((Role.RESULT, sentence))])) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "See the patient within 24 hours if suicidal ideation is present.",
        "When parts of the placenta are retained, give oxytocin at once.",
        "WHO has made strong recommendations on exclusive breastfeeding.",
        "See the table for doses in renal failure, and halve the dose below 30 mL/min.",
        "von Willebrand disease is treated with desmopressin at first.",
        "apixaban 5 mg twice daily is preferred in most adults.",
    ],
)
def test_advice_is_no_notice_and_no_fragment(sentence: str) -> None:
    assert [each.text for each in candidates([hit((Role.BODY, sentence))])] == [sentence]


@pytest.mark.parametrize(
    "sentence", ["DO NOT GIVE ASPIRIN TO CHILDREN WITH FEVER", "Screen for Hepatitis B, Hepatitis C, Syphilis and HIV"]
)
def test_advice_in_capitals_is_no_heading(sentence: str) -> None:
    assert [each.text for each in candidates([hit((Role.RECOMMENDATION, sentence))])] == [sentence]


def test_a_figure_that_was_cut_is_no_reference() -> None:
    assert not list(candidates([hit((Role.BODY, "In renal failure start with a dose of 0.5"))]))


@pytest.mark.parametrize("mark", ["²", "¹⁰,¹¹", "12,13", "1213", " [4]", ".”³"])
def test_a_mark_of_a_reference_does_not_make_a_sentence_a_fragment(mark: str) -> None:
    sentence = f"Suicide is the second leading cause of death in people aged 10 to 34 years.{mark}"
    assert [each.text for each in candidates([hit((Role.BODY, sentence))])] == [sentence]


def test_mRNA_may_begin_a_sentence_and_a_list_mark_is_no_part_of_one() -> None:  # noqa: N802 - the word
    sentences = ["mRNA vaccines prevent severe illness in most adults.", "The panel found no evidence on the interval."]
    found = hit((Role.BODY, f"{sentences[0]} - 2. {sentences[1]}"))
    assert [each.text for each in candidates([found])] == sentences


def test_a_graded_row_is_quoted_by_the_cell_that_advises() -> None:
    people = "Women aged 40 to 74 years in the country"
    advice = "The panel recommends biennial mammography for women of these ages."
    text = f"{people} | {advice} | B"

    def read(part: Part) -> list[str]:
        passage = Passage(
            "guideline:x/y@1#0", "guideline:x/y@1", Kind.GUIDELINE, text, 0, len(text), "Screening", parts=(part,)
        )
        return [each.text for each in candidates([Hit(passage)])]

    assert read(Part(0, len(text), Role.RECOMMENDATION, grade="B", population=people)) == [advice]
    assert (
        read(Part(0, len(text), Role.RECOMMENDATION)) == []
    )  # in a decision table it may be an action without its conditions


@pytest.mark.parametrize(
    ("sentence", "question", "only"),
    [
        ("The USPSTF also commissioned a systematic evidence review on harms.", "Does screening harm?", True),
        (
            "The USPSTF also commissioned a systematic evidence review on harms.",
            "Which reviews were commissioned?",
            False,
        ),
        ("The USPSTF assessed the effect of vitamin D on falls in older adults.", "vitamin D for falls", True),
        ("Four studies (n=7531) reported on the effect of vitamin D on falls.", "vitamin D for falls", True),
        ("The USPSTF reviewed the evidence on vitamin D and found no effect.", "vitamin D for falls", False),
        ("In 2015, the USPSTF reviewed the evidence for screening and issued an A recommendation.", "screening", False),
    ],
)
def test_what_was_looked_at_is_no_answer_unless_that_is_asked(sentence: str, question: str, *, only: bool) -> None:
    assert only_looked_at(sentence, question) is only


def test_the_last_sentence_concludes_an_abstract_and_no_passage_of_a_guideline() -> None:
    sentences = " ".join(said(number) for number in range(3))
    assert [each.role for each in candidates([hit((Role.BODY, sentences))])][-1] is Role.CONCLUSION
    assert [each.role for each in candidates([hit((Role.BODY, sentences), kind=Kind.GUIDELINE)])][-1] is Role.BODY


@pytest.mark.parametrize(
    ("sentence", "leans"),
    [
        ("However, the drug did not prevent strokes in women.", True),
        ("It prevented a third of the strokes in women.", True),
        ("Develops as a complication of an infection of the ear.", True),
        ("Deaths did not differ between groups in this study.", True),
        ("The drug prevented a third of the strokes in women.", False),
    ],
)
def test_a_sentence_that_needs_its_neighbour_is_known(sentence: str, leans: bool) -> None:
    (candidate,) = candidates([hit((Role.RESULT, sentence))])
    assert candidate.leans is leans


# choosing


def test_what_is_near_in_meaning_and_names_the_question_is_chosen_and_nothing_else() -> None:
    near, far, other = said(1), said(2), "Zzz lowered the price of bread in most of the towns."
    hits = [hit((Role.RESULT, text), number=number) for number, text in enumerate((near, far, other))]
    table = {near: (0.9, 0.4, 0.0), far: (0.3, 0.9, 0.0), other: (0.95, 0.0, 0.3)}
    assert [one.candidate.text for one in chosen(hits, table).chosen] == [near]


def test_of_near_duplicates_one_is_chosen() -> None:
    again = f"Also {said(1)[0].lower()}{said(1)[1:]}"
    hits = [hit((Role.RESULT, text), number=number) for number, text in enumerate((said(1), again, said(3)))]
    table = {said(1): (0.9, 0.3, 0.0), again: (0.9, 0.31, 0.0), said(3): (0.8, -0.6, 0.0)}
    assert [one.candidate.text for one in chosen(hits, table).chosen] == [said(1), said(3)]


def test_what_differs_in_a_figure_is_no_duplicate() -> None:
    texts = [f"Offer zibotentan for blood pressure in hypertension at a risk of {risk}%." for risk in (7.5, 10)]
    hits = [hit((Role.RESULT, text), number=number) for number, text in enumerate(texts)]
    assert len(chosen(hits, dict.fromkeys(texts, (0.9, 0.3, 0.0))).chosen) == 2


ADVICE = "Should zibotentan be given for blood pressure in hypertension?"


def graded(text: str, grade: str | None, *, heading: str = "", number: int = 1) -> Hit:
    """A recommendation of a guideline."""
    part = Part(0, len(text), Role.RECOMMENDATION, heading, grade)
    document = f"guideline:x/{number}@1"
    return Hit(
        Passage(f"{document}#0", document, Kind.GUIDELINE, text, 0, len(text), "Blood pressure", parts=(part,)),
        Scores(0.8, 5.0, 0.9),
    )


def test_where_advice_is_asked_for_a_graded_recommendation_goes_before_other_words() -> None:
    plain, best = (
        "Zibotentan is given for blood pressure in hypertension.",
        "Give zibotentan for blood pressure in hypertension now.",
    )
    hits = [graded(plain, None, number=1), graded(best, "B", number=2)]
    table = {plain: (0.9, 0.35, 0.0), best: (0.9, 0.0, 0.4)}
    assert [one.candidate.grade for one in chosen(hits, table, ADVICE).chosen] == ["B", None]


def test_where_no_graded_advice_is_for_the_age_other_words_do_not_stand_in_for_it() -> None:
    rule = "Give zibotentan for blood pressure in hypertension to adults aged 40 to 75 years."
    follows = "Zibotentan helps in hypertension those who have high blood pressure at night."
    text = f"{rule} {follows}"
    part = Part(0, len(text), Role.RECOMMENDATION, "", "B")
    passage = Passage(
        "guideline:x/1@1#0", "guideline:x/1@1", Kind.GUIDELINE, text, 0, len(text), "Blood pressure", parts=(part,)
    )
    words = "Zibotentan lowers blood pressure in hypertension of most people."
    hits = [Hit(passage, Scores(0.8, 5.0, 0.9)), graded(words, None, number=2)]
    table = {rule: (0.9, 0.3, 0.0), follows: (0.9, -0.3, 0.0), words: (0.9, 0.0, 0.4)}
    asked = "Should a {}-year-old take zibotentan for blood pressure in hypertension?"
    assert len(chosen(hits, table, asked.format(50)).chosen) == 3
    old = chosen(hits, table, asked.format(82))
    assert not old.chosen
    assert old.missing == ("age 82",)


def test_a_statement_that_leaves_another_matter_open_does_not_stand_in_for_advice_on_an_age() -> None:
    rule = "Give zibotentan for blood pressure in hypertension to adults aged 40 to 75 years."
    leaves_open = "For blood pressure in hypertension at night, evidence on zibotentan is insufficient."
    for_the_old = "In adults older than 75 evidence on zibotentan for blood pressure in hypertension is insufficient."
    table = {rule: (0.9, 0.3, 0.0), leaves_open: (0.9, -0.3, 0.0), for_the_old: (0.9, 0.0, 0.4)}
    asked = "Should an 82-year-old take zibotentan for blood pressure in hypertension?"
    hits = [graded(rule, "B", number=1), graded(leaves_open, "I", number=2)]
    assert not chosen(hits, table, asked).chosen
    found = chosen([*hits, graded(for_the_old, "I", number=3)], table, asked).chosen
    assert [one.candidate.text for one in found] == [for_the_old]


def with_advice(advice: str, around: str, grade: str, title: str) -> list[Hit]:
    """A guideline's passage: graded advice, and a sentence after it."""
    text = f"{advice} {around}"
    parts = (Part(0, len(advice), Role.RECOMMENDATION, "", grade), Part(len(advice) + 1, len(text), Role.BODY))
    passage = Passage("guideline:x/1@1#0", "guideline:x/1@1", Kind.GUIDELINE, text, 0, len(text), title, parts=parts)
    return [Hit(passage, Scores(0.8, 5.0, 0.9))]


def test_where_screening_is_asked_about_the_advice_comes_with_what_is_said_around_it() -> None:
    advice = "Do not screen adults without symptoms for hypertension with zibometry."
    around = "Zibometry finds hypertension in smokers who are screened with it every day."
    hits = with_advice(advice, around, "D", "Zibometry")
    table = {advice: (0.62, 0.78, 0.0), around: (0.95, 0.0, 0.3)}
    found = chosen(hits, table, "zibometry screening hypertension smokers every day").chosen
    assert [one.candidate.text for one in found] == [advice, around]


def test_who_asks_for_screening_by_one_means_sees_the_advice_on_screening() -> None:
    advice = "The evidence on screening adults for atrial fibrillation is insufficient."
    around = "One trial of screening adults for atrial fibrillation with ECG found more of it."
    hits = with_advice(advice, around, "I", "Atrial fibrillation")
    table = {advice: (0.8, 0.6, 0.0), around: (0.95, 0.0, 0.3)}
    question = "Should adults be screened for atrial fibrillation with ECG?"
    assert [one.candidate.text for one in chosen(hits, table, question).chosen] == [advice, around]
    for asked, first in (("ECG for atrial fibrillation in adults?", around), ("colonoscopy at 47", None)):
        found = chosen(hits, table, asked).chosen
        assert (found[0].candidate.text if found else None) == first
    unanswered = hit((Role.RECOMMENDATION, advice), kind=Kind.GUIDELINE, title="Atrial fibrillation")
    assert not chosen([unanswered], table, question).chosen  # by itself it says nothing of ECG


def test_a_test_that_is_done_for_screening_asks_for_the_advice_on_it_unless_for_somebody_in_particular() -> None:
    advice = "Adults aged 40 to 74 years should be screened for breast cancer every two years."
    around = "Mammography found breast cancer in BRCA1 carriers too."
    hits, table = with_advice(advice, around, "B", "Breast cancer"), {advice: (0.8, 0.6, 0.0), around: (0.95, 0.0, 0.3)}
    asked = {
        question: chosen(hits, table, question).chosen
        for question in ("mammography?", "mammography for BRCA1 carriers?")
    }
    assert [[one.candidate.text for one in found] for found in asked.values()] == [[advice, around], [around]]


def test_what_is_yet_to_be_studied_is_no_advice() -> None:
    text = "Whether zibotentan lowers blood pressure in hypertension of the old."
    assert not chosen([graded(text, None, heading="Research Needs and Gaps")], {text: (1.0, 0.0, 0.0)}, ADVICE).chosen
    assert chosen([graded(text, None)], {text: (1.0, 0.0, 0.0)}, ADVICE).chosen


def spread(numbers: range) -> dict[str, tuple[float, float, float]]:
    """Sentences all as near to the question, and far enough from each other."""
    angles = [2 * np.pi * place / len(numbers) for place in range(len(numbers))]
    turned = [(0.75, 0.66 * float(np.cos(angle)), 0.66 * float(np.sin(angle))) for angle in angles]
    return dict(zip(map(said, numbers), turned, strict=True))


def test_one_document_does_not_crowd_out_the_others() -> None:
    table = spread(range(6))
    (one,) = [hit((Role.RESULT, " ".join(table)))]
    assert len(chosen([one], table).chosen) == PER_DOCUMENT


def test_an_answer_has_at_most_six_sentences_from_the_best_down() -> None:
    table = spread(range(9))
    hits = [hit((Role.RESULT, text), number=number) for number, text in enumerate(table)]
    composition = chosen(hits, table)
    assert len(composition.chosen) <= MAX_CLAIMS == 6
    scores = [one.score for one in composition.chosen]
    assert scores == sorted(scores, reverse=True)
    assert composition.considered == 9


def test_conclusions_go_before_methods_and_background() -> None:
    table = spread(range(3))
    background, method, conclusion = table
    found = hit((Role.BACKGROUND, background), (Role.METHOD, method), (Role.CONCLUSION, conclusion))
    assert chosen([found], table).chosen[0].candidate.text == conclusion


def test_criteria_of_a_trial_answer_only_who_can_join_one() -> None:
    table = spread(range(1))
    found = hit((Role.ELIGIBILITY, said(0)), kind=Kind.TRIAL)
    assert chosen([found], table).chosen == ()
    table[f"A trial . \n{said(0)}"] = table[said(0)]
    asked = "Are patients with hypertension eligible for the trials of zibotentan and blood pressure?"
    assert [one.candidate.text for one in chosen([found], table, asked).chosen] == [said(0)]


def test_what_is_missing_is_named() -> None:
    text = "Zibotentan did not prevent headaches in most adults."
    composition = chosen([hit((Role.RESULT, text))], {text: (0.5, 0.5, 0.5)})
    assert composition.chosen == ()
    assert composition.missing
    assert not any("zibotentan" in words.lower() for words in composition.missing)
    assert chosen([], {}).chosen == ()


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_the_rarer_a_term_the_more_it_weighs(frequency: int, more: int) -> None:
    assert 1 <= term_weight(frequency + more) < term_weight(frequency) <= 3


# vectors


def test_a_sentence_is_embedded_once_and_the_oldest_is_forgotten() -> None:
    table = {name: (1.0, float(place), 0.0) for place, name in enumerate("abcd")}
    embedder = Directions(table)
    vectors = SentenceVectors(embedder, capacity=3)
    first = vectors.sentences(["a", "b", "a"])
    assert first.shape == (3, 3)
    assert (first[0] == first[2]).all()
    vectors.sentences(["b", "c", "d"])
    assert embedder.embedded == ["a", "b", "c", "d"]
    assert (vectors.sentences(["a"])[0] == first[0]).all()
    assert embedder.embedded[4:] == ["a"]
    assert vectors.sentences([]).shape == (0, 3)


def test_two_that_differ_in_what_is_asked_about_are_no_duplicates() -> None:
    one, other = (
        f"Screening for {what} is recommended in sexually active women today." for what in ("chlamydia", "gonorrhea")
    )
    hits = [
        hit(
            (Role.RECOMMENDATION, one),
            (Role.RECOMMENDATION, other),
            kind=Kind.GUIDELINE,
            title="Chlamydia and gonorrhea: screening",
        )
    ]
    question = "Who should be screened for chlamydia or gonorrhea?"
    found = chosen(hits, {one: (1.0, 0.0, 0.0), other: (1.0, 0.01, 0.0)}, question)
    assert {each.candidate.text for each in found.chosen} == {one, other}
