"""The one tool over all calculators."""

from __future__ import annotations

import pytest
from benches import Call, bench_of

from assistant.answer import Citation
from assistant.calculators import calculators
from assistant.errors import ToolError
from assistant.tools import Tool
from assistant.verification import verify
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion.library import Library

EGFR = {"age": 60, "sex": "female", "creatinine": "1.3 mg/dL"}


def test_a_result_is_a_passage_that_can_be_cited_and_read_again(use: Call, library: Library) -> None:
    found = use("calculate", calculator="ckd_epi_2021_creatinine", inputs=EGFR)
    (passage,) = found.passages
    assert bench_of(library).shelf.passage(passage.passage_id) == passage
    assert found.text.startswith("Use: ")
    sentence = passage.text.split(". ")[0]
    assert "mL/min/1.73 m²" in passage.text
    citation = Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        quote=sentence,
        start=0,
        end=len(sentence),
        support=0.0,
    )
    assert verify(sentence, [(citation, passage)]).supported


def test_a_call_without_inputs_lists_them_with_units(use: Call) -> None:
    with pytest.raises(ToolError) as caught:
        use("calculate", calculator="CKD-EPI-2021-creatinine")
    said = str(caught.value)
    for words in ("- creatinine: ", "mg/dL or µmol/L", "- age: ", "years", "- sex: ", "female"):
        assert words in said


def test_every_calculator_says_what_it_needs(use: Call, tools: dict[str, Tool]) -> None:
    schema = tools["calculate"].arguments.model_json_schema()
    assert schema["properties"]["calculator"]["enum"] == list(calculators())
    assert schema["properties"]["inputs"] == {"type": "object"}
    for name, calculator in calculators().items():
        with pytest.raises(ToolError) as caught:
            use("calculate", calculator=name)
        assert all(f"- {each.name}" in str(caught.value) for each in calculator.inputs)
        assert len(str(caught.value)) < 4_500


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"age": 60, "sex": "female"}, "creatinine is missing: a number"),
        (EGFR | {"creatinine": 1_000_000}, "creatinine"),
        (EGFR | {"creatinine": "Jane Roe"}, "creatinine is no number"),
        (EGFR | {"sex": "Jane Roe"}, "sex is none of its choices; write one of"),
        (EGFR | {"Jane Roe": 1}, "one input is not known here"),
        (EGFR | {"age": True}, "age is no number"),
    ],
)
def test_wrong_and_missing_inputs_are_listed_with_their_mend(inputs: dict[str, object], said: str, use: Call) -> None:
    with pytest.raises(ToolError) as caught:
        use("calculate", calculator="ckd_epi_2021_creatinine", inputs=inputs)
    assert said in str(caught.value)
    assert "Jane" not in str(caught.value)


def test_filters_on_documents_do_not_touch_a_computation(use: Call) -> None:
    only = Filters(kinds=frozenset({Kind.GUIDELINE}), year_from=2025)
    assert use("calculate", only, calculator="ckd_epi_2021_creatinine", inputs=EGFR).passages
