"""Answers in plain words: what they keep, what may stand for what, and how hard they read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from documents import article, pubmed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_server import Text, in_json
from workbench import Do, check_citations, done

from assistant.answer import Answer
from assistant.answer import Warning as AnswerWarning
from assistant.appraisal.cited import OFF_THE_POINT
from assistant.service import Assistant
from assistant.tasks import Request
from assistant.tasks.plain.faithful import losses
from assistant.tasks.plain.glossary import glossary
from assistant.tasks.plain.reading import grade, syllables

STATINS = "Do statins reduce the risk of myocardial infarction in diabetes?"
SENTENCE = "Statins reduced the risk of myocardial infarction in patients with diabetes (odds ratio 0.70, 95% CI 0.60 to 0.82)."
PLAIN = "Statins lowered the chance of a heart attack in people with diabetes (odds ratio 0.70, 95% CI 0.60 to 0.82)."


@pytest.fixture
def answer(do: Do) -> Answer:
    """An ordinary answer of one sentence."""
    answer = do("question_answering", question=STATINS).answer
    assert [claim.text for claim in answer.claims] == [SENTENCE]
    return answer


def rewritten(*texts: str) -> Text:
    """A model's rewriting of sentences one, two, …"""
    return in_json({"sentences": [{"number": number, "text": text} for number, text in enumerate(texts, start=1)]})


def test_without_a_model_terms_are_explained_and_it_says_no_more(do: Do, answer: Answer, bench: Assistant) -> None:
    done = do("plain_language", answer=answer)
    (text,) = done.texts
    assert "myocardial infarction [heart attack]" in text
    assert "odds ratio [" in text
    assert "are not rewritten" in done.answer.rationale
    assert done.answer.claims[0].citations == answer.claims[0].citations
    assert done.answer.reading
    assert done.answer.reading.grade_before == grade(SENTENCE)
    check_citations(done.answer, bench)


def test_what_was_explained_can_be_given_again(do: Do, answer: Answer) -> None:
    once = do("plain_language", answer=answer)
    assert do("plain_language", answer=once.answer).texts == once.texts


def test_a_question_is_answered_first(do: Do) -> None:
    done = do("plain_language", question=STATINS)
    assert "[heart attack]" in done.texts[0]
    assert done.answer.question == STATINS
    assert {"plan", "compose"} <= {step.step for step in done.answer.trace}


def test_a_model_rewrites_and_the_citations_stay(do: Do, answer: Answer, bench: Assistant) -> None:
    done = do("plain_language", [rewritten(PLAIN)], answer=answer)
    assert done.texts == [PLAIN]
    assert [one.quote for one in done.answer.claims[0].citations] == [one.quote for one in answer.claims[0].citations]
    assert "in plain words: “heart attack” for “myocardial infarction”" in done.answer.claims[0].findings
    assert done.answer.reading
    assert done.answer.reading.grade < done.answer.reading.grade_before
    assert "simplify-1:" in (done.answer.versions.prompts or "")
    check_citations(done.answer, bench)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("0.70", "0.07"),
        PLAIN.replace(", 95% CI 0.60 to 0.82", ""),
        PLAIN.replace("Statins", "Pills"),
        PLAIN.replace("lowered", "did not lower"),
        PLAIN.replace("people with diabetes", "people with cancer"),
        PLAIN + " Ask your doctor about statins.",
        PLAIN.replace("lowered the chance of a heart attack", "lowered the chance of a heart attack and a stroke"),
        "",
        "[Statins] lower.",
    ],
    ids=["figure", "figures left out", "drug", "denial", "people", "advice", "more", "nothing", "brackets"],
)
def test_a_rewriting_that_says_otherwise_leaves_the_sentence(do: Do, answer: Answer, text: str) -> None:
    done = do("plain_language", [rewritten(text)], answer=answer)
    assert done.texts == [glossary().annotate(SENTENCE)[0]]
    assert "No sentence" in done.fallback


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("Aspirin may prevent strokes.", "Aspirin prevents strokes.", "only possible"),
        ("Coffee was associated with fewer strokes.", "Coffee led to fewer strokes.", "linked and not caused"),
        ("The difference was not significant.", "The difference was small.", "may be chance"),
        ("Aspirin did not help.", "Aspirin did help.", "yes for no"),
        ("Aspirin and warfarin help.", "Aspirin helps.", "warfarin"),
        ("It helps 5 of 10 people.", "It helps half of 10 people.", "leaves out 5"),
    ],
)
def test_what_a_rewriting_must_keep(before: str, after: str, lost: str) -> None:
    assert any(lost in loss for loss in losses(before, after))
    assert losses(before, before) == []


