"""The cited answer with a table of the studies; every cell in the study's own words, or empty."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_server import Request, Text, in_json
from workbench import QUESTION, Do, check_citations, reference

from assistant.answer import Direction, EvidenceRow
from assistant.answer import Warning as AnswerWarning
from assistant.service import Assistant
from assistant.studies.reader import FIELDS
from assistant.tasks.evidence_synthesis import _together
from indexes.filters import Filters
from indexes.passage import Kind

NOTHING = in_json({"answerable": False, "claims": []})
EMPTY = in_json(dict.fromkeys(FIELDS))


def for_a_study(reply: Callable[[Request], Text]) -> Callable[[Request], Text]:
    """A script that says nothing to the question, and this when it is shown a study."""
    return lambda request: reply(request) if "You read one study" in request.said else NOTHING


def row_of(table: list[EvidenceRow], document_id: str) -> dict[str, str | None]:
    """A row as words."""
    row = next(row for row in table if row.document_id == document_id)
    return {field: cell.value if (cell := getattr(row, field)) else None for field in FIELDS}


def test_both_sides_are_cited_and_both_studies_stand_in_the_table(do: Do, bench: Assistant) -> None:
    done = do("evidence_synthesis", question=QUESTION)
    cited = {citation.document_id for claim in done.answer.claims for citation in claim.citations}
    assert {"pubmed:101", "pubmed:103"} <= cited
    assert row_of(done.answer.table, "pubmed:101") == {
        "design": "randomised trial",
        "population": "adults aged 70 years or older",
        "n": "19,114",
        "intervention": "aspirin 100 mg",
        "comparator": "placebo",
        "outcome": "rate of heart attack",
        "effect": "hazard ratio 0.95, 95% CI 0.83 to 1.08",
    }
    assert row_of(done.answer.table, "pubmed:103") == {
        "design": "randomised trial",
        "population": "patients with hypertension",
        "n": "2,400",
        "intervention": "aspirin",
        "comparator": "placebo",
        "outcome": "rate of heart attack",
        "effect": "relative risk 0.80, 95% CI 0.66 to 0.97",
    }
    check_citations(done.answer, bench)


def test_guidelines_speak_first_and_stand_in_no_table(do: Do) -> None:
    answer = do("evidence_synthesis", question=QUESTION).answer
    assert answer.sources[0].kind == "guideline"
    assert answer.claims[0].citations[0].document_id == answer.sources[0].document_id
    assert {row.document_id for row in answer.table} == {
        "pubmed:101",
        "pubmed:103",
    }  # no retracted work, nothing on statins


def test_a_direction_stays_with_its_claims_when_the_strongest_go_first(do: Do) -> None:
    answer = do("evidence_synthesis", question=QUESTION).answer
    weakest_first = answer.claims[::-1]
    direction = Direction(verdict="no", claims=[0], text="The evidence cited points to: no.")
    turned = answer.model_copy(update={"claims": weakest_first, "direction": direction})
    together = _together(turned, answer, [])
    assert together.direction is not None
    assert [together.claims[number].text for number in together.direction.claims] == [weakest_first[0].text]
    assert together.claims[0].text != weakest_first[0].text


def test_what_denies_a_wrong_premise_stays_first_however_weak_its_source(do: Do) -> None:
    answer = do("question_answering", question=QUESTION).answer
    denying = next(claim for claim in answer.claims if claim.citations[0].document_id == "pubmed:101")
    said = AnswerWarning(kind="premise", document_id="pubmed:101", text="The source says otherwise.")
    corrected = answer.model_copy(
        update={"claims": [denying, *(one for one in answer.claims if one != denying)], "warnings": [said]}
    )
    together = _together(corrected, answer, [])
    assert together.claims[0] == denying
    assert together.claims[1].citations[0].document_id.startswith("guideline:")
    assert together.sources[0].document_id == "pubmed:101"


def test_what_stands_in_the_table_is_not_said_to_answer_nothing(do: Do) -> None:
    silent = do("question_answering", question="Does aspirin prevent heart attacks in pregnancy?").answer
    offered = [one.document_id for one in silent.nearest]
    assert "pubmed:101" in offered
    beside = silent.model_copy(update={"sources": [one for one in silent.nearest if one.document_id == "pubmed:101"]})
    together = _together(silent, beside, [])
    assert [one.document_id for one in together.sources] == ["pubmed:101"]
    assert [one.document_id for one in together.nearest] == [one for one in offered if one != "pubmed:101"]


def test_filters_narrow_the_table_too(do: Do) -> None:
    only = Filters(kinds=frozenset({Kind.GUIDELINE}))
    assert do("evidence_synthesis", question=QUESTION, filters=only).answer.table == []


def test_no_table_where_nothing_is_on_the_subject(do: Do) -> None:
    answer = do("evidence_synthesis", question="Does zibotentan cure migraine in children?").answer
    assert answer.abstained
    assert answer.table == []
    assert "there is no table" in answer.rationale


def test_a_model_fills_cells_where_the_words_stand_in_the_sentence_it_names(do: Do, bench: Assistant) -> None:
    def reply(request: Request) -> Text:
        if "19,114" not in request.said:
            return EMPTY
        return in_json(
            {
                "design": {
                    "value": "randomised, triple-blind",
                    "sentence": reference(request, "19,114"),
                },  # not its words
                "population": {
                    "value": "Adults aged  70 years",
                    "sentence": reference(request, "19,114"),
                },  # other capitals
                "n": {"value": "19114", "sentence": reference(request, "19,114")},  # another spelling
                "intervention": {"value": "aspirin", "sentence": "E9.9"},  # no such sentence
                "comparator": {"value": "placebo", "sentence": reference(request, "did not lower")},  # not there
                "outcome": {"value": "major bleeding", "sentence": reference(request, "Major bleeding")},
                "effect": {"value": "3.8% versus 2.8%, P = 0.001", "sentence": reference(request, "3.8%")},
            }
        )

    done = do("evidence_synthesis", for_a_study(reply), question=QUESTION)
    assert row_of(done.answer.table, "pubmed:101") == {
        "design": "randomised trial",
        "population": "adults aged 70 years",
        "n": "19,114",
        "intervention": "aspirin 100 mg",
        "comparator": "placebo",
        "outcome": "Major bleeding",
        "effect": "3.8% versus 2.8%, P = 0.001",
    }
    assert row_of(done.answer.table, "pubmed:103")["n"] == "2,400"  # where the model gives nothing, the rules
    assert done.answer.model == "test-model"
    assert "extract_study-1:" in (done.answer.versions.prompts or "")
    check_citations(done.answer, bench)


def test_an_effect_never_stands_beside_another_readers_outcome(do: Do) -> None:
    def reply(request: Request) -> Text:
        if "3.8%" not in request.said:
            return EMPTY
        return in_json(
            dict.fromkeys(FIELDS) | {"effect": {"value": "3.8% versus 2.8%", "sentence": reference(request, "3.8%")}}
        )

    row = row_of(do("evidence_synthesis", for_a_study(reply), question=QUESTION).answer.table, "pubmed:101")
    assert row["effect"] == "3.8% versus 2.8%"
    assert row["outcome"] is None


CELL = (
    st.none()
    | st.fixed_dictionaries(
        {
            "value": st.sampled_from(
                [
                    "aspirin",
                    "placebo",
                    "19114",
                    "19,11",
                    "70",
                    "100 mg",
                    "hazard ratio 0.95",
                    "hazard ratio 0.59",
                    "cured",
                    "",
                ]
            )
            | st.text(max_size=12),
            "sentence": st.sampled_from(["E1.1", "E1.2", "E1.3", "E1.4", "E1.5", "E1.6", "E2.1", "e1.2", "", "E99.1"]),
        }
    )
    | st.integers()
    | st.text(max_size=5)
)


@given(cells=st.fixed_dictionaries(dict.fromkeys(FIELDS, CELL)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_unverified_cell_ever_comes_out(do: Do, bench: Assistant, cells: dict[str, object]) -> None:
    done = do("evidence_synthesis", for_a_study(lambda request: in_json(cells)), question=QUESTION)
    check_citations(done.answer, bench)
    assert not any(
        value and ("0.59" in value or "cured" in value or value == "19,11")
        for row in done.answer.table
        for value in row_of([row], row.document_id).values()
    )


def test_a_question_that_may_identify_a_patient_goes_to_no_model_that_must_not_see_it(do: Do) -> None:
    question = "My patient, phone 555-867-5309: does aspirin prevent heart attacks in adults over 70?"
    done = do("evidence_synthesis", [], question=question, settings={"llm_identifiers": False})
    assert not done.requests
    assert "identifiers" in done.fallback
    assert done.answer.table
