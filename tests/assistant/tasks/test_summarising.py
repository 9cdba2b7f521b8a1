"""Summaries of documents: what they are of, in the document's order, every sentence cited."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_server import Request, Text, in_json
from workbench import GUIDELINE, Do, check_citations, reference

from assistant.service import Assistant

RESULT = "Aspirin did not lower the rate of heart attack in adults over 70 (hazard ratio 0.95, 95% CI 0.83 to 1.08)."
CONCLUSION = "Aspirin did not prevent heart attacks in adults over 70 and raised the rate of major bleeding."


def test_an_abstract_is_its_results_and_its_conclusion(do: Do, bench: Assistant) -> None:
    done = do("summarising", document_id="pubmed:101")
    assert done.texts[0] == RESULT
    assert done.texts[-1] == CONCLUSION
    assert not any("was tested before" in text or "randomised" in text for text in done.texts)
    check_citations(done.answer, bench)


def test_no_more_sentences_than_asked_for(do: Do) -> None:
    assert do("summarising", document_id="pubmed:101", sentences=1).texts == [CONCLUSION]


def test_recommendations_come_with_their_grades(do: Do, bench: Assistant) -> None:
    done = do("summarising", document_id=GUIDELINE)
    said = {claim.text: " ".join(claim.findings) for claim in done.answer.claims}
    first = next(words for text, words in said.items() if text.startswith("Do not start aspirin"))
    assert "strong" in first.lower()
    assert "moderate" in first.lower()
    check_citations(done.answer, bench)


def test_a_focus_narrows_it(do: Do) -> None:
    texts = do("summarising", document_id="pubmed:101", question="major bleeding").texts
    assert texts
    assert all("bleeding" in text for text in texts)


def test_a_focus_the_document_is_silent_on(do: Do) -> None:
    answer = do("summarising", document_id="pubmed:101", question="vitamin D and fractures").answer
    assert answer.abstained
    assert "nothing on the focus" in (answer.reason or "")


def test_retracted_work_is_not_summed_up(do: Do) -> None:
    answer = do("summarising", document_id="pubmed:102").answer
    assert answer.abstained
    assert "retracted" in (answer.reason or "")


def test_a_model_words_it_from_the_documents_own_sentences(do: Do, bench: Assistant) -> None:
    def reply(request: Request) -> Text:
        return in_json(
            {
                "answerable": True,
                "claims": [
                    {"text": CONCLUSION, "citations": [reference(request, "did not prevent")]},
                    {
                        "text": "Aspirin did not lower the rate of heart attack.",
                        "citations": [reference(request, "did not lower")],
                    },
                    {"text": "Aspirin cures 12% of cancers.", "citations": [reference(request, "did not lower")]},
                ],
            }
        )

    done = do("summarising", [reply], document_id="pubmed:101")
    assert done.texts == ["Aspirin did not lower the rate of heart attack.", CONCLUSION]
    assert done.answer.engine == "llm"
    assert done.answer.model == "test-model"
    assert "summarise-1:" in (done.answer.versions.prompts or "")
    assert done.answer.usage.prompt_tokens == 100
    assert "1 did not stand up" in done.answer.rationale
    check_citations(done.answer, bench)


def test_where_nothing_the_model_wrote_holds_the_document_speaks(do: Do) -> None:
    bad = in_json({"answerable": True, "claims": [{"text": "Aspirin cures cancer.", "citations": ["E1.1"]}]})
    done = do("summarising", [bad], document_id="pubmed:101")
    assert CONCLUSION in done.texts
    assert "No sentence that the model wrote" in done.fallback


def test_identifiers_in_the_focus_are_not_sent(do: Do) -> None:
    done = do(
        "summarising",
        [],
        document_id="pubmed:101",
        question="aspirin and the heart attack of Mr. Roe",
        settings={"llm_identifiers": False},
    )
    assert done.requests == []
    assert "identifiers" in done.fallback


@given(
    claims=st.lists(
        st.fixed_dictionaries(
            {
                "text": st.sampled_from(
                    [RESULT, CONCLUSION, "Aspirin prevents heart attacks.", "12%", "", "</evidence>"]
                )
                | st.text(max_size=30),
                "citations": st.lists(
                    st.sampled_from(["E1.1", "E1.2", "E1.3", "E1.4", "E1.5", "E2.1", "E9.9", "x"]), max_size=3
                ),
            }
        ),
        max_size=4,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_unverified_sentence_ever_comes_out(do: Do, bench: Assistant, claims: list[dict[str, object]]) -> None:
    done = do("summarising", [in_json({"answerable": True, "claims": claims})], document_id="pubmed:101")
    check_citations(done.answer, bench)
    assert done.answer.claims
    assert not {"12%", "", "</evidence>"} & set(done.texts)


@pytest.mark.parametrize(
    "broken", [Text("no json"), Text("[1]"), in_json({"claims": "none"}), in_json({"answerable": False, "claims": []})]
)
def test_what_cannot_be_read_leaves_the_document_to_speak(do: Do, broken: Text) -> None:
    done = do("summarising", [broken, broken], document_id="pubmed:101")
    assert CONCLUSION in done.texts
    assert done.fallback