def test_a_given_sentence_that_its_source_does_not_carry_is_left_out(do: Do, answer: Answer) -> None:
    claim = answer.claims[0]
    forged = claim.model_copy(update={"text": "Statins cure diabetes in 90% of patients."})
    moved = claim.model_copy(
        update={"citations": [claim.citations[0].model_copy(update={"start": 3, "end": 9, "quote": "x"})]}
    )
    done = do("plain_language", answer=answer.model_copy(update={"claims": [forged, moved]}))
    assert done.answer.abstained
    assert done.texts == []
    assert "carried by its source" in (done.answer.reason or "")


def test_the_part_that_stays_open_is_named_in_plain_words_too(do: Do) -> None:
    question = "Does aspirin prevent heart attacks in adults over 70? Do statins cure gout in adults over 70?"
    assert do("plain_language", question=question).answer.unanswered == ["Do statins cure gout in adults over 70?"]


def test_the_direction_is_told_of_the_sentences_that_are_left_and_of_no_others(do: Do) -> None:
    answer = do(
        "question_answering", question="Does low-dose aspirin lower the rate of heart attack with hypertension?"
    ).answer
    assert answer.direction
    assert (answer.direction.verdict, answer.direction.claims) == ("yes", [0, 1])
    assert do("plain_language", answer=answer).answer.direction == answer.direction
    forged = answer.claims[0].model_copy(update={"text": "Aspirin cures hypertension in 90% of patients."})
    moved = answer.model_copy(
        update={
            "claims": [forged, *answer.claims],
            "direction": answer.direction.model_copy(update={"claims": [1, 2]}),
        }
    )
    assert do("plain_language", answer=moved).answer.direction == answer.direction
    turned = answer.model_copy(update={"direction": answer.direction.model_copy(update={"verdict": "no"})})
    assert do("plain_language", answer=turned).answer.direction is None


def test_what_was_offered_as_reading_is_offered_again_as_the_library_has_it(do: Do) -> None:
    answer = do("question_answering", question="Does aspirin prevent heart attacks in pregnancy?").answer
    assert answer.abstained
    assert answer.nearest
    assert do("plain_language", answer=answer).answer.nearest == answer.nearest
    first = answer.nearest[0]
    forged = [
        first.model_copy(update={"title": "Buy now", "url": "https://example.org/"}),
        first.model_copy(update={"document_id": "pubmed:102"}),  # retracted
        first.model_copy(update={"document_id": "pubmed:999"}),  # in no library
    ]
    given = answer.model_copy(update={"nearest": forged})
    assert do("plain_language", answer=given).answer.nearest == [first]


def test_plain_words_make_the_evidence_no_more_certain(do: Do, answer: Answer) -> None:
    assert do("plain_language", answer=answer).answer.certainty == answer.certainty
    conflict = AnswerWarning(kind="conflict", text="Sources disagree on statins and infarction.")
    warned = do("plain_language", answer=answer.model_copy(update={"warnings": [conflict]})).answer
    assert answer.certainty
    assert warned.certainty
    assert warned.warnings == [conflict]
    assert (answer.certainty.level, warned.certainty.level) == ("moderate", "low")


