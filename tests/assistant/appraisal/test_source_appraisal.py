"""One document appraised: design, size, age, standing, and what each does to the certainty of what it gives."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Appraisal, Citation, Claim
from assistant.appraisal.body import certainty_alone, certainty_of, intervals
from assistant.appraisal.cited import people_in
from assistant.appraisal.rules import rules
from assistant.appraisal.size import participants
from assistant.appraisal.source import SCALE, appraise
from assistant.service import Assistant
from indexes.passage import Kind, Role, Status
from ingestion.chunking import passages_of
from ingestion.design import study_design
from ingestion.document import Document, Section, TextBuilder

NOW = datetime.now(UTC).year
TRIAL = "Zibotentan for hypertension: a randomised trial"


def study(
    title: str = TRIAL,
    *texts: str,
    number: int = 1,
    types: tuple[str, ...] = (),
    mesh: tuple[str, ...] = (),
    year: int | None = NOW,
    status: Status = Status.CURRENT,
) -> Document:
    builder = TextBuilder()
    for text in texts or ("We randomised 900 patients to zibotentan or placebo.",):
        builder.add(text, Role.METHOD, ("Methods",))
    return Document(
        f"pubmed:{number}",
        Kind.LITERATURE,
        title,
        builder.text,
        tuple(builder.sections),
        year=year,
        publication_types=types,
        mesh=mesh,
        status=status,
        evidence_level=study_design(types, title)[1],
    )


def guideline(*certainties: str | None, year: int = NOW, status: Status = Status.CURRENT) -> Document:
    text = "\n\n".join("Offer zibotentan to adults with hypertension." for _ in certainties)
    length = len("Offer zibotentan to adults with hypertension.")
    sections = tuple(
        Section(n * (length + 2), n * (length + 2) + length, Role.RECOMMENDATION, grade="B", certainty=one)
        for n, one in enumerate(certainties)
    )
    return Document(
        "guideline:who/x@1", Kind.GUIDELINE, "X", text, sections, year=year, status=status, evidence_level="guideline"
    )


def appraised(document: Document) -> Appraisal:
    return appraise(document, passages_of(document))


@pytest.mark.parametrize(
    ("title", "types", "starts"),
    [
        (TRIAL, (), "high"),
        ("Zibotentan: a systematic review of randomised trials", (), "high"),
        ("Zibotentan: a systematic review of cohort studies", (), "low"),
        ("Zibotentan: a systematic review", (), "moderate"),
        ("Zibotentan and stroke: a cohort study", (), "low"),
        ("Zibotentan in hypertension", (), "low"),
        ("Zibotentan: a case report", (), "very low"),
        ("Zibotentan: a narrative review", (), "very low"),
        ("Zibotentan in rats", (), "very low"),
        ("Zibotentan", ("Editorial",), "very low"),
    ],
)
def test_evidence_starts_where_its_design_lets_it(title: str, types: tuple[str, ...], starts: str) -> None:
    found = appraised(study(title, "Zibotentan was looked at.", types=types))
    assert (found.starts, found.certainty) == (starts, starts)
    assert starts == "high" or found.reasons


@pytest.mark.parametrize(
    ("sentence", "design"),
    [
        ("Sixty-five patients were randomized to ketorolac or placebo.", "randomised trial"),
        ("We randomly assigned 900 women to calcium or placebo.", "randomised trial"),
        ("This prospective cohort study followed 900 women.", "observational study"),
        ("Twenty rats were randomly assigned to a diet.", "unknown"),
        ("In previous studies patients were randomized to placebo.", "unknown"),
        ("Patients should be randomized in future.", "unknown"),
        ("This was a post hoc analysis in which patients were randomised to placebo.", "unknown"),
        ("Mendelian randomisation was used in 900 patients.", "unknown"),
        ("Zibotentan lowered blood pressure in patients.", "unknown"),
    ],
)
def test_where_indexers_and_title_say_no_design_the_text_does(sentence: str, design: str) -> None:
    found = appraised(study("Zibotentan in hypertension", sentence))
    assert found.design == design
    assert found.design_quote == (sentence if design != "unknown" else None)
    assert found.evidence_level == {"randomised trial": "2", "observational study": "3"}.get(design, "unknown")
    titled = appraised(study("Zibotentan: a case report", sentence))
    assert (titled.design, titled.design_quote) == ("case report", None)


def test_every_design_that_ingestion_knows_has_a_start() -> None:
    from ingestion import design

    known = {design_[0] for table in (design._TYPES, design._WEAK_TYPES) for design_, _ in table}
    known |= {design_[0] for design_, _, _ in design._TITLES} | {"unknown", "registration"}
    assert known <= rules()["start"].keys()
    assert set(rules()["start"].values()) <= set(SCALE)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"status": Status.CONCERN}, "expression of concern"),
        ({"types": ("Preprint",)}, "preprint"),
        ({"mesh": ("Animals", "Hypertension/drug therapy")}, "animals"),
    ],
)
def test_each_thing_against_a_study_is_a_step_down_with_its_reason(changed: dict[str, object], word: str) -> None:
    found = appraised(study(**changed))  # type: ignore[arg-type]
    assert (found.starts, found.certainty) == ("high", "moderate")
    (reason,) = found.reasons
    assert word in reason


@pytest.mark.parametrize(
    ("title", "texts", "word"),
    [
        ("Zibotentan kills prostate cancer cells", ("Zibotentan was looked at.",), "prostate cancer cells"),
        ("Zibotentan and tumour growth", ("Forty mice were given zibotentan.", "Tumours shrank in rats, too."), "mice"),
        ("Zibotentan and tumour growth", ("It inhibited growth of human breast carcinoma cells.",), "carcinoma cells"),
    ],
)
def test_a_record_without_index_terms_says_itself_that_it_is_of_animals(
    title: str, texts: tuple[str, ...], word: str
) -> None:
    found = appraised(study(title, *texts))
    assert found.certainty == "very low"
    assert any(
        reason.startswith("Done in animals or cells, not in people") and word in reason for reason in found.reasons
    )
    indexed = appraised(study(title, *texts, mesh=("Humans",)))
    assert not any("animals" in reason for reason in indexed.reasons)


@pytest.mark.parametrize(
    "texts",
    [
        ("We gave zibotentan to 900 patients.", "In mice it had worked."),
        ("In vitro fertilisation was tried in women.", "Twins were born to women."),
        ("Red yeast rice was compared with zibotentan.",),
    ],
)
def test_a_study_of_people_that_names_animals_is_none_of_theirs(texts: tuple[str, ...]) -> None:
    found = appraised(study("Zibotentan in hypertension", *texts))
    assert not any("animals" in reason for reason in found.reasons)
    assert appraised(study("Zibotentan in patients", "It worked in mice.")).certainty == "low"


def test_a_correction_is_no_step_down_and_animals_beside_people_are_none_either() -> None:
    assert appraised(study(status=Status.CORRECTED)).certainty == "high"
    assert appraised(study(mesh=("Animals", "Humans"))).certainty == "high"
    assert appraised(study(year=None)).certainty == "high"


def test_what_was_retracted_gives_nothing() -> None:
    found = appraised(study(status=Status.RETRACTED))
    assert found.certainty == "very low"
    assert "no evidence" in found.reasons[-1]


@pytest.mark.parametrize(
    ("printed", "starts"),
    [
        (("high",), "high"),
        (("moderate or high",), "moderate"),
        (("low", "high"), "low"),
        (("very low to moderate",), "very low"),
        ((None,), "moderate"),
        (("level 1a",), "moderate"),
        (("moderate, randomized",), "moderate"),
    ],
)
def test_a_guideline_starts_at_its_own_printed_certainty_and_other_scales_are_not_translated(
    printed: tuple[str | None, ...], starts: str
) -> None:
    found = appraised(guideline(*printed))
    assert found.starts == starts
    shown = " ".join(found.grades)
    assert all(words in shown for words in printed if words)  # as it is
    (reason,) = found.reasons
    gradeable = printed[0] and not {"level 1a", "moderate, randomized"} & set(printed)
    assert ("own grading" in reason) is bool(gradeable)


def test_a_superseded_or_draft_guideline_is_a_step_down() -> None:
    for status in (Status.SUPERSEDED, Status.DRAFT):
        found = appraised(guideline("high", status=status))
        assert (found.starts, found.certainty, found.status) == ("high", "moderate", status.value)
    assert appraise(guideline("high"), [], successor="“Y” (WHO, 2030)").superseded_by == "“Y” (WHO, 2030)"
    assert appraised(guideline("high", year=NOW - 10)).certainty == "moderate"


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("We randomised 1,663 patients to spironolactone or placebo.", 1663),
        ("A total of 441 hypertensive patients were randomised to telmisartan or placebo.", 441),
        ("Seventy-five patients with heart failure were randomized to either dose.", 75),
        ("4060 patients with atrial fibrillation were enrolled.", 4060),
        ("One hundred and fifty patients were randomised to two groups.", None),
        ("Forty-nine patients were randomized to A while 50 patients were randomized to B.", None),
        ("Of 223 patients enrolled, 66 were randomized to a stent or none.", None),
        ("There were two groups of 30 patients each.", None),
        ("A total of 204 patients were screened.", None),
        ("Groups were compared in patients with type 2 diabetes.", None),
        ("Zibotentan lowered blood pressure (n = 18).", None),
        ("Symptoms had resolved in 34 patients (62%).", None),
        ("Dementia developed in 11 patients on active treatment (n=1238) and in 21 on placebo (n=1180).", None),
        ("It was compared in 103 patients prepared with Golytely and 87 prepared with MiraLAX.", None),
        ("We randomised 670 women to calcium (n = 334) or placebo (n = 336).", 670),
        ("In an earlier study 500 patients were randomised to placebo.", None),
    ],
)
def test_participants_are_counted_only_where_there_is_no_doubt(sentence: str, number: int | None) -> None:
    document = study(TRIAL, sentence)
    found = participants(document, passages_of(document))
    assert (found.number if found else None) == number


def test_the_words_that_a_number_was_read_from_stand_in_the_passage() -> None:
    document = study(TRIAL, "Patients had hypertension. We randomised 900 patients to zibotentan. They were followed.")
    passages = passages_of(document)
    found = participants(document, passages)
    assert found is not None
    assert found.quote == "We randomised 900 patients to zibotentan."
    (passage,) = (one for one in passages if one.passage_id == found.passage_id)
    assert passage.text[found.start : found.end] == found.quote


def test_a_registry_says_how_many_in_a_field_of_its_own() -> None:
    trial = Document("nct:NCT1", Kind.TRIAL, "T", "", (), attributes={"enrollment": 120}, evidence_level="registration")
    found = appraise(trial, [])
    assert found.design == "registration"
    assert found.certainty == "very low"
    assert found.participants is not None
    assert (found.participants.number, found.participants.quote) == (120, None)
    done = Document("nct:NCT1", Kind.TRIAL, "T", "", (), attributes={"has_results": True, "allocation": "RANDOMIZED"})
    assert (appraise(done, []).starts, appraise(done, []).certainty) == ("high", "moderate")


# What an answer cites, all of it together.


def claim(*documents: Document, quote: str = "It works.") -> Claim:
    cited = [
        Citation(
            passage_id=f"{one.document_id}#0",
            document_id=one.document_id,
            quote=quote,
            start=0,
            end=len(quote),
            support=1,
        )
        for one in documents
    ]
    return Claim(text=quote, support=1, citations=cited)


def together(*documents: Document) -> dict[str, Appraisal]:
    return {one.document_id: appraised(one) for one in documents}


ONE, OTHER = study(number=1), study(number=2)
COHORT = study("Zibotentan: a cohort study", "We followed 5000 patients.", number=3)
SMALL = study(TRIAL, "We randomised 40 patients to zibotentan or placebo.", number=4)


def test_trials_that_agree_are_high_and_a_single_one_is_not() -> None:
    two = certainty_of(together(ONE, OTHER), [claim(ONE), claim(OTHER)])
    assert two is not None
    assert (two.level, two.starts, two.reasons) == ("high", "high", [])
    assert two.rests_on == ["pubmed:1", "pubmed:2"]
    assert "2 randomised trials" in two.text
    one = certainty_of(together(ONE), [claim(ONE), claim(ONE)])
    assert one is not None
    assert (one.level, one.reasons) == ("moderate", ["A single study."])
    assert certainty_alone(appraised(ONE)).level == "moderate"


def test_few_people_are_imprecise() -> None:
    small = certainty_of(together(SMALL), [claim(SMALL)])
    assert small is not None
    assert small.level == "low"
    assert "40 people in all, fewer than 400." in small.reasons
    with_more = certainty_of(together(SMALL, ONE), [claim(SMALL, ONE)])
    assert with_more is not None
    assert with_more.level == "high"


def test_an_answer_is_as_certain_as_its_least_certain_sentence_and_a_sentence_as_its_strongest_source() -> None:
    known = together(ONE, OTHER, COHORT)
    mixed = certainty_of(known, [claim(ONE), claim(OTHER), claim(COHORT)])
    assert mixed is not None
    assert (mixed.level, mixed.starts) == ("low", "low")
    assert any("1 observational study sets it" in reason for reason in mixed.reasons)
    beside = certainty_of(known, [claim(ONE, COHORT), claim(OTHER)])
    assert beside is not None
    assert beside.level == "high"
    assert beside.rests_on == ["pubmed:1", "pubmed:2"]


def test_where_nothing_could_be_less_certain_nothing_more_is_held_against_it() -> None:
    case = study("Zibotentan: a case report", "A man was given zibotentan.", number=5)
    found = certainty_of(together(case), [claim(case)])
    assert found is not None
    assert (found.level, found.reasons) == ("very low", ["By design (case report) it starts at very low."])


def test_conflict_is_a_step_down() -> None:
    found = certainty_of(together(ONE, OTHER), [claim(ONE), claim(OTHER)], conflict=True)
    assert found is not None
    assert found.level == "moderate"
    assert "contradict" in found.reasons[-1]


@pytest.mark.parametrize(
    ("quote", "level"),
    [
        ("Mortality did not differ (hazard ratio 0.95; 95% CI 0.60 to 1.50).", "moderate"),
        ("Mortality fell (hazard ratio 0.70; 95% CI 0.60 to 0.82).", "high"),
        ("Mortality did not differ (hazard ratio 1.00; 95% CI 0.95 to 1.05).", "high"),
        ("Blood pressure fell by 0.9 mm Hg (95% CI 0.6 to 1.5).", "high"),
    ],
)
def test_an_interval_with_no_effect_and_an_appreciable_one_is_imprecise(quote: str, level: str) -> None:
    found = certainty_of(together(ONE, OTHER), [claim(ONE, OTHER, quote=quote)])
    assert found is not None
    assert found.level == level


def test_where_nothing_is_cited_there_is_nothing_to_rate() -> None:
    assert certainty_of({}, []) is None
    assert certainty_of({}, [claim(ONE)]) is None  # a calculation


@given(low=st.floats(0.05, 3), width=st.floats(0.01, 3))
def test_an_interval_is_read_as_it_is_printed(low: float, width: float) -> None:
    printed = f"{low:.2f}", f"{low + width:.2f}"
    found = intervals(f"Mortality changed (risk ratio {low + width / 2:.2f}, 95% CI {printed[0]}-{printed[1]}).")
    assert found in ([], [(float(printed[0]), float(printed[1]))])


@given(st.text(max_size=200))
def test_any_words_are_read_without_an_error(words: str) -> None:
    intervals(words)
    document = study(TRIAL, words + " text")
    participants(document, passages_of(document))


@given(st.lists(st.sampled_from([ONE, OTHER, COHORT, SMALL]), min_size=1, max_size=6), st.booleans())
def test_no_evidence_is_more_certain_than_its_design_lets_it(documents: list[Document], conflict: bool) -> None:
    known = together(*documents)
    found = certainty_of(known, [claim(one) for one in documents], conflict=conflict)
    assert found is not None
    assert SCALE.index(found.level) <= min(SCALE.index(known[one.document_id].starts) for one in documents)
    assert (found.level == found.starts) or found.reasons
    assert found.text.startswith(f"Certainty of the evidence: {found.level}.")
    assert found.text.endswith("it is not a panel's judgement.")


def test_one_study_has_one_size_wherever_the_reader_meets_it(assistant: Assistant) -> None:
    answer = asyncio.run(assistant.ask("Does spironolactone reduce mortality in severe heart failure?"))
    (source,) = answer.sources
    assert source.appraisal
    assert source.appraisal.participants
    passage = assistant.passage(answer.claims[0].citations[0].passage_id)
    assert people_in(passage, assistant.shelf) == source.appraisal.participants.number == 1663
    guideline = assistant.passage("guideline:uspstf/colorectal-cancer-screening@2021#0")
    assert people_in(guideline, assistant.shelf) is None
    assert people_in(replace(passage, document_id="pubmed:0"), assistant.shelf) is None