def test_evidence_on_other_people_stays_indirect_in_plain_words(
    assistant_of: Callable[[dict[str, str]], Assistant],
) -> None:
    found = "Montelukast reduced the rate of exacerbations of asthma in children."
    assistant = assistant_of(
        {"a.xml": pubmed(article(1, "Montelukast for asthma in children: a trial", conclusions=found))}
    )
    question = Request(question="Does montelukast reduce the rate of exacerbations of asthma?")
    answer = done(assistant, "question_answering", question)
    assert answer.certainty
    assert OFF_THE_POINT in answer.certainty.reasons
    assert done(assistant, "plain_language", question).certainty == answer.certainty


def test_an_abstention_stays_one(do: Do) -> None:
    done = do("plain_language", question="Does zibotentan cure migraine?")
    assert done.answer.abstained
    assert done.answer.reason
    assert done.answer.reading is None


@given(
    items=st.lists(
        st.fixed_dictionaries(
            {
                "number": st.integers(-1, 3) | st.booleans() | st.text(max_size=2),
                "text": st.sampled_from([PLAIN, SENTENCE, "Statins cure.", "0.70", PLAIN.replace("0.82", "0.28")])
                | st.text(max_size=20)
                | st.none(),
            }
        ),
        max_size=4,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_unfaithful_ever_comes_out(
    do: Do, bench: Assistant, answer: Answer, items: list[dict[str, object]]
) -> None:
    done = do("plain_language", [in_json({"sentences": items})], answer=answer)
    assert set(done.texts) <= {PLAIN, SENTENCE, glossary().annotate(SENTENCE)[0]}
    check_citations(done.answer, bench)


def test_plain_words_stand_for_their_terms_and_for_no_others() -> None:
    source = "Treatment of hypertension with anticoagulants"
    assert glossary().restore("high blood pressure and blood thinners", source)[0] == "hypertension and anticoagulants"
    assert glossary().restore("heart attack", source)[0] == "heart attack"


@given(st.text(alphabet=st.sampled_from("hypertension MI mm Hg stroke 12 [].,renal "), max_size=60))
def test_explaining_only_adds_brackets(text: str) -> None:
    explained, told = glossary().annotate(text)
    for words in told:
        explained = explained.replace(f" [{words}]", "", 1)
    assert explained == text


SYLLABLES = {
    **dict.fromkeys(("heart", "stroke", "risk", "12"), 1),
    **dict.fromkeys(("reduced", "treated", "table", "people", "nation"), 2),
    **dict.fromkeys(("aspirin", "infarction", "diseases", "radio", "ECG"), 3),
    "hypertension": 4,
    "metabolism": 5,
}


@pytest.mark.parametrize(("word", "count"), SYLLABLES.items())
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_grades_are_kincaids() -> None:
    assert grade("The cat sat on the mat.") == round(0.39 * 6 + 11.8 * 1 - 15.59, 1)
    assert grade("") == 0.0
    assert grade(SENTENCE) > grade("The heart beats. It is well.")


def test_a_list_is_not_rewritten(do: Do, answer: Answer, bench: Assistant) -> None:
    passages = (
        bench.passage(identifier)
        for each in bench.library.ledger.documents()
        for identifier in bench.library.ledger.passage_ids(each.document_id)
    )
    of = next(each for each in passages if "\n" in each.text)
    claim, citation = answer.claims[0], answer.claims[0].citations[0]
    quoted = citation.model_copy(
        update={
            "passage_id": of.passage_id,
            "document_id": of.document_id,
            "quote": of.text,
            "start": 0,
            "end": len(of.text),
        }
    )
    listed = answer.model_copy(update={"claims": [claim.model_copy(update={"text": of.text, "citations": [quoted]})]})
    (text,) = do("plain_language", [rewritten(" ".join(of.text.split()))], answer=listed).texts
    assert text.count("\n") == of.text.count("\n")
